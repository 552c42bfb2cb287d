//! Builds annual land surface temperature composites into one shared Icechunk repository.

pub mod accumulate;
pub mod catalog;
mod centres;
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
pub mod picture;
pub mod plan;
pub mod quicklook;
pub mod reader;
pub mod report;
pub mod sandbox;
pub mod sinusoidal;
pub mod store;
pub mod tile_list;
pub mod usage;
