//! The page: mounts the user interface.

/// Reads the configuration, then shows the page.
#[cfg(target_arch = "wasm32")]
fn main() {
    // What is deployed ends without a message (script/wasm-library, script/page-panics.mjs).
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    wasm_bindgen_futures::spawn_local(floe_viewer::app::start());
}

/// The page has no native form; this keeps the workspace building for both targets.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
