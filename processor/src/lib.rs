//! Builds annual land surface temperature composites into one shared Icechunk repository.

pub mod sandbox;
pub mod sinusoidal;
