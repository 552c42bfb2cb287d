//! The whole page.

use std::time::Duration;

use leptos::prelude::*;

use crate::components::map_view::MapView;
use crate::components::notice::Notices;
use crate::components::panel::Panel;
use crate::state::page::{Page, Stage};

/// When the controls come at the latest, whether there is a picture or not.
const LATEST_CONTROLS: Duration = Duration::from_secs(1);

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
    set_timeout(move || page.reach(Stage::Whole), LATEST_CONTROLS);
    view! {
        <MapView />
        <Show when=move || page.stage.get() == Stage::Whole>
            <Panel />
            <Notices />
        </Show>
    }
}
