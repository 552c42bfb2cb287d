//! The inspected place: its values year by year, as a chart and as a table.

use leptos::either::EitherOf4;
use leptos::prelude::*;

use super::controls::{Glyph, Icon};
use super::status::TileCard;
use crate::state::chart::Chart;
use crate::state::choice::Choice;
use crate::state::inspection::{Inspection, Reading};
use crate::state::page::Page;
use crate::units::Unit;

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
        <Show when=move || place.get().is_some()>
            <section class="section inspector" id="inspector" aria-label="Inspected place">
                <header>
                    <h2>{move || place.get().map(|place| place.describe(4))}</h2>
                    <button
                        type="button"
                        class="icon"
                        aria-label="Close the inspected place"
                        on:click=move |_| page.stop_inspecting()
                    >
                        <Glyph icon=Icon::Close />
                    </button>
                </header>
                <div aria-live="polite">{body}</div>
                <TileCard />
            </section>
        </Show>
    }
}

/// Chart and table of a place's values.
#[component]
fn Values(reading: Reading) -> impl IntoView {
    let page = Page::current();
    let unit = page.watch(|view| view.unit);
    let shown = page.year();
    if reading.is_empty() {
        return view! { <p class="quiet">"No data here in any year."</p> }.into_any();
    }
    let years = reading.years();
    let head = reading
        .series
        .iter()
        .map(|series| {
            view! {
                <th scope="col" class=format!("series {}", series.variable.name())>
                    {series.variable.label()}
                </th>
            }
        })
        .collect_view();
    let rows = years
        .into_iter()
        .map(|year| {
            let cells = reading
                .series
                .iter()
                .map(|series| {
                    let value = series.value(year);
                    view! { <td>{move || cell(unit.get(), value)}</td> }
                })
                .collect_view();
            view! {
                <tr class:shown=move || shown.get() == Some(year)>
                    <th scope="row">{year}</th>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <ValueChart reading=reading.clone() />
        <table>
            <caption class="unseen">"Temperatures by year"</caption>
            <thead>
                <tr>
                    <th scope="col">"Year"</th>
                    {head}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn cell(unit: Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "no data".to_owned(), |kelvin| unit.describe(kelvin))
}

/// The chart; the table says the same to those who cannot see it.
#[component]
fn ValueChart(reading: Reading) -> impl IntoView {
    const WIDTH: f64 = 288.0;
    const HEIGHT: f64 = 118.0;
    let unit = Page::current().watch(|view| view.unit);
    let values: Vec<_> = reading.series.iter().flat_map(|series| series.points.clone()).collect();
    let chart = Chart::new(WIDTH, HEIGHT, &values)?;
    let grid = {
        let chart = chart.clone();
        move || {
            let (low, high) = chart.scale();
            let line = |tick: crate::units::Tick| {
                let y = chart.y(tick.kelvin);
                view! {
                    <line class="rule" x1=chart.left() x2=WIDTH y1=y y2=y></line>
                    <text class="scale" x=chart.left() - 6.0 y=y + 3.5>
                        {tick.label}
                    </text>
                }
            };
            unit.get().ticks(low, high, 4).into_iter().map(line).collect_view()
        }
    };
    let floor = chart.floor();
    let years = chart
        .years()
        .iter()
        .map(|year| {
            view! {
                <text class="year" x=chart.x(*year) y=floor + 14.0>
                    {*year}
                </text>
            }
        })
        .collect_view();
    let series = reading
        .series
        .iter()
        .map(|series| {
            let dots = series
                .points
                .iter()
                .filter_map(|(year, value)| Some((*year, (*value)?)))
                .map(|(year, kelvin)| {
                    view! { <circle cx=chart.x(year) cy=chart.y(kelvin) r="3.5"></circle> }
                })
                .collect_view();
            view! {
                <g class=format!("series {}", series.variable.name())>
                    <path d=chart.line(&series.points)></path>
                    {dots}
                </g>
            }
        })
        .collect_view();
    Some(view! {
        <svg class="chart" viewBox=format!("0 0 {WIDTH} {HEIGHT}") aria-hidden="true" focusable="false">
            {grid}
            {years}
            {series}
        </svg>
    })
}
