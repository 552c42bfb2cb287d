//! The Floe viewer: reads the Icechunk repository in the browser and draws it on a map.

pub mod chunk;
pub mod dataset;
pub mod store;
pub mod worker;
