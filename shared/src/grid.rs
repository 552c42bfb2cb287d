//! The global EPSG:4326 grid and its division into square tiles.
//!
//! Row 0 lies in the north and rows run southwards; column 0 begins at 180° W and columns run
//! eastwards. Pixels are areas; coordinates are those of their centres.
//!
//! Resolution and tile size come as decimal degrees but are kept as integers of 10⁻⁹ degree, so
//! that every count and every coordinate is exact.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::window::PixelWindow;

/// Billionths of a degree in a degree.
const NANO: u64 = 1_000_000_000;

/// The global grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Edge of a pixel in 10⁻⁹ degrees.
    resolution: u64,
    /// Edge of a tile in 10⁻⁹ degrees.
    tile: u64,
}

/// Why a pair of resolution and tile size makes no grid.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GridError {
    /// Not a positive decimal number of degrees.
    #[error("{name} must be a positive number of degrees with at most 9 decimals, found {found}")]
    NotDecimal {
        /// The configuration key.
        name: &'static str,
        /// What it held.
        found: f64,
    },
    /// Tiles do not fill the globe.
    #[error("grid.tile_degrees must divide 180, found {found}")]
    TileDoesNotDivideGlobe {
        /// The tile size in degrees.
        found: f64,
    },
    /// Pixels do not fill a tile.
    #[error("grid.resolution must divide grid.tile_degrees, found {resolution} in {tile}")]
    PixelDoesNotDivideTile {
        /// The resolution in degrees.
        resolution: f64,
        /// The tile size in degrees.
        tile: f64,
    },
    /// More pixels than the dataset's 32-bit indices hold.
    #[error(
        "a grid of {rows} x {cols} pixels in tiles of {tile} is too large: a tile may have at most 8192 x 8192"
    )]
    TooLarge {
        /// Rows of the grid.
        rows: u64,
        /// Columns of the grid.
        cols: u64,
        /// Pixels along a tile's edge.
        tile: u64,
    },
}

/// A tile's place in the grid of tiles: row 0 in the north, column 0 at 180° W.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TileIndex {
    /// Row, from the north.
    pub row: u32,
    /// Column, from the antimeridian eastwards.
    pub col: u32,
}

/// A rectangle in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Western longitude.
    pub west: f64,
    /// Southern latitude.
    pub south: f64,
    /// Eastern longitude.
    pub east: f64,
    /// Northern latitude.
    pub north: f64,
}

/// A tile that the grid does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("tile {tile} lies outside the grid: rows are 0 to {last_row}, columns 0 to {last_col}")]
pub struct TileOutsideGrid {
    /// The tile asked for.
    pub tile: TileIndex,
    /// The last row of tiles.
    pub last_row: u32,
    /// The last column of tiles.
    pub last_col: u32,
}

/// A text that is no tile index.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a tile as ROW,COL (two whole numbers), found '{found}'")]
pub struct TileIndexError {
    /// The text.
    pub found: String,
}

impl Default for Grid {
    /// The dataset's own grid: 0.01°, tiles of 10°.
    fn default() -> Self {
        Self { resolution: NANO / 100, tile: 10 * NANO }
    }
}

impl Grid {
    /// A grid from its pixel and tile edges in degrees.
    ///
    /// ```
    /// use floe_shared::grid::Grid;
    /// let grid = Grid::new(0.05, 10.0).unwrap();
    /// assert_eq!((grid.rows(), grid.cols(), grid.tile_pixels()), (3600, 7200, 200));
    /// assert!(Grid::new(0.03, 10.0).is_err());
    /// ```
    pub fn new(resolution: f64, tile_degrees: f64) -> Result<Self, GridError> {
        let grid = Self {
            resolution: nano_degrees("grid.resolution", resolution)?,
            tile: nano_degrees("grid.tile_degrees", tile_degrees)?,
        };
        if !(180 * NANO).is_multiple_of(grid.tile) {
            return Err(GridError::TileDoesNotDivideGlobe { found: tile_degrees });
        }
        if !grid.tile.is_multiple_of(grid.resolution) {
            return Err(GridError::PixelDoesNotDivideTile { resolution, tile: tile_degrees });
        }
        let (rows, cols, tile) = (
            180 * NANO / grid.resolution,
            360 * NANO / grid.resolution,
            grid.tile / grid.resolution,
        );
        if cols > u64::from(u32::MAX) / 2 || tile > 8192 {
            return Err(GridError::TooLarge { rows, cols, tile });
        }
        Ok(grid)
    }

    /// Edge of a pixel in degrees.
    pub fn resolution(self) -> f64 {
        self.resolution as f64 / NANO as f64
    }

    /// Edge of a tile in degrees.
    pub fn tile_degrees(self) -> f64 {
        self.tile as f64 / NANO as f64
    }

    /// Rows of pixels, pole to pole.
    pub const fn rows(self) -> u32 {
        (180 * NANO / self.resolution) as u32
    }

    /// Columns of pixels, around the globe.
    pub const fn cols(self) -> u32 {
        (360 * NANO / self.resolution) as u32
    }

    /// Pixels along a tile's edge.
    pub const fn tile_pixels(self) -> u32 {
        (self.tile / self.resolution) as u32
    }

    /// Rows of tiles.
    pub const fn tile_rows(self) -> u32 {
        (180 * NANO / self.tile) as u32
    }

    /// Columns of tiles.
    pub const fn tile_cols(self) -> u32 {
        (360 * NANO / self.tile) as u32
    }

    /// Number of tiles.
    pub const fn tile_count(self) -> usize {
        self.tile_rows() as usize * self.tile_cols() as usize
    }

    /// All tiles in row-major order.
    pub fn tiles(self) -> impl Iterator<Item = TileIndex> {
        (0..self.tile_rows())
            .flat_map(move |row| (0..self.tile_cols()).map(move |col| TileIndex { row, col }))
    }

    /// A tile's place in row-major order.
    pub const fn tile_ordinal(self, tile: TileIndex) -> usize {
        tile.row as usize * self.tile_cols() as usize + tile.col as usize
    }

    /// Gives the tile back if the grid has it.
    pub fn check(self, tile: TileIndex) -> Result<TileIndex, TileOutsideGrid> {
        if tile.row < self.tile_rows() && tile.col < self.tile_cols() {
            Ok(tile)
        } else {
            Err(TileOutsideGrid {
                tile,
                last_row: self.tile_rows() - 1,
                last_col: self.tile_cols() - 1,
            })
        }
    }

    /// The pixels of a tile.
    pub const fn tile_window(self, tile: TileIndex) -> PixelWindow {
        let edge = self.tile_pixels();
        PixelWindow { row: tile.row * edge, col: tile.col * edge, height: edge, width: edge }
    }

    /// The tile that holds a pixel.
    pub const fn tile_of_pixel(self, row: u32, col: u32) -> TileIndex {
        TileIndex { row: row / self.tile_pixels(), col: col / self.tile_pixels() }
    }

    /// A tile's edges in degrees.
    pub fn tile_bounds(self, tile: TileIndex) -> Bounds {
        let west =
            |col: u32| (i64::from(col) * self.tile as i64 - 180 * NANO as i64) as f64 / NANO as f64;
        let north =
            |row: u32| (90 * NANO as i64 - i64::from(row) * self.tile as i64) as f64 / NANO as f64;
        Bounds {
            west: west(tile.col),
            south: north(tile.row + 1),
            east: west(tile.col + 1),
            north: north(tile.row),
        }
    }

    /// The edges, in degrees, of `rows` x `cols` pixels `factor` times as large as the grid's, counted from its
    /// north-west corner; they may reach past the globe.
    pub fn reach(self, rows: u32, cols: u32, factor: u32) -> Bounds {
        let span = |count: u32| i64::from(count) * i64::from(factor) * self.resolution as i64;
        let degrees = |nano: i64| nano as f64 / NANO as f64;
        Bounds {
            west: -180.0,
            south: degrees(90 * NANO as i64 - span(rows)),
            east: degrees(span(cols) - 180 * NANO as i64),
            north: 90.0,
        }
    }

    /// Latitude of the centre of a row of pixels, in degrees: the `f64` nearest to the exact decimal.
    pub fn latitude(self, row: u32) -> f64 {
        Axis::latitude(self.resolution, 1).centre(row)
    }

    /// Longitude of the centre of a column of pixels, in degrees: the `f64` nearest to the exact
    /// decimal.
    pub fn longitude(self, col: u32) -> f64 {
        Axis::longitude(self.resolution, 1).centre(col)
    }

    /// Latitudes of all rows, northernmost first, of pixels `factor` times as large as the grid's.
    pub fn latitudes(self, factor: u32) -> Vec<f64> {
        let axis = Axis::latitude(self.resolution, factor);
        (0..self.rows().div_ceil(factor)).map(|row| axis.centre(row)).collect()
    }

    /// Longitudes of all columns, westernmost first, of pixels `factor` times as large as the grid's.
    pub fn longitudes(self, factor: u32) -> Vec<f64> {
        let axis = Axis::longitude(self.resolution, factor);
        (0..self.cols().div_ceil(factor)).map(|col| axis.centre(col)).collect()
    }

    /// The pixel (row, column) that holds a place; the south pole and 180° E belong to the last ones.
    /// `None` for a latitude beyond the poles or anything that is not a number.
    pub fn pixel_at(self, longitude: f64, latitude: f64) -> Option<(u32, u32)> {
        if !longitude.is_finite() || !(-90.0..=90.0).contains(&latitude) {
            return None;
        }
        let per_degree = NANO as f64 / self.resolution as f64;
        let east = (longitude + 180.0).rem_euclid(360.0);
        let col = (east * per_degree) as u32;
        let row = ((90.0 - latitude) * per_degree) as u32;
        Some((row.min(self.rows() - 1), col.min(self.cols() - 1)))
    }
}

/// An axis of cell centres. `centre(i) = (origin + sign (2i + 1) cell) / (2 NANO)`, both integers
/// below 2⁵³, so that the one division rounds correctly.
struct Axis {
    origin: i64,
    cell: i64,
}

impl Axis {
    fn latitude(resolution: u64, factor: u32) -> Self {
        Self { origin: 180 * NANO as i64, cell: -(resolution as i64) * i64::from(factor) }
    }

    fn longitude(resolution: u64, factor: u32) -> Self {
        Self { origin: -360 * NANO as i64, cell: resolution as i64 * i64::from(factor) }
    }

    fn centre(&self, index: u32) -> f64 {
        (self.origin + (2 * i64::from(index) + 1) * self.cell) as f64 / (2 * NANO) as f64
    }
}

/// Degrees as a whole number of 10⁻⁹ degrees.
fn nano_degrees(name: &'static str, degrees: f64) -> Result<u64, GridError> {
    let nano = (degrees * NANO as f64).round();
    // 1e-4 of a nano-degree: what the product of a short decimal with 10⁹ may be off by.
    let is_decimal = (degrees * NANO as f64 - nano).abs() < 1e-4;
    if degrees.is_finite() && degrees <= 180.0 && nano >= 1.0 && is_decimal {
        Ok(nano as u64)
    } else {
        Err(GridError::NotDecimal { name, found: degrees })
    }
}

impl fmt::Display for TileIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{},{}", self.row, self.col)
    }
}

impl FromStr for TileIndex {
    type Err = TileIndexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || TileIndexError { found: text.to_owned() };
        let (row, col) = text.split_once(',').ok_or_else(error)?;
        let number = |part: &str| -> Result<u32, TileIndexError> {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            if digits { part.parse().map_err(|_| error()) } else { Err(error()) }
        };
        Ok(Self { row: number(row)?, col: number(col)? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_default_grid_is_18000_by_36000_in_648_tiles() {
        let grid = Grid::default();
        assert_eq!((grid.rows(), grid.cols(), grid.tile_pixels()), (18000, 36000, 1000));
        assert_eq!((grid.tile_rows(), grid.tile_cols(), grid.tile_count()), (18, 36, 648));
        assert_eq!(Grid::new(0.01, 10.0).unwrap(), grid);
    }

    #[test]
    fn centres_are_the_nearest_doubles_of_their_decimals() {
        let grid = Grid::default();
        assert_eq!(grid.latitude(0).to_bits(), 89.995_f64.to_bits());
        assert_eq!(grid.longitude(0).to_bits(), (-179.995_f64).to_bits());
        for row in 0..grid.rows() {
            let thousandths = 89_995 - i64::from(row) * 10;
            let decimal: f64 = format!("{thousandths}e-3").parse().unwrap();
            assert_eq!(grid.latitude(row).to_bits(), decimal.to_bits(), "row {row}");
        }
        for col in 0..grid.cols() {
            let thousandths = -179_995 + i64::from(col) * 10;
            let decimal: f64 = format!("{thousandths}e-3").parse().unwrap();
            assert_eq!(grid.longitude(col).to_bits(), decimal.to_bits(), "column {col}");
        }
    }

    #[test]
    fn grids_that_do_not_fit_the_globe_are_refused_by_name() {
        let message = |resolution, tile| Grid::new(resolution, tile).unwrap_err().to_string();
        assert!(message(0.03, 10.0).contains("grid.resolution must divide grid.tile_degrees"));
        assert!(message(0.01, 7.0).contains("grid.tile_degrees must divide 180"));
        assert!(message(-1.0, 10.0).contains("grid.resolution must be a positive number"));
        assert!(message(f64::NAN, 10.0).contains("grid.resolution"));
        assert!(message(0.0001, 10.0).contains("too large"));
    }

    #[test]
    fn tile_texts_that_are_not_two_numbers_are_refused() {
        for text in ["", "1", "1,", ",1", "1,2,3", "-1,2", "+1,2", "1, 2", "a,b", "99999999999,1"] {
            assert!(text.parse::<TileIndex>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_antimeridian_and_the_poles_belong_to_a_pixel() {
        let grid = Grid::default();
        assert_eq!(grid.pixel_at(-180.0, 90.0), Some((0, 0)));
        assert_eq!(grid.pixel_at(180.0, -90.0), Some((17999, 0)));
        assert_eq!(grid.pixel_at(179.999, 0.001), Some((8999, 35999)));
        assert_eq!(grid.pixel_at(0.0, 90.1), None);
        assert_eq!(grid.pixel_at(f64::NAN, 0.0), None);
    }

    /// Resolutions and tile sizes that fit each other.
    fn grids() -> impl Strategy<Value = Grid> {
        let tiles = prop::sample::select(vec![5.0, 10.0, 15.0, 20.0, 30.0]);
        (tiles, prop::sample::select(vec![10_u32, 50, 100, 125, 200, 250]))
            .prop_map(|(tile, pixels)| Grid::new(tile / f64::from(pixels), tile))
            .prop_filter_map("not a short decimal", Result::ok)
    }

    proptest! {
        #[test]
        fn tile_indices_round_trip_as_text(row: u32, col: u32) {
            let tile = TileIndex { row, col };
            prop_assert_eq!(tile.to_string().parse::<TileIndex>().unwrap(), tile);
        }

        #[test]
        fn tiles_partition_the_grid(grid in grids(), row_share in 0.0..1.0_f64, col_share in 0.0..1.0_f64) {
            let row = (row_share * f64::from(grid.rows())) as u32;
            let col = (col_share * f64::from(grid.cols())) as u32;
            let owners: Vec<_> =
                grid.tiles().filter(|&tile| grid.tile_window(tile).contains(row, col)).collect();
            prop_assert_eq!(owners, vec![grid.tile_of_pixel(row, col)]);
            let total: u64 = grid.tiles().map(|tile| grid.tile_window(tile).pixels()).sum();
            prop_assert_eq!(total, u64::from(grid.rows()) * u64::from(grid.cols()));
        }

        #[test]
        fn centres_lie_in_the_middle_of_their_tile_windows(grid in grids(), share in 0.0..1.0_f64) {
            let tiles: Vec<_> = grid.tiles().collect();
            let tile = tiles[(share * tiles.len() as f64) as usize];
            let (window, bounds) = (grid.tile_window(tile), grid.tile_bounds(tile));
            let half = grid.resolution() / 2.0;
            prop_assert!((grid.latitude(window.row) - (bounds.north - half)).abs() < 1e-9);
            prop_assert!((grid.latitude(window.end_row() - 1) - (bounds.south + half)).abs() < 1e-9);
            prop_assert!((grid.longitude(window.col) - (bounds.west + half)).abs() < 1e-9);
            prop_assert!((grid.longitude(window.end_col() - 1) - (bounds.east - half)).abs() < 1e-9);
            prop_assert_eq!(
                grid.pixel_at(grid.longitude(window.col), grid.latitude(window.row)),
                Some((window.row, window.col))
            );
        }
    }
}
