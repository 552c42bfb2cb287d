//! The EPSG:4326 grid and its division into square tiles.
//!
//! Row 0 lies in the north and rows run southwards; column 0 lies in the west and columns run
//! eastwards. Pixels are areas; coordinates are those of their centres.
//!
//! A grid covers the globe, or the tiles within bounds. Tiles are numbered from 90° N and 180° W wherever the bounds lie;
//! rows and columns of pixels are counted from the north-west corner of the bounds, as the arrays have them.
//!
//! Resolution and tile size come as decimal degrees but are kept as integers of 10⁻⁹ degree, so
//! that every count and every coordinate is exact.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::pyramid::ChunkIndex;
use crate::window::PixelWindow;

/// Billionths of a degree in a degree.
const NANO: u64 = 1_000_000_000;

/// The grid of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grid {
    /// Edge of a pixel in 10⁻⁹ degrees.
    resolution: u64,
    /// Edge of a tile in 10⁻⁹ degrees.
    tile: u64,
    /// The tile in the north-west corner.
    first: TileIndex,
    /// Rows of tiles.
    tile_rows: u32,
    /// Columns of tiles; from 180° E on they are those that begin at 180° W.
    tile_cols: u32,
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
    /// Bounds that are no rectangle on the globe.
    #[error(
        "grid.bounds must be [west, south, east, north] in degrees, with west and east in -180 to 180 and south below north in -90 to 90, found [{}, {}, {}, {}]",
        found.west, found.south, found.east, found.north
    )]
    NotBounds {
        /// What was found.
        found: Bounds,
    },
    /// Bounds within a tile.
    #[error("grid.bounds must lie on edges of tiles of {tile}°, found {side} {found}")]
    BoundsOffTiles {
        /// The side of the bounds.
        side: &'static str,
        /// Where it lies, in degrees.
        found: f64,
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
#[error(
    "tile {tile} lies outside the grid: rows are {} to {}, columns {} to {}{}",
    first.row, last.row, first.col, last.col, if last.col < first.col { " across 180°" } else { "" }
)]
pub struct TileOutsideGrid {
    /// The tile asked for.
    pub tile: TileIndex,
    /// The tile in the grid's north-west corner.
    pub first: TileIndex,
    /// The tile in the grid's south-east corner.
    pub last: TileIndex,
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
        Self::of_globe(NANO / 100, 10 * NANO)
    }
}

impl Grid {
    /// The grid of the globe, of edges in 10⁻⁹ degrees.
    const fn of_globe(resolution: u64, tile: u64) -> Self {
        Self {
            resolution,
            tile,
            first: TileIndex { row: 0, col: 0 },
            tile_rows: (180 * NANO / tile) as u32,
            tile_cols: (360 * NANO / tile) as u32,
        }
    }

    /// A grid of the globe from its pixel and tile edges in degrees.
    ///
    /// ```
    /// use floe_shared::grid::Grid;
    /// let grid = Grid::new(0.05, 10.0).unwrap();
    /// assert_eq!((grid.rows(), grid.cols(), grid.tile_pixels()), (3600, 7200, 200));
    /// assert!(Grid::new(0.03, 10.0).is_err());
    /// ```
    pub fn new(resolution: f64, tile_degrees: f64) -> Result<Self, GridError> {
        let pixel = nano_degrees("grid.resolution", resolution)?;
        let tile = nano_degrees("grid.tile_degrees", tile_degrees)?;
        if !(180 * NANO).is_multiple_of(tile) {
            return Err(GridError::TileDoesNotDivideGlobe { found: tile_degrees });
        }
        if !tile.is_multiple_of(pixel) {
            return Err(GridError::PixelDoesNotDivideTile { resolution, tile: tile_degrees });
        }
        let (rows, cols, edge) = (180 * NANO / pixel, 360 * NANO / pixel, tile / pixel);
        if cols > u64::from(u32::MAX) / 2 || edge > 8192 {
            return Err(GridError::TooLarge { rows, cols, tile: edge });
        }
        Ok(Self::of_globe(pixel, tile))
    }

    /// The part of a grid of the globe that lies within bounds on edges of its tiles; west above east crosses 180°.
    ///
    /// ```
    /// use floe_shared::grid::{Bounds, Grid};
    /// let globe = Grid::new(0.05, 10.0).unwrap();
    /// let fiji = globe.within(Bounds { west: 170.0, south: -20.0, east: -170.0, north: -10.0 }).unwrap();
    /// assert_eq!((fiji.rows(), fiji.cols()), (200, 400));
    /// assert_eq!(fiji.tiles().map(|tile| tile.to_string()).collect::<Vec<_>>(), ["10,35", "10,0"]);
    /// assert!(globe.within(Bounds { west: 5.0, south: 0.0, east: 10.0, north: 10.0 }).is_err());
    /// ```
    ///
    /// # Errors
    /// [`GridError::NotBounds`] and [`GridError::BoundsOffTiles`].
    pub fn within(self, bounds: Bounds) -> Result<Self, GridError> {
        let Bounds { west, south, east, north } = bounds;
        let is_on_globe = [west, east].iter().all(|side| (-180.0..=180.0).contains(side))
            && [south, north].iter().all(|side| (-90.0..=90.0).contains(side));
        if !is_on_globe || south >= north {
            return Err(GridError::NotBounds { found: bounds });
        }
        // How many tiles lie between an edge of the globe and a side of the bounds.
        let tiles = |side: &'static str, found: f64, degrees: f64| {
            let nano = nano(degrees).filter(|nano| nano.is_multiple_of(self.tile));
            let tiles = nano.map(|nano| (nano / self.tile) as u32);
            tiles.ok_or(GridError::BoundsOffTiles { side, found, tile: self.tile_degrees() })
        };
        let around = self.around();
        let (top, bottom) =
            (tiles("north", north, 90.0 - north)?, tiles("south", south, 90.0 - south)?);
        let (left, right) =
            (tiles("west", west, west + 180.0)?, tiles("east", east, east + 180.0)?);
        let cols = if right > left { right - left } else { right + around - left };
        if cols == 0 || left == right {
            return Err(GridError::NotBounds { found: bounds });
        }
        let first = TileIndex { row: top, col: left % around };
        Ok(Self { first, tile_rows: bottom - top, tile_cols: cols, ..self })
    }

    /// The edges of the grid, in degrees; west is above east where it crosses 180°.
    pub fn bounds(self) -> Bounds {
        let (first, last) = (self.tile_bounds(self.first), self.tile_bounds(self.last()));
        Bounds { west: first.west, south: last.south, east: last.east, north: first.north }
    }

    /// Whether it covers the globe.
    pub const fn is_global(self) -> bool {
        self.tile_rows as u64 * self.tile == 180 * NANO && self.tile_cols == self.around()
    }

    /// Columns of tiles around the globe.
    const fn around(self) -> u32 {
        (360 * NANO / self.tile) as u32
    }

    /// The tile in the south-east corner.
    const fn last(self) -> TileIndex {
        TileIndex {
            row: self.first.row + self.tile_rows - 1,
            col: (self.first.col + self.tile_cols - 1) % self.around(),
        }
    }

    /// The place of a tile among those of the grid: row 0 in the north, column 0 in the west.
    const fn place(self, tile: TileIndex) -> (u32, u32) {
        let around = self.around();
        (
            tile.row.wrapping_sub(self.first.row),
            (tile.col % around + around - self.first.col) % around,
        )
    }

    /// The chunk that a tile has in every level that is the tile's own.
    pub const fn chunk_of_tile(self, tile: TileIndex) -> ChunkIndex {
        let (row, col) = self.place(tile);
        ChunkIndex { row, col }
    }

    /// The tile of a chunk of a level that is the tile's own.
    pub const fn tile_of_chunk(self, chunk: ChunkIndex) -> TileIndex {
        TileIndex {
            row: self.first.row + chunk.row,
            col: (self.first.col + chunk.col) % self.around(),
        }
    }

    /// Edge of a pixel in degrees.
    pub fn resolution(self) -> f64 {
        self.resolution as f64 / NANO as f64
    }

    /// Edge of a tile in degrees.
    pub fn tile_degrees(self) -> f64 {
        self.tile as f64 / NANO as f64
    }

    /// Rows of pixels.
    pub const fn rows(self) -> u32 {
        self.tile_rows * self.tile_pixels()
    }

    /// Columns of pixels.
    pub const fn cols(self) -> u32 {
        self.tile_cols * self.tile_pixels()
    }

    /// Pixels along a tile's edge.
    pub const fn tile_pixels(self) -> u32 {
        (self.tile / self.resolution) as u32
    }

    /// Rows of tiles.
    pub const fn tile_rows(self) -> u32 {
        self.tile_rows
    }

    /// Columns of tiles.
    pub const fn tile_cols(self) -> u32 {
        self.tile_cols
    }

    /// Number of tiles.
    pub const fn tile_count(self) -> usize {
        self.tile_rows as usize * self.tile_cols as usize
    }

    /// All tiles, row by row from the north-west.
    pub fn tiles(self) -> impl Iterator<Item = TileIndex> {
        (0..self.tile_rows).flat_map(move |row| self.row_of_tiles(row))
    }

    /// The tiles of a row, from west to east; row 0 lies in the north.
    pub fn row_of_tiles(self, row: u32) -> impl Iterator<Item = TileIndex> {
        (0..self.tile_cols).map(move |col| self.tile_of_chunk(ChunkIndex { row, col }))
    }

    /// A tile's place in [`Self::tiles`].
    pub const fn tile_ordinal(self, tile: TileIndex) -> usize {
        let (row, col) = self.place(tile);
        row as usize * self.tile_cols as usize + col as usize
    }

    /// Gives the tile back if the grid has it.
    pub fn check(self, tile: TileIndex) -> Result<TileIndex, TileOutsideGrid> {
        let (row, col) = self.place(tile);
        if tile.col < self.around() && row < self.tile_rows && col < self.tile_cols {
            Ok(tile)
        } else {
            Err(TileOutsideGrid { tile, first: self.first, last: self.last() })
        }
    }

    /// The pixels of a tile.
    pub const fn tile_window(self, tile: TileIndex) -> PixelWindow {
        let edge = self.tile_pixels();
        let (row, col) = self.place(tile);
        PixelWindow { row: row * edge, col: col * edge, height: edge, width: edge }
    }

    /// The tile that holds a pixel.
    pub const fn tile_of_pixel(self, row: u32, col: u32) -> TileIndex {
        let edge = self.tile_pixels();
        self.tile_of_chunk(ChunkIndex { row: row / edge, col: col / edge })
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
    /// north-west corner; they may reach past the globe, and past 180° where the grid does.
    pub fn reach(self, rows: u32, cols: u32, factor: u32) -> Bounds {
        let span = |count: u32| i64::from(count) * i64::from(factor) * self.resolution as i64;
        let degrees = |nano: i64| nano as f64 / NANO as f64;
        let (north, west) = self.corner();
        Bounds {
            west: degrees(west),
            south: degrees(north - span(rows)),
            east: degrees(west + span(cols)),
            north: degrees(north),
        }
    }

    /// Northern and western edge in 10⁻⁹ degrees.
    const fn corner(self) -> (i64, i64) {
        let (row, col) = (self.first.row as i64, self.first.col as i64);
        (90 * NANO as i64 - row * self.tile as i64, col * self.tile as i64 - 180 * NANO as i64)
    }

    /// Latitudes of the centres of rows of pixels `factor` times as large as the grid's.
    const fn latitude_axis(self, factor: u32) -> Axis {
        let (north, _) = self.corner();
        Axis { origin: 2 * north, cell: -(self.resolution as i64) * factor as i64 }
    }

    /// Longitudes of the centres of columns of pixels `factor` times as large as the grid's.
    const fn longitude_axis(self, factor: u32) -> Axis {
        let (_, west) = self.corner();
        Axis { origin: 2 * west, cell: self.resolution as i64 * factor as i64 }
    }

    /// Latitude of the centre of a row of pixels, in degrees: the `f64` nearest to the exact decimal.
    pub const fn latitude(self, row: u32) -> f64 {
        self.latitude_axis(1).centre(row)
    }

    /// Longitude of the centre of a column of pixels, in degrees from -180 to 180: the `f64` nearest to the exact
    /// decimal.
    pub const fn longitude(self, col: u32) -> f64 {
        // A column east of 180° has the number that it has on a grid of the globe.
        let globe = Self::of_globe(self.resolution, self.tile);
        globe.longitude_axis(1).centre((self.first.col * self.tile_pixels() + col) % globe.cols())
    }

    /// Latitudes of all rows, northernmost first, of pixels `factor` times as large as the grid's.
    pub fn latitudes(self, factor: u32) -> Vec<f64> {
        let axis = self.latitude_axis(factor);
        (0..self.rows().div_ceil(factor)).map(|row| axis.centre(row)).collect()
    }

    /// Longitudes of all columns, westernmost first, of pixels `factor` times as large as the grid's. They go on above 180
    /// where the grid crosses 180°, so that they ascend.
    pub fn longitudes(self, factor: u32) -> Vec<f64> {
        let axis = self.longitude_axis(factor);
        (0..self.cols().div_ceil(factor)).map(|col| axis.centre(col)).collect()
    }

    /// The pixel (row, column) that holds a place; a southern edge belongs to the last row, and on the globe 180° E to the first
    /// column. `None` for a place outside the grid or anything that is not a number.
    pub fn pixel_at(self, longitude: f64, latitude: f64) -> Option<(u32, u32)> {
        let (north, west) = self.corner();
        let [north, west] = [north, west].map(|nano| nano as f64 / NANO as f64);
        let south = self.bounds().south;
        if !longitude.is_finite() || !(south..=north).contains(&latitude) {
            return None;
        }
        let per_degree = NANO as f64 / self.resolution as f64;
        let east = (longitude - west).rem_euclid(360.0);
        let col = (east * per_degree) as u32;
        let row = ((north - latitude) * per_degree) as u32;
        let col = if self.tile_cols == self.around() { col.min(self.cols() - 1) } else { col };
        (col < self.cols()).then(|| (row.min(self.rows() - 1), col))
    }
}

/// An axis of cell centres. `centre(i) = (origin + sign (2i + 1) cell) / (2 NANO)`, both integers
/// below 2⁵³, so that the one division rounds correctly.
struct Axis {
    origin: i64,
    cell: i64,
}

impl Axis {
    const fn centre(&self, index: u32) -> f64 {
        (self.origin + (2 * index as i64 + 1) * self.cell) as f64 / (2 * NANO) as f64
    }
}

/// The edge of a pixel or tile as a whole number of 10⁻⁹ degrees.
fn nano_degrees(name: &'static str, degrees: f64) -> Result<u64, GridError> {
    let edge = nano(degrees).filter(|&nano| (1..=180 * NANO).contains(&nano));
    edge.ok_or(GridError::NotDecimal { name, found: degrees })
}

/// Degrees from 0 to 360 as a whole number of 10⁻⁹ degrees; `None` of what has more decimals.
fn nano(degrees: f64) -> Option<u64> {
    let nano = (degrees * NANO as f64).round();
    // 1e-4 of a nano-degree: what the product of a short decimal with 10⁹ may be off by.
    let is_decimal = (degrees * NANO as f64 - nano).abs() < 1e-4;
    ((0.0..=360.0).contains(&degrees) && is_decimal).then_some(nano as u64)
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
mod tests;
