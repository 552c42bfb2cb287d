//! `window.floe`: the page for those who embed or test it.
//!
//! | name | |
//! |---|---|
//! | `view()` | `{lon, lat, zoom}`, and `variable`, `year` (or null), `axes: {name: label}` and `projection` |
//! | `setView({lon, lat, zoom})` | looks there at once; what is left out stays |
//! | `select({variable, year, axes: {name: label}})` | shows these; what is left out stays |
//! | `dataset()` | what the store holds (below), or null until it is open |
//! | `inspect(lon, lat)` | promise of `{lat, lon, values: {variable: {label: value in its units, or null}}}`, and `row` and `col` of the shown variable's pixel, or null |
//! | `idle()` | promise: nothing is pending and everything is drawn |
//! | `error` | null, or the message that the page shows |
//!
//! A variable is called by its path in the store (`group/name`). A **label** is what a step of an axis is called: a year, an ISO date (or
//! moment, where not all are at midnight), a number, a text, or the index of what has no coordinate. `inspect` gives the steps of the axis along
//! which a variable plays (time before years before others), the other axes as they are shown; `""` stands for the value of a variable
//! without further axes. Along an axis of many steps it reads no more than [a stated number](crate::store::sampling) of chunks around the
//! step that is shown: what it did not read is not among the labels, and `part: {variable: [steps read, steps there are]}` says
//! of which variables.
//!
//! `dataset()` gives `variables` (`name`, `long_name`, `units`, `axes` by name, and `levels`, the finest first: `rows`, `cols`, `chunk_rows`,
//! `chunk_cols`, and in degrees the outer edges `west` and `first_lat` and the steps `dlon` and `dlat`), `axes` (`name`, `long_name`, `units`,
//! `kind`: "time", "number", "text" or "index", and `labels`), `left_out` (sentences about what is not drawn), `snapshot` and
//! `store`.
//!
//! Arguments that make no sense are a `TypeError`.

use js_sys::{Array, Function, Object, Promise, Reflect, TypeError};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

use crate::axis::{Axis, Found, Steps};
use crate::browser;
use crate::dataset::{GridInfo, LevelInfo};
use crate::number::text;
use crate::placement::Placement;
use crate::search::Place;
use crate::session::{Session, camera, idle, inspection};
use crate::state::choice::Choice;
use crate::state::inspection::Reading;
use crate::state::page::Page;
use crate::view::View;

/// The most labels that an error names.
const MOST_NAMED: u32 = 12;

/// Puts `floe` on the window, for as long as the page lives.
pub fn install(session: Session) {
    let floe = Object::new();
    put(&floe, "error", &JsValue::NULL);
    method(&floe, "view", Closure::<dyn Fn() -> JsValue>::new(move || view(session)));
    method(
        &floe,
        "setView",
        Closure::<dyn Fn(JsValue) -> Result<(), JsValue>>::new(move |to: JsValue| {
            set_view(session, &to)
        }),
    );
    method(
        &floe,
        "select",
        Closure::<dyn Fn(JsValue) -> Result<(), JsValue>>::new(move |what: JsValue| {
            select(session.page, &what)
        }),
    );
    method(
        &floe,
        "inspect",
        Closure::<dyn Fn(f64, f64) -> Promise>::new(move |lon, lat| inspect(session, lon, lat)),
    );
    method(
        &floe,
        "idle",
        Closure::<dyn Fn() -> Promise>::new(move || {
            future_to_promise(async move {
                idle::idle(session).await;
                Ok(JsValue::UNDEFINED)
            })
        }),
    );
    method(&floe, "dataset", Closure::<dyn Fn() -> JsValue>::new(move || dataset(session.page)));
    let error = session.page.error();
    let shown = floe.clone();
    Effect::new(move |_| put(&shown, "error", &error.get().map_or(JsValue::NULL, JsValue::from)));
    put(&browser::window(), "floe", &floe);
    browser::say_that_it_has_loaded();
}

fn view(session: Session) -> JsValue {
    let page = session.page;
    let View { lon, lat, zoom } = camera::now(session);
    let result = Object::new();
    put(&result, "lon", &lon.into());
    put(&result, "lat", &lat.into());
    put(&result, "zoom", &zoom.into());
    page.view.with_untracked(|view| {
        put(&result, "projection", &view.projection.code().into());
    });
    let variable = untrack(|| page.info_now()).map(|info| JsValue::from(info.name));
    put(&result, "variable", &variable.unwrap_or(JsValue::NULL));
    put(&result, "year", &untrack(|| page.year_now()).map_or(JsValue::NULL, JsValue::from));
    let axes = Object::new();
    for (axis, step) in untrack(|| page.steps_now()) {
        let named = |axis: &Axis| (axis.name.clone(), axis.label(step));
        if let Some((name, label)) = untrack(|| page.of_axis(axis, named)) {
            put(&axes, &name, &label.into());
        }
    }
    put(&result, "axes", &axes);
    result.into()
}

/// What the store holds.
fn dataset(page: Page) -> JsValue {
    let Some(dataset) = page.dataset.get_untracked() else { return JsValue::NULL };
    let level = |level: &LevelInfo| {
        let Placement { west, first_lat, dlon, dlat, cols, rows, .. } = level.placement;
        object(&[
            ("rows", rows.into()),
            ("cols", cols.into()),
            ("chunk_rows", level.chunk_rows.into()),
            ("chunk_cols", level.chunk_cols.into()),
            ("west", west.into()),
            ("first_lat", first_lat.into()),
            ("dlon", dlon.into()),
            ("dlat", dlat.into()),
        ])
    };
    let levels = |grid: &GridInfo| grid.levels.iter().map(level).collect::<Array>();
    let variables = dataset.ids().map(|(id, info)| {
        let axes = dataset.axes_of(id).map(|axis| JsValue::from(axis.name.as_str()));
        object(&[
            ("name", info.name.as_str().into()),
            ("long_name", info.long_name.as_str().into()),
            ("units", info.units.as_str().into()),
            ("axes", axes.collect::<Array>().into()),
            ("levels", dataset.grid(id).map(levels).unwrap_or_default().into()),
        ])
    });
    let axes = dataset.axes.iter().map(|axis| {
        let kind = match axis.steps {
            Steps::Numbers { .. } => "number",
            Steps::Times { .. } => "time",
            Steps::Texts(_) => "text",
            Steps::Indices(_) => "index",
        };
        let labels = (0..axis.len()).map(|step| JsValue::from(axis.label(step)));
        object(&[
            ("name", axis.name.as_str().into()),
            ("long_name", axis.long_name.as_str().into()),
            ("units", axis.units.as_str().into()),
            ("kind", kind.into()),
            ("labels", labels.collect::<Array>().into()),
        ])
    });
    let left_out = dataset.left_out.iter().map(|sentence| JsValue::from(sentence.as_str()));
    object(&[
        ("variables", variables.collect::<Array>().into()),
        ("axes", axes.collect::<Array>().into()),
        ("left_out", left_out.collect::<Array>().into()),
        ("snapshot", dataset.snapshot.as_str().into()),
        ("store", dataset.store_url.as_str().into()),
    ])
}

fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        put(&object, name, value);
    }
    object.into()
}

fn set_view(session: Session, to: &JsValue) -> Result<(), JsValue> {
    let now = camera::now(session);
    let field = |name, now| Ok::<f64, JsValue>(number(to, name)?.unwrap_or(now));
    let view = View {
        lon: field("lon", now.lon)?,
        lat: field("lat", now.lat)?,
        zoom: field("zoom", now.zoom)?,
    };
    if !(-90.0..=90.0).contains(&view.lat) {
        return Err(wrong(&format!("lat must be from -90 to 90, found {}", text(view.lat))));
    }
    camera::set(session, view);
    Ok(())
}

fn select(page: Page, what: &JsValue) -> Result<(), JsValue> {
    let variable = match member(what, "variable") {
        None => None,
        Some(name) => {
            let name = name.as_string().unwrap_or_default();
            let dataset = page.dataset.get_untracked();
            let names: Vec<&str> = dataset
                .iter()
                .flat_map(|dataset| &dataset.variables)
                .map(|info| info.name.as_str())
                .collect();
            if !names.is_empty() && !names.contains(&name.as_str()) {
                return Err(wrong(&format!("variable must be one of {names:?}, found {name}")));
            }
            Some(name)
        }
    };
    let mut steps = Vec::new();
    if let Some(year) = number(what, "year")? {
        steps.push(("year".to_owned(), text(year)));
    }
    if let Some(axes) = member(what, "axes") {
        for name in Object::keys(axes.unchecked_ref::<Object>()) {
            let name = name.as_string().unwrap_or_default();
            if let Some(value) = member(&axes, &name) {
                let label = value.as_string().or_else(|| value.as_f64().map(text));
                let label =
                    label.ok_or_else(|| wrong(&format!("{name} must be a text or a number")))?;
                steps.push((name, label));
            }
        }
    }
    check(page, variable.as_deref(), &steps)?;
    page.select(variable, steps);
    Ok(())
}

/// Refuses steps that a variable (else the one shown) does not have, once that is known.
fn check(page: Page, variable: Option<&str>, steps: &[(String, String)]) -> Result<(), JsValue> {
    let Some(dataset) = page.dataset.get_untracked() else { return Ok(()) };
    let named = variable.and_then(|name| dataset.named(name));
    let Some(shown) = named.or_else(|| untrack(|| page.variable_now())) else { return Ok(()) };
    for (name, label) in steps {
        let is_it = |axis: &&Axis| axis.name == *name || name == "year" && axis.is_time();
        let Some(axis) = dataset.axes_of(shown).find(is_it) else {
            // Other variables may have it.
            if dataset.axes.iter().any(|axis| axis.name == *name) {
                continue;
            }
            let names: Vec<&str> = dataset.axes.iter().map(|axis| axis.name.as_str()).collect();
            return Err(wrong(&format!("{name} must be one of the axes {names:?}")));
        };
        if !matches!(axis.find(label), Found::Exact(_)) {
            let most = axis.len().min(MOST_NAMED);
            let mut known = (0..most).map(|step| axis.label(step)).collect::<Vec<_>>().join(", ");
            if most < axis.len() {
                known = format!("{known}, ... {}", axis.label(axis.len() - 1));
            }
            return Err(wrong(&format!("{name} must be one of [{known}], found {label}")));
        }
    }
    Ok(())
}

fn inspect(session: Session, lon: f64, lat: f64) -> Promise {
    let Some(place) = Place::new(lon, lat) else {
        let message = format!("no place at longitude {}, latitude {}", text(lon), text(lat));
        return Promise::reject(&wrong(&message));
    };
    future_to_promise(async move {
        session.page.inspect(place);
        match inspection::read_place(session, place).await {
            Ok(reading) => Ok(values(&reading, lon, lat)),
            Err(message) => Err(js_sys::Error::new(&message).into()),
        }
    })
}

fn values(reading: &Reading, lon: f64, lat: f64) -> JsValue {
    let (values, part) = (Object::new(), Object::new());
    for series in &reading.series {
        let by_label = Object::new();
        for &(step, value) in &series.values {
            put(&by_label, &series.step_label(step), &value.map_or(JsValue::NULL, JsValue::from));
        }
        put(&values, &series.name, &by_label);
        if series.is_part() {
            let all = series.axis.as_ref().map_or(0, |axis| axis.len());
            let counts = Array::of2(&(series.values.len() as u32).into(), &all.into());
            put(&part, &series.name, &counts);
        }
    }
    let result = Object::new();
    put(&result, "lat", &lat.into());
    put(&result, "lon", &lon.into());
    let (row, col) = reading.pixel.unzip();
    put(&result, "row", &row.map_or(JsValue::NULL, JsValue::from));
    put(&result, "col", &col.map_or(JsValue::NULL, JsValue::from));
    put(&result, "values", &values);
    if Object::keys(&part).length() > 0 {
        put(&result, "part", &part);
    }
    result.into()
}

/// A member of an argument that is not absent.
fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into())
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

fn number(object: &JsValue, name: &str) -> Result<Option<f64>, JsValue> {
    match member(object, name) {
        None => Ok(None),
        Some(value) => match value.as_f64().filter(|number| number.is_finite()) {
            Some(number) => Ok(Some(number)),
            None => Err(wrong(&format!("{name} must be a finite number"))),
        },
    }
}

fn wrong(message: &str) -> JsValue {
    TypeError::new(message).into()
}

fn method<T: ?Sized + wasm_bindgen::closure::WasmClosure>(
    object: &Object,
    name: &str,
    closure: Closure<T>,
) {
    put(object, name, closure.into_js_value().unchecked_ref::<Function>());
}

fn put(object: &JsValue, name: &str, value: &JsValue) {
    // Only a frozen object refuses, and these are our own.
    let _ = Reflect::set(object, &name.into(), value);
}
