//! The page table: where the shader finds the number of a grid cell. Pure.
//!
//! Which level stands in for a chunk that has not arrived is settled here, once for each change, and
//! not for each device pixel of each frame: an entry, which is a chunk of the view's level, says where
//! in the texture the finest arrived level lies. Chunks of coarser levels are to hold whole entries; where
//! one cuts an entry in two, as a foreign store may have it, a still coarser level stands in, or none.

use std::ops::Range;

use super::residency::{Page, Residency};
use crate::chunk::Plane;
use crate::render::{LevelShape, PageTable};
use crate::visible::{Level, Pyramid};

/// Pixels of its own by which a chunk may fall short of the ends of an entry for which it stands in, where levels are
/// not nested.
const SLACK: f64 = 0.51;

/// The page table of a plane for views whose level is at position `first`.
pub(super) fn page_table(
    residency: &Residency,
    pyramid: &Pyramid,
    plane: Plane,
    first: usize,
) -> PageTable {
    let is_nested = pyramid.is_nested();
    let entries = &pyramid.levels()[first];
    let size = entries.chunks();
    let mut texels = vec![PageTable::UNKNOWN; size.0 as usize * size.1 as usize];
    for (position, level) in pyramid.levels().iter().enumerate().skip(first).rev() {
        for (key, page) in residency.pages(plane, level.index) {
            let texel = texel(page, level, (key.row, key.col), (!is_nested).then_some(position));
            let slack = if is_nested { 0.0 } else { SLACK };
            let cols = whole_entries(axis(level, 0), key.col, axis(entries, 0), slack);
            for row in whole_entries(axis(level, 1), key.row, axis(entries, 1), slack) {
                let start = (row * size.0) as usize;
                texels[start + cols.start as usize..start + cols.end as usize].fill(texel);
            }
        }
    }
    PageTable {
        levels: pyramid.levels().iter().map(shape).collect(),
        first,
        is_nested,
        size,
        texels,
    }
}

/// A level along one axis.
#[derive(Clone, Copy, Debug)]
struct AxisShape {
    origin: f64,
    /// Cells along a chunk's edge.
    step: f64,
    /// Cells along a pixel's edge.
    factor: f64,
    /// Number of chunks.
    chunks: u32,
}

fn axis(level: &Level, which: usize) -> AxisShape {
    let (origin, factor, chunk, chunks) = match which {
        0 => (level.origin.0, level.factor.0, level.chunk.0, level.chunks().0),
        _ => (level.origin.1, level.factor.1, level.chunk.1, level.chunks().1),
    };
    AxisShape { origin, step: factor * f64::from(chunk), factor, chunks }
}

/// The entries, chunks of one level, that lie as a whole in a chunk of another, but for so many of its pixels. What lies
/// past the last chunk of a level is its own, and so is what lies before the first one.
fn whole_entries(level: AxisShape, chunk: u32, entries: AxisShape, slack: f64) -> Range<u32> {
    // A level has no other entries than its own.
    let slack = if level.factor > entries.factor { slack * level.factor } else { 0.0 };
    let at = |index: u32| level.origin + f64::from(index) * level.step;
    let (start, stop) = (at(chunk) - slack, at(chunk + 1) + slack);
    let index = |cell: f64| (cell - entries.origin) / entries.step;
    let first = if chunk == 0 { 0.0 } else { (index(start) - 1e-9).ceil() };
    let last = if chunk + 1 >= level.chunks {
        f64::from(entries.chunks)
    } else {
        (index(stop) + 1e-9).floor()
    };
    let end = (last.max(0.0) as u32).min(entries.chunks);
    (first.max(0.0) as u32).min(end)..end
}

/// What is added to a pixel of the level to get its place in the texture, the layer, and of a nested pyramid the level's
/// factor, else what says the level and the place in the layer, in chunks.
fn texel(page: Page, level: &Level, (row, col): (u32, u32), position: Option<usize>) -> [i32; 4] {
    match page {
        Page::Absent => PageTable::ABSENT,
        Page::Resident(slot) => [
            slot.x as i32 - (col * level.chunk.0) as i32,
            slot.y as i32 - (row * level.chunk.1) as i32,
            slot.layer as i32,
            position.map_or(level.factor.0 as i32, |position| {
                let (across, down) = (slot.x / level.chunk.0, slot.y / level.chunk.1);
                (position as u32 | across << 4 | down << 14) as i32
            }),
        ],
    }
}

fn shape(level: &Level) -> LevelShape {
    LevelShape { origin: level.origin, factor: level.factor, size: level.size, chunk: level.chunk }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::{ChunkKey, VariableId};
    use crate::dataset::LevelInfo;
    use crate::placement::Placement;
    use crate::visible::tests::levels;

    const PLANE: Plane = (VariableId(0), 0);

    /// The levels of the 0.01° grid: tiles of 1000, 500 and 250 pixels, then chunks of so many.
    fn pyramid(global: u32) -> Pyramid {
        let level = |index: u8, chunk: u32| {
            let factor = 1_u32 << index;
            let (edge, rows, cols) = (
                0.01 * f64::from(factor),
                18_000_u32.div_ceil(factor),
                36_000_u32.div_ceil(factor),
            );
            LevelInfo {
                index,
                placement: Placement::new(-180.0, 90.0, edge, -edge, cols, rows),
                chunk_rows: chunk,
                chunk_cols: chunk,
            }
        };
        let levels = [(0, 1000), (1, 500), (2, 250), (3, global), (4, global), (5, global)];
        Pyramid::new(&levels.map(|(index, chunk)| level(index, chunk))).unwrap()
    }

    fn residency(pyramid: &Pyramid) -> Residency {
        let mut residency = Residency::new(std::slice::from_ref(pyramid), 8 * 1024 * 1024 * 2, 2);
        residency.begin_frame();
        residency
    }

    fn key(level: u8, row: u32, col: u32) -> ChunkKey {
        ChunkKey { variable: PLANE.0, plane: PLANE.1, level, row, col }
    }

    /// Place in the texture and layer of a cell's number, as the shader finds it; `within` is where in the cell.
    fn found_at(table: &PageTable, cell: (u32, u32), within: f64) -> Option<(i32, i32, i32)> {
        let pixel = |shape: &LevelShape| {
            let at = |cell: u32, origin: f64, factor: f64, size: u32| {
                ((f64::from(cell) - origin + within) / factor)
                    .floor()
                    .clamp(0.0, f64::from(size - 1)) as i32
            };
            (
                at(cell.0, shape.origin.0, shape.factor.0, shape.size.0),
                at(cell.1, shape.origin.1, shape.factor.1, shape.size.1),
            )
        };
        let first = &table.levels[table.first];
        let (x, y) = pixel(first);
        let index = y as u32 / first.chunk.1 * table.size.0 + x as u32 / first.chunk.0;
        let [dx, dy, layer, last] = table.texels[index as usize];
        let (x, y) = if table.is_nested {
            (cell.0 as i32 / last + dx, cell.1 as i32 / last + dy)
        } else {
            let shape = &table.levels[(last & 15) as usize];
            let (x, y) = pixel(shape);
            let (left, top) =
                ((last >> 4 & 1023) * shape.chunk.0 as i32, (last >> 14) * shape.chunk.1 as i32);
            (
                (x + dx).clamp(left, left + shape.chunk.0 as i32 - 1),
                (y + dy).clamp(top, top + shape.chunk.1 as i32 - 1),
            )
        };
        (layer >= 0).then_some((x, y, layer))
    }

    fn found(table: &PageTable, cell: (u32, u32)) -> Option<(i32, i32, i32)> {
        found_at(table, cell, 0.5)
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
        assert!(table.is_nested);
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
    fn the_last_chunk_holds_what_lies_past_it() {
        let axis =
            |chunk: f64, chunks: u32| AxisShape { origin: 0.0, step: chunk, factor: 1.0, chunks };
        assert_eq!(whole_entries(axis(18_016.0, 1), 0, axis(4096.0, 5), 0.0), 0..5);
        assert_eq!(whole_entries(axis(4096.0, 5), 4, axis(1000.0, 18), 0.0), 17..18);
        assert_eq!(whole_entries(axis(4096.0, 5), 1, axis(1000.0, 18), 0.0), 5..8);
        assert_eq!(whole_entries(axis(50.0, 10), 2, axis(1000.0, 18), 0.0), 0..0);
    }

    #[test]
    fn a_level_that_was_rounded_down_gives_its_last_pixel_to_what_it_leaves_out() {
        let pyramid = levels(
            100,
            &[
                Placement::new(-180.0, 90.0, 0.4, -0.4, 900, 450),
                Placement::new(-180.0, 90.0, 1.6, -1.6, 225, 112),
            ],
        );
        let mut residency = residency(&pyramid);
        residency.place(key(0, 4, 0), (100, 100)).unwrap();
        residency.place(key(1, 1, 0), (100, 100)).unwrap();
        let table = page_table(&residency, &pyramid, PLANE, 0);
        assert!(!table.is_nested);
        // The finest level shows its own last rows ...
        assert_eq!(found(&table, (7, 449)), Some((7, 49, 0)));
        // ... and the coarser one its last, in the second slot of a row of ten.
        assert_eq!(found(&table, (407, 449)), None);
        let table = page_table(&residency, &pyramid, PLANE, 1);
        assert_eq!(found(&table, (7, 447)), Some((101, 11, 0)));
        assert_eq!(found(&table, (7, 449)), Some((101, 11, 0)));
    }

    #[test]
    fn pixels_of_any_factor_are_found_where_they_lie() {
        // 562 rows over all of the globe, and a level that begins half a cell before it.
        let pyramid = levels(
            512,
            &[
                Placement::global(36_000, 18_000),
                Placement::new(-180.005, 90.005, 0.04, -0.04, 9_001, 4_501),
                Placement::global(1125, 562),
            ],
        );
        let mut residency = residency(&pyramid);
        for row in 0..2 {
            residency.place(key(2, row, 0), (512, 512)).unwrap();
        }
        residency.place(key(1, 0, 0), (512, 512)).unwrap();
        let table = page_table(&residency, &pyramid, PLANE, 2);
        // Row 512 begins at cell 16398.58.
        assert_eq!(found_at(&table, (5, 16_398), 0.5), Some((0, 511, 0)));
        assert_eq!(found_at(&table, (5, 16_398), 0.6), Some((512, 0, 0)));
        let table = page_table(&residency, &pyramid, PLANE, 1);
        // Pixel 1 begins at cell 3.5.
        assert_eq!(found_at(&table, (3, 0), 0.4), Some((0, 512, 0)));
        assert_eq!(found_at(&table, (3, 0), 0.6), Some((1, 512, 0)));
        // What the middle level lacks the coarsest has.
        assert_eq!(found(&table, (2100, 3)), Some((65, 0, 0)));
    }
}
