//! What values are in: units of temperature with their conversions, and whatever else a store names; text forms and the
//! ticks of a scale.

use std::sync::Arc;

use crate::number::{exponential, fixed};

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

/// A mark on a scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it lies: kelvin, or the store's units.
    pub value: f64,
    /// What it says, in the unit shown, without its symbol.
    pub label: String,
}

/// What a variable's values are. The page reckons in kelvin for temperatures, whatever the store has, and in the store's
/// units for all else.
#[derive(Clone, Debug, PartialEq)]
pub enum Quantity {
    /// Temperatures, stored in a unit.
    Temperature(Unit),
    /// Anything else, by the store's name of its units.
    Other(Arc<str>),
}

/// How values are shown and typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// Temperatures in a unit.
    Temperature(Unit),
    /// Anything else as it is stored, with the name of its units.
    Other(Arc<str>),
}

impl Quantity {
    /// The value that the page reckons with of one that is stored.
    pub fn base(&self, stored: f64) -> f64 {
        match self {
            Self::Temperature(unit) => unit.to_kelvin(stored),
            Self::Other(_) => stored,
        }
    }

    /// The value in the store's units of one that the page reckons with.
    pub fn stored(&self, base: f64) -> f64 {
        match self {
            Self::Temperature(unit) => unit.from_kelvin(base),
            Self::Other(_) => base,
        }
    }

    /// How its values are shown where temperatures are in a unit.
    pub fn measure(&self, unit: Unit) -> Measure {
        match self {
            Self::Temperature(_) => Measure::Temperature(unit),
            Self::Other(units) => Measure::Other(Arc::clone(units)),
        }
    }
}

impl Measure {
    /// Whether these are temperatures.
    pub const fn is_temperature(&self) -> bool {
        matches!(self, Self::Temperature(_))
    }

    /// The name of the unit for assistive technology.
    pub fn name(&self) -> &str {
        match self {
            Self::Temperature(unit) => unit.name(),
            // A number and nothing else.
            Self::Other(units) if **units == *"1" => "",
            Self::Other(units) => units,
        }
    }

    /// A value in the unit shown.
    pub fn shown(&self, value: f64) -> f64 {
        match self {
            Self::Temperature(unit) => unit.from_kelvin(value),
            Self::Other(_) => value,
        }
    }

    /// A value with its unit.
    pub fn describe(&self, value: f64) -> String {
        match self {
            Self::Temperature(unit) => unit.describe(value),
            Self::Other(_) if self.name().is_empty() => significant(value, 5),
            Self::Other(units) => format!("{}\u{a0}{units}", significant(value, 5)),
        }
    }

    /// A value as a short number, without its unit.
    pub fn short(&self, value: f64) -> String {
        match self {
            Self::Temperature(unit) => number(unit.from_kelvin(value), 0),
            Self::Other(_) => significant(value, 3),
        }
    }

    /// A value as a form's field has it.
    pub fn field(&self, value: f64) -> String {
        match self {
            Self::Temperature(unit) => fixed(unit.from_kelvin(value), 1),
            Self::Other(_) => significant(value, 6).replace('\u{2212}', "-"),
        }
    }

    /// A typed number as a value.
    pub fn parse(&self, text: &str) -> Option<f64> {
        match self {
            Self::Temperature(unit) => unit.parse(text),
            Self::Other(_) => crate::number::parse(&plain(text)),
        }
    }

    /// How far the keyboard moves a value on a scale of so many: a degree, or a round hundredth.
    pub fn step(&self, span: f64) -> f64 {
        match self {
            Self::Temperature(unit) => unit.to_kelvin(1.0) - unit.to_kelvin(0.0),
            Self::Other(_) => decimal_step(span, 100),
        }
    }

    /// Round numbers from `low` to `high`, at most `limit` of them.
    pub fn ticks(&self, low: f64, high: f64, limit: usize) -> Vec<Tick> {
        let span = high - low;
        match self {
            Self::Temperature(unit) => unit.ticks(low, high, limit),
            Self::Other(_) if !span.is_finite() || span <= 0.0 || limit == 0 => Vec::new(),
            Self::Other(_) => {
                let step = decimal_step(span, limit);
                let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
                // From the greatest number's first digit to the step's only one.
                let magnitude = |number: f64| (number.log10() + 1e-9).floor();
                let greatest = magnitude(low.abs().max(high.abs()));
                let digits = (greatest - magnitude(step)).clamp(0.0, 20.0) as u8;
                let tick = |index: usize| {
                    let value = (first + index as f64) * step;
                    // What is left of zero by rounding is zero.
                    let value = if value.abs() < step * 1e-6 { 0.0 } else { value };
                    Tick { value, label: significant(value, digits + 1) }
                };
                let count = (last - first + 1.0).max(0.0) as usize;
                (0..count.min(limit)).map(tick).collect()
            }
        }
    }
}

/// Marks on a scale of logarithms between two positive values, at most `limit` of them: 1, 2 and 5 times powers of ten where
/// these fit, else powers of ten.
pub fn log_ticks(low: f64, high: f64, limit: usize) -> Vec<Tick> {
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let ticks = |factors: &[f64], every: usize| -> Vec<Tick> {
        let powers = powers.clone().step_by(every).map(|power| 10_f64.powi(power));
        let values = powers.flat_map(|power| factors.iter().map(move |factor| factor * power));
        let within = values.filter(|value| (low * 0.999..=high * 1.001).contains(value));
        within.map(|value| Tick { value, label: significant(value, 2) }).collect()
    };
    let fine = ticks(&[1.0, 2.0, 5.0], 1);
    if fine.len() <= limit {
        return fine;
    }
    let decades = powers.clone().count();
    ticks(&[1.0], decades.div_ceil(limit.max(1)))
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

    /// The unit of a store's name of it: UDUNITS' names and the usual misspellings.
    pub fn from_units(units: &str) -> Option<Self> {
        let name: String = units.chars().filter(|c| !matches!(c, '_' | ' ' | '°')).collect();
        match name.to_ascii_lowercase().as_str() {
            "k" | "kelvin" | "kelvins" | "degk" | "degreek" | "degreesk" | "degkelvin"
            | "degreekelvin" | "degreeskelvin" => Some(Self::Kelvin),
            "celsius" | "degc" | "degreec" | "degreesc" | "degcelsius" | "degreecelsius"
            | "degreescelsius" => Some(Self::Celsius),
            "fahrenheit" | "degf" | "degreef" | "degreesf" | "degfahrenheit"
            | "degreefahrenheit" | "degreesfahrenheit" => Some(Self::Fahrenheit),
            _ if units == "°C" => Some(Self::Celsius),
            _ if units == "°F" => Some(Self::Fahrenheit),
            _ => None,
        }
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
        crate::number::parse(&plain(text)).map(|value| self.to_kelvin(value))
    }

    /// Round numbers of this unit from `low` to `high` (kelvin), at most `limit` of them.
    pub fn ticks(self, low: f64, high: f64, limit: usize) -> Vec<Tick> {
        let (first, last) = (self.from_kelvin(low), self.from_kelvin(high));
        let span = last - first;
        if !span.is_finite() || span <= 0.0 || limit == 0 {
            return Vec::new();
        }
        let step = round_step(span, limit);
        let decimals = u8::from(step < 1.0);
        let begin = (first / step - 1e-6).ceil() as i64;
        let end = (last / step + 1e-6).floor() as i64;
        (begin..=end)
            .map(|index| {
                let value = index as f64 * step;
                Tick { value: self.to_kelvin(value), label: number(value, decimals) }
            })
            .collect()
    }
}

/// A typed number without a decimal comma and a typographic minus.
fn plain(text: &str) -> String {
    text.trim().replace('\u{2212}', "-").replace(',', ".")
}

/// The smallest of 1, 2 and 5 times a power of ten that makes at most `limit` marks in `span`.
fn decimal_step(span: f64, limit: usize) -> f64 {
    let least = span / limit as f64;
    let power = 10_f64.powf(least.log10().floor());
    let fits = |step: &f64| (span / step + 1e-6).floor() + 1.0 <= limit as f64;
    let steps = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0].map(|factor| factor * power);
    steps.into_iter().find(fits).unwrap_or(span)
}

/// A number with so many significant digits at most, in powers of ten where it would be long otherwise.
fn significant(value: f64, digits: u8) -> String {
    if value == 0.0 || !value.is_finite() {
        return number(value, 0);
    }
    let exponent = value.abs().log10().floor();
    let decimals = f64::from(digits) - 1.0 - exponent;
    if (-4.0..7.0).contains(&exponent) {
        return without_zeros(&number(value, decimals.max(0.0) as u8)).to_owned();
    }
    let text = exponential(value.abs(), digits - 1);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = without_zeros(mantissa);
    let sign = if value < 0.0 { "\u{2212}" } else { "" };
    format!("{sign}{mantissa}e{power}")
}

/// A number without zeros at the end of its decimals.
fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
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
pub fn number(value: f64, decimals: u8) -> String {
    let text = fixed(value.abs(), decimals);
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
    fn units_of_temperature_are_known_by_the_names_that_stores_use() {
        for (units, unit) in [
            ("K", Some(Unit::Kelvin)),
            ("degC", Some(Unit::Celsius)),
            ("degree_Celsius", Some(Unit::Celsius)),
            ("°C", Some(Unit::Celsius)),
            ("degF", Some(Unit::Fahrenheit)),
            ("kg", None),
            ("K m-1", None),
            ("", None),
        ] {
            assert_eq!(Unit::from_units(units), unit, "{units}");
        }
    }

    #[test]
    fn other_quantities_are_shown_as_they_are_stored() {
        let rain = Measure::Other("kg m-2 s-1".into());
        assert_eq!(rain.describe(0.000_012_345), "1.2345e-5\u{a0}kg m-2 s-1");
        assert_eq!(rain.describe(-1234.5), "\u{2212}1234.5\u{a0}kg m-2 s-1");
        assert_eq!(Measure::Other("1".into()).describe(0.5), "0.5");
        assert_eq!(rain.short(1013.25), "1013");
        assert_eq!(rain.parse("\u{2212}1,5e-3"), Some(-0.0015));
        let labels = |low, high| -> Vec<String> {
            rain.ticks(low, high, 6).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(0.0, 1.0), ["0", "0.2", "0.4", "0.6", "0.8", "1"]);
        assert_eq!(labels(0.25, 1.25), ["0.4", "0.6", "0.8", "1", "1.2"]);
        assert_eq!(labels(-2e-6, 1e-6), ["\u{2212}2e-6", "\u{2212}1e-6", "0", "1e-6"]);
        assert_eq!(labels(98_000.0, 104_000.0), ["98000", "100000", "102000", "104000"]);
    }

    #[test]
    fn marks_of_logarithms_are_ones_twos_and_fives_or_powers_of_ten() {
        let labels = |low, high, limit| -> Vec<String> {
            log_ticks(low, high, limit).into_iter().map(|tick| tick.label).collect()
        };
        assert_eq!(labels(0.9, 30.0, 8), ["1", "2", "5", "10", "20"]);
        assert_eq!(labels(1e-9, 1e-5, 8), ["1e-9", "1e-8", "1e-7", "1e-6", "1e-5"]);
        assert!(labels(1e-30, 1e30, 8).len() <= 8);
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
                    prop_assert!(tick.value >= low - 1e-3 && tick.value <= low + span + 1e-3);
                }
            }
        }

        #[test]
        fn ticks_of_any_magnitude_are_few_and_lie_within(low in -1e3..1e3_f64, span in 0.1..1e3_f64, power in -12..12_i32, limit in 2_usize..9) {
            let (low, span) = (low * 10_f64.powi(power), span * 10_f64.powi(power));
            let ticks = Measure::Other("mm".into()).ticks(low, low + span, limit);
            prop_assert!(ticks.len() <= limit, "{ticks:?}");
            prop_assert!(ticks.windows(2).all(|pair| pair[0].label != pair[1].label), "{ticks:?}");
            for tick in ticks {
                prop_assert!(tick.value >= low - span * 1e-3 && tick.value <= low + span * 1.001);
            }
        }
    }
}
