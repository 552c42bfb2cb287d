//! What JavaScript throws, as text.

use wasm_bindgen::{JsCast as _, JsValue};

/// What the browser says of a failure.
pub fn describe(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}
