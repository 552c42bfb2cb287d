//! What is published: the page's user interface, and what reads and decodes the store for it in workers.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::*;

/// Starts a worker. The page, which may have a part of its module to load first, calls `show`.
#[cfg(target_arch = "wasm32")]
fn main() {
    // What is deployed ends without a message (script/wasm-library, script/page-panics.mjs).
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    if js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>() {
        floe_viewer::worker::host::run();
    }
}

/// Shows the page: the pattern in `Trunk.toml` calls it once everything is there.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen]
pub fn show() {
    wasm_bindgen_futures::spawn_local(floe_viewer::app::start());
}

/// The page has no native form; this keeps the workspace building for both targets.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
