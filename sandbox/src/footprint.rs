//! The outlines that the catalogue gives for granules: coarse, and wrong the way the real ones are.
//!
//! Real footprints are polygons of a few vertices around the pixels that held data when the item was
//! made: many miss pixels that later use finds there. Near the antimeridian some span all longitudes.

use floe_raster::sinusoidal::{POSITION_METRES, Position, lonlat_from_sinusoidal};

/// Parts into which a side of a position is cut: coarser than the outline's curve.
const PARTS: u32 = 4;

/// How a footprint errs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// About right, but for the chords between its vertices.
    Fair,
    /// Misses pixels on all sides.
    Shrunk,
    /// Reaches too far, near the antimeridian around the whole globe.
    Wide,
}

impl Fit {
    /// Half of the footprints are fair, more than a third shrunk; `share` is a draw in `0.0..1.0`.
    pub(super) fn drawn(share: f64) -> Self {
        match share {
            0.0..0.5 => Self::Fair,
            0.5..0.86 => Self::Shrunk,
            _ => Self::Wide,
        }
    }
}

/// A closed ring of longitude and latitude in degrees, counter-clockwise, and the box around it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Footprint {
    pub(super) ring: Vec<(f64, f64)>,
    /// West, south, east, north.
    pub(super) bbox: [f64; 4],
}

/// A box in degrees that does not cross the antimeridian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LonLatBox {
    pub(super) west: f64,
    pub(super) south: f64,
    pub(super) east: f64,
    pub(super) north: f64,
}

impl Footprint {
    /// The footprint that the catalogue gives for a position.
    pub(super) fn of(position: Position, fit: Fit) -> Self {
        let (west, north) = position.corner();
        let south = north - POSITION_METRES;
        let at_edge = outline(west, south, north).iter().any(|&(lon, _)| lon.abs() >= 180.0);
        let ring = match fit {
            Fit::Fair => outline(west, south, north),
            Fit::Shrunk => {
                let (dx, dy) = (0.09 * POSITION_METRES, 0.03 * POSITION_METRES);
                let inner = outline(west, south + dy, north - dy);
                inner.iter().map(|&(lon, lat)| (drawn_in(lon, lat, west, dx), lat)).collect()
            }
            Fit::Wide if at_edge => {
                let latitude = |y: f64| lonlat_from_sinusoidal(0.0, y).1;
                let (south, north) = (latitude(south), latitude(north));
                vec![(-180.0, south), (180.0, south), (180.0, north), (-180.0, north)]
            }
            Fit::Wide => {
                let reach =
                    |lon: f64, middle: f64| (middle + 1.3 * (lon - middle)).clamp(-180.0, 180.0);
                let plain = outline(west, south, north);
                let middle = plain.iter().map(|place| place.0).sum::<f64>() / plain.len() as f64;
                plain.iter().map(|&(lon, lat)| (reach(lon, middle), lat)).collect()
            }
        };
        Self::closed(ring)
    }

    /// Closes a ring and boxes it, in millionths of a degree as the real items.
    fn closed(mut ring: Vec<(f64, f64)>) -> Self {
        let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
        for place in &mut ring {
            *place = (round(place.0), round(place.1));
        }
        ring.dedup();
        let first = ring[0];
        if ring.last() != Some(&first) {
            ring.push(first);
        }
        let bbox = ring.iter().fold([180.0f64, 90.0, -180.0, -90.0], |b, &(lon, lat)| {
            [b[0].min(lon), b[1].min(lat), b[2].max(lon), b[3].max(lat)]
        });
        Self { ring, bbox }
    }

    /// Whether it shares a point with a box.
    pub(super) fn intersects(&self, area: LonLatBox) -> bool {
        let LonLatBox { west, south, east, north } = area;
        let apart = self.bbox[0] > east
            || self.bbox[2] < west
            || self.bbox[1] > north
            || self.bbox[3] < south;
        if apart {
            return false;
        }
        let edges = || self.ring.windows(2).map(|pair| (pair[0], pair[1]));
        edges().any(|(from, to)| segment_meets(from, to, area)) || self.contains(west, south)
    }

    /// Whether a place lies inside (even-odd rule).
    fn contains(&self, longitude: f64, latitude: f64) -> bool {
        self.ring.windows(2).fold(false, |inside, pair| {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let crosses = (y0 > latitude) != (y1 > latitude)
                && longitude < x0 + (latitude - y0) / (y1 - y0) * (x1 - x0);
            inside != crosses
        })
    }
}

/// The outline of a position from south-west, counter-clockwise, cut off at ±180°.
fn outline(west: f64, south: f64, north: f64) -> Vec<(f64, f64)> {
    let east = west + POSITION_METRES;
    let place = |x: f64, part: u32| {
        let y = south + (north - south) * f64::from(part) / f64::from(PARTS);
        let (lon, lat) = lonlat_from_sinusoidal(x, y);
        (if lon.is_nan() { 0.0 } else { lon.clamp(-180.0, 180.0) }, lat.clamp(-90.0, 90.0))
    };
    let eastern = (0..=PARTS).map(|part| place(east, part));
    let western = (0..=PARTS).rev().map(|part| place(west, part));
    eastern.chain(western).collect()
}

/// A longitude of the outline pulled inwards by `dx` metres, no further than the position's middle.
fn drawn_in(longitude: f64, latitude: f64, west: f64, dx: f64) -> f64 {
    let middle_x = west + POSITION_METRES / 2.0;
    let degrees = |x: f64| {
        let per_degree = floe_raster::sinusoidal::sinusoidal_from_lonlat(1.0, latitude).0;
        (x / per_degree).clamp(-180.0, 180.0)
    };
    let middle = degrees(middle_x);
    let share = 1.0 - dx / (POSITION_METRES / 2.0);
    middle + (longitude - middle) * share
}

/// Whether a segment shares a point with a box (Liang-Barsky).
fn segment_meets(from: (f64, f64), to: (f64, f64), area: LonLatBox) -> bool {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (slope, room) in [
        (-dx, from.0 - area.west),
        (dx, area.east - from.0),
        (-dy, from.1 - area.south),
        (dy, area.north - from.1),
    ] {
        if slope == 0.0 {
            if room < 0.0 {
                return false;
            }
        } else if slope < 0.0 {
            enter = enter.max(room / slope);
        } else {
            leave = leave.min(room / slope);
        }
    }
    enter <= leave
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(west: f64, south: f64, east: f64, north: f64) -> LonLatBox {
        LonLatBox { west, south, east, north }
    }

    #[test]
    fn a_fair_footprint_is_the_position_seen_in_degrees() {
        let footprint = Footprint::of(Position { h: 19, v: 10 }, Fit::Fair);
        for (found, expected) in footprint.bbox.iter().zip([10.154_266, -20.0, 21.283_555, -10.0]) {
            assert!((found - expected).abs() < 1e-4, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_shrunk_footprint_misses_what_a_fair_one_has() {
        let position = Position { h: 19, v: 10 };
        let edge = area(10.2, -10.4, 10.3, -10.2);
        assert!(Footprint::of(position, Fit::Fair).intersects(edge));
        assert!(!Footprint::of(position, Fit::Shrunk).intersects(edge));
        assert!(Footprint::of(position, Fit::Wide).intersects(area(9.2, -10.4, 9.5, -10.2)));
    }

    #[test]
    fn wide_footprints_at_the_edge_of_the_globe_span_all_longitudes() {
        for position in
            [Position { h: 17, v: 0 }, Position { h: 0, v: 9 }, Position { h: 35, v: 8 }]
        {
            let footprint = Footprint::of(position, Fit::Wide);
            assert_eq!((footprint.bbox[0], footprint.bbox[2]), (-180.0, 180.0), "{position}");
        }
    }

    #[test]
    fn boxes_inside_around_and_beside_are_told_apart() {
        let footprint = Footprint::of(Position { h: 18, v: 8 }, Fit::Fair);
        assert!(footprint.intersects(area(4.0, 4.0, 5.0, 5.0)));
        assert!(footprint.intersects(area(-50.0, -50.0, 50.0, 50.0)));
        assert!(!footprint.intersects(area(-9.0, 4.0, -8.0, 5.0)));
        assert!(!footprint.intersects(area(4.0, 11.0, 5.0, 12.0)));
    }
}
