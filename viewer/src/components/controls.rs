//! The few kinds of controls that the panel is made of.

use leptos::prelude::*;

use super::erased::{heard, live};
use crate::state::choice::Choice;

/// One alternative of [`Segments`] or [`Menu`].
#[derive(Clone, PartialEq)]
pub struct Alternative {
    /// What is read and shown.
    pub label: String,
    /// A longer name for assistive technology and the pointer, where the label is short.
    pub name: Option<String>,
}

/// The alternatives of a choice.
pub fn alternatives<T: Choice>() -> Vec<Alternative> {
    T::ALL
        .iter()
        .map(|choice| Alternative { label: choice.label().to_owned(), name: None })
        .collect()
}

/// The index of a choice among its alternatives.
pub fn index_of<T: Choice>(choice: T) -> usize {
    T::ALL.iter().position(|candidate| *candidate == choice).unwrap_or(0)
}

/// A row of alternatives of which one is chosen: radio buttons in looks of a segmented control.
#[component]
pub fn Segments(
    /// What is chosen, for assistive technology.
    #[prop(into)]
    legend: String,
    /// A name that no other group of the page has.
    #[prop(into)]
    name: String,
    /// The alternatives.
    #[prop(into)]
    options: Signal<Vec<Alternative>>,
    /// Which one is chosen.
    #[prop(into)]
    selected: Signal<usize>,
    /// Called with the one that the visitor chooses.
    #[prop(into)]
    on_select: Callback<usize>,
) -> impl IntoView {
    let option = move |(index, option): (usize, Alternative)| {
        let (title, name) = (option.name.clone(), name.clone());
        view! {
            <label class="segment" title=title>
                <input
                    type="radio"
                    name=name
                    aria-label=option.name
                    prop:checked=live(move || selected.get() == index)
                    on:change=heard(move |_| on_select.run(index))
                />
                <span>{option.label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="segments">
            <legend class="unseen">{legend}</legend>
            {live(move || options.get().into_iter().enumerate().map(&option).collect_view())}
        </fieldset>
    }
}

/// A labelled menu of alternatives.
#[component]
pub fn Menu(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// An id that nothing else of the page has.
    #[prop(into)]
    id: String,
    /// The alternatives.
    #[prop(into)]
    options: Signal<Vec<Alternative>>,
    /// Which one is chosen.
    #[prop(into)]
    selected: Signal<usize>,
    /// Called with the one that the visitor chooses.
    #[prop(into)]
    on_select: Callback<usize>,
) -> impl IntoView {
    let option = move |(index, option): (usize, Alternative)| {
        view! {
            <option value=index.to_string() prop:selected=live(move || selected.get() == index)>
                {option.label}
            </option>
        }
    };
    view! {
        <div class="row">
            <label for=id.clone()>{label}</label>
            <select
                id=id
                on:change=heard(move |event| {
                    if let Ok(index) = event_target_value(&event).parse() {
                        on_select.run(index);
                    }
                })
            >
                {live(move || options.get().into_iter().enumerate().map(option).collect_view())}
            </select>
        </div>
    }
}

/// A labelled on-off switch.
#[component]
pub fn Switch(
    /// What it switches.
    label: &'static str,
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// Called with what the visitor wants.
    #[prop(into)]
    on_switch: Callback<bool>,
) -> impl IntoView {
    view! {
        <label class="row switch">
            <span>{label}</span>
            <input
                type="checkbox"
                role="switch"
                prop:checked=on
                on:change=heard(move |event| on_switch.run(event_target_checked(&event)))
            />
        </label>
    }
}

/// The shapes of the page's icons, drawn in a square of 24.
#[derive(Clone, Copy)]
pub enum Icon {
    /// A triangle: play.
    Play,
    /// Two bars: pause.
    Pause,
    /// A letter i in a circle.
    About,
    /// An arrow head downwards.
    Chevron,
    /// An arrow head to the left.
    Back,
    /// An arrow head to the right.
    Forward,
    /// A cross.
    Close,
    /// A magnifying glass.
    Search,
    /// A plus sign.
    Plus,
    /// A minus sign.
    Minus,
    /// Two links of a chain.
    Link,
    /// A circular arrow.
    Refresh,
    /// A folder.
    Open,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Play => "M8 5v14l11-7z",
            Self::Pause => "M7 5h4v14H7zM13 5h4v14h-4z",
            Self::About => {
                "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1 3v2h2V7zm0 4v6h2v-6z"
            }
            Self::Chevron => "M7.4 8.6 12 13.2l4.6-4.6L18 10l-6 6-6-6z",
            Self::Back => "M15.4 7.4 10.8 12l4.6 4.6L14 18l-6-6 6-6z",
            Self::Forward => "M8.6 16.6 13.2 12 8.6 7.4 10 6l6 6-6 6z",
            Self::Close => {
                "M18.3 7.1 16.9 5.7 12 10.6 7.1 5.7 5.7 7.1l4.9 4.9-4.9 4.9 1.4 1.4 4.9-4.9 4.9 4.9 1.4-1.4-4.9-4.9z"
            }
            Self::Search => {
                "M10 3a7 7 0 1 0 4.2 12.6l5.1 5.1 1.4-1.4-5.1-5.1A7 7 0 0 0 10 3zm0 2a5 5 0 1 1 0 10 5 5 0 0 1 0-10z"
            }
            Self::Plus => "M11 5h2v6h6v2h-6v6h-2v-6H5v-2h6z",
            Self::Minus => "M5 11h14v2H5z",
            Self::Link => {
                "M10.6 13.4a4 4 0 0 1 0-5.7l3.5-3.5a4 4 0 0 1 5.7 5.7l-1.8 1.8-1.4-1.4 1.8-1.8a2 2 0 0 0-2.9-2.9L12 9.1a2 2 0 0 0 0 2.9zM13.4 10.6a4 4 0 0 1 0 5.7l-3.5 3.5a4 4 0 0 1-5.7-5.7l1.8-1.8 1.4 1.4-1.8 1.8a2 2 0 0 0 2.9 2.9l3.5-3.5a2 2 0 0 0 0-2.9z"
            }
            Self::Refresh => {
                "M12 5a7 7 0 0 1 5.7 3H14v2h7V3h-2v3.3A9 9 0 1 0 21 12h-2a7 7 0 1 1-7-7z"
            }
            Self::Open => "M3 5h7l2 2h9v12H3zm2 4v8h14V9z",
        }
    }
}

/// An icon; decoration, since what it stands for is said by its button's label.
#[component]
pub fn Glyph(
    /// Which one.
    #[prop(into)]
    icon: Signal<Icon>,
) -> impl IntoView {
    view! {
        <svg class="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=live(move || icon.get().path())></path>
        </svg>
    }
}
