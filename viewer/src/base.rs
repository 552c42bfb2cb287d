//! Brings the base map to map and search: its shapes, which the worker makes ready, and the names of places.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use js_sys::Date;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::basemap::{self, PlaceName, Scale, places};
use crate::map::Map;
use crate::render::Geometry;
use crate::scope;
use crate::search::NamedPlace;
use crate::session::Session;
use crate::state::page::{Page, Places, Stage};
use crate::state::progress::Progress;
use crate::worker::client::ReaderError;

/// What there is of the base map.
#[derive(Default)]
pub struct Base {
    coarse: Progress,
    fine: Progress,
    names: Progress,
    /// Shapes for which there is no map yet.
    shapes: RefCell<Option<Geometry>>,
    places: OnceCell<Rc<[PlaceName]>>,
    /// The same for the search, made when first asked for.
    named: OnceCell<Vec<NamedPlace>>,
}

impl Base {
    /// Whether something of it is on its way, or waits for the first picture.
    pub fn is_pending(&self) -> bool {
        self.names.is_unread()
            || [&self.coarse, &self.fine, &self.names].into_iter().any(Progress::is_underway)
    }

    /// Gives a map that has just come up what has come before it.
    pub fn furnish(&self, map: &Map) {
        if let Some(shapes) = self.shapes.take() {
            map.set_geometry(shapes);
        }
        if let Some(places) = self.places.get() {
            map.set_places(places.clone());
        }
    }

    /// Lets what could not be had be asked for again at once.
    pub fn forgive(&self) {
        self.fine.forgive();
        self.names.forgive();
    }

    const fn progress(&self, scale: Scale) -> &Progress {
        match scale {
            Scale::Coarse => &self.coarse,
            Scale::Fine => &self.fine,
        }
    }
}

impl Page {
    /// Reads the names once there is a first picture, or none to be had.
    pub fn follow_stage(self) {
        Effect::new(move |_| {
            if self.stage.get() == Stage::Whole {
                self.read_places();
            }
        });
    }

    /// Reads what has come to be of use: the finer shapes where the map has come near, and what could not be had
    /// before.
    pub fn read_base_map(self) {
        if self.camera().zoom >= basemap::FINE_ZOOM {
            self.read_shapes(Scale::Fine);
        }
        if self.stage.get_untracked() == Stage::Whole {
            self.read_places();
        }
    }

    /// Has the worker make shapes ready, for the map or for the one that is to come.
    pub fn read_shapes(self, scale: Scale) {
        let session = self.session();
        let Ok(reader) = &session.reader else { return };
        if !session.base.progress(scale).begin(Date::now()) {
            return;
        }
        let shapes = reader.shapes(scale);
        let session = Rc::clone(&session);
        spawn_local(async move {
            let shapes = shapes.await;
            session.base.progress(scale).end(shapes.is_ok(), Date::now());
            match shapes {
                Ok(shapes) => take_shapes(&session, scale, shapes),
                // A later move asks again.
                Err(ReaderError::Store { transient: true, .. }) => {}
                Err(error) => self.trouble.set(Some(error.to_string())),
            }
        });
    }

    fn read_places(self) {
        let session = self.session();
        if !session.base.names.begin(Date::now()) {
            return;
        }
        spawn_local(async move {
            let read = scope::bytes(basemap::PLACES).await;
            let read =
                read.and_then(|bytes| places::decode(&bytes).map_err(|error| error.to_string()));
            session.base.names.end(read.is_ok(), Date::now());
            self.places.set(match read {
                Ok(places) => {
                    let places = session.base.places.get_or_init(|| places.into());
                    if let Some(map) = &*session.map.borrow() {
                        map.set_places(places.clone());
                    }
                    Places::Read
                }
                Err(reason) => Places::Missing(reason),
            });
        });
    }

    /// Looks through the named places, where there are any yet.
    pub fn with_places<T>(self, look: impl FnOnce(&[NamedPlace]) -> T) -> T {
        self.places.track();
        let session = self.session();
        let named = session.base.places.get().map(|places| {
            let named = || places.iter().map(NamedPlace::from).collect();
            session.base.named.get_or_init(named).as_slice()
        });
        look(named.unwrap_or_default())
    }
}

fn take_shapes(session: &Session, scale: Scale, shapes: Geometry) {
    let base = &session.base;
    // Finer ones have been quicker.
    if scale == Scale::Coarse && base.fine.is_read() {
        return;
    }
    match &*session.map.borrow() {
        Some(map) => map.set_geometry(shapes),
        None => drop(base.shapes.replace(Some(shapes))),
    }
}
