//! Builds annual land surface temperature composites into one shared Icechunk repository.
//!
//! From a tile to its commit, in the order of the data:
//!
//! * [`plan`]: which tiles make a job (pure); [`floe_raster::needed`] which granules it needs,
//! * [`catalog`], [`http`]: STAC search, access tokens, blobs; [`scene`]: observations of any product,
//! * [`reader`]: fetching cloud-optimised `GeoTIFF`s; [`floe_raster`] decodes, reduces and samples them,
//! * [`tile`], [`store`], [`overviews`]: encoding, uploading and committing,
//! * [`job`]: all of that for one run of neighbouring tiles,
//! * [`verify`]: whether what is stored holds.
//!
//! [`commands`] is the command line, [`report`] and [`picture`] what it shows, [`page_access`] what a
//! browser may read of it.

pub mod catalog;
pub mod commands;
pub mod config;
mod cores;
mod directories;
pub mod error;
pub mod exit;
pub mod http;
pub mod job;
pub mod overviews;
pub mod page_access;
pub mod patience;
pub mod picture;
pub mod plan;
pub mod quicklook;
pub mod reader;
pub mod recipe;
pub mod report;
pub mod scene;
pub mod secret;
pub mod shard;
pub mod store;
pub mod target_space;
pub mod tile;
pub mod tile_list;
pub mod usage;
pub mod verify;
