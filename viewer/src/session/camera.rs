//! Where the map looks, and what moves it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;

use super::Session;
use crate::browser;
use crate::chunk::VariableId;
use crate::dataset::Dataset;
use crate::map::Map;
use crate::search::Place;
use crate::state::page::Page;
use crate::state::range::Range;
use crate::view::{View, Viewport};

/// A place so close to a phone's sheet, in CSS pixels, counts as covered: its marker would be.
const COVERED_MARGIN: f64 = 20.0;

/// Where the map looks.
pub fn now(session: Session) -> View {
    let parts = session.parts();
    let map = parts.map.borrow();
    map.as_ref().map_or_else(|| session.page.view.with_untracked(|view| view.camera), Map::view)
}

/// Lets the map look elsewhere at once.
pub fn set(session: Session, camera: View) {
    if let Some(map) = &*session.parts().map.borrow() {
        map.set_view(camera);
    }
    session.page.change(|view| view.camera = camera);
}

/// Lets the map look at all of a dataset that has just been opened, unless somebody has said where it looks.
pub fn aim(session: Session, dataset: &Dataset) {
    let view = session.page.view.get_untracked();
    let camera = view.camera_for(dataset, screen());
    if camera != view.camera {
        set(session, camera);
        session.page.change(|view| view.is_aimed = true);
    }
}

/// The page's inner size, all of which the map fills.
fn screen() -> Viewport {
    let window = browser::window();
    let length = |length: Result<JsValue, JsValue>| length.ok().and_then(|length| length.as_f64());
    Viewport {
        width: length(window.inner_width()).unwrap_or_default(),
        height: length(window.inner_height()).unwrap_or_default(),
        pixel_ratio: window.device_pixel_ratio(),
    }
}

/// Lets the map move to a place.
pub fn fly_to(session: Session, place: Place, zoom: f64) {
    if let Some(map) = &*session.parts().map.borrow() {
        map.fly_to(View { lon: place.lon, lat: place.lat, zoom });
    }
}

/// Moves a place out from under a phone's sheet, into the middle of what that leaves of the map.
pub fn uncover(session: Session, place: Place) {
    let panel = document().query_selector(".panel").ok().flatten();
    let parts = session.parts();
    let map = parts.map.borrow();
    let (Some(panel), Some(map)) = (panel, &*map) else { return };
    let sheet = panel.get_bounding_client_rect();
    let Some((x, y)) = map.project(place.lon, place.lat) else { return };
    let is_covered = (sheet.left()..sheet.right()).contains(&x)
        && (sheet.top() - COVERED_MARGIN..sheet.bottom()).contains(&y);
    if browser::is_phone() && is_covered {
        map.pan_by(0.0, sheet.top() / 2.0 - y);
    }
}

/// Zooms about the middle.
pub fn zoom_by(session: Session, steps: f64) {
    if let Some(map) = &*session.parts().map.borrow() {
        map.zoom_by(steps);
    }
}

/// Fits the range to the values in view, if there are any.
pub fn fit_range(session: Session) {
    find_range(session, |page, _, range| page.change(|view| view.range = Some(range)));
}

/// Finds the range of a variable of which none is known, once the screen shows it.
pub fn fit_unknown(session: Session) {
    let is_known = |page: Page| untrack(|| page.knows_range() || page.are_classes_now());
    if !is_known(session.page) {
        // Another one may have been found meanwhile: the first counts.
        find_range(session, |page, variable, range| {
            page.fitted.update(|fitted| fitted.push((variable, range)));
        });
    }
}

/// Finds the range of the values in view, if there are any, and does something with it unless the page shows another
/// variable by then.
fn find_range(session: Session, act: fn(Page, VariableId, Range)) {
    let page = session.page;
    let Some(variable) = untrack(|| page.variable_now()) else { return };
    let parts = session.parts();
    let Some(map) = parts.map.borrow().clone() else { return };
    let store = parts.stores.get();
    spawn_local(async move {
        let Some((low, high)) = map.visible_range().await else { return };
        let is_other = session.parts().stores.get() != store;
        if is_other || untrack(|| page.variable_now()) != Some(variable) {
            return;
        }
        let (quantity, measure) = untrack(|| (page.quantity_now(), page.measure_now()));
        if let Some(range) = Range::between(quantity.base(low), quantity.base(high)) {
            act(page, variable, range.widened(&measure));
        }
    });
}
