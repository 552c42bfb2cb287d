//! Decimal numbers as links and visitors read and write them.
//!
//! In the page the browser reads and writes them itself: what the standard library does it with takes 14 KB of tables and
//! code for reading and as much for writing.

/// Reads a finite decimal number such as `-12.5` or `3e2`; `None` for anything else.
pub fn parse(text: &str) -> Option<f64> {
    let belongs = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(belongs) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(value(text)).filter(|value| value.is_finite())
}

/// The shortest decimal number that reads as this one.
pub fn text(value: f64) -> String {
    written(value, None)
}

/// The shortest decimal number that reads as this one with the digits of 32 bits.
pub fn single(value: f32) -> String {
    let digits = (0..9).map(|decimals| exponential(f64::from(value), decimals));
    let same = |text: &String| {
        parse(text).is_some_and(|number| (number as f32).to_bits() == value.to_bits())
    };
    let shortest = digits.filter(same).find_map(|text| parse(&text));
    text(shortest.unwrap_or_else(|| f64::from(value)))
}

/// A number with so many decimals, rounded.
pub fn fixed(value: f64, decimals: u8) -> String {
    written(value, Some(decimals))
}

/// A number as a mantissa with so many decimals and a power of ten: `-1.25e7`.
pub fn exponential(value: f64, decimals: u8) -> String {
    #[cfg(target_arch = "wasm32")]
    let text = js_sys::Number::from(value)
        .to_exponential(decimals)
        .map_or_else(|_| text(value), |text| String::from(text).replace('+', ""));
    #[cfg(not(target_arch = "wasm32"))]
    let text = format!("{value:.decimals$e}", decimals = usize::from(decimals));
    text
}

/// A number brought between two others. `f64::clamp` panics where these are the wrong way round, and its message writes them:
/// with bounds that the compiler does not know, that alone brings the standard library's code for it.
pub fn bounded(value: f64, low: f64, high: f64) -> f64 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// NaN for what is no number.
#[cfg(target_arch = "wasm32")]
fn value(text: &str) -> f64 {
    wasm_bindgen::JsValue::from_str(text).unchecked_into_f64()
}

#[cfg(not(target_arch = "wasm32"))]
fn value(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// With so many decimals, or as many as it takes.
#[cfg(target_arch = "wasm32")]
fn written(value: f64, decimals: Option<u8>) -> String {
    use js_sys::{JsString, Number, Object};
    let number = Number::from(value);
    let shortest = |number: Number| Object::to_string(number.as_ref());
    // Refused is only what has more than a hundred decimals.
    let text: JsString = match decimals {
        Some(decimals) => number.to_fixed(decimals).unwrap_or_else(|_| shortest(number)),
        None => shortest(number),
    };
    text.into()
}

#[cfg(not(target_arch = "wasm32"))]
fn written(value: f64, decimals: Option<u8>) -> String {
    decimals.map_or_else(
        || value.to_string(),
        |decimals| format!("{value:.decimals$}", decimals = usize::from(decimals)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_as_many_decimals_as_asked_for_or_needed() {
        assert_eq!(fixed(273.15, 1), "273.1");
        assert_eq!(fixed(-2.0, 2), "-2.00");
        assert_eq!(fixed(99.96, 0), "100");
        assert_eq!(text(0.1), "0.1");
        assert_eq!(text(-180.0), "-180");
        assert_eq!(single(0.1), "0.1");
        assert_eq!(single(-1013.25), "-1013.25");
        assert_eq!(single(f32::NAN), "NaN");
        assert_eq!(exponential(-12_512_000.0, 2), "-1.25e7");
        assert_eq!(exponential(0.000_012, 0), "1e-5");
    }

    #[test]
    fn a_bounded_number_lies_between_its_bounds() {
        for (value, expected) in [(-3.0, 0.0), (0.5, 0.5), (7.0, 1.0)] {
            assert!((bounded(value, 0.0, 1.0) - expected).abs() < f64::EPSILON, "{value}");
        }
        assert!(bounded(f64::NAN, 0.0, 1.0).is_nan());
    }

    #[test]
    fn decimal_numbers_are_read_and_nothing_else() {
        for (text, value) in
            [("12", 12.0), ("-0.5", -0.5), ("+3.", 3.0), (".25", 0.25), ("3e2", 300.0)]
        {
            assert_eq!(parse(text), Some(value), "{text}");
        }
        for text in ["", " 1", "1 ", "0x10", "inf", "NaN", "1e999", "1.2.3", "--1", "e", "1,5", "-"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
