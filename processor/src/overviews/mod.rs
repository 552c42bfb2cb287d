//! Coarser copies of the grid for maps.

pub mod global;
mod halve;

pub use halve::halve;
