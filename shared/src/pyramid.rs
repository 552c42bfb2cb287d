//! Overview levels: coarser copies of the grid for maps.
//!
//! Level 0 is the grid itself. Pixel `i` of level `L` covers the base pixels `i * 2^L ..
//! (i + 1) * 2^L` along each axis, counted from the same north-west corner, so that every level has
//! an exact transform; the last row or column may reach past the grid.
//!
//! A level is a **tile's own** while its share of a tile is a whole number of at least
//! [`MIN_TILE_SHARE`] pixels: one chunk per tile, written in the tile's own commit, so that no two
//! jobs ever touch one chunk. Coarser levels are **global**: their chunks of [`GLOBAL_CHUNK`] pixels
//! span tiles and are written by `floe overviews`. Halving goes on until a level has at most
//! [`MAX_WORLD_CHUNKS`] chunks and as many pixels as those have on a global level, which bounds what a view of the whole grid has
//! to fetch.

use crate::grid::{Grid, TileIndex};
use crate::window::PixelWindow;

/// The fewest pixels along an edge for which a tile keeps a chunk of its own.
pub const MIN_TILE_SHARE: u32 = 200;
/// Pixels along the edge of a global level's chunks. Decimal as tiles are, so that these chunks are whole
/// numbers of tiles and a view can show a coarse level wherever a finer one has not arrived.
pub const GLOBAL_CHUNK: u32 = 500;
/// The coarsest level has at most this many chunks (for one variable and year).
pub const MAX_WORLD_CHUNKS: u32 = 8;
/// The most pixels of the coarsest level.
const MAX_WORLD_PIXELS: u64 = MAX_WORLD_CHUNKS as u64 * GLOBAL_CHUNK as u64 * GLOBAL_CHUNK as u64;

/// One level of the pyramid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Level {
    /// 0 for the grid itself; each next level halves.
    pub index: u32,
    /// Rows of pixels.
    pub rows: u32,
    /// Columns of pixels.
    pub cols: u32,
    /// Pixels along a chunk's edge.
    pub chunk: u32,
    /// Who writes it.
    pub owner: Owner,
}

/// Who writes the chunks of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Each tile's own commit: one chunk a tile.
    Tile,
    /// `floe overviews`.
    Global,
}

/// A chunk's place within a level: row 0 in the north, column 0 in the west.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkIndex {
    /// Row of chunks.
    pub row: u32,
    /// Column of chunks.
    pub col: u32,
}

/// All levels of a grid, finest first.
pub fn levels(grid: Grid) -> Vec<Level> {
    let mut levels = vec![Level {
        index: 0,
        rows: grid.rows(),
        cols: grid.cols(),
        chunk: grid.tile_pixels(),
        owner: Owner::Tile,
    }];
    let is_small = |level: &Level| {
        let pixels = u64::from(level.rows) * u64::from(level.cols);
        level.chunk_rows() * level.chunk_cols() <= MAX_WORLD_CHUNKS && pixels <= MAX_WORLD_PIXELS
    };
    while let Some(finer) = levels.last()
        && !is_small(finer)
        && finer.rows > 1
    {
        let index = finer.index + 1;
        let share = grid.tile_pixels() >> index;
        let own = share << index == grid.tile_pixels() && share >= MIN_TILE_SHARE;
        levels.push(Level {
            index,
            rows: grid.rows().div_ceil(1 << index),
            cols: grid.cols().div_ceil(1 << index),
            chunk: if own { share } else { GLOBAL_CHUNK },
            owner: if own { Owner::Tile } else { Owner::Global },
        });
    }
    levels
}

impl Level {
    /// How many base pixels one pixel spans along an edge.
    pub const fn factor(self) -> u32 {
        1 << self.index
    }

    /// The level's group below the root: empty for level 0, else its index.
    pub fn path(self) -> String {
        if self.index == 0 { String::new() } else { self.index.to_string() }
    }

    /// Rows of chunks.
    pub const fn chunk_rows(self) -> u32 {
        self.rows.div_ceil(self.chunk)
    }

    /// Columns of chunks.
    pub const fn chunk_cols(self) -> u32 {
        self.cols.div_ceil(self.chunk)
    }

    /// The pixels of a chunk that lie in the level (chunks at the southern and eastern edge may
    /// reach past it).
    pub fn chunk_window(self, chunk: ChunkIndex) -> PixelWindow {
        let row = chunk.row * self.chunk;
        let col = chunk.col * self.chunk;
        PixelWindow {
            row,
            col,
            height: self.chunk.min(self.rows.saturating_sub(row)),
            width: self.chunk.min(self.cols.saturating_sub(col)),
        }
    }

    /// The chunks that hold pixels of a window of this level, row by row.
    pub fn chunks_in(self, window: PixelWindow) -> impl Iterator<Item = ChunkIndex> {
        let rows = window.row / self.chunk..window.end_row().min(self.rows).div_ceil(self.chunk);
        let cols = window.col / self.chunk..window.end_col().min(self.cols).div_ceil(self.chunk);
        rows.flat_map(move |row| cols.clone().map(move |col| ChunkIndex { row, col }))
    }

    /// The chunks that hold pixels of a tile.
    pub fn chunks_of_tile(self, grid: Grid, tile: TileIndex) -> impl Iterator<Item = ChunkIndex> {
        let base = grid.tile_window(tile);
        let row = base.row >> self.index;
        let col = base.col >> self.index;
        self.chunks_in(PixelWindow {
            row,
            col,
            height: base.end_row().div_ceil(self.factor()) - row,
            width: base.end_col().div_ceil(self.factor()) - col,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_default_grid_has_five_overviews_of_which_two_are_the_tiles_own() {
        let levels = levels(Grid::default());
        let shapes: Vec<_> =
            levels.iter().map(|l| (l.index, l.rows, l.cols, l.chunk, l.owner)).collect();
        assert_eq!(
            shapes,
            [
                (0, 18000, 36000, 1000, Owner::Tile),
                (1, 9000, 18000, 500, Owner::Tile),
                (2, 4500, 9000, 250, Owner::Tile),
                (3, 2250, 4500, 500, Owner::Global),
                (4, 1125, 2250, 500, Owner::Global),
                (5, 563, 1125, 500, Owner::Global),
            ]
        );
        assert_eq!(levels[5].chunk_rows() * levels[5].chunk_cols(), 6);
        assert_eq!(levels[5].path(), "5");
        assert_eq!(levels[0].path(), "");
    }

    #[test]
    fn chunks_at_the_edge_end_with_the_level() {
        let level = levels(Grid::default())[5];
        let window = level.chunk_window(ChunkIndex { row: 1, col: 2 });
        assert_eq!(window, PixelWindow { row: 500, col: 1000, height: 63, width: 125 });
    }

    proptest! {
        #[test]
        fn every_grid_ends_in_a_world_of_few_chunks(pixels in prop::sample::select(vec![10_u32, 40, 50, 100, 200, 250, 400, 1000, 2000])) {
            let grid = Grid::new(10.0 / f64::from(pixels), 10.0).unwrap();
            let levels = levels(grid);
            let last = levels.last().unwrap();
            prop_assert!(last.chunk_rows() * last.chunk_cols() <= MAX_WORLD_CHUNKS);
            for level in &levels {
                if level.owner == Owner::Tile {
                    prop_assert_eq!(level.chunk_rows(), grid.tile_rows());
                    prop_assert_eq!(level.chunk_cols(), grid.tile_cols());
                }
            }
        }

        #[test]
        fn a_tile_finds_exactly_the_chunks_that_share_a_pixel_with_it(row in 0..18_u32, col in 0..36_u32, level in 0..6_usize) {
            let grid = Grid::default();
            let level = levels(grid)[level];
            let tile = TileIndex { row, col };
            let base = grid.tile_window(tile);
            let found: Vec<_> = level.chunks_of_tile(grid, tile).collect();
            let expected: Vec<_> = (0..level.chunk_rows())
                .flat_map(|row| (0..level.chunk_cols()).map(move |col| ChunkIndex { row, col }))
                .filter(|&chunk| {
                    let own = level.chunk_window(chunk);
                    let scaled = PixelWindow {
                        row: own.row * level.factor(),
                        col: own.col * level.factor(),
                        height: own.height * level.factor(),
                        width: own.width * level.factor(),
                    };
                    scaled.intersection(base).is_some()
                })
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
