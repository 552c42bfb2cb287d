//! Builds annual land surface temperature composites into one shared Icechunk repository.

pub mod accumulate;
pub mod centres;
pub mod gather;
pub mod granule;
pub mod needed;
pub mod overviews;
pub mod sinusoidal;
