//! What is shown: variable and year, and playing through the years.

use std::time::Duration;

use floe_shared::schema::Variable;
use leptos::prelude::*;

use super::controls::{Alternative, Glyph, Icon, Menu, Segments, index_of};
use crate::state::choice::Choice;
use crate::state::page::Page;
use crate::state::view::year_after;

/// How long each year is shown while playing.
const PLAY_INTERVAL: Duration = Duration::from_millis(1400);
/// With more years than this they come as a menu.
const MOST_SEGMENTS: usize = 5;

/// Variable, year and play.
#[component]
pub fn DataChoice() -> impl IntoView {
    let page = Page::current();
    let variable = page.watch(|view| view.variable);
    let variables = Signal::derive(|| {
        Variable::ALL
            .into_iter()
            .map(|variable| Alternative {
                label: variable.label().to_owned(),
                name: Some(variable.long_name().to_owned()),
            })
            .collect()
    });
    view! {
        <div class="data">
            <Segments
                legend="Variable"
                name="variable"
                options=variables
                selected=Signal::derive(move || index_of(variable.get()))
                on_select=move |index: usize| {
                    if let Some(&variable) = Variable::ALL.get(index) {
                        page.change(|view| view.variable = variable);
                    }
                }
            />
            <YearChoice />
        </div>
    }
}

#[component]
fn YearChoice() -> impl IntoView {
    let page = Page::current();
    let years = page.years();
    let year = page.year();
    let options = Signal::derive(move || {
        let named = |year: &i32| Alternative { label: year.to_string(), name: None };
        years.get().iter().map(named).collect::<Vec<_>>()
    });
    let selected = Signal::derive(move || {
        years.get().iter().position(|candidate| Some(*candidate) == year.get()).unwrap_or(0)
    });
    let choose = move |index: usize| {
        let chosen = years.with_untracked(|years| years.get(index).copied());
        page.change(|view| view.year = chosen.or(view.year));
    };
    Effect::new(move |timer: Option<Option<IntervalHandle>>| {
        if let Some(Some(timer)) = timer {
            timer.clear();
        }
        let advance = move || {
            let next = year
                .get_untracked()
                .and_then(|year| years.with_untracked(|years| year_after(years, year, 1)));
            page.change(|view| view.year = next.or(view.year));
        };
        // Without a timer nothing plays; the button then simply has no effect.
        page.playing.get().then(|| set_interval_with_handle(advance, PLAY_INTERVAL).ok()).flatten()
    });
    let several = Memo::new(move |_| years.with(|years| years.len() > 1));
    view! {
        <div class="years">
            {move || {
                if years.with(|years| years.len() > MOST_SEGMENTS) {
                    view! { <Menu label="Year" id="year" options=options selected=selected on_select=choose /> }
                        .into_any()
                } else {
                    view! {
                        <Segments legend="Year" name="year" options=options selected=selected on_select=choose />
                    }
                        .into_any()
                }
            }}
            <Show when=move || several.get()>
                <button
                    type="button"
                    class="icon"
                    aria-label="Play through the years"
                    title="Play through the years"
                    aria-pressed=move || page.playing.get().to_string()
                    on:click=move |_| page.playing.update(|playing| *playing = !*playing)
                >
                    <Glyph icon=Signal::derive(move || {
                        if page.playing.get() { Icon::Pause } else { Icon::Play }
                    }) />
                </button>
            </Show>
        </div>
    }
}
