//! Rows of pixels on their way from one level to the next. Pure.
//!
//! A store is verified from north to south. Of each level only the rows are kept that the next row of the coarser
//! level's chunks needs, so that memory does not grow with the store.

use floe_raster::plane::{Plane, PlaneError};
use floe_shared::pyramid::Level;
use floe_shared::schema::VariableSpec;
use floe_shared::window::PixelWindow;
use ndarray::Array2;

use crate::overviews::{halve, slice_of};

/// The rows of a level that are still needed, as far south as they are known.
#[derive(Debug)]
pub(super) struct Band<'a> {
    level: Level,
    coarser: Level,
    variable: &'a VariableSpec,
    /// The northernmost row that is kept.
    first: u32,
    /// As wide as the level.
    pixels: Plane,
    /// What is not known.
    hidden: Vec<PixelWindow>,
    /// The next row of the coarser level's chunks.
    next: u32,
}

/// What one row of a coarser level's chunks must hold.
#[derive(Debug)]
pub(super) struct Due {
    /// The row of chunks.
    pub(super) row: u32,
    /// Its pixels, as wide as the level.
    pub(super) pixels: Plane,
    /// The row of the level's pixels with which it begins.
    first: u32,
    /// The pixels that depend on what is not known.
    hidden: Vec<PixelWindow>,
}

impl<'a> Band<'a> {
    /// The rows of a level, for the chunks of the next coarser one.
    ///
    /// # Errors
    /// Where the variable's type is none of pixels.
    pub(super) fn new(
        level: Level,
        coarser: Level,
        variable: &'a VariableSpec,
    ) -> Result<Self, PlaneError> {
        let encoding = &variable.encoding;
        let pixels = Plane::filled(encoding.data_type, (0, level.cols as usize), encoding.absent)?;
        Ok(Self { level, coarser, variable, first: 0, pixels, hidden: Vec::new(), next: 0 })
    }

    /// Its level, and the next coarser one.
    pub(super) fn levels(&self) -> (Level, Level) {
        (self.level, self.coarser)
    }

    /// Further rows to the south, as wide as the level.
    pub(super) fn extend(&mut self, rows: &Plane) -> Result<(), PlaneError> {
        self.pixels.append(rows)
    }

    /// Pixels of the level that nobody knows.
    pub(super) fn hide(&mut self, window: PixelWindow) {
        self.hidden.push(window);
    }

    /// What the next row of the coarser level's chunks must hold, once all rows below it are known.
    ///
    /// # Errors
    /// Where the variable's type is none of pixels.
    pub(super) fn due(&mut self) -> Result<Option<Due>, PlaneError> {
        let row = self.coarser.chunk * self.next;
        if row >= self.coarser.rows {
            return Ok(None);
        }
        let height = self.coarser.chunk.min(self.coarser.rows - row);
        let end = (2 * (row + height)).min(self.level.rows);
        let count = (end - self.first) as usize;
        if self.pixels.dim().0 < count {
            return Ok(None);
        }
        let below = self.pixels.take_rows(count);
        let encoding = &self.variable.encoding;
        let pixels = if below.is_all(encoding.absent) {
            // Most of a store that few tiles were made of.
            let dim = (below.dim().0.div_ceil(2), self.coarser.cols as usize);
            Plane::filled(encoding.data_type, dim, encoding.absent)?
        } else {
            halve(&below, self.variable.overview, encoding.absent)
        };
        let due = Due {
            row: self.next,
            pixels,
            first: row,
            hidden: self.hidden.iter().map(|&window| halved(window)).collect(),
        };
        self.first = end;
        self.next += 1;
        self.hidden.retain(|window| window.end_row() > end);
        Ok(Some(due))
    }
}

impl Due {
    /// Which pixels of a window of the level can be compared, as seen from the window's corner.
    pub(super) fn known(&self, window: PixelWindow) -> Array2<bool> {
        let mut known = Array2::from_elem((window.height as usize, window.width as usize), true);
        for common in self.hidden.iter().filter_map(|hidden| hidden.intersection(window)) {
            known.slice_mut(slice_of(common, window)).fill(false);
        }
        known
    }

    /// The pixels of a window of the level.
    pub(super) fn of(&self, window: PixelWindow) -> Plane {
        let (rows, cols) = self.pixels.dim();
        let (height, width) = (rows as u32, cols as u32);
        let all = PixelWindow { row: self.first, col: 0, height, width };
        self.pixels.part(slice_of(window, all))
    }
}

/// The pixels of the coarser level that share a pixel with a window.
fn halved(window: PixelWindow) -> PixelWindow {
    let (row, col) = (window.row / 2, window.col / 2);
    PixelWindow {
        row,
        col,
        height: window.end_row().div_ceil(2) - row,
        width: window.end_col().div_ceil(2) - col,
    }
}

#[cfg(test)]
mod tests {
    use floe_shared::encoding::Scalar;
    use floe_shared::pyramid::Owner;
    use ndarray::s;
    use proptest::prelude::*;

    use super::*;

    fn variable() -> VariableSpec {
        crate::recipe::Recipe::modis_lst().schema.variables[0].clone()
    }

    fn level(index: u32, rows: u32, cols: u32, chunk: u32) -> Level {
        Level { index, rows, cols, chunk, owner: Owner::Global }
    }

    proptest! {
        #[test]
        fn rows_that_come_in_any_portions_halve_as_the_whole_does(
            rows in 1..40_u32, cols in 1..20_u32, chunk in 1..9_u32, portions in prop::collection::vec(1..7_usize, 40),
        ) {
            let variable = variable();
            let number = |(row, col): (usize, usize)| (row * 131 + col * 17) as u16 % 97;
            let whole: Plane =
                Array2::from_shape_fn((rows as usize, cols as usize), number).into();
            let coarser = level(1, rows.div_ceil(2), cols.div_ceil(2), chunk);
            let mut band = Band::new(level(0, rows, cols, 5), coarser, &variable).unwrap();
            let none = (0, coarser.cols as usize);
            let mut found = Plane::filled(variable.encoding.data_type, none, Scalar::Int(0)).unwrap();
            let mut fed = 0;
            for portion in portions {
                let end = (fed + portion).min(rows as usize);
                band.extend(&whole.part(s![fed..end, ..])).unwrap();
                fed = end;
                while let Some(due) = band.due().unwrap() {
                    prop_assert_eq!(due.row as usize, found.dim().0 / chunk as usize);
                    found.append(&due.pixels).unwrap();
                }
                prop_assert!(band.pixels.dim().0 <= 2 * chunk as usize + 7);
            }
            prop_assert_eq!(found, halve(&whole, variable.overview, Scalar::Int(0)));
        }
    }

    #[test]
    fn what_is_not_known_hides_every_pixel_that_it_touches() {
        let variable = variable();
        let mut band = Band::new(level(0, 8, 8, 4), level(1, 4, 4, 2), &variable).unwrap();
        band.hide(PixelWindow { row: 1, col: 3, height: 4, width: 2 });
        band.extend(&Array2::<u16>::zeros((8, 8)).into()).unwrap();
        let hidden = |due: &Due| {
            let window = PixelWindow { row: due.row * 2, col: 0, height: 2, width: 4 };
            due.known(window)
                .indexed_iter()
                .filter_map(|(place, &known)| (!known).then_some(place))
                .collect::<Vec<_>>()
        };
        let mut next = || band.due().unwrap().unwrap();
        let (first, second) = (next(), next());
        assert_eq!(hidden(&first), [(0, 1), (0, 2), (1, 1), (1, 2)]);
        assert_eq!(hidden(&second), [(0, 1), (0, 2)]);
    }
}
