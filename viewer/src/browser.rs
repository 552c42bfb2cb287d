//! The little that the page asks of the browser beside the map: addresses, preferences, clipboard.

use std::time::Duration;

use js_sys::{Array, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Window;

use crate::pause::pause;

/// How long the first frame is waited for ...
const LATEST_FRAME: Duration = Duration::from_millis(200);
/// ... and how often it is looked for.
const LOOK: Duration = Duration::from_millis(5);

/// The window of the page.
///
/// # Panics
/// In a worker, which has none.
pub fn window() -> Window {
    leptos::prelude::window()
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

/// The address against which the page's relative addresses are meant.
pub fn base() -> String {
    let document = window().document();
    document.and_then(|document| document.base_uri().ok().flatten()).unwrap_or_default()
}

/// Whether a media query holds.
pub fn matches(media: &str) -> bool {
    window().match_media(media).ok().flatten().is_some_and(|list| list.matches())
}

/// Whether the panel is a phone's sheet; the style sheet has the same bound.
pub fn is_phone() -> bool {
    matches("(max-width: 40rem)")
}

/// Puts a text on the clipboard and tells whether that worked: over plain http a page has no clipboard.
pub fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or_default();
    if clipboard.is_undefined() {
        return done(false);
    }
    let written = clipboard.unchecked_into::<web_sys::Clipboard>().write_text(text);
    spawn_local(async move { done(JsFuture::from(written).await.is_ok()) });
}

/// Selects the text of an element.
pub fn select(element: &web_sys::Element) {
    if let Ok(Some(selection)) = window().get_selection() {
        // Refused only for elements that are not on the page.
        let _ = selection.select_all_children(element);
    }
}

/// What the browser keeps for the page under a key; empty where it keeps nothing.
pub fn kept(key: &str) -> String {
    let storage = window().local_storage().ok().flatten();
    storage.and_then(|storage| storage.get_item(key).ok().flatten()).unwrap_or_default()
}

/// Has the browser keep a text, if it keeps anything.
pub fn keep(key: &str, text: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        // Refused in private windows, and where it is full.
        let _ = storage.set_item(key, text);
    }
}

/// The address of the page.
pub fn address() -> String {
    window().location().href().unwrap_or_default()
}

/// Loads the page anew.
pub fn reload() {
    // Refused only while the page goes away anyway.
    let _ = window().location().reload();
}

/// Comes back when the page's first frame has come onto the screen, and at the latest after [`LATEST_FRAME`]; at
/// once where the browser does not tell.
pub async fn first_frame() {
    let Some(performance) = window().performance().filter(|_| tells_of_frames()) else { return };
    for _ in 0..LATEST_FRAME.as_millis() / LOOK.as_millis() {
        if performance.get_entries_by_type("paint").length() > 0 {
            break;
        }
        pause(LOOK).await;
    }
}

/// Whether the browser tells of a first frame that has no content yet: only Chromium does, which alone also
/// tells of shifts of the layout.
fn tells_of_frames() -> bool {
    let get = |from: &JsValue, name: &str| Reflect::get(from, &name.into()).ok();
    let types = get(&window(), "PerformanceObserver")
        .and_then(|observer| get(&observer, "supportedEntryTypes"))
        .and_then(|types| types.dyn_into::<Array>().ok());
    types.is_some_and(|types| types.includes(&"layout-shift".into(), 0))
}

/// Gives the page its icon. The browser draws it with the GPU, for which the map would wait.
pub fn show_icon() {
    let link = window().document().and_then(|page| page.query_selector("link[rel=icon]").ok()?);
    if let Some(link) = link {
        // Refused only for names that are none.
        let _ = link.set_attribute("href", "icon.svg");
    }
}

/// Takes back what `index.html` says of a page that takes long to load.
pub fn say_that_it_has_loaded() {
    let said = window().document().and_then(|page| page.get_element_by_id("not-loaded"));
    if let Some(said) = said {
        said.remove();
    }
}

/// Whether the page can be seen, and is not in a background tab.
pub fn is_visible() -> bool {
    window().document().is_some_and(|document| !document.hidden())
}

/// Calls back whenever a media query begins or ceases to hold, for as long as the page lives.
pub fn on_media_change(media: &str, changed: impl Fn() + 'static) {
    if let Ok(Some(list)) = window().match_media(media) {
        let changed = Closure::<dyn Fn()>::new(changed);
        crate::media::follow(&list, changed.as_ref().unchecked_ref());
        changed.forget();
    }
}
