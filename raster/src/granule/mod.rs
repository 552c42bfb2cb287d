//! Granules of MODIS: their names, and the two files of the default dataset's.
//!
//! A granule is one position of the sinusoidal grid in one period, held in two files ([`crate::geotiff`]): temperatures and
//! their quality.

mod fetched;
mod id;

pub use fetched::{FetchedGranule, check_alike, check_position};
pub use id::{GranuleId, GranuleIdError, GranuleKey, Platform, Product, Production};

use floe_shared::encoding::DataType;

use crate::geotiff::Expect;

/// A file of a granule that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The asset's key in the catalogue and the last part of the file's name.
    pub key: &'static str,
    /// What the file must hold.
    pub expect: Expect,
}

impl Layer {
    /// Daytime temperature, 16 bit: 0 is fill, valid from 7500.
    pub const LST: Self =
        Self { key: "LST_Day_1km", expect: Expect { data_type: Some(DataType::U16), band: 1 } };
    /// Its quality flags, 8 bit: bits 0 and 1 tell whether the pixel was produced (0 good, 1 nominal).
    pub const QC: Self =
        Self { key: "QC_Day", expect: Expect { data_type: Some(DataType::U8), band: 1 } };
}
