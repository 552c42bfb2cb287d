//! The Floe map.

pub mod view;
