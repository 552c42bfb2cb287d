//! Tiles of any recipe, reduced in target space: every observation is sampled at the tile's pixels, and the samples are reduced in the order
//! of time.
//!
//! ```text
//! Scene -> OpenScene (directories) -> fetched blocks -> Sampled (numbers at the window's pixels) -> PeriodReducer -> planes
//! ```
//!
//! Neighbouring tiles are made together, as many as `read.memory` has room for: a block that several need is read once. A tile
//! whose reduction would take more alone is made in strips of rows, each of which reads the blocks that it needs.

mod open;
mod reduce;
mod sample;

pub use open::SceneReadError;
pub(crate) use open::{OpenScene, SceneReader};
pub(crate) use reduce::{PeriodTask, PeriodWork, Reduction, TileTask};
