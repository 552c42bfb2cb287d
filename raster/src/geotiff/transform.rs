//! Where a raster lies: tie point and pixel size of both axes, exactly as the file states them.

use std::cmp::Ordering;
use std::fmt;

use super::error::GeoTiffProblem;
use super::tiff::{Entries, Stop};
use crate::sinusoidal::{Affine, POSITION_METRES, Position};

/// The north-west corner of a raster and the signed size of its pixels, in the units of its reference system: metres or
/// degrees.
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
    /// The transform that a position of so many pixels along an edge would have without rounding. Good for plans;
    /// pixels are looked up with the file's own.
    pub fn ideal(position: Position, pixels: u32) -> Self {
        let (west, north) = position.corner();
        let pixel = POSITION_METRES / f64::from(pixels);
        Self { west, width: pixel, north, height: -pixel }
    }

    /// Finds columns by x.
    pub fn columns(self) -> Affine {
        Affine::new(self.west, self.width)
    }

    /// Finds rows by y.
    pub fn rows(self) -> Affine {
        Affine::new(self.north, self.height)
    }

    /// Whether the raster is that of a position of so many pixels along an edge, up to the rounding of numbers in
    /// files.
    pub fn lies_at(self, position: Position, pixels: u32) -> bool {
        let ideal = Self::ideal(position, pixels);
        let near = |found: f64, expected: f64, tolerance: f64| (found - expected).abs() < tolerance;
        near(self.west, ideal.west, 1.0)
            && near(self.north, ideal.north, 1.0)
            && near(self.width, ideal.width, 1e-3)
            && near(self.height, ideal.height, 1e-3)
    }

    /// As a file states it. Where pixels are points, the tie point is the centre of one and not its corner, as GDAL has
    /// it unless `GTIFF_POINT_GEO_IGNORE` is set.
    pub(super) fn read(entries: &Entries<'_, '_>, points: bool) -> Result<Self, Stop> {
        let mut transform = Self::read_tie(entries)?;
        if points {
            transform.west -= transform.width * 0.5;
            transform.north -= transform.height * 0.5;
        }
        let finite = [transform.west, transform.north].iter().all(|corner| corner.is_finite());
        if finite && transform.width > 0.0 && transform.height < 0.0 {
            Ok(transform)
        } else {
            let expected = "columns eastwards and rows southwards";
            Err(GeoTiffProblem::unexpected("the transform", &expected, &transform).into())
        }
    }

    fn read_tie(entries: &Entries<'_, '_>) -> Result<Self, Stop> {
        let scale = entries.doubles("ModelPixelScaleTag", 33550)?;
        let tie = entries.doubles("ModelTiepointTag", 33922)?;
        let matrix = entries.doubles("ModelTransformationTag", 34264)?;
        match (scale.as_deref(), tie.as_deref(), matrix.as_deref()) {
            (Some(&[width, height, ..]), Some(&[column, row, _, x, y, ..]), _) => Ok(Self {
                // Exact, unless the tie point is another one than the corner.
                west: x - column * width,
                width,
                north: y + row * height,
                height: -height,
            }),
            (_, _, Some(&[width, 0.0, _, west, 0.0, height, _, north, ..])) => {
                Ok(Self { west, width, north, height })
            }
            (_, _, Some(found)) => {
                let expected = "a matrix without rotation";
                let found = format!("{found:?}");
                Err(GeoTiffProblem::unexpected("ModelTransformationTag", &expected, &found).into())
            }
            (None, ..) => Err(GeoTiffProblem::Missing { name: "ModelPixelScaleTag" }.into()),
            _ => Err(GeoTiffProblem::Missing { name: "ModelTiepointTag" }.into()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_has_its_pixels_whatever_their_number() {
        let position = Position { h: 19, v: 10 };
        let (west, _) = position.corner();
        for pixels in [1200, 2400, 4800] {
            let ideal = Transform::ideal(position, pixels);
            let east = west + POSITION_METRES - 1.0;
            assert_eq!(ideal.columns().index(east), i64::from(pixels) - 1);
            assert!(ideal.lies_at(position, pixels));
            assert!(!ideal.lies_at(position, pixels / 2));
            assert!(!ideal.lies_at(Position { h: 20, v: 10 }, pixels));
        }
    }
}
