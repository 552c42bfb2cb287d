//! The Floe map.
