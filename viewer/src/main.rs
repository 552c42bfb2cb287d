//! What is published: the page's user interface, and in a worker what reads and decodes the store for it.

#[cfg(target_arch = "wasm32")]
fn main() {
    use wasm_bindgen::JsCast as _;

    // What is deployed ends without a message (script/wasm-library, script/page-panics.mjs).
    #[cfg(debug_assertions)]
    console_error_panic_hook::set_once();
    if js_sys::global().is_instance_of::<web_sys::DedicatedWorkerGlobalScope>() {
        floe_viewer::worker::host::run();
    } else {
        wasm_bindgen_futures::spawn_local(floe_viewer::app::start());
    }
}

/// The page has no native form; this keeps the workspace building for both targets.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
