//! The Floe viewer: reads the Icechunk repository in the browser and draws it on a map.

pub mod chunk;
pub mod config;
pub mod dataset;
pub mod link;
pub mod search;
pub mod state;
pub mod units;
pub mod view;
