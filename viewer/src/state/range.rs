//! The range of values that the colour map spans: temperatures in kelvin, or anything else in the store's units.

use crate::units::Measure;

/// Two values: those at or below `low` take the first colour of the map, those at or above `high` the last. `low` is below
/// `high`, of temperatures at least [`Range::GAP`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    low: f64,
    high: f64,
}

/// One of the two ends of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The cold end.
    Low,
    /// The warm end.
    High,
}

impl End {
    /// What the colour at it is called.
    pub const fn colour(self, measure: &Measure) -> &'static str {
        match (self, measure.is_temperature()) {
            (Self::Low, true) => "Coldest colour",
            (Self::High, true) => "Warmest colour",
            (Self::Low, false) => "Lowest colour",
            (Self::High, false) => "Highest colour",
        }
    }
}

impl Range {
    /// What the land surfaces of the Earth show in a year, poles to deserts: 230 K to 325 K.
    pub const EARTH: Self = Self { low: 230.0, high: 325.0 };
    /// Until more is known of a variable.
    pub const UNIT: Self = Self { low: 0.0, high: 1.0 };
    /// The smallest distance of the ends of temperatures: 1 K.
    pub const GAP: f64 = 1.0;

    /// The range between two values, in either order; widened where they are one.
    pub fn between(one: f64, other: f64) -> Option<Self> {
        if !one.is_finite() || !other.is_finite() {
            return None;
        }
        let (low, high) = (one.min(other), one.max(other));
        Some(Self { low, high: high.max(low + least_gap(low)) })
    }

    /// The same with ends that a link can tell, and as far apart as a measure asks for.
    #[must_use]
    pub fn widened(self, measure: &Measure) -> Self {
        let (low, high) = (self.rounded(self.low), self.rounded(self.high));
        Self { low, high: high.max(low + gap(measure, low)) }
    }

    /// Whether values lie on both sides of zero, neither side being a mere rest.
    pub fn has_two_sides(self) -> bool {
        let (below, above) = (-self.low, self.high);
        below.min(above) >= 0.25 * below.max(above)
    }

    /// The range as far on both sides of zero.
    #[must_use]
    pub fn symmetric(self) -> Self {
        let most = self.low.abs().max(self.high.abs());
        Self { low: -most, high: most }
    }

    /// Whether all of it has a logarithm.
    pub fn is_positive(self) -> bool {
        self.low > 0.0
    }

    /// The part of it that has a logarithm, three powers of ten at most; `None` where there is none.
    pub fn above_zero(self) -> Option<Self> {
        (self.high > 0.0).then(|| Self { low: self.low.max(self.high * 1e-3), ..self })
    }

    /// The decimals with which a link tells the ends: a millionth of the larger one.
    pub fn decimals(self) -> u8 {
        let digits = 6.0 - self.low.abs().max(self.high.abs()).log10().floor();
        digits.clamp(2.0, 30.0) as u8
    }

    fn rounded(self, value: f64) -> f64 {
        let units = 10_f64.powi(i32::from(self.decimals()));
        (value * units).round() / units
    }

    /// The value of an end.
    pub const fn end(self, end: End) -> f64 {
        match end {
            End::Low => self.low,
            End::High => self.high,
        }
    }

    /// The range with one end moved to a value; the end stops before the other one.
    #[must_use]
    pub fn with_end(self, end: End, value: f64, measure: &Measure) -> Self {
        if !value.is_finite() {
            return self;
        }
        let value = self.rounded(value);
        match end {
            End::Low => Self { low: value.min(self.high - gap(measure, self.high)), ..self },
            End::High => Self { high: value.max(self.low + gap(measure, self.low)), ..self },
        }
    }

    /// The end that lies nearer to a value.
    pub fn nearest_end(self, value: f64) -> End {
        if value < f64::midpoint(self.low, self.high) { End::Low } else { End::High }
    }

    /// Where a value lies between the ends: 0 at the cold end, 1 at the warm end.
    pub fn share(self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// How far the ends are apart at least, near a value.
fn gap(measure: &Measure, value: f64) -> f64 {
    if measure.is_temperature() { Range::GAP } else { least_gap(value) }
}

/// What floats of 32 bits still tell apart, near a value.
fn least_gap(value: f64) -> f64 {
    (value.abs() * 1e-5).max(1e-30)
}

/// The stretch of values over which the legend lets the ends be dragged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Its cold end.
    pub low: f64,
    /// Its warm end.
    pub high: f64,
    /// Whether it is one of logarithms; all its values are positive then.
    pub is_log: bool,
}

impl Scale {
    /// What the surface of the Earth shows in a year: -70 °C to 75 °C.
    pub const EARTH: Self = Self { low: 203.15, high: 348.15, is_log: false };

    /// The usual scale of temperatures, widened where the range reaches beyond it; of all else the range and a quarter of it on
    /// both sides.
    pub fn around(range: Range, measure: &Measure, is_log: bool) -> Self {
        let Range { low, high } = range;
        if measure.is_temperature() {
            let (low, high) = (Self::EARTH.low.min(low), Self::EARTH.high.max(high));
            return Self { low, high, is_log: false };
        }
        if is_log {
            let margin = (high / low).sqrt().sqrt();
            return Self { low: low / margin, high: high * margin, is_log };
        }
        let margin = (high - low) / 4.0;
        Self { low: low - margin, high: high + margin, is_log }
    }

    /// Where a value lies: 0 at the cold end, 1 at the warm end, clamped.
    pub fn share(self, value: f64) -> f64 {
        let share = if self.is_log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        share.clamp(0.0, 1.0)
    }

    /// The value at a share of the scale.
    pub fn value(self, share: f64) -> f64 {
        let share = share.clamp(0.0, 1.0);
        if self.is_log {
            self.low * (self.high / self.low).powf(share)
        } else {
            self.low + share * (self.high - self.low)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Unit;
    use proptest::prelude::*;

    const KELVIN: Measure = Measure::Temperature(Unit::Kelvin);

    fn ends(range: Range) -> (f64, f64) {
        (range.end(End::Low), range.end(End::High))
    }

    #[test]
    fn ends_may_come_in_either_order_and_keep_a_kelvin_apart() {
        assert_eq!(ends(Range::between(320.0, 250.0).unwrap()), (250.0, 320.0));
        let one = Range::between(300.0, 300.0).unwrap();
        assert_eq!(ends(one.widened(&KELVIN)), (300.0, 301.0));
        let (low, high) = ends(one.widened(&Measure::Other("m".into())));
        assert!(low as f32 + 1e-4 < high as f32 && high < 300.01);
        assert_eq!(Range::between(f64::NAN, 300.0), None);
    }

    #[test]
    fn an_end_stops_before_the_other_one() {
        let range = Range::between(250.0, 300.0).unwrap();
        assert_eq!(ends(range.with_end(End::Low, 400.0, &KELVIN)), (299.0, 300.0));
        assert_eq!(ends(range.with_end(End::High, 100.0, &KELVIN)), (250.0, 251.0));
        assert_eq!(range.with_end(End::High, f64::NAN, &KELVIN), range);
    }

    #[test]
    fn the_scale_widens_for_a_range_beyond_it() {
        let range = Range::between(160.0, 300.0).unwrap();
        let scale = Scale { low: 160.0, ..Scale::EARTH };
        assert_eq!(Scale::around(range, &KELVIN, false), scale);
        assert!(Scale::EARTH.share(100.0) < 1e-12);
        let other = Scale::around(Range::UNIT, &Measure::Other("m".into()), false);
        assert_eq!(other, Scale { low: -0.25, high: 1.25, is_log: false });
    }

    #[test]
    fn a_scale_of_logarithms_has_equal_room_for_each_power_of_ten() {
        let range = Range::between(1e-6, 1e-2).unwrap();
        let scale = Scale::around(range, &Measure::Other("m".into()), true);
        assert!((scale.share(1e-4) - 0.5).abs() < 1e-9);
        assert!((scale.value(scale.share(1e-5)) / 1e-5 - 1.0).abs() < 1e-9);
        assert!(scale.share(0.0) < 1e-12 && scale.low > 0.0);
    }

    #[test]
    fn a_range_can_be_made_symmetric_or_positive() {
        let range = Range::between(-2.0, 5.0).unwrap();
        assert_eq!(ends(range.symmetric()), (-5.0, 5.0));
        assert!(range.has_two_sides() && !range.is_positive());
        assert_eq!(ends(range.above_zero().unwrap()), (0.005, 5.0));
        assert_eq!(Range::between(-2.0, -1.0).unwrap().above_zero(), None);
        assert!(!Range::between(-2.0, -1.0).unwrap().has_two_sides());
    }

    proptest! {
        #[test]
        fn any_two_values_make_a_range_with_a_gap(one in -500.0..2000.0_f64, other in -500.0..2000.0_f64, to in -500.0..2000.0_f64, end in prop_oneof![Just(End::Low), Just(End::High)]) {
            for measure in [KELVIN, Measure::Other("m".into())] {
                let range = Range::between(one, other).unwrap().widened(&measure);
                for range in [range, range.with_end(end, to, &measure)] {
                    let (low, high) = ends(range);
                    prop_assert!((low as f32) < high as f32);
                    prop_assert!(!measure.is_temperature() || high - low > Range::GAP - 1e-9);
                }
            }
        }
    }
}
