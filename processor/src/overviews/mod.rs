//! Coarser copies of the grid for maps.

pub mod halve;
