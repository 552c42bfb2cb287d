//! Runs of neighbouring pixels of the window that is being made.

/// Neighbouring pixels of one row of a window. What is sampled for several runs is one list of numbers, run after run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first pixel: row x width + column within the window, rows from the north, columns from the west.
    pub target: u32,
    /// How many pixels.
    pub length: u32,
}
