//! Where the pixels of a raster lie and how they are stored: what its pixels share with those of other rasters of
//! the same place.

use crate::crs::Crs;
use crate::geotiff::{Layout, Transform};
use crate::sinusoidal::{POSITION_METRES, Position};

/// Pixels along the edge of a position's raster in products of 1 km, 500 m and 250 m.
pub const POSITION_PIXELS: [u32; 3] = [1200, 2400, 4800];

/// How far in metres the edges of a position's raster may lie from where they should: files state rounded numbers.
const ROUNDING: f64 = 1.5;

/// A raster's system, its transform and its blocks.
///
/// Two lattices are equal only when all bits of their transforms are, so that what was sampled for one of them is right for the
/// other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lattice {
    crs: Crs,
    transform: Transform,
    layout: Layout,
}

/// A raster whose pixels cannot be looked up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LatticeError {
    /// Its transform has no inverse.
    #[error(
        "expected pixels with a width above 0 and a height other than 0 at a finite corner, found {found}"
    )]
    Transform {
        /// The transform.
        found: Transform,
    },
    /// It has no pixels, or more than can be counted.
    #[error(
        "expected a raster and blocks of at least one pixel, blocks of fewer than 2^32, found {width} x {height} pixels in \
         blocks of {block_width} x {block_height}"
    )]
    Layout {
        /// Columns of the raster.
        width: u32,
        /// Rows of the raster.
        height: u32,
        /// Columns of a block.
        block_width: u32,
        /// Rows of a block.
        block_height: u32,
    },
}

impl Lattice {
    /// A lattice of pixels that have an area. Rows may run southwards (a height below 0, as in most files) or northwards.
    pub fn new(crs: Crs, transform: Transform, layout: Layout) -> Result<Self, LatticeError> {
        let Transform { west, width, north, height } = transform;
        let has_inverse = |corner: f64, size: f64| {
            corner.is_finite() && (1.0 / size).is_finite() && (corner / size).is_finite()
        };
        if !(width > 0.0 && has_inverse(west, width) && has_inverse(north, height)) {
            return Err(LatticeError::Transform { found: transform });
        }
        let Layout { width, height, block_width, block_height, .. } = layout;
        let counts = [width, height, block_width, block_height];
        let block = u64::from(block_width) * u64::from(block_height);
        let fits = u32::try_from(block).is_ok();
        if counts.contains(&0) || !fits || u32::try_from(layout.blocks()).is_err() {
            return Err(LatticeError::Layout { width, height, block_width, block_height });
        }
        Ok(Self { crs, transform, layout })
    }

    /// The system of its coordinates.
    pub const fn crs(&self) -> Crs {
        self.crs
    }

    /// Its corner and the size of its pixels.
    pub const fn transform(&self) -> Transform {
        self.transform
    }

    /// Its blocks.
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// The position of the sinusoidal grid whose raster this is, with one of [`POSITION_PIXELS`] along its edge.
    pub fn position(&self) -> Option<Position> {
        let pixels = self.layout.width;
        if self.crs != Crs::Sinusoidal
            || self.layout.height != pixels
            || !POSITION_PIXELS.contains(&pixels)
        {
            return None;
        }
        let near = |found: f64, expected: f64| (found - expected).abs() < ROUNDING;
        let Transform { west, width, north, height } = self.transform;
        let h = (west / POSITION_METRES).round() + 18.0;
        let v = 9.0 - (north / POSITION_METRES).round();
        let is_whole = |number: f64| (0.0..36.0).contains(&number);
        let position = Position::new(h as u32, v as u32).filter(|_| is_whole(h) && is_whole(v))?;
        let ideal = Transform::ideal(position, pixels);
        let edges = |corner: f64, size: f64| (corner, corner + size * f64::from(pixels));
        let (found, expected) = (edges(west, width), edges(ideal.west, ideal.width));
        let (down, expected_down) = (edges(north, height), edges(ideal.north, ideal.height));
        let lies_there = near(found.0, expected.0)
            && near(found.1, expected.1)
            && near(down.0, expected_down.0)
            && near(down.1, expected_down.1);
        lies_there.then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout =
        Layout { width: 2400, height: 2400, block_width: 512, block_height: 512, padded: true };

    #[test]
    fn rasters_of_every_position_and_size_are_told_by_their_edges() {
        for pixels in POSITION_PIXELS {
            let layout = Layout { width: pixels, height: pixels, ..LAYOUT };
            for (h, v) in [(0, 0), (18, 9), (35, 17), (19, 3)] {
                let position = Position { h, v };
                let round = |metres: f64| (metres * 1e6).round() / 1e6;
                let ideal = Transform::ideal(position, pixels);
                let transform =
                    Transform { west: round(ideal.west), north: round(ideal.north), ..ideal };
                let of = |transform| {
                    Lattice::new(Crs::Sinusoidal, transform, layout).unwrap().position()
                };
                assert_eq!(of(transform), Some(position));
                assert_eq!(of(Transform { west: ideal.west + 10.0, ..ideal }), None);
                assert_eq!(of(Transform { width: ideal.width * 1.001, ..ideal }), None);
                assert_eq!(of(Transform { height: -ideal.height, ..ideal }), None);
            }
        }
        let other = Layout { width: 1000, height: 1000, ..LAYOUT };
        let ideal = Transform::ideal(Position { h: 18, v: 9 }, 1000);
        assert_eq!(Lattice::new(Crs::Sinusoidal, ideal, other).unwrap().position(), None);
    }

    #[test]
    fn pixels_without_an_area_are_refused() {
        let good = Transform::ideal(Position { h: 18, v: 9 }, 2400);
        let error =
            |transform| Lattice::new(Crs::Geographic, transform, LAYOUT).unwrap_err().to_string();
        for transform in [
            Transform { width: 0.0, ..good },
            Transform { width: -1.0, ..good },
            Transform { height: 0.0, ..good },
            Transform { west: f64::NAN, ..good },
            Transform { north: f64::INFINITY, ..good },
            Transform { height: 1e-310, ..good },
        ] {
            assert!(error(transform).contains("expected pixels with a width above 0"));
        }
        let nothing = Layout { width: 0, ..LAYOUT };
        let error = Lattice::new(Crs::Geographic, good, nothing).unwrap_err().to_string();
        assert!(error.contains("found 0 x 2400 pixels"), "{error}");
    }

    #[test]
    fn lattices_differ_by_the_last_bit() {
        let good = Transform::ideal(Position { h: 18, v: 9 }, 2400);
        let other = Transform { west: good.west.next_up(), ..good };
        let of = |transform| Lattice::new(Crs::Sinusoidal, transform, LAYOUT).unwrap();
        assert_ne!(of(good), of(other));
        assert_eq!(of(good), of(good));
        assert_ne!(of(good).cmp(&of(other)), std::cmp::Ordering::Equal);
    }
}
