//! The page table: where the shader finds the number of a grid cell. Pure.
//!
//! Which level stands in for a chunk that has not arrived is settled here, once for each change, and
//! not for each device pixel of each frame: an entry, as large as a chunk of the view's level, says where
//! in the texture the finest arrived level lies. Chunks of coarser levels are to hold whole entries; where
//! one cuts an entry in two, as a foreign store may have it, a still coarser level stands in, or none.

use std::ops::Range;

use super::layer::Plane;
use super::residency::{Page, Residency};
use crate::render::PageTable;
use crate::visible::{Level, Pyramid};

/// The page table of one variable and year for views whose level is at position `first`.
pub(super) fn page_table(
    residency: &Residency,
    pyramid: &Pyramid,
    plane: Plane,
    first: usize,
) -> PageTable {
    let levels = &pyramid.levels()[first..];
    let grid = pyramid.size();
    let cells = |level: &Level| (level.chunk.0 * level.factor, level.chunk.1 * level.factor);
    let entry = levels.first().map_or(grid, cells);
    let size = (grid.0.div_ceil(entry.0), grid.1.div_ceil(entry.1));
    let mut texels = vec![PageTable::UNKNOWN; size.0 as usize * size.1 as usize];
    for level in levels.iter().rev() {
        let (width, height) = cells(level);
        for (key, page) in residency.pages(plane, level.index) {
            let texel = texel(page, level, (key.row, key.col));
            let cols = whole_entries(key.col * width, width, entry.0, grid.0);
            for row in whole_entries(key.row * height, height, entry.1, grid.1) {
                let start = (row * size.0) as usize;
                texels[start + cols.start as usize..start + cols.end as usize].fill(texel);
            }
        }
    }
    // What every level of the view covers: one that was rounded down leaves out the last cells.
    let covered = |length: fn(&Level) -> u32, all: u32| {
        levels.iter().map(|level| length(level) * level.factor).fold(all, u32::min)
    };
    PageTable {
        entry,
        size,
        texels,
        covered: (covered(|level| level.size.0, grid.0), covered(|level| level.size.1, grid.1)),
    }
}

/// The entries, `entry` cells each, that lie as a whole in `length` cells from `start`, of a grid that is
/// `end` cells long. The last entry may reach past the grid.
fn whole_entries(start: u32, length: u32, entry: u32, end: u32) -> Range<u32> {
    let stop = start + length;
    let last = if stop >= end { end.div_ceil(entry) } else { stop / entry };
    start.div_ceil(entry).min(last)..last
}

/// What is added to a pixel of the level to get its place in the texture, the layer, and the level's
/// factor.
fn texel(page: Page, level: &Level, (row, col): (u32, u32)) -> [i32; 4] {
    match page {
        Page::Absent => PageTable::ABSENT,
        Page::Resident(slot) => [
            slot.x as i32 - (col * level.chunk.0) as i32,
            slot.y as i32 - (row * level.chunk.1) as i32,
            slot.layer as i32,
            level.factor as i32,
        ],
    }
}

#[cfg(test)]
mod tests {
    use floe_shared::schema::Variable;

    use super::*;
    use crate::chunk::ChunkKey;
    use crate::dataset::LevelInfo;

    const PLANE: Plane = (Variable::Average, 0);

    /// The levels of the 0.01° grid: tiles of 1000, 500 and 250 pixels, then chunks of so many.
    fn pyramid(global: u32) -> Pyramid {
        let level = |index: u8, chunk: u32| {
            let factor = 1_u32 << index;
            LevelInfo {
                index,
                rows: 18_000_u32.div_ceil(factor),
                cols: 36_000_u32.div_ceil(factor),
                chunk_rows: chunk,
                chunk_cols: chunk,
                degrees_per_pixel: 0.01 * f64::from(factor),
            }
        };
        let levels = [(0, 1000), (1, 500), (2, 250), (3, global), (4, global), (5, global)];
        Pyramid::new(&levels.map(|(index, chunk)| level(index, chunk))).unwrap()
    }

    fn residency(pyramid: &Pyramid) -> Residency {
        let mut residency = Residency::new(pyramid, 8 * 1024 * 1024 * 2);
        residency.begin_frame();
        residency
    }

    fn key(level: u8, row: u32, col: u32) -> ChunkKey {
        ChunkKey { variable: PLANE.0, year: PLANE.1, level, row, col }
    }

    /// Place in the texture and layer of a cell's number, as the shader finds it.
    fn found(table: &PageTable, cell: (u32, u32)) -> Option<(i32, i32, i32)> {
        let index = cell.1 / table.entry.1 * table.size.0 + cell.0 / table.entry.0;
        let [dx, dy, layer, factor] = table.texels[index as usize];
        (layer >= 0).then(|| (cell.0 as i32 / factor + dx, cell.1 as i32 / factor + dy, layer))
    }

    #[test]
    fn the_finest_level_that_has_arrived_is_found() {
        let pyramid = pyramid(500);
        let mut residency = residency(&pyramid);
        for (level, col, chunk) in
            [(0, 16, 1000), (2, 16, 250), (2, 17, 250), (5, 0, 500), (5, 1, 500)]
        {
            residency.place(key(level, 0, col), (chunk, chunk)).unwrap();
        }
        let table = page_table(&residency, &pyramid, PLANE, 0);
        // Level 0 lies in layer 0, level 2 in layer 1, level 5 in layer 2.
        assert_eq!(found(&table, (16_003, 5)), Some((3, 5, 0)));
        assert_eq!(found(&table, (17_004, 9)), Some((251, 2, 1)));
        assert_eq!(found(&table, (15_999, 1000)), Some((499, 31, 2)));
        assert_eq!(found(&table, (18_000, 1000)), Some((562, 31, 2)));
        assert_eq!(found(&table, (35_999, 10)), None);
        let table = page_table(&residency, &pyramid, PLANE, 2);
        assert_eq!(found(&table, (16_003, 5)), Some((0, 1, 1)));
        let table = page_table(&residency, &pyramid, PLANE, 5);
        assert_eq!(found(&table, (16_003, 5)), Some((500, 0, 2)));
        assert_eq!(found(&page_table(&residency, &pyramid, (PLANE.0, 1), 0), (16_003, 5)), None);
    }

    #[test]
    fn what_is_known_to_be_absent_is_not_looked_for_in_coarser_levels() {
        let pyramid = pyramid(500);
        let mut residency = residency(&pyramid);
        residency.mark_absent(key(0, 0, 0));
        residency.place(key(5, 0, 0), (500, 500)).unwrap();
        let table = page_table(&residency, &pyramid, PLANE, 0);
        assert_eq!(found(&table, (999, 999)), None);
        assert_eq!(found(&table, (1000, 999)), Some((31, 31, 0)));
    }

    #[test]
    fn a_chunk_that_cuts_an_entry_does_not_stand_in_for_it() {
        let pyramid = pyramid(512);
        let mut residency = residency(&pyramid);
        residency.place(key(5, 0, 0), (512, 512)).unwrap();
        residency.place(key(5, 0, 1), (512, 512)).unwrap();
        let table = page_table(&residency, &pyramid, PLANE, 0);
        assert_eq!(found(&table, (15_999, 0)), Some((499, 0, 0)));
        // These chunks meet at column 16384.
        assert_eq!(found(&table, (16_500, 0)), None);
        assert_eq!(found(&table, (17_000, 0)), Some((531, 0, 0)));
        let table = page_table(&residency, &pyramid, PLANE, 5);
        assert_eq!(found(&table, (16_500, 0)), Some((515, 0, 0)));
    }

    #[test]
    fn the_last_entry_may_reach_past_the_grid() {
        assert_eq!(whole_entries(0, 18_016, 4096, 18_000), 0..5);
        assert_eq!(whole_entries(16_384, 4096, 1000, 18_000), 17..18);
        assert_eq!(whole_entries(4096, 4096, 1000, 18_000), 5..8);
        assert_eq!(whole_entries(100, 50, 1000, 18_000), 0..0);
    }

    #[test]
    fn a_level_that_was_rounded_down_leaves_out_the_last_cells() {
        let level = |index: u8, rows, cols, degrees_per_pixel| LevelInfo {
            index,
            rows,
            cols,
            chunk_rows: 100,
            chunk_cols: 100,
            degrees_per_pixel,
        };
        let pyramid = Pyramid::new(&[level(0, 450, 900, 0.4), level(1, 112, 225, 1.6)]).unwrap();
        let table = page_table(&residency(&pyramid), &pyramid, PLANE, 0);
        assert_eq!(table.covered, (900, 448));
    }
}
