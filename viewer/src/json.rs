//! JSON as stores hold it, every number of it the nearest double.
//!
//! `serde_json` rounds numbers of more than 15 digits twice, unless it is given 7 KB more of tables: netCDF's fill for doubles,
//! 9.969209968386869e36, becomes its neighbour. Few texts have such numbers, and there the browser reads the numbers.

use serde_json::Value;

/// Reads a text.
pub(crate) fn parse(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).map(|value| corrected(value, text))
}

/// A text's value with its numbers as the browser reads them.
#[cfg(target_arch = "wasm32")]
fn corrected(mut value: Value, text: &str) -> Value {
    if may_be_rounded(text)
        && let Ok(exact) = js_sys::JSON::parse(text)
    {
        correct(&mut value, &exact);
    }
    value
}

/// Elsewhere `serde_json` has its tables.
#[cfg(not(target_arch = "wasm32"))]
fn corrected(value: Value, _: &str) -> Value {
    value
}

/// Whether a text may hold numbers of many digits or with an exponent.
#[cfg(any(target_arch = "wasm32", test))]
fn may_be_rounded(text: &str) -> bool {
    // With a point; fewer are whole numbers of less than 53 bits.
    const MANY: usize = 16;
    let mut digits = 0;
    text.bytes().any(|byte| {
        if byte.is_ascii_digit() || byte == b'.' {
            digits += 1;
            return digits >= MANY;
        }
        let is_exponent = digits > 0 && byte.eq_ignore_ascii_case(&b'e');
        digits = 0;
        is_exponent
    })
}

/// Takes the numbers that are not whole from what the browser has read; of others it rounds those of more than 53 bits.
#[cfg(target_arch = "wasm32")]
fn correct(value: &mut Value, exact: &wasm_bindgen::JsValue) {
    use js_sys::Reflect;
    match value {
        Value::Number(number) if number.is_f64() => {
            let exact = exact.as_f64().and_then(serde_json::Number::from_f64);
            *number = exact.unwrap_or_else(|| number.clone());
        }
        Value::Array(values) => {
            for (index, value) in values.iter_mut().enumerate() {
                if let Ok(exact) = Reflect::get_u32(exact, index as u32) {
                    correct(value, &exact);
                }
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                if let Ok(exact) = Reflect::get(exact, &name.as_str().into()) {
                    correct(value, &exact);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_long_numbers_are_told_from_others() {
        for text in ["9.969209968386869e+36", "[1E2]", r#"{"a": 0.0019500000000000001}"#] {
            assert!(may_be_rounded(text), "{text}");
        }
        for text in
            [r#"{"scale_factor": 0.02, "add_offset": -273.15}"#, r#"["e", 123456789012345]"#]
        {
            assert!(!may_be_rounded(text), "{text}");
        }
    }
}
