//! What the page starts with: its configuration, and over it its address. Page and reader worker find it
//! out each for itself, so that the store is opened while the page's own module is still on its way.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::Url;

use crate::cloud;
use crate::config::{self, ConfigError, PageConfig, Value};
use crate::dataset::RefSpec;
use crate::link::{self, Link};
use crate::scope;
use crate::state::view::ViewState;
use crate::thrown::describe;

/// What the page starts with.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// What its address says, over the defaults of its configuration.
    pub link: Link,
    /// Where the store lies, absolute.
    pub store_url: String,
    /// What of it is shown.
    pub reference: RefSpec,
}

impl Start {
    /// Reads the configuration of the page at the address `base` with the query string `query`; also why
    /// there is no store to open, if the configuration is of no use and the address names none.
    pub async fn read(query: &str, base: &str) -> (Self, Option<ConfigError>) {
        let (config, failure) = match read_config().await {
            Ok(config) => (config, None),
            Err(error) => (PageConfig::default(), Some(error)),
        };
        let defaults = Link::from_pairs(config.defaults, ViewState::default()).view;
        // What the configuration says of the view is said of its own store.
        let (is_aimed, defaults) = (defaults.is_aimed, ViewState { is_aimed: false, ..defaults });
        let mut link = Link::parse(query, defaults);
        link.view.is_aimed |= is_aimed && link.store.is_none();
        // A link that names its store needs no configuration.
        let failure = failure.filter(|_| link.store.is_none());
        let store = link.store.clone().unwrap_or(config.store);
        let reference = link.reference.clone().or(config.reference);
        let reference = reference.as_deref().map_or_else(RefSpec::default, link::reference);
        let (store_url, problem) = match store_url(&store, base) {
            Ok(url) => (url, None),
            Err(problem) => (store, Some(problem)),
        };
        (Self { link, store_url, reference }, failure.or(problem))
    }
}

/// Where a store lies that somebody has named on a page at the address `base`: without a trailing slash.
///
/// # Errors
/// Where no page can read, or not this one.
pub fn store_url(address: &str, base: &str) -> Result<String, ConfigError> {
    let wrong = |problem| ConfigError::Address { address: address.to_owned(), problem };
    let public = cloud::public(address).map_err(wrong)?;
    let Ok(url) = Url::new_with_base(&public, base) else { return Ok(public) };
    let (address, scheme) = (url.href(), url.protocol());
    match scheme.as_str() {
        "http:" if base.starts_with("https:") && !is_local(&url.hostname()) => {
            return Err(wrong("a page with an https: address may not read an http: one"));
        }
        "https:" | "http:" => {}
        _ => return Err(ConfigError::Scheme { address, scheme }),
    }
    Ok(address.trim_end_matches('/').to_owned())
}

/// Whether a host is this machine, which browsers take for a safe place.
fn is_local(host: &str) -> bool {
    host == "localhost" || host == "127.0.0.1" || host == "[::1]"
}

/// Reads the page's configuration.
async fn read_config() -> Result<PageConfig, ConfigError> {
    let response = scope::early_file("floeConfig", config::FILE).await;
    let response = response.map_err(|reason| ConfigError::Unreachable { reason })?;
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

fn value(json: &JsValue) -> Value {
    if let Some(text) = json.as_string() {
        return Value::Text(text);
    }
    if let Some(number) = json.as_f64() {
        return Value::Text(crate::number::text(number));
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
