//! Builds annual land surface temperature composites into one shared Icechunk repository.
//!
//! From a tile to its commit, in the order of the data:
//!
//! * [`plan`], [`needed`]: which tiles make a job, which granules it needs (pure),
//! * [`catalog`], [`http`]: STAC search, access tokens, blobs,
//! * [`reader`], [`granule`]: fetching and decoding cloud-optimised `GeoTIFF`s,
//! * [`accumulate`], [`gather`], [`sinusoidal`], [`centres`]: reducing in source space, sampling once,
//! * [`tile`], [`store`], [`overviews`]: encoding, uploading and committing,
//! * [`job`]: all of that for one run of neighbouring tiles.
//!
//! [`commands`] is the command line, [`report`] and [`picture`] what it shows, [`page_access`] what a
//! browser may read of it, and [`sandbox`] a
//! stand-in for the Planetary Computer.

pub mod accumulate;
pub mod catalog;
pub mod centres;
pub mod commands;
pub mod config;
pub mod error;
pub mod exit;
pub mod gather;
pub mod granule;
pub mod http;
pub mod job;
pub mod natural_earth;
pub mod needed;
pub mod overviews;
pub mod page_access;
pub mod picture;
pub mod plan;
pub mod quicklook;
pub mod reader;
pub mod report;
pub mod sandbox;
pub mod secret;
pub mod shard;
pub mod sinusoidal;
pub mod store;
pub mod tile;
pub mod tile_list;
pub mod usage;
