//! The legend of classes: their names beside their colours.

use leptos::prelude::*;

use super::status::ColourSwatch;
use crate::state::colours::class_colour;
use crate::state::page::Page;

/// Names and colours, in the order of the store. Of many a part is seen, which can be scrolled.
#[component]
pub fn Classes() -> impl IntoView {
    let classes = Page::current().classes();
    let list = move || {
        let flags = classes.get().map(|info| info.flags).unwrap_or_default();
        let entry = |index: usize| {
            view! {
                <li>
                    <ColourSwatch colour=class_colour(&flags, index) />
                    {flags[index].meaning.clone()}
                </li>
            }
        };
        (0..flags.len()).map(entry).collect_view()
    };
    view! {
        <ul class="classes" tabindex="0" aria-label="Classes">
            {list}
        </ul>
    }
}
