//! Where the entries of the page table lie on the screen, in the flat projections. Pure.

use super::frame::PageTable;
use super::rectangles::Rectangle;
use crate::view::axes::{Axes, AxisPlace};

/// Where in a cell it is looked for a pixel that covers whole cells: as far from its edges as can be.
const MIDDLE: f64 = 0.5;

/// Rectangles that cover the screen, each pixel by one.
#[derive(Debug, Default)]
pub(super) struct Areas {
    /// The entries that hold data, with their pages.
    pub(super) data: Vec<Rectangle>,
    /// All the rest.
    pub(super) empty: Vec<Rectangle>,
}

/// The rectangles of all entries.
///
/// A column and a row of device pixels belong to one entry each, so that the rectangles end between
/// pixels and meet without a seam; where the world repeats itself, so do they.
pub(super) fn areas(table: &PageTable, axes: &Axes, grid: (u32, u32)) -> Areas {
    let shape = table.entries();
    let pixels = |origin, factor, size, chunk| Pixels {
        origin,
        factor,
        size,
        chunk,
        is_whole: is_whole(origin) && is_whole(factor),
    };
    let across = pixels(shape.origin.0, shape.factor.0, shape.size.0, shape.chunk.0);
    let down = pixels(shape.origin.1, shape.factor.1, shape.size.1, shape.chunk.1);
    let columns = spans(&axes.columns, across, grid.0);
    let rows = spans(&axes.rows, down, grid.1);
    let mut areas = Areas::default();
    for row in &rows {
        // What is empty and lies side by side is one rectangle.
        let mut gap: Option<Rectangle> = None;
        for column in &columns {
            let page = row
                .entry
                .zip(column.entry)
                .and_then(|(row, column)| table.texels.get((row * table.size.0 + column) as usize));
            let on_screen =
                [column.start, row.start, column.length, row.length].map(|length| length as f32);
            match (page.filter(|page| page[2] >= 0), &mut gap) {
                (Some(page), _) => {
                    areas.empty.extend(gap.take());
                    let extra = page.map(|number| number as f32);
                    areas.data.push(Rectangle { on_screen, extra });
                }
                (None, Some(gap)) => gap.on_screen[2] += on_screen[2],
                (None, None) => gap = Some(Rectangle { on_screen, extra: [0.0; 4] }),
            }
        }
        areas.empty.extend(gap);
    }
    areas
}

/// Device pixels of one entry that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u32,
    length: u32,
    /// None beyond the poles.
    entry: Option<u32>,
}

/// The pixels of a level along one axis, as [`LevelShape`](super::frame::LevelShape) has them.
#[derive(Clone, Copy, Debug)]
struct Pixels {
    origin: f64,
    factor: f64,
    size: u32,
    chunk: u32,
    /// Whether each covers whole cells.
    is_whole: bool,
}

impl Pixels {
    /// The chunk at a place on the grid. What a level leaves out belongs to its first and last pixel.
    fn chunk_at(&self, place: &AxisPlace) -> u32 {
        let within = if self.is_whole { MIDDLE } else { f64::from(place[1]) };
        let at = (f64::from(place[0]) - self.origin + within) / self.factor;
        (at.max(0.0) as u32).min(self.size - 1) / self.chunk
    }
}

/// Whether a number of cells is whole.
pub(super) fn is_whole(cells: f64) -> bool {
    cells.fract() == 0.0
}

/// Cuts an axis of so many cells into the chunks of a level; places beyond the grid belong to none.
fn spans(axis: &[AxisPlace], pixels: Pixels, cells: u32) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (start, place) in axis.iter().enumerate() {
        let start = start as u32;
        let is_on_grid = (0.0..cells as f32).contains(&place[0]);
        let entry = is_on_grid.then(|| pixels.chunk_at(place));
        match spans.last_mut() {
            Some(last) if last.entry == entry => last.length += 1,
            _ => spans.push(Span { start, length: 1, entry }),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::Placement;
    use crate::render::LevelShape;
    use crate::view::{Camera, Projection, View, Viewport};

    const GRID: (u32, u32) = (36_000, 18_000);

    fn axes(projection: Projection, lon: f64, lat: f64, zoom: f64) -> Axes {
        let screen = Viewport { width: 640.0, height: 400.0, pixel_ratio: 1.0 };
        let camera = Camera::new(projection, View { lon, lat, zoom }, screen);
        Axes::new(&camera, &Placement::global(GRID.0, GRID.1), (640, 400)).unwrap()
    }

    /// Entries of 1000 cells, each with a page of its own but every third.
    fn table() -> PageTable {
        let texels = (0..36 * 18).map(|index| {
            if index % 3 == 0 { PageTable::ABSENT } else { [index, -index, index % 7, 4] }
        });
        let level =
            LevelShape { origin: (0.0, 0.0), factor: (1.0, 1.0), size: GRID, chunk: (1000, 1000) };
        PageTable {
            levels: vec![level],
            first: 0,
            is_nested: true,
            size: (36, 18),
            texels: texels.collect(),
        }
    }

    #[test]
    fn every_pixel_lies_in_one_rectangle_that_of_its_entry_where_that_has_data() {
        for (projection, lon, lat, zoom) in [
            (Projection::Mercator, 12.0, 22.0, 0.2),
            (Projection::Mercator, 179.9, 60.0, 6.0),
            (Projection::Equirectangular, -170.0, 80.0, 3.0),
            (Projection::Equirectangular, 0.0, 0.0, 0.0),
        ] {
            let (axes, table) = (axes(projection, lon, lat, zoom), table());
            let mut screen = vec![None; 640 * 400];
            let Areas { data, empty } = areas(&table, &axes, GRID);
            assert!(!data.is_empty() && !empty.is_empty());
            let data = data.iter().map(|rectangle| (rectangle.on_screen, Some(rectangle.extra)));
            let empty = empty.iter().map(|rectangle| (rectangle.on_screen, None));
            for (on_screen, page) in data.chain(empty) {
                let [x, y, width, height] = on_screen.map(|length| length as usize);
                for row in y..y + height {
                    for pixel in &mut screen[row * 640 + x..row * 640 + x + width] {
                        assert_eq!(*pixel, None, "two rectangles at one pixel");
                        *pixel = Some(page);
                    }
                }
            }
            for (index, found) in screen.into_iter().enumerate() {
                let (column, row) = (axes.columns[index % 640][0], axes.rows[index / 640][0]);
                let expected = (0.0..18_000.0)
                    .contains(&row)
                    .then(|| table.texels[row as usize / 1000 * 36 + column as usize / 1000]);
                let expected = expected.filter(|page| page[2] >= 0);
                assert_eq!(found, Some(expected.map(|page| page.map(|number| number as f32))));
            }
        }
    }

    #[test]
    fn cells_that_a_level_leaves_out_have_its_last_entry() {
        let axes = axes(Projection::Equirectangular, 179.0, 0.0, 6.0);
        let pixels = |size| Pixels { origin: 0.0, factor: 10.0, size, chunk: 100, is_whole: true };
        assert_eq!(spans(&axes.columns, pixels(3500), 36_000)[0].entry, Some(34));
        assert_eq!(spans(&axes.columns, pixels(3600), 36_000)[0].entry, Some(35));
    }

    #[test]
    fn an_entry_may_begin_within_a_cell() {
        let pixels = Pixels { origin: -0.5, factor: 1.25, size: 8, chunk: 4, is_whole: false };
        // Its second chunk begins at 4.5 cells.
        assert_eq!(pixels.chunk_at(&[4.0, 0.4, 0.0, 0.0]), 0);
        assert_eq!(pixels.chunk_at(&[4.0, 0.6, 0.0, 0.0]), 1);
        assert_eq!(pixels.chunk_at(&[40.0, 0.0, 0.0, 0.0]), 1);
    }
}
