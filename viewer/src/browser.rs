//! The little that the page asks of the browser beside the map: addresses, preferences, JSON,
//! clipboard.

use std::time::Duration;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Response, Url, Window};

use crate::config::{self, ConfigError, PageConfig, Value};

/// The window of the page.
///
/// # Panics
/// In a worker, which has none.
pub fn window() -> Window {
    leptos::prelude::window()
}

/// What the browser says of a failure.
pub fn describe(error: &JsValue) -> String {
    error
        .dyn_ref::<js_sys::Error>()
        .map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}

/// The query string of the page's address, with its `?`; empty without one.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// Replaces the query string of the page's address, without a new entry in the history.
pub fn replace_query(query: &str) {
    let hash = window().location().hash().unwrap_or_default();
    if let Ok(history) = window().history() {
        // Some browsers refuse when this is called too often; the next change comes through.
        let _ =
            history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("?{query}{hash}")));
    }
}

/// An address made absolute against the page's, without a trailing slash; as it is where that makes
/// no address.
pub fn absolute(address: &str) -> String {
    let base = window().document().and_then(|document| document.base_uri().ok().flatten());
    let url = base.and_then(|base| Url::new_with_base(address, &base).ok());
    url.map_or_else(|| address.to_owned(), |url| url.href()).trim_end_matches('/').to_owned()
}

/// Whether a media query holds.
pub fn matches(media: &str) -> bool {
    window().match_media(media).ok().flatten().is_some_and(|list| list.matches())
}

/// Puts a text on the clipboard and tells whether that worked.
pub fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    let written = window().navigator().clipboard().write_text(text);
    spawn_local(async move { done(JsFuture::from(written).await.is_ok()) });
}

/// Reads the page's configuration.
pub async fn page_config() -> Result<PageConfig, ConfigError> {
    let unreachable = |reason| ConfigError::Unreachable { reason };
    let response = JsFuture::from(window().fetch_with_str(config::FILE))
        .await
        .map_err(|error| unreachable(describe(&error)))?
        .unchecked_into::<Response>();
    if !response.ok() {
        return Err(unreachable(format!("the server answered {}", response.status())));
    }
    let not_an_object = |error: &JsValue| ConfigError::NotAnObject { reason: describe(error) };
    let json = response.json().map_err(|error| not_an_object(&error))?;
    let json = JsFuture::from(json).await.map_err(|error| not_an_object(&error))?;
    match value(&json) {
        Value::Object(entries) => PageConfig::from_entries(entries),
        Value::Text(_) | Value::Other => {
            Err(ConfigError::NotAnObject { reason: "found something else".to_owned() })
        }
    }
}

/// The bytes of a file beside the page; `None` where it cannot be had.
pub async fn bytes(address: &str) -> Option<Vec<u8>> {
    let response = JsFuture::from(window().fetch_with_str(address)).await.ok()?;
    let response = response.unchecked_into::<Response>();
    let body = response.ok().then(|| response.array_buffer().ok()).flatten()?;
    Some(Uint8Array::new(&JsFuture::from(body).await.ok()?).to_vec())
}

fn value(json: &JsValue) -> Value {
    if let Some(text) = json.as_string() {
        return Value::Text(text);
    }
    if let Some(number) = json.as_f64() {
        return Value::Text(number.to_string());
    }
    if let Some(flag) = json.as_bool() {
        return Value::Text(flag.to_string());
    }
    if !json.is_object() || Array::is_array(json) {
        return Value::Other;
    }
    let entries = Object::entries(json.unchecked_ref());
    let entries = entries.iter().filter_map(|entry| {
        let key = Reflect::get_u32(&entry, 0).ok()?.as_string()?;
        Some((key, value(&Reflect::get_u32(&entry, 1).ok()?)))
    });
    Value::Object(entries.collect())
}

/// Comes back after a while.
pub async fn pause(time: Duration) {
    let promise = Promise::new(&mut |resolve, _| {
        let milliseconds = i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
        // Refused only for arguments that are no functions.
        let _ =
            window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    // The promise is never rejected.
    let _ = JsFuture::from(promise).await;
}

/// Whether the page can be seen, and is not in a background tab.
pub fn is_visible() -> bool {
    window().document().is_some_and(|document| !document.hidden())
}

/// Calls back whenever a media query begins or ceases to hold, for as long as the page lives.
pub fn on_media_change(media: &str, changed: impl Fn() + 'static) {
    if let Ok(Some(list)) = window().match_media(media) {
        let changed = Closure::<dyn Fn()>::new(changed);
        // Adding a listener fails for no known reason; without it the page keeps its first answer.
        let _ = list.add_event_listener_with_callback("change", changed.as_ref().unchecked_ref());
        changed.forget();
    }
}
