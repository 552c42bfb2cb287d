//! The whole page: starts it, and puts its parts together.

use std::time::Duration;

use leptos::prelude::*;

use crate::components::erased::Shown;
use crate::components::map_view::MapView;
use crate::components::notice::Notices;
use crate::components::panel::Panel;
use crate::session::{Session, address, furnish, opening, recovery, status};
use crate::start::Start;
use crate::state::page::{Opening, Page, Stage};
use crate::worker::client::{Reader, ReaderOptions};
use crate::{bridge, browser};

/// When the controls come at the latest, whether there is a picture or not.
const LATEST_CONTROLS: Duration = Duration::from_secs(1);

/// Reads configuration and address, shows the page and opens the store.
pub async fn start() {
    // The worker's code loads while the configuration is on its way.
    let reader = Reader::spawn(ReaderOptions::default()).map_err(|error| error.to_string());
    let (start, failure) = Start::read(&browser::query(), &browser::base()).await;
    leptos::mount::mount_to_body(move || {
        let view = start.link.view.clone();
        // On a phone the panel begins folded, unless the link shows something that it holds.
        let expanded = !browser::is_phone() || view.inspected.is_some();
        let page = Page::new(view, expanded);
        let session = Session::new(page, reader, start, failure.is_none());
        bridge::install(session);
        address::keep(session);
        status::follow_history(session);
        furnish::follow_stage(session);
        recovery::follow(session);
        match failure {
            Some(error) => {
                page.opening.set(Opening::Failed(error.to_string()));
                if error.may_pass() {
                    page.recover_later();
                }
            }
            None => opening::open(session),
        }
        view! { <App session=session /> }
    });
}

/// Map, panel and notices over the given session.
#[component]
pub fn App(
    /// The session of the page.
    session: Session,
) -> impl IntoView {
    let page = session.page;
    provide_context(page);
    provide_context(session);
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
        <Shown when=move || page.stage.get() == Stage::Whole>
            <Panel />
            <Notices />
        </Shown>
    }
}
