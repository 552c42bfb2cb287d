//! Messages as they cross between threads: an array of a value's bytes and what is transferred.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast as _, JsValue};

use super::wire::{Damaged, Wire};

/// Builds a message without attachment.
pub(super) fn message(head: &impl Wire) -> Array {
    Array::of1(&Uint8Array::from(head.to_bytes().as_slice()))
}

/// Builds a message with an attachment.
pub(super) fn message_with(head: &impl Wire, attachment: &JsValue) -> Array {
    Array::of2(&Uint8Array::from(head.to_bytes().as_slice()), attachment)
}

/// Takes a message apart: its value, and its attachment or `undefined`.
pub(super) fn open<T: Wire>(data: JsValue) -> Result<(T, JsValue), Damaged> {
    let parts: Array = data.dyn_into().map_err(|_| Damaged)?;
    let head: Uint8Array = parts.get(0).dyn_into().map_err(|_| Damaged)?;
    Ok((T::from_bytes(&head.to_vec())?, parts.get(1)))
}
