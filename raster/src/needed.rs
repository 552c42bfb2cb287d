//! What a set of tiles needs: which positions of the sinusoidal grid, and of a position's raster
//! which blocks and which pixels. Pure.
//!
//! Footprints in the catalogue are coarse: they miss granules whose pixels reach a tile and name
//! twice as many as contribute. Here every row of output pixels is looked at; since x never falls
//! along a row, a few bisections find where it passes from one position or block to the next.

use std::collections::BTreeSet;
use std::ops::Range;

use floe_shared::grid::{Grid, TileIndex};
use floe_shared::window::PixelWindow;

use crate::centres::Centres;
use crate::geotiff::{Layout, Transform};
use crate::sinusoidal::{HORIZONTAL, POSITION_METRES, Position, VERTICAL};

/// Files state their corners to a micrometre, a little off the ideal ones: a pixel centre so close
/// (in metres) to the border of two positions may belong to either.
const BORDER: f64 = 0.01;

/// The positions whose rasters hold the centre of any pixel of the tiles (to within a centimetre),
/// in ascending order.
pub fn positions(grid: Grid, tiles: &[TileIndex]) -> BTreeSet<Position> {
    positions_of_windows(grid, tiles.iter().map(|&tile| grid.tile_window(tile)))
}

/// The same of windows of any size.
pub fn positions_of_windows(
    grid: Grid,
    windows: impl IntoIterator<Item = PixelWindow>,
) -> BTreeSet<Position> {
    let mut positions = BTreeSet::new();
    for window in windows {
        let centres = Centres::of_window(grid, window);
        for row in 0..centres.height() {
            let from_north = f64::from(VERTICAL) / 2.0 * POSITION_METRES - centres.y(row);
            let Some(first) = centres.xs(row, 0..1).next() else { continue };
            let last = centres.xs(row, centres.width() - 1..centres.width()).next();
            let half = f64::from(HORIZONTAL) / 2.0 * POSITION_METRES;
            let from_west = |x: f64| x + half;
            let around = |low: f64, high: f64| {
                let index = |metres: f64| (metres / POSITION_METRES).floor().max(0.0) as u32;
                index(low - BORDER)..=index(high + BORDER)
            };
            for h in around(from_west(first), from_west(last.unwrap_or(first))) {
                let west = f64::from(h) * POSITION_METRES - half;
                let (west, east) = (west - BORDER, west + POSITION_METRES + BORDER);
                if centres.columns_between(row, west, east).is_empty() {
                    continue;
                }
                let rows = around(from_north, from_north);
                positions.extend(rows.filter_map(|v| Position::new(h, v)));
            }
        }
    }
    positions
}

/// What the tiles need of one raster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    layout: Layout,
    /// The rectangle of needed pixels in each block; `None` for a block without any.
    windows: Vec<Option<PixelWindow>>,
    /// For each row of the raster its needed columns, from the first to behind the last.
    rows: Vec<Range<u32>>,
}

impl Footprint {
    /// Of a raster with a given transform and layout. Exact: a block is in it if and only if the
    /// centre of some pixel of some tile falls into it.
    pub fn new(grid: Grid, tiles: &[TileIndex], transform: Transform, layout: Layout) -> Self {
        let mut footprint = Self {
            layout,
            windows: vec![None; layout.blocks()],
            rows: vec![0..0; layout.height as usize],
        };
        let (source_rows, source_columns) = (transform.rows(), transform.columns());
        for &tile in tiles {
            let centres = Centres::new(grid, tile);
            for row in 0..centres.height() {
                let source_row = source_rows.index(centres.y(row));
                if !(0..i64::from(layout.height)).contains(&source_row) {
                    continue;
                }
                let source_row = source_row as u32;
                for across in 0..layout.across() {
                    let west = across * layout.block_width;
                    let east = (west + layout.block_width).min(layout.width);
                    let columns = centres.columns_in(row, source_columns, west..east);
                    let mut xs = centres.xs(row, columns);
                    let Some(first) = xs.next() else { continue };
                    let last = xs.last().unwrap_or(first);
                    let first = source_columns.index(first) as u32;
                    footprint.add(source_row, first..source_columns.index(last) as u32 + 1);
                }
            }
        }
        footprint
    }

    /// Adds pixels of one row of one block.
    fn add(&mut self, row: u32, columns: Range<u32>) {
        let (start, end) = (columns.start, columns.end);
        let hull = &mut self.rows[row as usize];
        let layout = self.layout;
        let block = row / layout.block_height * layout.across() + start / layout.block_width;
        let window = PixelWindow { row, col: start, height: 1, width: end - start };
        let known = &mut self.windows[block as usize];
        *known = Some(known.map_or(window, |known| union(known, window)));
        *hull = if hull.start >= hull.end {
            start..end
        } else {
            hull.start.min(start)..hull.end.max(end)
        };
    }

    /// How the raster is cut into blocks.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// The blocks that hold a needed pixel, in ascending order.
    pub fn blocks(&self) -> Vec<usize> {
        (0..self.windows.len()).filter(|&block| self.windows[block].is_some()).collect()
    }

    /// The smallest rectangle of raster pixels around the needed ones of a block.
    pub fn window(&self, block: usize) -> Option<PixelWindow> {
        self.windows[block]
    }

    /// The needed columns of a raster row: from the first to behind the last, empty if none. All of a
    /// row's gaps are filled, so that a few pixels may be in it that no tile needs.
    pub fn columns(&self, row: u32) -> Range<u32> {
        self.rows[row as usize].clone()
    }

    /// Whether the tiles need nothing of the raster.
    pub fn is_empty(&self) -> bool {
        self.windows.iter().all(Option::is_none)
    }
}

fn union(a: PixelWindow, b: PixelWindow) -> PixelWindow {
    let (row, col) = (a.row.min(b.row), a.col.min(b.col));
    PixelWindow {
        row,
        col,
        height: a.end_row().max(b.end_row()) - row,
        width: a.end_col().max(b.end_col()) - col,
    }
}
