//! What the visitor sees and touches.

pub mod about;
pub mod axes;
pub mod classes;
pub mod controls;
pub mod data;
pub mod dialog;
pub mod display;
pub mod erased;
pub mod inspector;
pub mod legend;
pub mod map_view;
pub mod notice;
pub mod open;
pub mod panel;
pub mod search_box;
pub mod share;
pub mod status;
pub mod variables;
