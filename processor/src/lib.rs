//! Builds annual land surface temperature composites into one shared Icechunk repository.

pub mod natural_earth;
pub mod sinusoidal;
pub mod tile_list;
