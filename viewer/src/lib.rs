//! The Floe viewer: reads an Icechunk repository or plain Zarr in the browser and draws it on a map.

pub mod axis;
pub mod basemap;
pub mod chunk;
pub mod cloud;
pub mod config;
pub mod dataset;
mod json;
mod line;
pub mod link;
pub mod map;
mod media;
pub mod number;
pub mod pause;
pub mod placement;
pub mod render;
pub mod scope;
pub mod search;
pub mod start;
pub mod state;
pub mod store;
pub mod thrown;
pub mod units;
pub mod view;
pub mod visible;
pub mod worker;

#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod bridge;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod session;

#[cfg(test)]
mod imports;
