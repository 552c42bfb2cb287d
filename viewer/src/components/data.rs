//! What is shown: the variable, and the steps along its further axes.

use leptos::prelude::*;

use super::axes::AxisChoices;
use super::erased::{Shown, live};
use super::variables::VariableChoice;
use crate::state::page::Page;

/// Variable, steps and play.
#[component]
pub fn DataChoice() -> impl IntoView {
    view! {
        <div class="data">
            <VariableChoice />
            <AxisChoices />
            <LeftOut />
        </div>
    }
}

/// What lies on a map but is not drawn, and why.
#[component]
fn LeftOut() -> impl IntoView {
    let page = Page::current();
    let sentences = Memo::new(move |_| {
        page.dataset.with(|dataset| {
            dataset.as_ref().map(|dataset| dataset.left_out.clone()).unwrap_or_default()
        })
    });
    let head = move || match sentences.with(Vec::len) {
        1 => "1 thing in this store is not shown".to_owned(),
        count => format!("{count} things in this store are not shown"),
    };
    view! {
        <Shown when=move || sentences.with(|sentences| !sentences.is_empty())>
            <details class="left-out">
                <summary>{head}</summary>
                <ul>
                    {live(move || {
                        let item = |sentence| view! { <li>{sentence}</li> };
                        sentences.get().into_iter().map(item).collect_view()
                    })}
                </ul>
            </details>
        </Shown>
    }
}
