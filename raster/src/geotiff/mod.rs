//! Rasters in `GeoTIFF` files, cloud-optimised or not: where a band lies, how it is cut into blocks, and its numbers.
//!
//! Classic TIFF and `BigTIFF` in both byte orders; tiles and strips; bands interleaved or one after the other; integers of 8, 16
//! and 32 bits and floats of 32 and 64; not compressed, DEFLATE, LZW, zstd or LERC, with the predictors of TIFF; MODIS sinusoidal, UTM
//! zones and longitude and latitude on WGS 84, north up. Everything else is refused by name. Reading is the caller's, who fetches
//! what [`Directory::parse`] and [`Directory::ranges`] ask for; decoding happens here and never waits.
//!
//! * [`Expect`]: what is wanted of a file,
//! * [`Directory`]: what its first bytes say: type, place, blocks,
//! * [`FetchedFile`]: a directory with the bytes that were fetched of its file,
//! * [`Decoder`]: a block's bytes to numbers.

mod blocks;
mod decode;
mod directory;
mod error;
mod fetched;
mod format;
mod geo_keys;
mod layout;
mod lerc;
mod nodata;
mod predictor;
mod tiff;
mod transform;

pub use decode::Decoder;
pub use directory::{Directory, Parsed};
pub use error::{GeoTiffError, GeoTiffProblem};
pub use fetched::{FetchedFile, Piece};
pub use format::Expect;
pub use layout::Layout;
pub use transform::Transform;
