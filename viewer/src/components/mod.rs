//! What the visitor sees and touches.

pub mod about;
pub mod controls;
pub mod data;
pub mod display;
pub mod inspector;
pub mod legend;
pub mod map_view;
pub mod notice;
pub mod panel;
pub mod search_box;
pub mod status;
