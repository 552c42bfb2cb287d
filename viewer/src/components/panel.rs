//! The floating panel; on phones a sheet at the bottom.

use leptos::prelude::*;

use super::about::About;
use super::classes::Classes;
use super::controls::{Glyph, Icon, Segments, alternatives, index_of};
use super::data::DataChoice;
use super::display::{Colours, MapOptions};
use super::erased::{Shown, heard, live};
use super::inspector::Inspector;
use super::legend::Legend;
use super::open::OpenStore;
use super::search_box::SearchBox;
use super::share::Share;
use super::status::TileStatusSection;
use crate::state::choice::Choice;
use crate::state::page::Page;
use crate::state::texts::heading;
use crate::units::{Measure, Unit};

/// All controls. What fits a phone's small sheet stays when the panel is folded: variable, year and
/// legend.
#[component]
pub fn Panel() -> impl IntoView {
    let page = Page::current();
    let expanded = page.expanded;
    let unit = page.watch(|view| view.unit);
    let measure = page.measure();
    let texts = page.texts();
    let has_classes = page.has_classes();
    view! {
        <aside class="panel card" class:folded=live(move || !expanded.get()) aria-label="Controls">
            <header class="panel-head">
                <h1 title=live(move || Some(texts.get().title).filter(|title| !title.is_empty()))>
                    "Floe "
                    <small>{live(move || heading(&texts.get().title))}</small>
                </h1>
                <OpenStore />
                <Share />
                <About />
                <button
                    type="button"
                    class="icon fold"
                    aria-label="All controls"
                    title="All controls"
                    aria-expanded=live(move || expanded.get().to_string())
                    aria-controls="more-controls"
                    on:click=heard(move |_| expanded.update(|expanded| *expanded = !*expanded))
                >
                    <Glyph icon=Icon::Chevron />
                </button>
            </header>
            <div class="panel-always">
                <DataChoice />
                <div class="legend-head">
                    <span aria-hidden="true">{live(move || page.info_now().map(|info| info.long_name))}</span>
                    <Shown
                        when=move || measure.with(Measure::is_temperature)
                        fallback=move || view! { <span>{live(move || measure.get().name().to_owned())}</span> }
                    >
                        <Segments
                            legend="Unit"
                            name="unit"
                            options=Signal::derive(alternatives::<Unit>)
                            selected=Signal::derive(move || index_of(unit.get()))
                            on_select=move |index: usize| {
                                if let Some(&unit) = <Unit as Choice>::ALL.get(index) {
                                    page.change(|view| view.unit = unit);
                                }
                            }
                        />
                    </Shown>
                </div>
                <Shown when=move || has_classes.get() fallback=|| view! { <Legend /> }>
                    <Classes />
                </Shown>
            </div>
            <div class="panel-more" id="more-controls" class:hidden=live(move || !expanded.get())>
                <Inspector />
                <SearchBox />
                <Colours />
                <MapOptions />
                <TileStatusSection />
            </div>
        </aside>
    }
}
