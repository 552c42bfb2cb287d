//! Which pixels of a position are land, as runs of columns row by row.

use std::sync::OnceLock;

use floe_raster::natural_earth::LandMask;
use floe_raster::sinusoidal::{
    HORIZONTAL, PIXEL_METRES, PIXELS, Position, VERTICAL, lonlat_from_sinusoidal,
};

/// Pixels between the places that are looked at first: the source's coasts have no feature so small
/// that all four corners of such a block miss it.
const BLOCK: u32 = 8;
/// Blocks along a position's edge.
const BLOCKS: u32 = PIXELS / BLOCK;

/// Cells of the coast's bitmap: as wide as two pixels at the equator, 29 MB.
const CELLS_PER_DEGREE: u32 = 60;

/// The land of the whole grid; each position's is worked out when it is first asked for.
#[derive(Debug)]
pub(crate) struct Land {
    mask: LandMask,
    positions: Vec<OnceLock<PositionLand>>,
}

/// Columns `start..end` of one row that are land.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) start: u16,
    pub(crate) end: u16,
}

/// The land of one position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct PositionLand {
    /// Where each row's runs begin in `runs`, with one entry more at the end.
    rows: Vec<u32>,
    runs: Vec<Run>,
}

impl Land {
    pub(crate) fn new() -> Self {
        let count = (HORIZONTAL * VERTICAL) as usize;
        let mask = LandMask::new(CELLS_PER_DEGREE);
        Self { mask, positions: (0..count).map(|_| OnceLock::new()).collect() }
    }

    /// Whether a place is land.
    pub(crate) fn contains(&self, longitude: f64, latitude: f64) -> bool {
        (-180.0..=180.0).contains(&longitude) && self.mask.contains(longitude, latitude)
    }

    /// Whether a position has land, looked at every 12 pixels: a sliver that this misses stays
    /// without granules, as real ones do.
    pub(crate) fn touches(&self, position: Position) -> bool {
        let steps = 0..=PIXELS / 12;
        steps.clone().any(|row| {
            steps.clone().any(|col| {
                let (longitude, latitude) = place(position, col * 12, row * 12);
                self.contains(longitude, latitude)
            })
        })
    }

    /// The land pixels of a position.
    pub(crate) fn of(&self, position: Position) -> &PositionLand {
        let index = usize::from(position.v) * HORIZONTAL as usize + usize::from(position.h);
        self.positions[index].get_or_init(|| self.scan(position))
    }

    fn scan(&self, position: Position) -> PositionLand {
        let is_land = |col, row| {
            let (longitude, latitude) = place(position, col, row);
            self.contains(longitude, latitude)
        };
        let nodes: Vec<Vec<bool>> = (0..=BLOCKS)
            .map(|row| (0..=BLOCKS).map(|col| is_land(col * BLOCK, row * BLOCK)).collect())
            .collect();
        let mut rows = vec![0];
        let mut runs: Vec<Run> = Vec::new();
        for row in 0..PIXELS {
            let first = runs.len();
            let (above, below) = ((row / BLOCK) as usize, (row / BLOCK) as usize + 1);
            for block in 0..BLOCKS {
                let corner = |line: usize, step: usize| nodes[line][block as usize + step];
                let corners =
                    [corner(above, 0), corner(above, 1), corner(below, 0), corner(below, 1)];
                let columns = block * BLOCK..(block + 1) * BLOCK;
                if corners == [true; 4] {
                    extend(&mut runs, first, columns.start, columns.end);
                } else if corners != [false; 4] {
                    for col in columns.filter(|&col| is_land(col, row)) {
                        extend(&mut runs, first, col, col + 1);
                    }
                }
            }
            rows.push(runs.len() as u32);
        }
        PositionLand { rows, runs }
    }
}

/// Appends columns to the last run of a row whose runs begin at `first`, or begins a new run.
fn extend(runs: &mut Vec<Run>, first: usize, start: u32, end: u32) {
    match runs[first..].last_mut() {
        Some(run) if u32::from(run.end) == start => run.end = end as u16,
        _ => runs.push(Run { start: start as u16, end: end as u16 }),
    }
}

/// Longitude and latitude in degrees of a pixel's centre.
pub(crate) fn place(position: Position, col: u32, row: u32) -> (f64, f64) {
    let (west, north) = position.corner();
    lonlat_from_sinusoidal(
        west + (f64::from(col) + 0.5) * PIXEL_METRES,
        north - (f64::from(row) + 0.5) * PIXEL_METRES,
    )
}

impl PositionLand {
    /// The land runs of a row, from west to east.
    pub(crate) fn row(&self, row: u32) -> &[Run] {
        let row = row as usize;
        &self.runs[self.rows[row] as usize..self.rows[row + 1] as usize]
    }
}
