//! Where a grid of pixels lies on the Earth: from places to the indices of its array, in their own order. Pure.
//!
//! A position along an axis counts pixels from the outer edge of the first one: 0.5 is the first one's centre.

use floe_shared::grid::Bounds;

use crate::number::bounded;

/// Share of a pixel by which a turn of the globe may miss a whole number of columns.
const TOLERANCE: f64 = 0.01;

/// A grid of equal steps in longitude and in latitude (or Mercator's northing), its columns and rows as the store counts
/// them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placement {
    /// Longitude of the first column's western edge in degrees.
    pub west: f64,
    /// Latitude of the first row's outer edge in degrees; where `is_mercator`, its northing in degrees of the equator.
    pub first_lat: f64,
    /// Degrees eastwards from column to column.
    pub dlon: f64,
    /// Degrees northwards from row to row: negative where rows go south.
    pub dlat: f64,
    /// Columns.
    pub cols: u32,
    /// Rows.
    pub rows: u32,
    /// Whether the last column lies beside the first one.
    pub wraps: bool,
    /// Whether rows are equal steps of the northing of spherical Mercator (EPSG:3857).
    pub is_mercator: bool,
}

/// Mercator's northing of a latitude, both in degrees; infinite at the poles.
fn northing(lat: f64) -> f64 {
    lat.to_radians().sin().atanh().to_degrees()
}

impl Placement {
    /// A grid from its first column's western edge and its first row's outer edge.
    pub fn new(west: f64, first_lat: f64, dlon: f64, dlat: f64, cols: u32, rows: u32) -> Self {
        let turn = 360.0 / dlon;
        let wraps = (turn - turn.round()).abs() <= TOLERANCE && f64::from(cols) >= turn - TOLERANCE;
        Self { west, first_lat, dlon, dlat, cols, rows, wraps, is_mercator: false }
    }

    /// The same with rows that are steps of Mercator's northing.
    #[must_use]
    pub fn in_mercator(self) -> Self {
        Self { is_mercator: true, ..self }
    }

    /// The grid of the whole globe from 180° W and 90° N.
    pub fn global(cols: u32, rows: u32) -> Self {
        let (dlon, dlat) = (360.0 / f64::from(cols), -180.0 / f64::from(rows));
        Self::new(-180.0, 90.0, dlon, dlat, cols, rows)
    }

    /// Columns in a turn of the globe; a whole number where the grid wraps.
    pub fn turn(&self) -> f64 {
        let turn = 360.0 / self.dlon;
        if self.wraps { turn.round() } else { turn }
    }

    /// Columns in a degree of longitude.
    pub fn cols_per_degree(&self) -> f64 {
        if self.wraps { self.turn() / 360.0 } else { 1.0 / self.dlon }
    }

    /// Rows in a degree of latitude northwards: negative where they go south.
    pub fn rows_per_degree(&self) -> f64 {
        1.0 / self.dlat
    }

    /// Position of a longitude, from 0 to a turn; beyond the columns outside the grid.
    pub fn column(&self, lon: f64) -> f64 {
        (lon - self.west).rem_euclid(360.0) * self.cols_per_degree()
    }

    /// Position of a latitude; negative or beyond the rows outside the grid.
    pub fn row(&self, lat: f64) -> f64 {
        self.row_of(if self.is_mercator { northing(lat) } else { lat })
    }

    /// Position of an edge that is given as [`Self::first_lat`] is.
    pub fn row_of(&self, edge: f64) -> f64 {
        (edge - self.first_lat) * self.rows_per_degree()
    }

    /// The longitude at a position.
    pub fn lon(&self, column: f64) -> f64 {
        self.west + column / self.cols_per_degree()
    }

    /// The latitude at a position, no farther than the poles.
    pub fn lat(&self, row: f64) -> f64 {
        let edge = self.first_lat + row * self.dlat;
        let lat =
            if self.is_mercator { edge.to_radians().tanh().asin().to_degrees() } else { edge };
        bounded(lat, -90.0, 90.0)
    }

    /// The pixel (row, column) that holds a place; its edges, and a pole or 180° E, belong to the last ones too. `None`
    /// outside the grid, or for anything that is not a number.
    pub fn pixel_at(&self, lon: f64, lat: f64) -> Option<(u32, u32)> {
        if !lon.is_finite() || !(-90.0..=90.0).contains(&lat) {
            return None;
        }
        let index = |position: f64, count: u32| {
            (0.0..=f64::from(count)).contains(&position).then(|| (position as u32).min(count - 1))
        };
        Some((index(self.row(lat), self.rows)?, index(self.column(lon), self.cols)?))
    }

    /// Whether the rows reach the south pole, and the north pole, but for a share of a row.
    pub fn reaches_poles(&self) -> [bool; 2] {
        if self.is_mercator {
            return [false; 2];
        }
        let last_lat = self.first_lat + f64::from(self.rows) * self.dlat;
        let near = TOLERANCE * self.dlat.abs();
        [self.first_lat.min(last_lat) <= near - 90.0, self.first_lat.max(last_lat) >= 90.0 - near]
    }

    /// Whether it covers the whole globe, or the square that Mercator shows of it.
    pub fn is_global(&self) -> bool {
        let is_square = || (f64::from(self.rows) * self.dlat).abs() >= 360.0 - self.dlat.abs();
        self.wraps && (self.reaches_poles() == [true; 2] || self.is_mercator && is_square())
    }

    /// Whether its first row and column lie in the north-west corner of bounds, in degrees, and its last ones in their
    /// south-east corner; west is above east where they cross 180°.
    pub fn covers(&self, bounds: Bounds) -> bool {
        let Bounds { west, south, east, north } = bounds;
        let is = |found: f64, expected: f64| (found - expected).abs() <= TOLERANCE * self.dlon;
        let width = if east > west { east - west } else { east + 360.0 - west };
        let turns = (self.west - west) / 360.0;
        !self.is_mercator
            && is(turns * 360.0, turns.round() * 360.0)
            && is(self.first_lat, north)
            && is(f64::from(self.cols) / self.cols_per_degree(), width)
            && is(f64::from(self.rows) * -self.dlat, north - south)
    }

    /// Where the middle lies, and how many degrees it is wide and high.
    pub fn extent(&self) -> [(f64, f64); 2] {
        let width = (f64::from(self.cols) * self.dlon).min(360.0);
        let (first, last) = (self.lat(0.0), self.lat(f64::from(self.rows)));
        [(self.west + width / 2.0, f64::midpoint(first, last)), (width, (first - last).abs())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOBE: Bounds = Bounds { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };

    #[test]
    fn the_antimeridian_and_the_poles_belong_to_a_pixel() {
        let grid = Placement::global(36_000, 18_000);
        assert_eq!(grid.pixel_at(-180.0, 90.0), Some((0, 0)));
        assert_eq!(grid.pixel_at(180.0, -90.0), Some((17_999, 0)));
        assert_eq!(grid.pixel_at(179.999, 0.001), Some((8_999, 35_999)));
        assert_eq!(grid.pixel_at(0.0, 90.1), None);
        assert_eq!(grid.pixel_at(f64::NAN, 0.0), None);
        assert!(grid.covers(GLOBE) && grid.is_global() && grid.wraps);
    }

    #[test]
    fn a_globe_has_the_pixels_of_the_grid_that_the_processor_writes() {
        let (own, grid) = (floe_shared::grid::Grid::default(), Placement::global(36_000, 18_000));
        for step in 0..20_000_u32 {
            let lon = f64::from(step) * 0.017_3 - 173.0;
            let lat = 89.9 - f64::from(step) * 0.008_9;
            assert_eq!(grid.pixel_at(lon, lat), own.pixel_at(lon, lat), "{lon} {lat}");
        }
    }

    #[test]
    fn rows_may_go_north_and_columns_begin_at_greenwich() {
        let grid = Placement::new(0.0, -90.0, 0.5, 0.5, 720, 360);
        assert!(grid.is_global() && !grid.covers(GLOBE));
        assert_eq!(grid.pixel_at(20.25, 45.25), Some((270, 40)));
        assert_eq!(grid.pixel_at(-0.25, -89.9), Some((0, 719)));
        assert!((grid.lat(270.5) - 45.25).abs() < 1e-12 && (grid.lon(40.5) - 20.25).abs() < 1e-12);
    }

    #[test]
    fn a_region_may_lie_across_the_antimeridian() {
        let grid = Placement::new(170.0, 10.0, 0.25, -0.5, 80, 40);
        assert!(!grid.wraps && !grid.is_global());
        assert_eq!(grid.pixel_at(179.9, 9.9), Some((0, 39)));
        assert_eq!(grid.pixel_at(-179.9, -9.9), Some((39, 40)));
        assert_eq!(grid.pixel_at(-169.9, 0.0), None);
        assert_eq!(grid.pixel_at(169.9, 0.0), None);
        assert_eq!(grid.pixel_at(175.0, 10.1), None);
        assert_eq!(grid.extent(), [(180.0, 0.0), (20.0, 20.0)]);
    }

    #[test]
    fn centres_on_the_poles_have_half_a_row_each() {
        let grid = Placement::new(-0.125, 90.125, 0.25, -0.25, 1440, 721);
        assert!(grid.is_global());
        assert_eq!(grid.pixel_at(0.0, 90.0), Some((0, 0)));
        assert_eq!(grid.pixel_at(-0.1, -90.0), Some((720, 0)));
        assert_eq!(grid.pixel_at(-0.2, 0.0), Some((360, 1439)));
        assert!(grid.lat(0.0) <= 90.0);
    }

    #[test]
    fn rows_may_be_steps_of_mercators_northing() {
        let grid = Placement::new(-180.0, 180.0, 1.0, -1.0, 360, 360).in_mercator();
        assert!(grid.is_global() && !grid.covers(GLOBE) && grid.reaches_poles() == [false; 2]);
        assert_eq!(grid.pixel_at(0.5, 85.0), Some((0, 180)));
        assert_eq!(grid.pixel_at(0.5, 85.06), None);
        assert_eq!(grid.pixel_at(0.5, 90.0), None);
        assert_eq!(grid.pixel_at(0.5, 0.1), Some((179, 180)));
        for row in [0.5, 100.25, 359.5] {
            assert!((grid.row(grid.lat(row)) - row).abs() < 1e-9);
        }
        // The square's northern end.
        assert!((grid.lat(0.0) - 85.051_128_779_806_59).abs() < 1e-9);
    }

    #[test]
    fn a_meridian_that_is_there_twice_is_shown_once() {
        let grid = Placement::new(-180.5, 90.5, 1.0, -1.0, 361, 181);
        assert!(grid.wraps);
        assert_eq!(grid.pixel_at(180.0, 0.0), Some((90, 0)));
        assert_eq!(grid.pixel_at(179.4, 0.0), Some((90, 359)));
    }
}
