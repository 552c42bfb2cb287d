//! The MODIS sinusoidal grid: which granule, and which pixel of it, holds a place.
//!
//! A sphere of radius 6371007.181 m, `x = R * longitude * cos(latitude)`, `y = R * latitude`
//! (radians), cut into 36 x 18 positions of 1200 x 1200 pixels; `h` counts eastwards from 180° W,
//! `v` southwards from 90° N (MODIS Land Tile User's Guide, "sinusoidal projection").

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Radius of the sphere in metres.
pub const RADIUS: f64 = 6_371_007.181;
/// Positions around the globe.
pub const HORIZONTAL: u32 = 36;
/// Positions pole to pole.
pub const VERTICAL: u32 = 18;
/// Pixels along a granule's edge.
pub const PIXELS: u32 = 1200;
/// Edge of a position in metres: a 36th of the equator.
pub const POSITION_METRES: f64 = std::f64::consts::TAU * RADIUS / HORIZONTAL as f64;
/// Edge of a pixel in metres (926.625433...).
pub const PIXEL_METRES: f64 = POSITION_METRES / PIXELS as f64;

/// A granule's position: `h` eastwards from 180° W, `v` southwards from 90° N.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Horizontal, 0 to 35.
    pub h: u8,
    /// Vertical, 0 to 17.
    pub v: u8,
}

impl Position {
    /// A position, if the grid has it.
    pub const fn new(h: u32, v: u32) -> Option<Self> {
        if h < HORIZONTAL && v < VERTICAL { Some(Self { h: h as u8, v: v as u8 }) } else { None }
    }

    /// The ideal north-west corner in metres (x, y). Files carry their own, rounded, corner; pixel
    /// lookups use that one ([`Affine`]).
    pub fn corner(self) -> (f64, f64) {
        (
            (f64::from(self.h) - f64::from(HORIZONTAL) / 2.0) * POSITION_METRES,
            (f64::from(VERTICAL) / 2.0 - f64::from(self.v)) * POSITION_METRES,
        )
    }
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "h{:02}v{:02}", self.h, self.v)
    }
}

/// A text that is no position.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a position of the sinusoidal grid as hHHvVV, found '{found}'")]
pub struct PositionError {
    /// The text.
    pub found: String,
}

impl FromStr for Position {
    type Err = PositionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: Option<&str>| -> Option<u32> {
            digits.filter(|d| d.len() == 2 && d.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
        };
        (text.len() == 6 && text.starts_with('h') && text.get(3..4) == Some("v"))
            .then(|| Self::new(number(text.get(1..3))?, number(text.get(4..6))?))
            .flatten()
            .ok_or_else(|| PositionError { found: text.to_owned() })
    }
}

/// Sinusoidal (x, y) in metres of a place in degrees.
pub fn sinusoidal_from_lonlat(longitude: f64, latitude: f64) -> (f64, f64) {
    let latitude = latitude.to_radians();
    (RADIUS * longitude.to_radians() * latitude.cos(), RADIUS * latitude)
}

/// Longitude and latitude in degrees of a sinusoidal place; the longitude may lie beyond ±180° where
/// the place lies outside the projection's outline.
pub fn lonlat_from_sinusoidal(x: f64, y: f64) -> (f64, f64) {
    let latitude = y / RADIUS;
    ((x / (RADIUS * latitude.cos())).to_degrees(), latitude.to_degrees())
}

/// One axis of a raster's geotransform, ready to find pixels the way GDAL's nearest warp does.
///
/// `index = floor(-g0 / g1 + x * (1 / g1) + 1e-10)`: the inverse transform is formed first and then
/// applied, which decides to which side pixels fall that lie on a source pixel's edge. Every fifth
/// row of a 0.01° grid does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    offset: f64,
    scale: f64,
}

impl Affine {
    /// From the tie point `g0` (the coordinate of the raster's edge) and the signed pixel size `g1`,
    /// both as the file itself states them.
    pub fn new(g0: f64, g1: f64) -> Self {
        Self { offset: -g0 / g1, scale: 1.0 / g1 }
    }

    /// The pixel that holds a coordinate; may lie outside the raster.
    #[inline]
    pub fn index(self, coordinate: f64) -> i64 {
        (self.offset + coordinate * self.scale + 1e-10).floor() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corner_of_a_position_is_what_real_files_state() {
        let (x, y) = Position { h: 19, v: 10 }.corner();
        assert!((x - 1_111_950.519_767).abs() < 1e-5);
        assert!((y - -1_111_950.519_767).abs() < 1e-5);
        assert!((PIXEL_METRES - 926.625_433_138_333_3).abs() < 1e-9);
    }

    #[test]
    fn positions_round_trip_as_text() {
        for h in 0..HORIZONTAL {
            for v in 0..VERTICAL {
                let position = Position::new(h, v).unwrap();
                assert_eq!(position.to_string().parse::<Position>().unwrap(), position);
            }
        }
        for text in ["", "h1v2", "h36v00", "h00v18", "v00h00", "h-1v00", "h00v000", "hé0v0"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[test]
    fn places_project_there_and_back() {
        for (longitude, latitude) in [(0.0, 0.0), (12.5, -15.5), (-179.9, 60.0), (100.0, 89.0)] {
            let (x, y) = sinusoidal_from_lonlat(longitude, latitude);
            let (lon, lat) = lonlat_from_sinusoidal(x, y);
            assert!((lon - longitude).abs() < 1e-9 && (lat - latitude).abs() < 1e-9);
        }
    }

    #[test]
    fn a_coordinate_on_an_edge_belongs_to_the_pixel_behind_it() {
        let rows = Affine::new(-1_111_950.519_767, -926.625_433_138_333_3);
        assert_eq!(rows.index(-1_111_950.519_767), 0);
        assert_eq!(rows.index(-1_111_950.519_767 - 926.625_433_138_333_3), 1);
        assert_eq!(rows.index(-1_111_950.519_767 + 1.0), -1);
    }
}
