//! The search box: a place by its name or its coordinates.

use leptos::html::Input;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use super::controls::{Glyph, Icon};
use super::erased::{heard, live};
use crate::search::{Place, matching, parse_coordinates};
use crate::session::{Session, camera, furnish};
use crate::state::page::{Page, Places};

/// How many places are offered.
const MOST: usize = 6;
/// Zoom for a place given by its coordinates.
const CLOSE: f64 = 7.0;

/// A place that is offered.
#[derive(Clone, Debug, PartialEq)]
struct Suggestion {
    label: String,
    place: Place,
    zoom: f64,
    /// Whether it was given by its coordinates and is then inspected, too.
    exact: bool,
}

/// Input and suggestions: a combobox with a list
/// (<https://www.w3.org/WAI/ARIA/apg/patterns/combobox/>).
#[component]
pub fn SearchBox() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let input = NodeRef::<Input>::new();
    let text = RwSignal::new(String::new());
    let active = RwSignal::new(None::<usize>);
    let open = RwSignal::new(false);
    let suggestions = Memo::new(move |_| text.with(|text| suggest(session, text)));
    let shown = Memo::new(move |_| open.get() && suggestions.with(|found| !found.is_empty()));
    let nothing = Memo::new(move |_| {
        let nothing = open.get()
            && text.with(|text| text.trim().len() > 2)
            && suggestions.with(Vec::is_empty);
        nothing.then(|| excuse(page))
    });
    let go = move |index: usize| {
        let Some(found) = suggestions.with_untracked(|found| found.get(index).cloned()) else {
            return;
        };
        open.set(false);
        active.set(None);
        text.set(found.label);
        camera::fly_to(session, found.place, found.zoom);
        if found.exact {
            page.inspect(found.place);
        }
    };
    let press = move |event: KeyboardEvent| {
        let count = suggestions.with_untracked(Vec::len);
        match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if count > 0 => {
                open.set(true);
                let step = if event.key() == "ArrowDown" { 1 } else { count - 1 };
                let first = if step == 1 { 0 } else { count - 1 };
                active.update(|active| {
                    *active = Some(active.map_or(first, |at| (at + step) % count));
                });
                event.prevent_default();
            }
            "Enter" if count > 0 => {
                go(active.get_untracked().unwrap_or(0));
                event.prevent_default();
            }
            "Escape" if open.get_untracked() => {
                open.set(false);
                active.set(None);
                event.stop_propagation();
            }
            _ => {}
        }
    };
    let option = move |(index, suggestion): (usize, Suggestion)| {
        view! {
            <li
                role="option"
                id=option_id(index)
                aria-selected=live(move || (active.get() == Some(index)).to_string())
                // Before the input loses the focus, which closes the list.
                on:pointerdown=heard(move |event: PointerEvent| {
                    event.prevent_default();
                    go(index);
                })
            >
                {suggestion.label}
            </li>
        }
    };
    view! {
        <div class="search" role="search">
            <Glyph icon=Icon::Search />
            <input
                node_ref=input
                id="search"
                type="text"
                role="combobox"
                autocomplete="off"
                spellcheck="false"
                enterkeyhint="search"
                placeholder="Search a place or “lat, lon”"
                aria-label="Search a place or latitude, longitude"
                aria-autocomplete="list"
                aria-controls="places"
                aria-expanded=live(move || shown.get().to_string())
                aria-activedescendant=live(move || active.get().filter(|_| shown.get()).map(option_id))
                prop:value=text
                on:input=heard(move |event| {
                    text.set(event_target_value(&event));
                    active.set(None);
                    open.set(true);
                })
                on:keydown=heard(press)
                on:blur=heard(move |_| open.set(false))
            />
            <ul id="places" role="listbox" aria-label="Places" class:hidden=live(move || !shown.get())>
                {live(move || suggestions.get().into_iter().enumerate().map(option).collect_view())}
            </ul>
            <p class="quiet" role="status" class:hidden=live(move || nothing.get().is_none())>
                {nothing}
            </p>
        </div>
    }
}

/// What is said where nothing is found.
fn excuse(page: Page) -> String {
    match page.places.get() {
        Places::Read => "No such place on this map.".to_owned(),
        Places::Unread => "The names of places have not been read yet.".to_owned(),
        Places::Missing(reason) => format!("The names of places cannot be had: {reason}."),
    }
}

fn option_id(index: usize) -> String {
    format!("place-{index}")
}

fn suggest(session: Session, text: &str) -> Vec<Suggestion> {
    if let Some(place) = parse_coordinates(text) {
        return vec![Suggestion { label: place.describe(4), place, zoom: CLOSE, exact: true }];
    }
    furnish::with_places(session, |places| {
        matching(places, text, MOST)
            .into_iter()
            .map(|found| Suggestion {
                label: found.name.clone(),
                place: found.place,
                zoom: found.zoom,
                exact: false,
            })
            .collect()
    })
}
