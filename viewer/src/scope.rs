//! What the global scopes of pages and workers have in common: requests, and what scripts have left there.

use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use crate::line;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch(url: &str) -> Promise;
    #[wasm_bindgen(js_name = fetch)]
    fn global_fetch_with(url: &str, init: &RequestInit) -> Promise;
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
    let response = line::unless_silent(JsFuture::from(answer)).await;
    let response: Response = response.map_err(|error| error.to_string())?.unchecked_into();
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
    let response = received(global_fetch(address)).await?;
    line::body(&response).await.map_err(|error| error.to_string())
}
