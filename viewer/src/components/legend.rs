//! The legend, which is the range control: the ends of its colours can be dragged, or moved with the
//! keyboard.

use leptos::html::Div;
use leptos::prelude::*;
use web_sys::{KeyboardEvent, PointerEvent};

use super::erased::{heard, live};
use crate::number::fixed;
use crate::state::page::Page;
use crate::state::ramp;
use crate::state::range::{End, Scale};
use crate::units::log_ticks;

/// The most labels below the legend.
const TICKS: usize = 8;
/// The most characters that fit there, with a space between two labels.
const CHARACTERS: usize = 36;

/// Colours, ends and labels.
#[component]
pub fn Legend() -> impl IntoView {
    let page = Page::current();
    let track = NodeRef::<Div>::new();
    let range = page.range();
    let measure = page.measure();
    let palette = page.palette();
    let is_log = page.is_log();
    // While an end is dragged the scale must not widen under the finger.
    let dragged = RwSignal::new(None::<(End, Scale)>);
    let scale = Memo::new(move |_| {
        dragged.get().map_or_else(
            || measure.with(|measure| Scale::around(range.get(), measure, is_log.get())),
            |(_, scale)| scale,
        )
    });
    let percent = move |value: f64| percent(&scale.get(), value);
    let value_at = move |event: &PointerEvent| {
        let bounds = track.get_untracked()?.get_bounding_client_rect();
        let share = (f64::from(event.client_x()) - bounds.left()) / bounds.width().max(1.0);
        Some(scale.get_untracked().value(share))
    };
    let press = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        let Some(value) = value_at(&event) else { return };
        let range = range.get_untracked();
        let end = range.nearest_end(value);
        dragged.set(Some((end, scale.get_untracked())));
        if let Some(track) = track.get_untracked() {
            // Refused only for a pointer that is already gone; then nothing is dragged either.
            let _ = track.set_pointer_capture(event.pointer_id());
            focus_end(end);
        }
        event.prevent_default();
        page.move_end(end, value);
    };
    let drag = move |event: PointerEvent| {
        if let (Some((end, _)), Some(value)) = (dragged.get_untracked(), value_at(&event)) {
            page.move_end(end, value);
        }
    };
    let ticks = move || {
        let Scale { low, high, is_log } = scale.get();
        let ticks = |most| {
            if is_log {
                log_ticks(low, high, most)
            } else {
                measure.with(|measure| measure.ticks(low, high, most))
            }
        };
        let mut most = TICKS;
        let mut fitting = ticks(most);
        while most > 2
            && fitting.iter().map(|tick| tick.label.len() + 1).sum::<usize>() > CHARACTERS
        {
            most -= 1;
            fitting = ticks(most);
        }
        fitting
            .into_iter()
            .map(|tick| view! { <span style:left=percent(tick.value)>{tick.label}</span> })
            .collect_view()
    };
    view! {
        <div class="legend" role="group" aria-label="Colour scale">
            <div
                class="legend-track"
                node_ref=track
                class:dragged=live(move || dragged.get().is_some())
                on:pointerdown=heard(press)
                on:pointermove=heard(drag)
                on:pointerup=heard(move |_| dragged.set(None))
                on:pointercancel=heard(move |_| dragged.set(None))
            >
                <div
                    class="legend-beyond"
                    style:background=live(move || ramp::css_beyond(&palette.get(), &range.get(), &scale.get()))
                ></div>
                <div
                    class="legend-ramp"
                    style:left=live(move || percent(range.get().end(End::Low)))
                    style:right=live(move || {
                        percentage(100.0 - scale.get().share(range.get().end(End::High)) * 100.0)
                    })
                    style:background=live(move || ramp::css(&palette.get()))
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
    let range = page.range();
    let measure = page.measure();
    let value = move || range.get().end(end);
    let field = move |value: f64| measure.with(|measure| measure.field(value));
    let limit = move |outer: End| {
        let (range, scale) = (range.get(), scale.get());
        match (end, outer) {
            (End::Low, End::Low) => scale.low,
            (End::High, End::High) => scale.high,
            (End::Low, End::High) => {
                measure.with(|measure| range.with_end(End::Low, scale.high, measure)).end(End::Low)
            }
            (End::High, End::Low) => {
                measure.with(|measure| range.with_end(End::High, scale.low, measure)).end(End::High)
            }
        }
    };
    let press_key = move |event: KeyboardEvent| {
        let scale = scale.get_untracked();
        let degree = measure.with_untracked(|measure| measure.step(scale.high - scale.low));
        let now = range.get_untracked().end(end);
        let moved = |steps: f64| {
            // Hundredths of the scale where it is one of logarithms.
            if scale.is_log {
                scale.value(scale.share(now) + steps / 100.0)
            } else {
                now + steps * degree
            }
        };
        let step = if event.shift_key() { 10.0 } else { 1.0 };
        let to = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => moved(step),
            "ArrowLeft" | "ArrowDown" => moved(-step),
            "PageUp" => moved(10.0),
            "PageDown" => moved(-10.0),
            "Home" => untrack(|| limit(End::Low)),
            "End" => untrack(|| limit(End::High)),
            _ => return,
        };
        event.prevent_default();
        page.move_end(end, to);
    };
    view! {
        <div
            class="legend-end"
            id=end_id(end)
            role="slider"
            tabindex="0"
            aria-label=live(move || measure.with(|measure| end.colour(measure)))
            aria-orientation="horizontal"
            aria-valuemin=live(move || field(limit(End::Low)))
            aria-valuemax=live(move || field(limit(End::High)))
            aria-valuenow=live(move || field(value()))
            aria-valuetext=live(move || measure.with(|measure| measure.describe(value())))
            style:left=live(move || percent(&scale.get(), value()))
            on:keydown=heard(press_key)
        >
            <span class="legend-value" aria-hidden="true">
                {live(move || measure.with(|measure| measure.short(value())))}
            </span>
        </div>
    }
}

/// Where a value lies on the legend.
fn percent(scale: &Scale, value: f64) -> String {
    percentage(scale.share(value) * 100.0)
}

fn percentage(percent: f64) -> String {
    format!("{}%", fixed(percent, 2))
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
