//! Pictures as PNG: the map of tile statuses and the quicklook of a variable.
//!
//! Both are sheets of 1600 pixels' width with an equirectangular map of the world, a heading above it
//! and its key below. Everything is drawn in memory; the fonts and coasts are embedded.

mod canvas;
mod classes;
mod quicklook;
mod scale;
mod sheet;
mod status_map;
mod text;

pub use quicklook::{QuicklookInput, quicklook};
pub use status_map::status_map;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// There is nothing to draw.
    #[error("a quicklook needs at least one pixel, found an array of {rows} x {cols}")]
    Empty {
        /// Rows of the array.
        rows: usize,
        /// Columns of the array.
        cols: usize,
    },
    /// The PNG encoder refused.
    #[error("cannot encode a picture of {width} x {height} pixels as PNG")]
    Encode {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// What the encoder says.
        source: png::EncodingError,
    },
}
