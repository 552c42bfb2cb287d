//! How it is shown: colours, range, and the map beneath.

use floe_shared::colormap::{ColorMap, Kind};
use leptos::prelude::*;

use super::controls::{Menu, Segments, Switch, alternatives, index_of};
use super::erased::{Shown, heard, live};
use crate::basemap::BaseMap;
use crate::session::{Session, camera};
use crate::state::choice::Choice;
use crate::state::page::Page;
use crate::state::range::End;
use crate::units::Measure;
use crate::view::Projection;

/// What is folded away until the visitor wants it. It is made when that happens first.
#[component]
fn Section(title: &'static str, children: ChildrenFn) -> impl IntoView {
    let wanted = RwSignal::new(false);
    view! {
        <details class="section" on:toggle=heard(move |_| wanted.set(true))>
            <summary>{title}</summary>
            <Shown when=move || wanted.get()>{children()}</Shown>
        </details>
    }
}

/// Colour map, range, opacity and smoothing.
#[component]
pub fn Colours() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let opacity = page.watch(|view| view.opacity);
    let smooth = page.watch(|view| view.smooth);
    let has_classes = page.has_classes();
    view! {
        <Section title="Colours">
            // Classes have colours of their own.
            <Shown when=move || !has_classes.get()>
                <Ramp />
            </Shown>
            <div class="row">
                <label for="opacity">"Opacity"</label>
                <input
                    id="opacity"
                    type="range"
                    min="0"
                    max="100"
                    step="5"
                    prop:value=live(move || opacity.get().to_string())
                    aria-valuetext=live(move || format!("{} percent", opacity.get()))
                    on:input=heard(move |event| {
                        if let Ok(opacity) = event_target_value(&event).parse() {
                            page.change(|view| view.opacity = opacity);
                        }
                    })
                />
            </div>
            <Shown when=move || !has_classes.get()>
                <Switch
                    label="Smooth between pixels"
                    on=smooth
                    on_switch=move |on| page.change(|view| view.smooth = on)
                />
            </Shown>
        </Section>
    }
}

/// Colour map and range of what is measured.
#[component]
fn Ramp() -> impl IntoView {
    let session = Session::current();
    let page = session.page;
    let reversed = page.watch(|view| view.reversed);
    let can_be_log = page.can_be_log();
    view! {
        <ColorMapMenu />
        <Switch
            label="Reversed"
            on=reversed
            on_switch=move |on| page.change(|view| view.reversed = on)
        />
        <Shown when=move || can_be_log.get()>
            <Switch label="Logarithmic" on=page.is_log() on_switch=move |on| page.set_log(on) />
        </Shown>
        <fieldset class="row range">
            <legend>"Range"</legend>
            <RangeEnd end=End::Low />
            <span aria-hidden="true">"–"</span>
            <RangeEnd end=End::High />
            <button type="button" class="plain" on:click=heard(move |_| camera::fit_range(session))>
                "Fit to view"
            </button>
        </fieldset>
    }
}

/// The colour maps by their kinds.
#[component]
fn ColorMapMenu() -> impl IntoView {
    let page = Page::current();
    let colormap = page.colormap();
    let option = move |map: ColorMap| {
        view! {
            <option value=map.name() prop:selected=live(move || colormap.get() == map)>
                {map.label()}
            </option>
        }
    };
    let group = move |kind: Kind| {
        let maps = ColorMap::ALL.into_iter().filter(move |map| map.kind() == kind);
        view! { <optgroup label=kind.label()>{maps.map(option).collect_view()}</optgroup> }
    };
    view! {
        <div class="row">
            <label for="colormap">"Colour map"</label>
            <select
                id="colormap"
                on:change=heard(move |event| {
                    let colormap = ColorMap::from_code(&event_target_value(&event));
                    page.change(|view| view.colormap = colormap.or(view.colormap));
                })
            >
                {Kind::ALL.map(group).collect_view()}
            </select>
        </div>
    }
}

/// One end of the range as a number in the unit.
#[component]
fn RangeEnd(end: End) -> impl IntoView {
    let page = Page::current();
    let range = page.range();
    let measure = page.measure();
    let text = move || measure.with(|measure| measure.field(range.get().end(end)));
    view! {
        <input
            type="number"
            step=live(move || if measure.with(Measure::is_temperature) { "0.5" } else { "any" })
            aria-label=live(move || measure.with(|measure| format!("{} at, {}", end.colour(measure), measure.name())))
            prop:value=text
            on:change=heard(move |event| {
                let typed = event_target_value(&event);
                match measure.with_untracked(|measure| measure.parse(&typed)) {
                    Some(value) => page.move_end(end, value),
                    // What was typed is no number: show again what holds.
                    None => page.view.notify(),
                }
            })
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
