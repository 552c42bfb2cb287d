//! What the visitor is told while data is on its way, and when it does not come.

use std::time::Duration;

use leptos::prelude::*;

use crate::state::page::{Opening, Page};

/// How long something must be under way before a line moves to say so: short waits are not worth it, and
/// the browser composes the whole page anew for each of its steps.
const PATIENCE: Duration = Duration::from_millis(600);

/// Progress line, and the cards of failures.
#[component]
pub fn Notices() -> impl IntoView {
    let page = Page::current();
    let underway = Memo::new(move |_| page.opening.get() == Opening::Underway || page.busy.get());
    let is_long = RwSignal::new(false);
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        if let Some(Some(timer)) = timer {
            timer.clear();
        }
        is_long.set(false);
        let say = move || is_long.set(true);
        underway.get().then(|| set_timeout_with_handle(say, PATIENCE).ok()).flatten()
    });
    let failure = Memo::new(move |_| match page.opening.get() {
        Opening::Failed(message) => Some(message),
        Opening::Underway | Opening::Open => None,
    });
    view! {
        <div class="progress" class:underway=move || is_long.get() aria-hidden="true"></div>
        <div class="unseen" role="status">
            {move || match page.opening.get() {
                Opening::Underway => "Opening the store",
                Opening::Failed(_) => "",
                Opening::Open if page.busy.get() => "Loading",
                Opening::Open => "The map is complete",
            }}
        </div>
        <Show when=move || failure.get().is_some()>
            <div class="notice card" role="alert">
                <h2>"The data cannot be shown"</h2>
                <p>{move || failure.get()}</p>
                <p class="quiet">"Store: " <span class="mono">{move || page.store_url()}</span></p>
                <button type="button" class="strong" on:click=move |_| page.open()>
                    "Try again"
                </button>
            </div>
        </Show>
        <Show when=move || failure.get().is_none() && page.trouble.with(Option::is_some)>
            <div class="toast card" role="alert">
                <p>
                    <strong>"Some of the data could not be read. "</strong>
                    {move || page.trouble.get()}
                </p>
                <button type="button" class="strong" on:click=move |_| page.read_again()>
                    "Try again"
                </button>
            </div>
        </Show>
    }
}
