//! The whole page.

use leptos::prelude::*;

use crate::components::map_view::MapView;
use crate::components::notice::Notices;
use crate::components::panel::Panel;
use crate::state::page::Page;

/// Map, panel and notices over the given state.
#[component]
pub fn App(
    /// The state of the page.
    page: Page,
) -> impl IntoView {
    provide_context(page);
    let leave = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Escape" {
            page.stop_inspecting();
        }
    };
    let listener = window_event_listener(leptos::ev::keydown, leave);
    on_cleanup(move || listener.remove());
    view! {
        <MapView />
        <Panel />
        <Notices />
    }
}
