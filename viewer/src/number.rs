//! Decimal numbers as links and visitors write them.

/// Reads a finite decimal number such as `-12.5` or `3e2`; `None` for anything else.
pub fn parse(text: &str) -> Option<f64> {
    let belongs = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.bytes().all(belongs) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(value(text)).filter(|value| value.is_finite())
}

/// NaN for what is no number. The browser reads numbers itself; the standard library's reading takes 14 KB of tables and code.
#[cfg(target_arch = "wasm32")]
fn value(text: &str) -> f64 {
    wasm_bindgen::JsValue::from_str(text).unchecked_into_f64()
}

#[cfg(not(target_arch = "wasm32"))]
fn value(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

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
