//! Floe processor.
