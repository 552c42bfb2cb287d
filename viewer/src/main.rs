//! The page: mounts the user interface.

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(|| { use leptos::prelude::*; view! { <p>"Floe"</p> } });
}

/// The page has no native form; this keeps the workspace building for both targets.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
