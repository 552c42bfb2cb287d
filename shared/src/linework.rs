//! The compact binary form of the embedded geographic lines and rings.
//!
//! ```text
//! "FLW1"  units  count  count x { points << 1 | closed   points x (dx dy) }
//! ```
//!
//! `units` (per degree), `count` and the number of points are LEB128 varints; `dx` and `dy` are
//! zigzag varints: the steps in units from the point before, where the very first point steps from
//! 0° E 0° N and a line's first point from the last point of the line before. A closed line does not
//! repeat its first point. Longitudes lie within ±180°, no line crosses the antimeridian, latitudes
//! lie within ±90°. `script/natural-earth` writes it.

use crate::leb128::{Leb128Error, Reader};

/// A place as (longitude, latitude) in degrees.
pub type Place = (f64, f64);

/// One line or ring.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its vertices in order; a ring does not repeat the first.
    pub points: Vec<Place>,
    /// Whether the last vertex is joined to the first.
    pub closed: bool,
}

/// Why bytes are not linework.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineworkError {
    /// The signature is missing.
    #[error("linework must begin with the bytes FLW1")]
    Signature,
    /// A number cannot be read.
    #[error("linework cannot be read: {0}")]
    Number(#[from] Leb128Error),
    /// The scale is zero.
    #[error("linework must have at least one unit per degree, found 0")]
    NoUnits,
    /// A vertex lies off the globe.
    #[error("linework holds a vertex beyond ±180° or ±90° before byte {at}")]
    OffTheGlobe {
        /// The end of the vertex.
        at: usize,
    },
    /// More bytes than the lines need.
    #[error("linework must end after its last line at byte {at}, found {extra} bytes more")]
    Trailing {
        /// The end of the last line.
        at: usize,
        /// How many bytes follow.
        extra: usize,
    },
}

impl Line {
    /// The edges as pairs of places, the closing edge of a ring included.
    pub fn edges(&self) -> impl Iterator<Item = (Place, Place)> + '_ {
        let closing = match (self.closed, self.points.last(), self.points.first()) {
            (true, Some(&last), Some(&first)) => Some((last, first)),
            _ => None,
        };
        self.points.windows(2).map(|pair| (pair[0], pair[1])).chain(closing)
    }

    /// The line in pieces that leave out what is no coast: edges along ±180°, where a ring was cut,
    /// and along a pole, over which one was closed. Pieces of a ring repeat the first vertex at the
    /// end.
    pub fn without_cuts(&self) -> Vec<Vec<Place>> {
        let mut pieces: Vec<Vec<Place>> = Vec::new();
        let mut joined = false;
        for (from, to) in self.edges() {
            if is_cut(from, to) {
                joined = false;
            } else if joined && let Some(piece) = pieces.last_mut() {
                piece.push(to);
            } else {
                pieces.push(vec![from, to]);
                joined = true;
            }
        }
        // A ring cut elsewhere than at its first vertex: its last piece runs on into its first.
        if joined
            && pieces.len() > 1
            && let Some(mut last) = pieces.pop()
        {
            if last.last() == pieces[0].first() {
                last.extend_from_slice(&pieces[0][1..]);
                pieces[0] = last;
            } else {
                pieces.push(last);
            }
        }
        pieces
    }
}

/// Whether an edge runs along the antimeridian or a pole.
#[expect(clippy::float_cmp, reason = "cuts lie on ±180° and ±90° exactly: whole numbers of units")]
fn is_cut(from: Place, to: Place) -> bool {
    (from.0 == to.0 && from.0.abs() == 180.0) || (from.1 == to.1 && from.1.abs() == 90.0)
}

/// Decodes lines.
pub fn decode(bytes: &[u8]) -> Result<Vec<Line>, LineworkError> {
    if !bytes.starts_with(b"FLW1") {
        return Err(LineworkError::Signature);
    }
    let mut reader = Reader::new(bytes, 4);
    let units = i64::from(reader.varint()?);
    if units == 0 {
        return Err(LineworkError::NoUnits);
    }
    let count = reader.varint()?;
    let (mut x, mut y) = (0_i64, 0_i64);
    let mut lines = Vec::new();
    for _ in 0..count {
        let head = reader.varint()?;
        let length = (head >> 1) as usize;
        // A false length must not reserve memory that the bytes cannot fill: a point takes two.
        let mut points = Vec::with_capacity(length.min(bytes.len() / 2));
        for _ in 0..length {
            x += reader.zigzag()?;
            y += reader.zigzag()?;
            if x.abs() > 180 * units || y.abs() > 90 * units {
                return Err(LineworkError::OffTheGlobe { at: reader.at() });
            }
            points.push((x as f64 / units as f64, y as f64 / units as f64));
        }
        lines.push(Line { points, closed: head & 1 == 1 });
    }
    match reader.left() {
        0 => Ok(lines),
        extra => Err(LineworkError::Trailing { at: reader.at(), extra }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One unit per degree: a ring (0,0) (2,0) (0,2), then a line (-1,2) (-1,-62).
    const SAMPLE: &[u8] = &[b'F', b'L', b'W', b'1', 1, 2, 7, 0, 0, 4, 0, 3, 4, 4, 1, 0, 0, 0x7f];

    #[test]
    fn rings_and_lines_come_back_in_degrees() {
        let lines = decode(SAMPLE).unwrap();
        let ring = Line { points: vec![(0.0, 0.0), (2.0, 0.0), (0.0, 2.0)], closed: true };
        let line = Line { points: vec![(-1.0, 2.0), (-1.0, -62.0)], closed: false };
        assert_eq!(lines, [ring, line]);
    }

    #[test]
    fn a_long_number_spans_bytes() {
        let bytes = [b'F', b'L', b'W', b'1', 0xe8, 0x07, 1, 2, 0xd0, 0x0f, 0xcf, 0x0f];
        assert_eq!(decode(&bytes).unwrap()[0].points, [(1.0, -1.0)]);
    }

    #[test]
    fn every_truncation_is_an_error() {
        for end in 0..SAMPLE.len() {
            assert!(decode(&SAMPLE[..end]).is_err(), "{end} bytes");
        }
    }

    #[test]
    fn damage_is_named() {
        let with = |tail: &[u8]| decode(&[b"FLW1".as_slice(), tail].concat());
        assert_eq!(decode(b"PNG").unwrap_err(), LineworkError::Signature);
        assert_eq!(with(&[0, 0]).unwrap_err(), LineworkError::NoUnits);
        assert_eq!(with(&[1, 0, 9]).unwrap_err(), LineworkError::Trailing { at: 6, extra: 1 });
        assert_eq!(
            with(&[1, 1, 2, 0, 0xb6, 1]).unwrap_err(),
            LineworkError::OffTheGlobe { at: 10 }
        );
        let endless = [0xff, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(with(&endless).unwrap_err(), Leb128Error::NumberTooLong { at: 4 }.into());
        assert_eq!(with(&[1, 1, 0x7f, 0]).unwrap_err(), Leb128Error::Truncated { at: 8 }.into());
    }

    #[test]
    fn a_ring_has_a_closing_edge_and_a_line_has_none() {
        let lines = decode(SAMPLE).unwrap();
        assert_eq!(lines[0].edges().count(), 3);
        assert_eq!(lines[0].edges().last(), Some(((0.0, 2.0), (0.0, 0.0))));
        assert_eq!(lines[1].edges().count(), 1);
    }

    #[test]
    fn cuts_along_the_antimeridian_and_a_pole_are_no_coast() {
        let points = vec![(180.0, 1.0), (170.0, 1.0), (170.0, 5.0), (180.0, 5.0)];
        let ring = Line { points, closed: true };
        assert_eq!(ring.without_cuts(), [[(180.0, 1.0), (170.0, 1.0), (170.0, 5.0), (180.0, 5.0)]]);

        let points =
            vec![(0.0, -70.0), (180.0, -80.0), (180.0, -90.0), (-180.0, -90.0), (-180.0, -80.0)];
        let polar = Line { points, closed: true };
        assert_eq!(polar.without_cuts(), [[(-180.0, -80.0), (0.0, -70.0), (180.0, -80.0)]]);

        let points = vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)];
        let island = Line { points, closed: true };
        assert_eq!(island.without_cuts(), [[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]]);
    }
}
