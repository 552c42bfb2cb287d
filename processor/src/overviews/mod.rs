//! Coarser copies of the grid for maps.

pub mod global;
mod halve;

pub use halve::halve;

use floe_raster::plane::Part;
use floe_shared::window::PixelWindow;

/// A window as a part of pixels that begin at another.
pub(crate) fn slice_of(window: PixelWindow, within: PixelWindow) -> Part {
    let row = (window.row - within.row) as usize;
    let col = (window.col - within.col) as usize;
    ndarray::s![row..row + window.height as usize, col..col + window.width as usize]
}
