//! "Open a store": by its address, one of the last ones, or another state of the one that is shown.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::controls::Icon;
use super::dialog::Dialog;
use super::erased::{Shown, heard, live};
use crate::dataset::{Dataset, RefSpec};
use crate::link::reference_text;
use crate::session::{Session, another};
use crate::state::moment;
use crate::state::page::Attempt;

/// How many commits are offered, the newest ones.
const MOST_COMMITS: usize = 30;
/// Characters of a commit's message that are shown.
const LONGEST_MESSAGE: usize = 60;

/// The button and the dialog.
#[component]
pub fn OpenStore() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let shown = RwSignal::new(false);
    Effect::new(move |before: Option<Attempt>| {
        let now = page.attempt.get();
        if before == Some(Attempt::Underway) && now == Attempt::None {
            shown.set(false);
        }
        now
    });
    Effect::new(move |_| {
        // Whoever closes it does not want what is being opened any more.
        if !shown.get() && page.attempt.with_untracked(|attempt| *attempt != Attempt::None) {
            another::give_up(session);
        }
    });
    view! {
        <Dialog icon=Icon::Open title="Open a store" id="open-title" shown=shown>
            <Address />
            <State />
        </Dialog>
    }
}

/// The field, what is wrong with what it holds, and the last stores.
#[component]
fn Address() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let text = RwSignal::new(String::new());
    let recent = RwSignal::new(another::recent());
    Effect::new(move |_| {
        page.dataset.track();
        recent.set(another::recent());
    });
    let is_underway = Memo::new(move |_| page.attempt.get() == Attempt::Underway);
    let problem = Memo::new(move |_| match page.attempt.get() {
        Attempt::Failed(problem) => Some(problem),
        Attempt::None | Attempt::Underway => None,
    });
    let entry = move |address: String| {
        let shown = address.clone();
        let choose = move |_| {
            text.set(address.clone());
            another::open(session, &address);
        };
        view! {
            <li>
                <button type="button" class="plain mono" on:click=heard(choose)>{shown}</button>
            </li>
        }
    };
    view! {
        <form
            class="address"
            on:submit=heard(move |event: SubmitEvent| {
                event.prevent_default();
                if !text.with_untracked(|text| text.trim().is_empty()) {
                    another::open(session, &text.get_untracked());
                }
            })
        >
            <label for="store-address">"Address of an Icechunk repository, or of Zarr with consolidated metadata"</label>
            <input
                id="store-address"
                type="text"
                autofocus
                inputmode="url"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder="https://, s3://, gs:// or az://"
                aria-describedby="store-problem"
                aria-invalid=live(move || problem.get().is_some().to_string())
                prop:value=text
                on:input=heard(move |event| text.set(event_target_value(&event)))
            />
            <button type="submit" class="strong" disabled=is_underway>
                {live(move || if is_underway.get() { "Opening…" } else { "Open" })}
            </button>
        </form>
        <p id="store-problem" class="wrong" role="alert">{problem}</p>
        <Shown when=move || recent.with(|recent| !recent.is_empty())>
            <section aria-labelledby="recent-title">
                <h3 id="recent-title">"Opened before"</h3>
                <ul class="recent">{live(move || recent.get().into_iter().map(entry).collect_view())}</ul>
            </section>
        </Shown>
    }
}

/// The branches, tags and newest commits of the store that is shown.
#[component]
fn State() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let menu = move |dataset: &Dataset| {
        let current = reference_text(&dataset.reference);
        let option = |reference: &RefSpec, label: String| {
            let value = reference_text(reference);
            let is_shown = value == current;
            view! { <option value=value prop:selected=is_shown>{label}</option> }
        };
        let named = dataset.references.iter();
        let named = named.map(|reference| option(reference, reference.to_string())).collect_view();
        let commits = dataset.history.iter().take(MOST_COMMITS);
        let commits = commits.map(|commit| {
            let message: String = commit.message.chars().take(LONGEST_MESSAGE).collect();
            let label = format!("{} {message}", moment::utc(commit.committed_at));
            option(&RefSpec::Snapshot(commit.snapshot.clone()), label)
        });
        let commits = commits.collect_view();
        view! {
            <div class="row">
                <label for="state">"State shown"</label>
                <select
                    id="state"
                    on:change=heard(move |event| another::open_state(session, &event_target_value(&event)))
                >
                    <optgroup label="Branches and tags">{named}</optgroup>
                    <optgroup label="Newest commits">{commits}</optgroup>
                </select>
            </div>
        }
    };
    move || {
        let dataset = page.dataset.get().filter(|dataset| dataset.is_versioned())?;
        Some(menu(&dataset))
    }
}
