//! The inspected place: its values step by step along the axis that plays, as a chart and as a table.

use std::sync::Arc;

use leptos::either::EitherOf4;
use leptos::prelude::*;

use super::controls::{Glyph, Icon};
use super::erased::{Shown, heard, live};
use super::status::TileCard;
use crate::axis::Axis;
use crate::chunk::VariableId;
use crate::number::text;
use crate::state::chart::{Chart, LEAST_SPAN, labelled};
use crate::state::colours::meaning;
use crate::state::inspection::{Inspection, Reading, Series};
use crate::state::page::Page;
use crate::units::{Measure, Unit};

/// The most variables beside one another; of more, one has the table for itself.
const MOST_COLUMNS: usize = 3;
/// The most rows; of more steps those around the shown one are listed ...
const MOST_ROWS: usize = 48;
/// ... so many of them.
const ROWS: usize = 24;
/// The most dots of a chart; lines of more have none.
const MOST_DOTS: usize = 48;

/// Letters of a label that may stand half beside the chart.
const SHORT: usize = 6;

/// A variable of the table, with its place among all.
type Column = (usize, Arc<Series>);

/// The card of the inspected place.
#[component]
pub fn Inspector() -> impl IntoView {
    let page = Page::current();
    let place = Memo::new(move |_| page.inspection.with(Inspection::place));
    let body = move || match page.inspection.get() {
        Inspection::Nowhere => EitherOf4::A(()),
        Inspection::Reading(_) => EitherOf4::B(view! { <p class="quiet">"Reading…"</p> }),
        Inspection::Failed { message, .. } => {
            EitherOf4::C(view! { <p class="wrong">{message}</p> })
        }
        Inspection::Read(reading) => EitherOf4::D(view! { <Values reading /> }),
    };
    view! {
        <Shown when=move || place.get().is_some()>
            <section class="section inspector" id="inspector" aria-label="Inspected place">
                <header>
                    <h2>{live(move || place.get().map(|place| place.describe(4)))}</h2>
                    <button
                        type="button"
                        class="icon"
                        aria-label="Close the inspected place"
                        on:click=heard(move |_| page.stop_inspecting())
                    >
                        <Glyph icon=Icon::Close />
                    </button>
                </header>
                <div aria-live="polite">{body}</div>
                <TileCard />
            </section>
        </Shown>
    }
}

/// Chart and table of a place's values.
#[component]
fn Values(reading: Reading) -> impl IntoView {
    let page = Page::current();
    if reading.is_empty() {
        let years = |series: &Series| series.axis.as_ref().is_some_and(|axis| axis.is_years());
        let has_years = reading.series.iter().any(years);
        let nothing = if has_years { "No data here in any year." } else { "No data here." };
        return view! { <p class="quiet">{nothing}</p> }.into_any();
    }
    let variable = page.variable();
    (move || variable.get().map(|shown| tables(&reading, shown))).into_any()
}

/// The series that share the axis of the variable shown, and what the others hold where they are shown.
fn tables(reading: &Reading, shown: VariableId) -> AnyView {
    let Some(main) = reading.of(shown).cloned() else {
        return view! { <p class="quiet">"Not read."</p> }.into_any();
    };
    let series = || reading.series.iter().cloned().enumerate();
    let is_alike = |series: &Series| series.axis.is_some() && series.axis == main.axis;
    let has_room = series().filter(|(_, series)| is_alike(series)).count() <= MOST_COLUMNS;
    let is_column = |series: &Series| {
        main.axis.is_some() && (series.variable == shown || has_room && is_alike(series))
    };
    let (columns, others): (Vec<_>, Vec<_>) = series().partition(|(_, series)| is_column(series));
    let columns: Vec<Column> =
        columns.into_iter().map(|(index, series)| (index, Arc::new(series))).collect();
    let table = main.axis.clone().map(|axis| {
        view! {
            <ValueChart columns=columns.clone() />
            <StepTable axis=axis.title() main=main.clone() columns />
        }
    });
    let has_others = !others.is_empty();
    let rows = others.into_iter().map(|(_, series)| view! { <OtherValue series /> }).collect_view();
    let rest = has_others.then(|| {
        view! {
            <table class="others">
                <caption class="unseen">"Values of the other variables"</caption>
                <tbody>{rows}</tbody>
            </table>
        }
    });
    view! {
        {table}
        {rest}
    }
    .into_any()
}

/// The step of a variable along the axis along which it plays.
fn step_of(page: Page, variable: VariableId) -> Memo<u32> {
    Memo::new(move |_| {
        page.dataset
            .with(|dataset| {
                let dataset = dataset.as_ref()?;
                let steps = page.view.with(|view| view.steps_of(dataset, variable));
                steps.get(dataset.playing(variable)?).copied()
            })
            .unwrap_or_default()
    })
}

/// The values of some variables step by step.
#[component]
fn StepTable(
    /// What the axis is called.
    axis: String,
    /// The variable shown.
    main: Series,
    /// The variables.
    columns: Vec<Column>,
) -> impl IntoView {
    let page = Page::current();
    let unit = page.watch(|view| view.unit);
    let shown = step_of(page, main.variable);
    let head = columns
        .iter()
        .map(|(index, series)| {
            view! {
                <th scope="col" class=super::variables::class(*index)>
                    {series.label.clone()}
                </th>
            }
        })
        .collect_view();
    let steps: Vec<u32> = main.values.iter().map(|(step, _)| *step).collect();
    let count = steps.len();
    let all = main.axis.as_ref().map_or(count, |axis| axis.len() as usize);
    let note = (count > MOST_ROWS || count < all).then(|| {
        let read = if count < all {
            format!("{count} of {all} steps were read here. ")
        } else {
            String::new()
        };
        let listed =
            if count > MOST_ROWS { "The table lists those around the one shown." } else { "" };
        view! { <p class="quiet">{read}{listed}</p> }
    });
    let caption = format!("Values by {}", axis.to_lowercase());
    // In strides, so that playing does not renew the table at each step.
    let places = steps.clone();
    let first = Memo::new(move |_| {
        let at = places.iter().position(|step| *step == shown.get()).unwrap_or_default();
        let begin = (at / (ROWS / 2) * (ROWS / 2)).saturating_sub(ROWS / 4);
        if count > MOST_ROWS { begin.min(count - ROWS) } else { 0 }
    });
    let rows = move || {
        let listed = if count > MOST_ROWS { ROWS } else { count };
        let row = |&step: &u32| {
            let cells = columns
                .iter()
                .map(|(_, series)| {
                    let series = Arc::clone(series);
                    let meaning = meaning_of(&series, step);
                    view! { <td>{live(move || cell(&series, unit.get(), step))} {meaning}</td> }
                })
                .collect_view();
            let label = main.axis.as_ref().map(|axis| axis.description(step));
            view! {
                <tr class:shown=live(move || shown.get() == step)>
                    <th scope="row">{label}</th>
                    {cells}
                </tr>
            }
        };
        steps.iter().skip(first.get()).take(listed).map(row).collect_view()
    };
    view! {
        {note}
        <table>
            <caption class="unseen">{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{axis}</th>
                    {head}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// What another variable holds, where it is shown.
#[component]
fn OtherValue(series: Series) -> impl IntoView {
    let page = Page::current();
    let unit = page.watch(|view| view.unit);
    let step = step_of(page, series.variable);
    let name = series.label.clone();
    let value = move || {
        let (step, unit) = (step.get(), unit.get());
        view! { {cell(&series, unit, step)} {meaning_of(&series, step)} }
    };
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{value}</td>
        </tr>
    }
}

/// What a value means, where the store says so.
fn meaning_of(series: &Series, step: u32) -> impl IntoView + use<> {
    let meaning = series.value(step).flatten().map(|value| meaning(&series.flags, value));
    let meaning = meaning.filter(|meaning| !meaning.is_empty());
    meaning.map(|meaning| view! { <span class="meaning">{meaning}</span> })
}

fn cell(series: &Series, unit: Unit, step: u32) -> String {
    let quantity = &series.quantity;
    let describe = |value| quantity.measure(unit).describe(quantity.base(value));
    match series.value(step) {
        Some(value) => value.map_or_else(|| "no data".to_owned(), describe),
        None => "not read".to_owned(),
    }
}

/// The chart; the table says the same to those who cannot see it.
#[component]
fn ValueChart(columns: Vec<Column>) -> impl IntoView {
    const WIDTH: f64 = 288.0;
    const HEIGHT: f64 = 118.0;
    let page = Page::current();
    // Millimetres have no place on a scale of degrees.
    let (shown, measure) = (untrack(|| page.quantity_now()), page.measure());
    let alike = move |series: &Series| {
        !series.are_classes && series.quantity.measure(Unit::Kelvin) == shown.measure(Unit::Kelvin)
    };
    let drawn: Vec<_> = columns.into_iter().filter(|(_, series)| alike(series)).collect();
    let values: Vec<_> = drawn.iter().flat_map(|(_, series)| series.base_points()).collect();
    let least = if measure.with_untracked(Measure::is_temperature) { LEAST_SPAN } else { 0.0 };
    let chart = Chart::new(WIDTH, HEIGHT, least, &values)?;
    let grid = {
        let chart = chart.clone();
        move || {
            let (low, high) = chart.scale();
            let line = |tick: crate::units::Tick| {
                let y = chart.y(tick.value);
                view! {
                    <line class="rule" x1=text(chart.left()) x2=text(WIDTH) y1=text(y) y2=text(y)></line>
                    <text class="scale" x=text(chart.left() - 6.0) y=text(y + 3.5)>
                        {tick.label}
                    </text>
                }
            };
            measure.with(|measure| measure.ticks(low, high, 4)).into_iter().map(line).collect_view()
        }
    };
    let (_, longest) = drawn.iter().max_by_key(|(_, series)| series.values.len())?;
    let labels = labels(longest, &chart);
    let dots_fit = longest.values.len() <= MOST_DOTS;
    let now = longest.axis.clone().filter(|_| !dots_fit).map(|axis| {
        let (step, chart) = (step_of(page, longest.variable), chart.clone());
        let x = move || text(chart.x(axis.place(step.get())));
        view! { <line class="now" x1=x.clone() x2=x y1="0" y2=text(HEIGHT - 18.0)></line> }
    });
    let series = drawn
        .iter()
        .map(|(index, series)| {
            let points = series.base_points();
            let dots = points
                .iter()
                .filter(|_| dots_fit)
                .filter_map(|(place, value)| Some((*place, (*value)?)))
                .map(|(place, value)| {
                    view! { <circle cx=text(chart.x(place)) cy=text(chart.y(value)) r="3.5"></circle> }
                })
                .collect_view();
            view! {
                <g class=super::variables::class(*index)>
                    <path d=chart.line(&points)></path>
                    {dots}
                </g>
            }
        })
        .collect_view();
    Some(view! {
        <svg class="chart" viewBox=format!("0 0 {} {}", text(WIDTH), text(HEIGHT)) aria-hidden="true" focusable="false">
            {grid}
            {labels}
            {now}
            {series}
        </svg>
    })
}

/// What stands below a chart: the steps, or as many of them as there is room for.
fn labels(series: &Series, chart: &Chart) -> impl IntoView + use<> {
    let axis = series.axis.as_deref();
    let describe = |step| axis.map(|axis: &Axis| axis.description(step)).unwrap_or_default();
    let steps: Vec<u32> = series.values.iter().map(|(step, _)| *step).collect();
    let letters = steps.first().map_or(0, |&step| describe(step).chars().count());
    let places = labelled(steps.len(), letters);
    let (count, floor) = (places.len(), chart.floor());
    places
        .into_iter()
        .enumerate()
        .map(|(at, place)| {
            let x = text(chart.x(axis.map_or(0.0, |axis| axis.place(steps[place]))));
            // What would reach past the chart leans on its edge.
            let class = match at {
                _ if letters <= SHORT => "year",
                0 => "year first",
                _ if at + 1 == count => "year last",
                _ => "year",
            };
            view! {
                <text class=class x=x y=text(floor + 14.0)>
                    {describe(steps[place])}
                </text>
            }
        })
        .collect_view()
}
