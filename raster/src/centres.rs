//! Where the centres of a tile's pixels lie on the sinusoidal plane, and which of them meet which
//! columns of a raster.
//!
//! The latitude terms are constant along a row and the longitude terms along a column, so that a
//! tile costs one cosine a row. Operations and their order are those of
//! [`sinusoidal_from_lonlat`](crate::sinusoidal::sinusoidal_from_lonlat): every coordinate is the same
//! double, and x grows (or stays) from column to column.

use std::ops::Range;

use floe_shared::grid::{Grid, TileIndex};
use floe_shared::window::PixelWindow;

use crate::sinusoidal::{Affine, RADIUS};

/// The pixel centres of one window.
#[derive(Clone, Debug)]
pub struct Centres {
    /// x on the equator of each column, in metres.
    equator: Vec<f64>,
    /// Cosine of the latitude and y in metres of each row.
    rows: Vec<(f64, f64)>,
}

impl Centres {
    /// Of a tile's pixels; rows and columns count from the tile's own north-west corner.
    pub fn new(grid: Grid, tile: TileIndex) -> Self {
        Self::of_window(grid, grid.tile_window(tile))
    }

    /// Of a window's pixels; rows and columns count from the window's own north-west corner.
    pub fn of_window(grid: Grid, window: PixelWindow) -> Self {
        let columns = window.col..window.end_col();
        let rows = window.row..window.end_row();
        Self {
            equator: columns.map(|col| RADIUS * grid.longitude(col).to_radians()).collect(),
            rows: rows
                .map(|row| {
                    let latitude = grid.latitude(row).to_radians();
                    (latitude.cos(), RADIUS * latitude)
                })
                .collect(),
        }
    }

    /// Number of rows.
    pub const fn height(&self) -> usize {
        self.rows.len()
    }

    /// Number of columns.
    pub const fn width(&self) -> usize {
        self.equator.len()
    }

    /// y of a row in metres.
    pub fn y(&self, row: usize) -> f64 {
        self.rows[row].1
    }

    /// x of some columns of a row in metres, never falling.
    pub fn xs(&self, row: usize, columns: Range<usize>) -> impl Iterator<Item = f64> + Clone {
        let cosine = self.rows[row].0;
        self.equator[columns].iter().map(move |x| x * cosine)
    }

    /// The columns of a row whose x lies in `west..east`.
    pub fn columns_between(&self, row: usize, west: f64, east: f64) -> Range<usize> {
        let cosine = self.rows[row].0;
        let first = |edge: f64| self.equator.partition_point(|x| x * cosine < edge);
        first(west)..first(east)
    }

    /// The columns of a row that fall into some columns of a raster.
    pub fn columns_in(&self, row: usize, raster: Affine, columns: Range<u32>) -> Range<usize> {
        let cosine = self.rows[row].0;
        let first = |column: u32| {
            self.equator.partition_point(|x| raster.index(x * cosine) < i64::from(column))
        };
        first(columns.start)..first(columns.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinusoidal::sinusoidal_from_lonlat;

    #[test]
    fn coordinates_are_the_same_doubles_as_those_of_single_places() {
        let grid = Grid::default();
        for tile in [(0, 0), (4, 17), (8, 35), (17, 20)] {
            let tile = TileIndex { row: tile.0, col: tile.1 };
            let (window, centres) = (grid.tile_window(tile), Centres::new(grid, tile));
            for row in (0..centres.height()).step_by(7) {
                let latitude = grid.latitude(window.row + row as u32);
                for (col, x) in centres.xs(row, 0..centres.width()).enumerate() {
                    let longitude = grid.longitude(window.col + col as u32);
                    let (expected, y) = sinusoidal_from_lonlat(longitude, latitude);
                    assert_eq!(x.to_bits(), expected.to_bits());
                    assert_eq!(centres.y(row).to_bits(), y.to_bits());
                }
            }
        }
    }
}
