//! Codecs that few stores need: what `floe_viewer::store::codec::further` has in the browser.

use wasm_bindgen::prelude::*;

/// Inflates gzip, or zlib, into a buffer; gives the number of bytes, or a negative one for what is wrong.
#[wasm_bindgen]
pub fn inflate(is_gzip: bool, encoded: &[u8], decoded: &mut [u8]) -> i32 {
    floe_viewer::store::codec::further::inflate_by_number(is_gzip, encoded, decoded)
}

fn main() {}
