//! The Floe viewer: reads the Icechunk repository in the browser and draws it on a map.

pub mod basemap;
pub mod chunk;
pub mod config;
pub mod dataset;
pub mod link;
pub mod map;
pub mod number;
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
pub mod address;
#[cfg(target_arch = "wasm32")]
pub mod app;
#[cfg(target_arch = "wasm32")]
pub mod base;
#[cfg(target_arch = "wasm32")]
pub mod bridge;
#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(target_arch = "wasm32")]
pub mod components;
#[cfg(target_arch = "wasm32")]
pub mod drive;
#[cfg(target_arch = "wasm32")]
pub mod session;
