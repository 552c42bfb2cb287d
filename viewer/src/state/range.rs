//! The range of temperatures that the colour map spans.

use floe_shared::DigitalNumber;

/// Two digital numbers: values at or below `low` take the first colour of the map, values at or
/// above `high` the last. `low` is at least [`Range::GAP`] below `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    low: u16,
    high: u16,
}

/// One of the two ends of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The cold end.
    Low,
    /// The warm end.
    High,
}

impl Range {
    /// What the land surfaces of the Earth show in a year, poles to deserts: 230 K to 325 K.
    pub const EARTH: Self = Self { low: 11_500, high: 16_250 };
    /// The smallest distance of the ends: 1 K.
    pub const GAP: u16 = 50;

    /// The range between two temperatures in kelvin, in either order; clamped to what the dataset can
    /// hold and widened to [`Range::GAP`].
    pub fn from_kelvin(one: f64, other: f64) -> Option<Self> {
        if !one.is_finite() || !other.is_finite() {
            return None;
        }
        let number = |kelvin| DigitalNumber::from_kelvin(kelvin).0;
        Some(Self::from_numbers(number(one), number(other)))
    }

    /// The range between two digital numbers, in either order, like [`Range::from_kelvin`].
    pub fn from_numbers(one: u16, other: u16) -> Self {
        let low = one.min(other).clamp(DigitalNumber::MIN_VALID.0, u16::MAX - Self::GAP);
        Self { low, high: one.max(other).max(low + Self::GAP) }
    }

    /// The cold end as a digital number.
    pub const fn low(self) -> u16 {
        self.low
    }

    /// The warm end as a digital number.
    pub const fn high(self) -> u16 {
        self.high
    }

    /// One end in kelvin.
    pub fn kelvin(self, end: End) -> f64 {
        f64::from(match end {
            End::Low => self.low,
            End::High => self.high,
        }) * DigitalNumber::SCALE
    }

    /// The range with one end moved to a temperature in kelvin; the end stops [`Range::GAP`] before
    /// the other one.
    #[must_use]
    pub fn with_end(self, end: End, kelvin: f64) -> Self {
        if !kelvin.is_finite() {
            return self;
        }
        let number = DigitalNumber::from_kelvin(kelvin).0;
        match end {
            End::Low => Self { low: number.min(self.high - Self::GAP), ..self },
            End::High => Self { high: number.max(self.low + Self::GAP), ..self },
        }
    }

    /// The end that lies nearer to a temperature in kelvin.
    pub fn nearest_end(self, kelvin: f64) -> End {
        let middle = f64::midpoint(self.kelvin(End::Low), self.kelvin(End::High));
        if kelvin < middle { End::Low } else { End::High }
    }

    /// Where a temperature in kelvin lies between the ends: 0 at the cold end, 1 at the warm end.
    pub fn share(self, kelvin: f64) -> f64 {
        let (low, high) = (self.kelvin(End::Low), self.kelvin(End::High));
        (kelvin - low) / (high - low)
    }
}

/// The stretch of temperatures, in kelvin, over which the legend lets the ends be dragged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Its cold end in kelvin.
    pub low: f64,
    /// Its warm end in kelvin.
    pub high: f64,
}

impl Scale {
    /// What the surface of the Earth shows in a year: -70 °C to 75 °C.
    pub const EARTH: Self = Self { low: 203.15, high: 348.15 };

    /// The usual scale, widened where the range reaches beyond it.
    pub fn around(range: Range) -> Self {
        Self {
            low: Self::EARTH.low.min(range.kelvin(End::Low)),
            high: Self::EARTH.high.max(range.kelvin(End::High)),
        }
    }

    /// Where a temperature in kelvin lies: 0 at the cold end, 1 at the warm end, clamped.
    pub fn share(self, kelvin: f64) -> f64 {
        ((kelvin - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The temperature in kelvin at a share of the scale.
    pub fn kelvin(self, share: f64) -> f64 {
        self.low + share.clamp(0.0, 1.0) * (self.high - self.low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_may_come_in_either_order_and_keep_a_kelvin_apart() {
        let range = Range::from_kelvin(320.0, 250.0).unwrap();
        assert_eq!((range.low(), range.high()), (12500, 16000));
        let range = Range::from_kelvin(300.0, 300.0).unwrap();
        assert_eq!((range.low(), range.high()), (15000, 15050));
        assert_eq!(Range::from_kelvin(f64::NAN, 300.0), None);
    }

    #[test]
    fn an_end_stops_before_the_other_one() {
        let range = Range::from_kelvin(250.0, 300.0).unwrap();
        assert_eq!(range.with_end(End::Low, 400.0).low(), 14950);
        assert_eq!(range.with_end(End::High, 100.0).high(), 12550);
        assert_eq!(range.with_end(End::High, f64::NAN), range);
    }

    #[test]
    fn the_scale_widens_for_a_range_beyond_it() {
        let range = Range::from_kelvin(160.0, 300.0).unwrap();
        assert_eq!(Scale::around(range), Scale { low: 160.0, high: 348.15 });
        assert!(Scale::EARTH.share(100.0) < 1e-12);
    }

    proptest! {
        #[test]
        fn any_two_temperatures_make_a_range_with_a_gap(one in -500.0..2000.0_f64, other in -500.0..2000.0_f64, end in 0.0..2000.0_f64) {
            let range = Range::from_kelvin(one, other).unwrap();
            for range in [range, range.with_end(End::Low, end), range.with_end(End::High, end)] {
                prop_assert!(range.high() >= range.low() + Range::GAP);
            }
        }
    }
}
