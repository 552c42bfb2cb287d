//! Rectangles of pixels.

use serde::{Deserialize, Serialize};

/// A half-open rectangle of pixels: rows `row..row + height` (0 in the north, downwards) and columns
/// `col..col + width` (0 in the west, eastwards).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PixelWindow {
    /// First row.
    pub row: u32,
    /// First column.
    pub col: u32,
    /// Number of rows.
    pub height: u32,
    /// Number of columns.
    pub width: u32,
}

impl PixelWindow {
    /// Number of pixels.
    pub const fn pixels(self) -> u64 {
        self.height as u64 * self.width as u64
    }

    /// The row below the last one.
    pub const fn end_row(self) -> u32 {
        self.row + self.height
    }

    /// The column right of the last one.
    pub const fn end_col(self) -> u32 {
        self.col + self.width
    }

    /// Whether a pixel lies inside.
    pub const fn contains(self, row: u32, col: u32) -> bool {
        row >= self.row && row < self.end_row() && col >= self.col && col < self.end_col()
    }

    /// Its strips of so many rows (one at least) from north to south; the last one may be lower.
    pub fn strips(self, rows: u32) -> impl Iterator<Item = Self> {
        let rows = rows.clamp(1, self.height.max(1));
        (0..self.height.div_ceil(rows)).map(move |strip| {
            let first = strip * rows;
            Self { row: self.row + first, height: rows.min(self.height - first), ..self }
        })
    }

    /// The common part of two windows, or `None` where they share no pixel.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let row = self.row.max(other.row);
        let col = self.col.max(other.col);
        let end_row = self.end_row().min(other.end_row());
        let end_col = self.end_col().min(other.end_col());
        (row < end_row && col < end_col).then(|| Self {
            row,
            col,
            height: end_row - row,
            width: end_col - col,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_only_touch_do_not_intersect() {
        let a = PixelWindow { row: 0, col: 0, height: 2, width: 2 };
        let b = PixelWindow { row: 0, col: 2, height: 2, width: 2 };
        assert_eq!(a.intersection(b), None);
        let c = PixelWindow { row: 1, col: 1, height: 9, width: 9 };
        assert_eq!(a.intersection(c), Some(PixelWindow { row: 1, col: 1, height: 1, width: 1 }));
        assert!(c.contains(9, 9) && !c.contains(10, 9));
        assert_eq!(c.pixels(), 81);
    }

    #[test]
    fn strips_lie_below_each_other() {
        let window = PixelWindow { row: 5, col: 3, height: 7, width: 2 };
        let rows = |rows| window.strips(rows).map(|strip| (strip.row, strip.height));
        assert!(rows(3).eq([(5, 3), (8, 3), (11, 1)]));
        assert!(rows(0).eq((5..12).map(|row| (row, 1))));
        assert!(window.strips(u32::MAX).eq([window]));
        assert_eq!(PixelWindow::default().strips(4).count(), 0);
    }
}
