//! Brings the base map to map and search: its shapes, which the worker makes ready, and the names of places.

use js_sys::Date;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Session, camera};
use crate::basemap::{self, Scale, places};
use crate::scope;
use crate::search::NamedPlace;
use crate::state::page::{Places, Stage};
use crate::worker::client::ReaderError;

/// Reads the names once there is a first picture, or none to be had.
pub fn follow_stage(session: Session) {
    Effect::new(move |_| {
        if session.page.stage.get() == Stage::Whole {
            read_places(session);
        }
    });
}

/// Reads what has come to be of use: the finer shapes where the map has come near, and what could not be had
/// before.
pub fn read_what_is_of_use(session: Session) {
    if camera::now(session).zoom >= basemap::FINE_ZOOM {
        read_shapes(session, Scale::Fine);
    }
    if session.parts().base.coarse.is_unread() {
        read_shapes(session, Scale::Coarse);
    }
    if session.page.stage.get_untracked() == Stage::Whole {
        read_places(session);
    }
}

/// Has the worker make shapes ready, for the map or for the one that is to come.
pub fn read_shapes(session: Session, scale: Scale) {
    let parts = session.parts();
    let Ok(reader) = session.reader() else { return };
    if !parts.base.progress(scale).begin(Date::now()) {
        return;
    }
    let shapes = reader.shapes(scale);
    spawn_local(async move {
        let shapes = shapes.await;
        parts.base.progress(scale).end(shapes.is_ok(), Date::now());
        match shapes {
            Ok(shapes) => parts.base.take_shapes(parts.map.borrow().as_ref(), scale, shapes),
            Err(ReaderError::Store { transient: true, .. }) => session.page.recover_later(),
            Err(error) => session.page.base_trouble.set(Some(error.to_string())),
        }
    });
}

fn read_places(session: Session) {
    let parts = session.parts();
    if !parts.base.names.begin(Date::now()) {
        return;
    }
    spawn_local(async move {
        let read = scope::bytes(basemap::PLACES).await;
        let read = read.and_then(|bytes| places::decode(&bytes).map_err(|error| error.to_string()));
        parts.base.names.end(read.is_ok(), Date::now());
        session.page.places.set(match read {
            Ok(places) => {
                parts.base.take_places(parts.map.borrow().as_ref(), places);
                Places::Read
            }
            Err(reason) => {
                session.page.recover_later();
                Places::Missing(reason)
            }
        });
    });
}

/// Looks through the named places, where there are any yet.
pub fn with_places<T>(session: Session, look: impl FnOnce(&[NamedPlace]) -> T) -> T {
    session.page.places.track();
    look(session.parts().base.named())
}
