//! The legend, which is the range control: the ends of its colours can be dragged, or moved with the
//! keyboard.

use leptos::html::Div;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use crate::state::page::Page;
use crate::state::ramp;
use crate::state::range::{End, Scale};
use crate::units::number;

/// How many labels fit below the legend.
const TICKS: usize = 8;

/// Colours, ends and labels.
#[component]
pub fn Legend() -> impl IntoView {
    let page = Page::current();
    let track = NodeRef::<Div>::new();
    let range = page.watch(|view| view.range);
    let unit = page.watch(|view| view.unit);
    let colormap = page.watch(|view| view.colormap);
    // While an end is dragged the scale must not widen under the finger.
    let dragged = RwSignal::new(None::<(End, Scale)>);
    let scale = Memo::new(move |_| {
        dragged.get().map_or_else(|| Scale::around(range.get()), |(_, scale)| scale)
    });
    let percent = move |kelvin: f64| percent(&scale.get(), kelvin);
    let kelvin_at = move |event: &PointerEvent| {
        let bounds = track.get_untracked()?.get_bounding_client_rect();
        let share = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
        Some(scale.get_untracked().kelvin(share))
    };
    let press = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let Some(kelvin) = kelvin_at(&event) else { return };
        let range = range.get_untracked();
        let end = range.nearest_end(kelvin);
        dragged.set(Some((end, scale.get_untracked())));
        if let Some(track) = track.get_untracked() {
            // Refused only for a pointer that is already gone; then nothing is dragged either.
            let _ = track.set_pointer_capture(event.pointer_id());
            focus_end(end);
        }
        event.prevent_default();
        move_end(page, end, kelvin);
    };
    let drag = move |event: PointerEvent| {
        if let (Some((end, _)), Some(kelvin)) = (dragged.get_untracked(), kelvin_at(&event)) {
            move_end(page, end, kelvin);
        }
    };
    let ticks = move || {
        let Scale { low, high } = scale.get();
        unit.get()
            .ticks(low, high, TICKS)
            .into_iter()
            .map(|tick| view! { <span style:left=percent(tick.kelvin)>{tick.label}</span> })
            .collect_view()
    };
    view! {
        <div class="legend" role="group" aria-label="Colour scale">
            <div
                class="legend-track"
                node_ref=track
                class:dragged=move || dragged.get().is_some()
                on:pointerdown=press
                on:pointermove=drag
                on:pointerup=move |_| dragged.set(None)
                on:pointercancel=move |_| dragged.set(None)
            >
                <div
                    class="legend-beyond"
                    style:background=move || ramp::css_beyond(colormap.get(), &range.get(), &scale.get())
                ></div>
                <div
                    class="legend-ramp"
                    style:left=move || percent(range.get().kelvin(End::Low))
                    style:right=move || {
                        format!("{:.2}%", 100.0 - scale.get().share(range.get().kelvin(End::High)) * 100.0)
                    }
                    style:background=move || ramp::css(colormap.get())
                ></div>
                <LegendEnd end=End::Low scale=scale />
                <LegendEnd end=End::High scale=scale />
            </div>
            <div class="legend-ticks" aria-hidden="true">
                {ticks}
            </div>
        </div>
    }
}

/// One end of the colours: a slider.
#[component]
fn LegendEnd(end: End, scale: Memo<Scale>) -> impl IntoView {
    let page = Page::current();
    let range = page.watch(|view| view.range);
    let unit = page.watch(|view| view.unit);
    let kelvin = move || range.get().kelvin(end);
    let in_unit = move |kelvin: f64| format!("{:.1}", unit.get().from_kelvin(kelvin));
    let limit = move |outer: End| {
        let (range, scale) = (range.get(), scale.get());
        match (end, outer) {
            (End::Low, End::Low) => scale.low,
            (End::High, End::High) => scale.high,
            (End::Low, End::High) => range.kelvin(End::High) - 1.0,
            (End::High, End::Low) => range.kelvin(End::Low) + 1.0,
        }
    };
    let press_key = move |event: KeyboardEvent| {
        let degree = unit.get_untracked().to_kelvin(1.0) - unit.get_untracked().to_kelvin(0.0);
        let now = range.get_untracked().kelvin(end);
        let step = if event.shift_key() { 10.0 } else { 1.0 } * degree;
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => now + step,
            "ArrowLeft" | "ArrowDown" => now - step,
            "PageUp" => now + 10.0 * degree,
            "PageDown" => now - 10.0 * degree,
            "Home" => untrack(|| limit(End::Low)),
            "End" => untrack(|| limit(End::High)),
            _ => return,
        };
        event.prevent_default();
        move_end(page, end, to);
    };
    view! {
        <div
            class="legend-end"
            id=end_id(end)
            role="slider"
            tabindex="0"
            aria-label=match end {
                End::Low => "Coldest colour",
                End::High => "Warmest colour",
            }
            aria-orientation="horizontal"
            aria-valuemin=move || in_unit(limit(End::Low))
            aria-valuemax=move || in_unit(limit(End::High))
            aria-valuenow=move || in_unit(kelvin())
            aria-valuetext=move || unit.get().describe(kelvin())
            style:left=move || percent(&scale.get(), kelvin())
            on:keydown=press_key
        >
            <span class="legend-value" aria-hidden="true">
                {move || number(unit.get().from_kelvin(kelvin()), 0)}
            </span>
        </div>
    }
}

fn move_end(page: Page, end: End, kelvin: f64) {
    page.change(|view| view.range = view.range.with_end(end, kelvin));
}

/// Where a temperature lies on the legend.
fn percent(scale: &Scale, kelvin: f64) -> String {
    format!("{:.2}%", scale.share(kelvin) * 100.0)
}

const fn end_id(end: End) -> &'static str {
    match end {
        End::Low => "legend-low",
        End::High => "legend-high",
    }
}

fn focus_end(end: End) {
    if let Some(handle) = document().get_element_by_id(end_id(end)) {
        use wasm_bindgen::JsCast;
        if let Some(handle) = handle.dyn_ref::<web_sys::HtmlElement>() {
            // A handle that cannot take the focus can still be dragged.
            let _ = handle.focus();
        }
    }
}
