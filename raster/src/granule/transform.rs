//! Where a raster lies: tie point and pixel size of both axes, exactly as the file states them.

use std::cmp::Ordering;
use std::fmt;

use crate::sinusoidal::{Affine, PIXEL_METRES, Position};

/// The north-west corner of a raster and the signed size of its pixels, in metres.
///
/// Which output pixel meets which source pixel depends on the last bits of these numbers, so that two
/// transforms are equal only when all bits are: granules of one position with different transforms
/// are never mixed.
#[derive(Clone, Copy, Debug)]
pub struct Transform {
    /// x of the western edge.
    pub west: f64,
    /// Width of a pixel, positive.
    pub width: f64,
    /// y of the northern edge.
    pub north: f64,
    /// Height of a pixel, negative: rows run southwards.
    pub height: f64,
}

impl Transform {
    /// The transform that a position would have without rounding. Good for plans; pixels are looked
    /// up with the file's own.
    pub fn ideal(position: Position) -> Self {
        let (west, north) = position.corner();
        Self { west, width: PIXEL_METRES, north, height: -PIXEL_METRES }
    }

    /// Finds columns by x.
    pub fn columns(self) -> Affine {
        Affine::new(self.west, self.width)
    }

    /// Finds rows by y.
    pub fn rows(self) -> Affine {
        Affine::new(self.north, self.height)
    }

    /// Whether the raster is that of a position, up to the rounding of numbers in files.
    pub fn lies_at(self, position: Position) -> bool {
        let ideal = Self::ideal(position);
        let near = |found: f64, expected: f64, tolerance: f64| (found - expected).abs() < tolerance;
        near(self.west, ideal.west, 1.0)
            && near(self.north, ideal.north, 1.0)
            && near(self.width, ideal.width, 1e-3)
            && near(self.height, ideal.height, 1e-3)
    }

    fn bits(self) -> [u64; 4] {
        [self.west, self.width, self.north, self.height].map(f64::to_bits)
    }
}

impl PartialEq for Transform {
    fn eq(&self, other: &Self) -> bool {
        self.bits() == other.bits()
    }
}

impl Eq for Transform {}

impl PartialOrd for Transform {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Transform {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bits().cmp(&other.bits())
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { west, width, north, height } = self;
        write!(formatter, "corner ({west}, {north}), pixels of {width} x {height}")
    }
}
