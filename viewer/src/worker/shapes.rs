//! The base map's part of the worker: it makes of Natural Earth's shapes what the page draws, so that the map
//! never waits for that.

use std::time::Duration;

use floe_shared::grid::Grid;
use js_sys::Uint8Array;

use super::protocol::Problem;
use crate::basemap::{self, Scale, Shapes};
use crate::pause::pause;
use crate::render::{Layout, Packer};
use crate::scope;

/// Parts made in one step, which takes about ten milliseconds: a pause is one of four, whatever is asked for.
const STEP: usize = 4;

/// What lies where, and the buffer in which it lies; or why there is none.
pub(super) type Packed = Result<(Layout, Uint8Array), Problem>;

/// Packs the shapes of a scale. In small steps, between which the worker sees to other things.
pub(super) async fn pack(scale: Scale) -> Packed {
    let shapes = read(scale).await?;
    pause(Duration::ZERO).await;
    let packer = Packer::new(&shapes, scale);
    let layout = packer.layout().clone();
    let buffer = Uint8Array::new_with_length(layout.length() as u32);
    let mut at = 0;
    for (index, part) in packer.parts().enumerate() {
        let end = at + part.len() as u32;
        buffer.subarray(at, end).copy_from(&part);
        at = end;
        if index % STEP == STEP - 1 {
            pause(Duration::ZERO).await;
        }
    }
    Ok((layout, buffer))
}

async fn read(scale: Scale) -> Result<Shapes, Problem> {
    match scale {
        Scale::Coarse => Ok(Shapes::coarse()),
        Scale::Fine => {
            let problem = |reason: String, transient| Problem {
                message: format!("{} cannot be used: {reason}", basemap::FINE_SHAPES),
                transient,
            };
            let bytes = scope::bytes(basemap::FINE_SHAPES).await;
            let bytes = bytes.map_err(|reason| problem(reason, true))?;
            Shapes::decode(&bytes).map_err(|error| problem(error.to_string(), false))
        }
    }
}

/// Whether each tile of a grid is land, in row-major order.
pub(super) fn land_tiles(grid: Grid) -> Vec<bool> {
    basemap::land_tiles(grid, &Shapes::coarse())
}
