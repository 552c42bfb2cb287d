//! How it is shown: colours, range, and the map beneath.

use floe_shared::colormap::ColorMap;
use leptos::prelude::*;

use super::controls::{Menu, Segments, Switch, alternatives, index_of};
use crate::map::BaseMap;
use crate::state::choice::Choice;
use crate::state::page::Page;
use crate::state::range::End;
use crate::view::Projection;

/// What is folded away until the visitor wants it. It is made when that happens first.
#[component]
fn Section(title: &'static str, children: ChildrenFn) -> impl IntoView {
    let wanted = RwSignal::new(false);
    view! {
        <details class="section" on:toggle=move |_| wanted.set(true)>
            <summary>{title}</summary>
            <Show when=move || wanted.get()>{children()}</Show>
        </details>
    }
}

/// Colour map, range, opacity and smoothing.
#[component]
pub fn Colours() -> impl IntoView {
    let page = Page::current();
    let colormap = page.watch(|view| view.colormap);
    let opacity = page.watch(|view| view.opacity);
    let smooth = page.watch(|view| view.smooth);
    view! {
        <Section title="Colours">
            <Menu
                label="Colour map"
                id="colormap"
                options=Signal::derive(alternatives::<ColorMap>)
                selected=Signal::derive(move || index_of(colormap.get()))
                on_select=move |index: usize| {
                    if let Some(&colormap) = ColorMap::ALL.get(index) {
                        page.change(|view| view.colormap = colormap);
                    }
                }
            />
            <fieldset class="row range">
                <legend>"Range"</legend>
                <RangeEnd end=End::Low label="Coldest colour at" />
                <span aria-hidden="true">"–"</span>
                <RangeEnd end=End::High label="Warmest colour at" />
                <button type="button" class="plain" on:click=move |_| page.fit_range()>
                    "Fit to view"
                </button>
            </fieldset>
            <div class="row">
                <label for="opacity">"Opacity"</label>
                <input
                    id="opacity"
                    type="range"
                    min="0"
                    max="100"
                    step="5"
                    prop:value=move || opacity.get().to_string()
                    aria-valuetext=move || format!("{} percent", opacity.get())
                    on:input=move |event| {
                        if let Ok(opacity) = event_target_value(&event).parse() {
                            page.change(|view| view.opacity = opacity);
                        }
                    }
                />
            </div>
            <Switch
                label="Smooth between pixels"
                on=smooth
                on_switch=move |on| page.change(|view| view.smooth = on)
            />
        </Section>
    }
}

/// One end of the range as a number in the unit.
#[component]
fn RangeEnd(end: End, label: &'static str) -> impl IntoView {
    let page = Page::current();
    let range = page.watch(|view| view.range);
    let unit = page.watch(|view| view.unit);
    let text = move || format!("{:.1}", unit.get().from_kelvin(range.get().kelvin(end)));
    view! {
        <input
            type="number"
            step="0.5"
            aria-label=move || format!("{label}, {}", unit.get().name())
            prop:value=text
            on:change=move |event| {
                match unit.get_untracked().parse(&event_target_value(&event)) {
                    Some(kelvin) => {
                        page.change(|view| view.range = view.range.with_end(end, kelvin));
                    }
                    // What was typed is no number: show again what holds.
                    None => page.view.notify(),
                }
            }
        />
    }
}

/// Projection, base map, graticule and tile status.
#[component]
pub fn MapOptions() -> impl IntoView {
    let page = Page::current();
    let projection = page.watch(|view| view.projection);
    let base = page.watch(|view| view.base);
    let graticule = page.watch(|view| view.graticule);
    view! {
        <Section title="Map">
            <Segments
                legend="Projection"
                name="projection"
                options=Signal::derive(alternatives::<Projection>)
                selected=Signal::derive(move || index_of(projection.get()))
                on_select=move |index: usize| {
                    if let Some(&projection) = Projection::ALL.get(index) {
                        page.change(|view| view.projection = projection);
                    }
                }
            />
            <Menu
                label="Base map"
                id="base"
                options=Signal::derive(alternatives::<BaseMap>)
                selected=Signal::derive(move || index_of(base.get()))
                on_select=move |index: usize| {
                    if let Some(&base) = <BaseMap as Choice>::ALL.get(index) {
                        page.change(|view| view.base = base);
                    }
                }
            />
            <Switch
                label="Graticule"
                on=graticule
                on_switch=move |on| page.change(|view| view.graticule = on)
            />
        </Section>
    }
}
