//! What the page knows: pure states and their transitions, and the signals that hold them.

pub mod chart;
pub mod choice;
pub mod range;
pub mod view;
