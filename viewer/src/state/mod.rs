//! What the page knows: pure states and their transitions, and the signals that hold them.

pub mod chart;
pub mod choice;
#[cfg(target_arch = "wasm32")]
pub mod colouring;
pub mod colours;
pub mod inspection;
pub mod moment;
#[cfg(target_arch = "wasm32")]
pub mod page;
pub mod progress;
pub mod ramp;
pub mod range;
pub mod recent;
pub mod recipe;
pub mod texts;
pub mod view;
