//! What the global scopes of pages and workers have in common: files beside the page, and pauses.

use std::time::Duration;

use js_sys::{Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use crate::thrown::describe;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch(url: &str) -> Promise;
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch_with(url: &str, init: &RequestInit) -> Promise;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: i32);
}

/// Asks for an address; what the browser threw where there is no answer.
pub(crate) async fn fetch(url: &str, init: &RequestInit) -> Result<Response, JsValue> {
    JsFuture::from(global_fetch_with(url, init)).await.map(JsCast::unchecked_into)
}

/// A file beside the page for which a script has asked before the module was there, and left the promise of an answer
/// under a name on the global scope; where there is none it is asked for now.
///
/// # Errors
/// What the browser or the server said where it cannot be had.
pub async fn early_file(name: &str, address: &str) -> Result<Response, String> {
    let early = take_global(name).and_then(|promise| promise.dyn_into().ok());
    received(early.unwrap_or_else(|| global_fetch(address))).await
}

/// Takes what a script has left under a name on the global scope.
pub(crate) fn take_global(name: &str) -> Option<JsValue> {
    let scope = js_sys::global();
    let value = Reflect::get(&scope, &name.into()).ok().filter(|value| !value.is_undefined())?;
    Reflect::set(&scope, &name.into(), &JsValue::UNDEFINED).ok()?;
    Some(value)
}

async fn received(answer: Promise) -> Result<Response, String> {
    let response = JsFuture::from(answer).await.map_err(|error| describe(&error))?;
    let response: Response = response.unchecked_into();
    if response.ok() {
        Ok(response)
    } else {
        Err(format!("the server answered {}", response.status()))
    }
}

/// The bytes of a file beside the page, whose scripts lie there as well.
///
/// # Errors
/// Those of [`early_file`].
pub async fn bytes(address: &str) -> Result<Vec<u8>, String> {
    let body =
        received(global_fetch(address)).await?.array_buffer().map_err(|error| describe(&error))?;
    let body = JsFuture::from(body).await.map_err(|error| describe(&error))?;
    Ok(Uint8Array::new(&body).to_vec())
}

/// Comes back after a while.
pub async fn pause(time: Duration) {
    let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    let promise = Promise::new(&mut |resolve, _| set_timeout(&resolve, milliseconds));
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
}
