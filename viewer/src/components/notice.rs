//! What the visitor is told while data is on its way, and when it does not come.

use std::time::Duration;

use leptos::prelude::*;

use super::erased::{Shown, heard, live};
use crate::session::{Session, opening, recovery};
use crate::state::page::Opening;

/// How long something must be under way before a line moves to say so: short waits are not worth it, and
/// the browser composes the whole page anew for each of its steps.
const PATIENCE: Duration = Duration::from_millis(600);

/// Progress line, and the cards of failures.
#[component]
pub fn Notices() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
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
    // What is said of it and why; nothing beside a failure, which is the reason of both.
    let trouble = Memo::new(move |_| {
        let map = || Some(("The map cannot be drawn. ", page.map_error.get()?));
        let data = || Some(("Some of the data could not be read. ", page.trouble.get()?));
        let base = || Some(("Some of the base map could not be read. ", page.base_trouble.get()?));
        if failure.get().is_some() { None } else { map().or_else(data).or_else(base) }
    });
    // Why only the middle of the view is shown, and how many bytes the rest takes if that is all.
    let partial = Memo::new(move |_| {
        if failure.get().is_some() || trouble.get().is_some() {
            return None;
        }
        match page.heavy.get() {
            Some(bytes) => Some(format!("all of this view takes {} MB", bytes.div_ceil(1_000_000))),
            None if page.cut.get() => Some("this view has more data than fit".to_owned()),
            None => None,
        }
    });
    view! {
        <div class="progress" class:underway=live(move || is_long.get()) aria-hidden="true"></div>
        <div class="unseen" role="status">
            {live(move || match page.opening.get() {
                Opening::Underway => "Opening the store",
                Opening::Failed(_) => "",
                Opening::Open if page.busy.get() => "Loading",
                Opening::Open => "The map is complete",
            })}
        </div>
        <Shown when=move || failure.get().is_some()>
            <div class="notice card" role="alert">
                <h2>"The data cannot be shown"</h2>
                <p>{live(move || failure.get())}</p>
                <p class="quiet">"Store: " <span class="mono">{live(move || session.store_url())}</span></p>
                <button type="button" class="strong" on:click=heard(move |_| recovery::try_again(session))>
                    "Try again"
                </button>
            </div>
        </Shown>
        <div class="remark" role="status">
            {live(move || page.remark.get().map(|remark| view! { <p class="card">{remark}</p> }))}
        </div>
        <Shown when=move || partial.get().is_some()>
            <div class="toast card" role="status">
                <p>
                    <strong>"Zoom in: "</strong>
                    {partial}
                    "."
                </p>
                <Shown when=move || page.heavy.get().is_some()>
                    <button type="button" class="strong" on:click=heard(move |_| opening::read_all(session))>
                        "Read all of it"
                    </button>
                </Shown>
            </div>
        </Shown>
        <Shown when=move || trouble.get().is_some()>
            <div class="toast card" role="alert">
                <p>
                    <strong>{live(move || trouble.get().map(|(what, _)| what))}</strong>
                    {live(move || trouble.get().map(|(_, why)| why))}
                </p>
                <button type="button" class="strong" on:click=heard(move |_| recovery::read_again(session))>
                    "Try again"
                </button>
            </div>
        </Shown>
    }
}
