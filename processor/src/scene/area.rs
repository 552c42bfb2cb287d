//! Boxes of longitude and latitude, which may cross 180°. Pure.

use serde_json::Value;

/// A box in degrees. It crosses 180° where `west` is greater than `east`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LonLatBox {
    /// The western edge, -180 to 180.
    pub west: f64,
    /// The southern edge, -90 to 90.
    pub south: f64,
    /// The eastern edge, -180 to 180.
    pub east: f64,
    /// The northern edge, -90 to 90.
    pub north: f64,
}

impl LonLatBox {
    /// A box; `None` where an edge lies beyond the globe or the south is north of the north.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Option<Self> {
        // Some catalogues write edges a little beyond.
        let lies = |degrees: f64, most: f64| degrees.abs() <= most + 1e-6;
        let is_right = lies(west, 180.0)
            && lies(east, 180.0)
            && lies(south, 90.0)
            && lies(north, 90.0)
            && south <= north;
        is_right.then(|| Self {
            west: west.clamp(-180.0, 180.0),
            south: south.clamp(-90.0, 90.0),
            east: east.clamp(-180.0, 180.0),
            north: north.clamp(-90.0, 90.0),
        })
    }

    /// The `bbox` of a STAC item (RFC 7946, section 5): four numbers, or six with heights.
    pub(super) fn read(bbox: &Value) -> Option<Self> {
        let numbers: Vec<f64> =
            bbox.as_array()?.iter().map(Value::as_f64).collect::<Option<_>>()?;
        match numbers[..] {
            [west, south, east, north] | [west, south, _, east, north, _] => {
                Self::new(west, south, east, north)
            }
            _ => None,
        }
    }

    /// The box, or the two boxes of one that crosses 180°, none of which crosses it.
    pub fn parts(self) -> Vec<Self> {
        if self.west <= self.east {
            return vec![self];
        }
        vec![Self { east: 180.0, ..self }, Self { west: -180.0, ..self }]
    }

    /// Whether the two share a place, be it on their edges.
    pub fn meets(self, other: Self) -> bool {
        let overlap = |a: Self, b: Self| a.west <= b.east && b.west <= a.east;
        let is_beside = |a: Self, b: Self| a.east >= 180.0 && b.west <= -180.0;
        self.south <= other.north
            && other.south <= self.north
            && self.parts().into_iter().any(|a| {
                other
                    .parts()
                    .into_iter()
                    .any(|b| overlap(a, b) || is_beside(a, b) || is_beside(b, a))
            })
    }

    /// The box with so many degrees more on each side.
    #[must_use]
    pub fn widened(self, degrees: f64) -> Self {
        let crossing = if self.west <= self.east { 0.0 } else { 360.0 };
        let width = self.east - self.west + crossing + 2.0 * degrees;
        let wrapped = |longitude: f64| (longitude + 540.0).rem_euclid(360.0) - 180.0;
        let (west, east) = if width >= 360.0 {
            (-180.0, 180.0)
        } else {
            let inside = |longitude: f64| (-180.0..=180.0).contains(&longitude);
            let place = |longitude| if inside(longitude) { longitude } else { wrapped(longitude) };
            (place(self.west - degrees), place(self.east + degrees))
        };
        let (south, north) = ((self.south - degrees).max(-90.0), (self.north + degrees).min(90.0));
        Self { west, south, east, north }
    }

    /// As a STAC search has it.
    pub(super) fn numbers(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn area(west: f64, east: f64) -> LonLatBox {
        LonLatBox::new(west, -10.0, east, 10.0).unwrap()
    }

    #[test]
    fn a_box_across_180_degrees_meets_what_lies_on_both_sides() {
        let across = area(170.0, -170.0);
        for (other, expected) in [
            (area(160.0, 171.0), true),
            (area(-171.0, -160.0), true),
            (area(-169.0, 169.0), false),
            (area(179.0, -179.0), true),
            (area(-180.0, 180.0), true),
        ] {
            assert_eq!(
                (across.meets(other), other.meets(across)),
                (expected, expected),
                "{other:?}"
            );
        }
        assert!(area(170.0, 180.0).meets(area(-180.0, -170.0)), "180° is one meridian");
        let north = LonLatBox::new(170.0, 11.0, -170.0, 20.0).unwrap();
        assert!(!across.meets(north) && across.meets(north.widened(1.0)));
    }

    #[test]
    fn boxes_of_items_have_four_or_six_numbers() {
        assert_eq!(LonLatBox::read(&json!([1, -10, 2, 10])), Some(area(1.0, 2.0)));
        assert_eq!(LonLatBox::read(&json!([1, -10, 0, 2, 10, 9])), Some(area(1.0, 2.0)));
        for wrong in [
            json!(null),
            json!([1, 2, 3]),
            json!([1, 2, 3, "4"]),
            json!([1, 20, 3, 4]),
            json!([1, 2, 300, 4]),
        ] {
            assert_eq!(LonLatBox::read(&wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_widened_box_holds_what_it_held_and_what_is_near(
            west in -180.0..180.0_f64, width in 0.0..200.0_f64, degrees in 0.0..20.0_f64, at in 0.0..1.0_f64,
        ) {
            let wrapped = |longitude: f64| (longitude + 540.0).rem_euclid(360.0) - 180.0;
            let wide = area(west, wrapped(west + width)).widened(degrees);
            let inside = wrapped(west - degrees * 0.999 + at * (width + 1.998 * degrees));
            prop_assert!(wide.meets(area(inside, inside)), "{wide:?} {inside}");
        }
    }
}
