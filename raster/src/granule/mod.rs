//! Granules: their names, their files and their pixels.
//!
//! A granule is one position of the sinusoidal grid in one period, held in two cloud-optimised
//! `GeoTIFF`s: temperatures and their quality. Reading is the caller's (it fetches what
//! [`Directory::parse`] and [`Directory::ranges`] ask for), decoding happens here and never blocks.

mod blocks;
mod cog;
mod error;
mod fetched;
mod id;
mod inflate;
mod layout;
mod projection;
mod tiff;
mod transform;

pub use cog::{Compression, Directory, Parsed, Predictor};
pub use error::{CogError, CogProblem};
pub use fetched::{FetchedGranule, FetchedLayer, Piece, check_alike};
pub use id::{GranuleId, GranuleIdError, GranuleKey, Platform, Product, Production};
pub use inflate::Decoder;
pub use layout::Layout;
pub use transform::Transform;

/// The two files of a granule that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Daytime temperature, 16 bit: 0 is fill, valid from 7500.
    Lst,
    /// Its quality flags, 8 bit: bits 0 and 1 tell whether the pixel was produced (0 good, 1 nominal).
    Qc,
}

impl Layer {
    /// The asset's key in the catalogue and the last part of the file's name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Lst => "LST_Day_1km",
            Self::Qc => "QC_Day",
        }
    }

    /// Bytes of a pixel.
    pub const fn sample_bytes(self) -> usize {
        match self {
            Self::Lst => 2,
            Self::Qc => 1,
        }
    }
}
