//! The steps of the shown variable's further axes: a control for each, and playing along one.

use std::time::Duration;

use leptos::prelude::*;

use super::controls::{Alternative, Glyph, Icon, Menu, Segments};
use super::erased::{Shown, heard, live};
use crate::axis::{Axis, Found};
use crate::state::page::Page;

/// How long each step is shown while playing; where there are many ...
const PLAY_INTERVAL: Duration = Duration::from_millis(1400);
/// ... they follow one another faster.
const FAST_INTERVAL: Duration = Duration::from_millis(500);
/// More steps than this are many.
const MANY: u32 = 12;
/// Up to so many steps come as segments, if their labels have together ...
const MOST_SEGMENTS: u32 = 6;
/// ... at most so many characters.
const MOST_LETTERS: usize = 26;
/// Up to so many come as a menu; more as a slider.
const MOST_OPTIONS: u32 = 60;
/// How long a slider must rest before its step is shown.
const REST: Duration = Duration::from_millis(120);

/// What chooses a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Control {
    Segments,
    Menu,
    Slider,
}

impl Control {
    fn of(axis: &Axis) -> Self {
        let letters = |step| axis.description(step).chars().count();
        let letters = || (0..axis.len()).map(letters).sum::<usize>();
        match axis.len() {
            count if count <= MOST_SEGMENTS && letters() <= MOST_LETTERS => Self::Segments,
            count if count <= MOST_OPTIONS => Self::Menu,
            _ => Self::Slider,
        }
    }
}

/// The controls of all axes of the variable shown.
#[component]
pub fn AxisChoices() -> impl IntoView {
    let page = Page::current();
    let (steps, playing) = (page.steps(), Memo::new(move |_| page.playing_axis()));
    // A newer snapshot may have more steps.
    let axes = Memo::new(move |_| {
        let length = |axis| page.of_axis(axis, Axis::len).unwrap_or_default();
        steps.get().into_iter().map(|(axis, _)| (axis, length(axis))).collect::<Vec<_>>()
    });
    let missed = Memo::new(move |_| page.missed().join(" "));
    play(page);
    view! {
        {live(move || {
            let choice = |(axis, _)| view! { <AxisChoice axis plays=playing.get() == Some(axis) /> };
            axes.get().into_iter().map(choice).collect_view()
        })}
        <p class="quiet" role="status" class:hidden=live(move || missed.with(String::is_empty))>
            {missed}
        </p>
    }
}

/// Goes from step to step while the page plays, once what is shown has arrived.
fn play(page: Page) {
    let interval = Memo::new(move |_| {
        let count = page.playing_axis().and_then(|axis| page.of_axis(axis, Axis::len))?;
        Some(if count > MANY { FAST_INTERVAL } else { PLAY_INTERVAL })
    });
    Effect::new(move |timer: Option<Option<IntervalHandle>>| {
        if let Some(Some(timer)) = timer {
            timer.clear();
        }
        let advance = move || {
            if let Some(axis) = untrack(|| page.playing_axis())
                && !page.busy.get_untracked()
            {
                step_by(page, axis, 1);
            }
        };
        // Without a timer nothing plays; the button then simply has no effect.
        let interval = interval.get().filter(|_| page.playing.get())?;
        set_interval_with_handle(advance, interval).ok()
    });
}

/// Goes so many steps further along an axis, around at its ends.
fn step_by(page: Page, axis: u16, steps: i64) {
    let now = untrack(|| page.steps_now()).into_iter().find(|(candidate, _)| *candidate == axis);
    let count = untrack(|| page.of_axis(axis, Axis::len)).unwrap_or_default();
    if let Some((_, now)) = now.filter(|_| count > 0) {
        page.go(axis, (i64::from(now) + steps).rem_euclid(i64::from(count)) as u32);
    }
}

/// The control of an axis.
#[component]
fn AxisChoice(
    /// The axis.
    axis: u16,
    /// Whether it is the one along which the variable plays.
    plays: bool,
) -> impl IntoView {
    let page = Page::current();
    let part =
        move |part: fn(&Axis) -> String| untrack(|| page.of_axis(axis, part)).unwrap_or_default();
    let (title, is_years) = (part(Axis::title), untrack(|| page.of_axis(axis, Axis::is_years)));
    let count = untrack(|| page.of_axis(axis, Axis::len)).unwrap_or_default();
    let control = untrack(|| page.of_axis(axis, Control::of)).unwrap_or(Control::Slider);
    let id = if is_years == Some(true) { "year".to_owned() } else { format!("axis-{axis}") };
    let steps = page.steps();
    let step = Memo::new(move |_| {
        steps
            .with(|steps| {
                steps.iter().find(|(candidate, _)| *candidate == axis).map(|(_, step)| *step)
            })
            .unwrap_or_default()
    });
    let selected = Signal::derive(move || step.get() as usize);
    let choose = move |index: usize| page.go(axis, index as u32);
    let options = Signal::derive(move || {
        let named = |step| {
            let label = page.of_axis(axis, |axis| axis.description(step)).unwrap_or_default();
            Alternative { label, name: None }
        };
        (0..count).map(named).collect::<Vec<_>>()
    });
    let control = match control {
        Control::Segments if is_years == Some(true) => {
            view! { <Segments legend=title.clone() name=id options selected on_select=choose /> }
                .into_any()
        }
        Control::Segments => view! {
            <span class="axis-title" aria-hidden="true">{title.clone()}</span>
            <Segments legend=title.clone() name=id options selected on_select=choose />
        }
        .into_any(),
        Control::Menu => {
            view! { <Menu label=title.clone() id options selected on_select=choose /> }.into_any()
        }
        Control::Slider => view! { <Slider axis id title=title.clone() step count /> }.into_any(),
    };
    let name = if is_years == Some(true) {
        "Play through the years".to_owned()
    } else {
        format!("Play: {title}")
    };
    view! {
        <div class="years">
            {control}
            <Shown when=move || plays && (count > 1)>
                <button
                    type="button"
                    class="icon"
                    aria-label=name.clone()
                    title=name.clone()
                    aria-pressed=live(move || page.playing.get().to_string())
                    on:click=heard(move |_| page.playing.update(|playing| *playing = !*playing))
                >
                    <Glyph icon=Signal::derive(move || {
                        if page.playing.get() { Icon::Pause } else { Icon::Play }
                    }) />
                </button>
            </Shown>
        </div>
    }
}

/// A slider for many steps, with a field for the one that is wanted and buttons to its neighbours.
#[component]
fn Slider(
    /// The axis.
    axis: u16,
    /// An id that nothing else of the page has.
    id: String,
    /// What is chosen.
    title: String,
    /// The step that is shown.
    step: Memo<u32>,
    /// Number of steps.
    count: u32,
) -> impl IntoView {
    let page = Page::current();
    // Where the slider is while it moves.
    let moved = RwSignal::new(None::<u32>);
    let rest = StoredValue::new(None::<TimeoutHandle>);
    let at = Memo::new(move |_| moved.get().unwrap_or_else(|| step.get()));
    let text = Memo::new(move |_| {
        page.of_axis(axis, |axis| axis.description(at.get())).unwrap_or_default()
    });
    let slide = move |event: web_sys::Event| {
        let Ok(wanted) = event_target_value(&event).parse() else { return };
        moved.set(Some(wanted));
        if let Some(timer) = rest.get_value() {
            timer.clear();
        }
        let arrive = move || {
            moved.set(None);
            page.go(axis, wanted);
        };
        rest.set_value(set_timeout_with_handle(arrive, REST).ok());
    };
    let ask = move |event: web_sys::Event| {
        let wanted = event_target_value(&event);
        let find = |axis: &Axis| axis.find(wanted.trim());
        let found = untrack(|| page.of_axis(axis, find));
        if let Some(Found::Exact(step) | Found::Earlier(step)) = found {
            page.go(axis, step);
        }
        // What makes no sense, or is written otherwise, becomes what is shown.
        event_target::<web_sys::HtmlInputElement>(&event).set_value(&text.get_untracked());
    };
    let neighbour = |name: String, icon: Icon, steps: i64| {
        view! {
            <button
                type="button"
                class="icon"
                aria-label=name.clone()
                title=name
                on:click=heard(move |_| step_by(page, axis, steps))
            >
                <Glyph icon />
            </button>
        }
    };
    let field = format!("{id}-label");
    view! {
        <div class="steps">
            <div class="row">
                <label for=field.clone()>{title.clone()}</label>
                <input id=field type="text" autocomplete="off" spellcheck="false" prop:value=text on:change=ask />
            </div>
            <div class="row">
                {neighbour(format!("Previous: {title}"), Icon::Back, -1)}
                <input
                    id=id
                    type="range"
                    min="0"
                    max=(count.max(1) - 1).to_string()
                    step="1"
                    aria-label=title.clone()
                    aria-valuetext=text
                    prop:value=live(move || at.get().to_string())
                    on:input=heard(slide)
                />
                {neighbour(format!("Next: {title}"), Icon::Forward, 1)}
            </div>
        </div>
    }
}
