//! `window.floe`: the page for those who embed or test it.
//!
//! | name | |
//! |---|---|
//! | `view()` | `{lon, lat, zoom}`, and `variable`, `year` and `projection` |
//! | `setView({lon, lat, zoom})` | looks there at once; what is left out stays |
//! | `select({variable, year})` | shows these; what is left out stays |
//! | `inspect(lon, lat)` | promise of `{lat, lon, values: {variable: {year: kelvin or null}}}`, and `row` and `col` of the pixel |
//! | `idle()` | promise: nothing is pending and everything is drawn |
//! | `error` | null, or the message that the page shows |
//!
//! Arguments that make no sense are a `TypeError`.

use js_sys::{Function, Object, Promise, Reflect, TypeError};
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::future_to_promise;

use crate::browser;
use crate::search::Place;
use crate::state::choice::Choice;
use crate::state::inspection::Reading;
use crate::state::page::Page;
use crate::view::View;

/// Puts `floe` on the window, for as long as the page lives.
pub fn install(page: Page) {
    let floe = Object::new();
    put(&floe, "error", &JsValue::NULL);
    method(&floe, "view", Closure::<dyn Fn() -> JsValue>::new(move || view(page)));
    method(
        &floe,
        "setView",
        Closure::<dyn Fn(JsValue) -> Result<(), JsValue>>::new(move |to: JsValue| {
            set_view(page, &to)
        }),
    );
    method(
        &floe,
        "select",
        Closure::<dyn Fn(JsValue) -> Result<(), JsValue>>::new(move |what: JsValue| {
            select(page, &what)
        }),
    );
    method(
        &floe,
        "inspect",
        Closure::<dyn Fn(f64, f64) -> Promise>::new(move |lon, lat| inspect(page, lon, lat)),
    );
    method(
        &floe,
        "idle",
        Closure::<dyn Fn() -> Promise>::new(move || {
            future_to_promise(async move {
                page.idle().await;
                Ok(JsValue::UNDEFINED)
            })
        }),
    );
    let error = page.error();
    let shown = floe.clone();
    Effect::new(move |_| put(&shown, "error", &error.get().map_or(JsValue::NULL, JsValue::from)));
    put(&browser::window(), "floe", &floe);
}

fn view(page: Page) -> JsValue {
    let View { lon, lat, zoom } = page.camera();
    let result = Object::new();
    put(&result, "lon", &lon.into());
    put(&result, "lat", &lat.into());
    put(&result, "zoom", &zoom.into());
    page.view.with_untracked(|view| {
        put(&result, "variable", &view.variable.name().into());
        put(&result, "projection", &view.projection.code().into());
    });
    put(&result, "year", &untrack(|| page.year_now()).map_or(JsValue::NULL, JsValue::from));
    result.into()
}

fn set_view(page: Page, to: &JsValue) -> Result<(), JsValue> {
    let now = page.camera();
    let field = |name, now| Ok::<f64, JsValue>(number(to, name)?.unwrap_or(now));
    let view = View {
        lon: field("lon", now.lon)?,
        lat: field("lat", now.lat)?,
        zoom: field("zoom", now.zoom)?,
    };
    if !(-90.0..=90.0).contains(&view.lat) {
        return Err(wrong(&format!("lat must be from -90 to 90, found {}", view.lat)));
    }
    page.set_camera(view);
    Ok(())
}

fn select(page: Page, what: &JsValue) -> Result<(), JsValue> {
    let variable =
        match member(what, "variable") {
            None => None,
            Some(name) => {
                let name = name.as_string().unwrap_or_default();
                Some(name.parse().map_err(|error: floe_shared::schema::UnknownVariable| {
                    wrong(&error.to_string())
                })?)
            }
        };
    let year = match number(what, "year")? {
        None => None,
        Some(year) => {
            let years = untrack(|| page.years_now());
            let known = years.iter().copied().find(|known| (f64::from(*known) - year).abs() < 0.5);
            if known.is_none() && !years.is_empty() {
                return Err(wrong(&format!("year must be one of {years:?}, found {year}")));
            }
            known.or(Some(year as i32))
        }
    };
    page.select(variable, year);
    Ok(())
}

fn inspect(page: Page, lon: f64, lat: f64) -> Promise {
    let Some(place) = Place::new(lon, lat) else {
        let message = format!("no place at longitude {lon}, latitude {lat}");
        return Promise::reject(&wrong(&message));
    };
    future_to_promise(async move {
        page.inspect(place);
        match page.read_place(place).await {
            Ok(reading) => Ok(values(&reading, lon, lat)),
            Err(message) => Err(js_sys::Error::new(&message).into()),
        }
    })
}

fn values(reading: &Reading, lon: f64, lat: f64) -> JsValue {
    let values = Object::new();
    for series in &reading.series {
        let by_year = Object::new();
        for (year, value) in &series.points {
            put(&by_year, &year.to_string(), &value.map_or(JsValue::NULL, JsValue::from));
        }
        put(&values, series.variable.name(), &by_year);
    }
    let result = Object::new();
    put(&result, "lat", &lat.into());
    put(&result, "lon", &lon.into());
    put(&result, "row", &reading.row.into());
    put(&result, "col", &reading.col.into());
    put(&result, "values", &values);
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
