//! The Floe viewer: reads the Icechunk repository in the browser and draws it on a map.

pub mod chunk;
pub mod dataset;
pub mod map;
pub mod render;
pub mod view;
pub mod visible;
