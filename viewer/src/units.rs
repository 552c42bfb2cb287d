//! Temperature units: conversion from kelvin, text forms and the ticks of a scale.

/// The unit in which temperatures are shown and typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unit {
    /// Degrees Celsius.
    #[default]
    Celsius,
    /// Degrees Fahrenheit.
    Fahrenheit,
    /// Kelvin, as stored.
    Kelvin,
}

/// A mark on a temperature scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it lies, in kelvin.
    pub kelvin: f64,
    /// What it says, in the unit, without its symbol.
    pub label: String,
}

/// Kelvin at 0 °C.
const FREEZING: f64 = 273.15;

impl Unit {
    /// All units, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Celsius, Self::Fahrenheit, Self::Kelvin];

    /// The symbol that follows a number.
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Celsius => "°C",
            Self::Fahrenheit => "°F",
            Self::Kelvin => "K",
        }
    }

    /// The name for assistive technology.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Celsius => "degrees Celsius",
            Self::Fahrenheit => "degrees Fahrenheit",
            Self::Kelvin => "kelvin",
        }
    }

    /// The letter used in links and in the configuration.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Celsius => "C",
            Self::Fahrenheit => "F",
            Self::Kelvin => "K",
        }
    }

    /// The unit of a letter, in either case.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.code().eq_ignore_ascii_case(code))
    }

    /// A temperature in this unit.
    pub fn from_kelvin(self, kelvin: f64) -> f64 {
        match self {
            Self::Celsius => kelvin - FREEZING,
            Self::Fahrenheit => (kelvin - FREEZING) * 1.8 + 32.0,
            Self::Kelvin => kelvin,
        }
    }

    /// A temperature of this unit in kelvin.
    pub fn to_kelvin(self, value: f64) -> f64 {
        match self {
            Self::Celsius => value + FREEZING,
            Self::Fahrenheit => (value - 32.0) / 1.8 + FREEZING,
            Self::Kelvin => value,
        }
    }

    /// A temperature with one decimal and the symbol, such as `−3.5 °C`.
    pub fn describe(self, kelvin: f64) -> String {
        format!("{}\u{a0}{}", number(self.from_kelvin(kelvin), 1), self.symbol())
    }

    /// A typed number of this unit in kelvin; accepts a decimal comma, a typographic minus and a
    /// trailing symbol.
    pub fn parse(self, text: &str) -> Option<f64> {
        let text = text.trim().trim_end_matches(self.symbol()).trim_end();
        let plain = text.replace('\u{2212}', "-").replace(',', ".");
        crate::number::parse(&plain).map(|value| self.to_kelvin(value))
    }

    /// Round numbers of this unit from `low` to `high` (kelvin), at most `limit` of them.
    pub fn ticks(self, low: f64, high: f64, limit: usize) -> Vec<Tick> {
        let (first, last) = (self.from_kelvin(low), self.from_kelvin(high));
        let span = last - first;
        if !span.is_finite() || span <= 0.0 || limit == 0 {
            return Vec::new();
        }
        let step = round_step(span, limit);
        let decimals = usize::from(step < 1.0);
        let begin = (first / step - 1e-6).ceil() as i64;
        let end = (last / step + 1e-6).floor() as i64;
        (begin..=end)
            .map(|index| {
                let value = index as f64 * step;
                Tick { kelvin: self.to_kelvin(value), label: number(value, decimals) }
            })
            .collect()
    }
}

/// The smallest of 0.5, 1, 2, 5, 10, 20, 50, … that makes at most `limit` marks in `span`.
fn round_step(span: f64, limit: usize) -> f64 {
    let mut step = 0.5;
    for factor in [2.0, 2.0, 2.5].into_iter().cycle() {
        if (span / step).floor() + 1.0 <= limit as f64 || step > span {
            return step;
        }
        step *= factor;
    }
    step
}

/// A number with a typographic minus, and without one before zero.
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let is_zero = text.bytes().all(|byte| byte == b'0' || byte == b'.');
    if value < 0.0 && !is_zero { format!("\u{2212}{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn water_freezes_at_0_celsius_32_fahrenheit_273_kelvin() {
        assert_eq!(Unit::Celsius.describe(273.15), "0.0\u{a0}°C");
        assert_eq!(Unit::Fahrenheit.describe(273.15), "32.0\u{a0}°F");
        assert_eq!(Unit::Kelvin.describe(273.15), "273.1\u{a0}K");
        assert_eq!(Unit::Celsius.describe(233.15), "\u{2212}40.0\u{a0}°C");
    }

    #[test]
    fn typed_numbers_may_have_a_comma_a_minus_sign_and_the_symbol() {
        assert_eq!(Unit::Celsius.parse("\u{2212}40"), Some(-40.0 + FREEZING));
        assert_eq!(Unit::Kelvin.parse(" 300,5 K "), Some(300.5));
        assert_eq!(Unit::Celsius.parse("warm"), None);
        assert_eq!(Unit::Celsius.parse("inf"), None);
    }

    #[test]
    fn ticks_are_round_in_the_unit_they_are_shown_in() {
        let labels = |unit: Unit| -> Vec<String> {
            unit.ticks(230.0, 325.0, 6).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(Unit::Celsius), ["\u{2212}40", "\u{2212}20", "0", "20", "40"]);
        assert_eq!(labels(Unit::Fahrenheit), ["0", "50", "100"]);
        assert_eq!(labels(Unit::Kelvin), ["240", "260", "280", "300", "320"]);
        assert!(Unit::Kelvin.ticks(300.0, 300.0, 5).is_empty());
    }

    #[test]
    fn a_value_that_rounds_to_zero_has_no_minus() {
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(number(-0.06, 1), "\u{2212}0.1");
    }

    proptest! {
        #[test]
        fn conversions_round_trip(kelvin in 0.0..1400.0_f64) {
            for unit in Unit::ALL {
                prop_assert!((unit.to_kelvin(unit.from_kelvin(kelvin)) - kelvin).abs() < 1e-9);
            }
        }

        #[test]
        fn ticks_lie_within_the_scale_and_are_few(low in 150.0..400.0_f64, span in 1.0..900.0_f64, limit in 2_usize..9) {
            for unit in Unit::ALL {
                let ticks = unit.ticks(low, low + span, limit);
                prop_assert!(ticks.len() <= limit, "{} ticks", ticks.len());
                for tick in ticks {
                    prop_assert!(tick.kelvin >= low - 1e-3 && tick.kelvin <= low + span + 1e-3);
                }
            }
        }
    }
}
