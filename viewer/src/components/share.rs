//! The link to what is shown, to be taken elsewhere.

use std::time::Duration;

use leptos::ev::KeyboardEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};

use super::controls::{Glyph, Icon};
use super::erased::{heard, live};
use crate::browser;
use crate::session::{Session, address};

/// How long it is said that the link has been copied.
const SAID: Duration = Duration::from_secs(3);

/// What has become of the wish for a link.
#[derive(Clone, PartialEq, Eq)]
enum Copied {
    /// There is none.
    No,
    /// It is on the clipboard.
    Yes,
    /// There is no clipboard: this is the link.
    ByHand(String),
}

/// The button that copies the link; where there is no clipboard it shows the link instead.
#[component]
pub fn Share() -> impl IntoView {
    let session = Session::current();
    let copied = RwSignal::new(Copied::No);
    let field = NodeRef::<Input>::new();
    let copy = move |_| {
        address::write(session);
        let link = browser::address();
        let shown = link.clone();
        browser::copy(&link, move |done| {
            if done {
                copied.set(Copied::Yes);
                set_timeout(move || copied.set(Copied::No), SAID);
                return;
            }
            copied.set(Copied::ByHand(shown));
            spawn_local(async move {
                tick().await;
                if let Some(field) = field.get_untracked() {
                    // It is there and can have it.
                    let _ = field.focus();
                    field.select();
                }
            });
        });
    };
    let close = move || copied.set(Copied::No);
    let by_hand = move |link: String| {
        view! {
            <div class="link card">
                <label for="link">"Copy this link:"</label>
                <input
                    id="link"
                    type="text"
                    readonly
                    node_ref=field
                    prop:value=link
                    on:keydown=heard(move |event: KeyboardEvent| {
                        if event.key() == "Escape" {
                            close();
                        }
                    })
                />
                <button type="button" class="icon" aria-label="Close the link" on:click=heard(move |_| close())>
                    <Glyph icon=Icon::Close />
                </button>
            </div>
        }
    };
    view! {
        <button type="button" class="icon" aria-label="Copy link" title="Copy link" on:click=heard(copy)>
            <Glyph icon=Icon::Link />
        </button>
        <span class="link-said" role="status">
            {live(move || (copied.get() == Copied::Yes).then_some("Link copied"))}
        </span>
        {live(move || match copied.get() {
            Copied::ByHand(link) => Some(by_hand(link)),
            Copied::No | Copied::Yes => None,
        })}
    }
}
