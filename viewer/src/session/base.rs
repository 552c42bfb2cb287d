//! What there is of the base map, for maps and searches that are yet to come.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::basemap::{PlaceName, Scale};
use crate::map::Map;
use crate::render::Geometry;
use crate::search::NamedPlace;
use crate::state::progress::Progress;

/// What there is of the base map.
#[derive(Default)]
pub struct Base {
    /// The shapes for views of the world.
    pub(super) coarse: Progress,
    fine: Progress,
    /// The names.
    pub(super) names: Progress,
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

    /// Whether something of it could not be had.
    pub fn is_missing(&self) -> bool {
        [&self.coarse, &self.fine, &self.names].into_iter().any(Progress::is_missing)
    }

    /// Lets what could not be had be asked for again at once.
    pub fn forgive(&self) {
        self.coarse.forgive();
        self.fine.forgive();
        self.names.forgive();
    }

    /// How far the shapes of a scale have got.
    pub const fn progress(&self, scale: Scale) -> &Progress {
        match scale {
            Scale::Coarse => &self.coarse,
            Scale::Fine => &self.fine,
        }
    }

    /// Takes shapes, for the map or for the one that is to come.
    pub fn take_shapes(&self, map: Option<&Map>, scale: Scale, shapes: Geometry) {
        // Finer ones have been quicker.
        if scale == Scale::Coarse && self.fine.is_read() {
            return;
        }
        match map {
            Some(map) => map.set_geometry(shapes),
            None => drop(self.shapes.replace(Some(shapes))),
        }
    }

    /// Takes the names, for the map or for the one that is to come.
    pub fn take_places(&self, map: Option<&Map>, places: Vec<PlaceName>) {
        let places = self.places.get_or_init(|| places.into());
        if let Some(map) = map {
            map.set_places(places.clone());
        }
    }

    /// The named places, as far as there are any yet.
    pub fn named(&self) -> &[NamedPlace] {
        let named = self.places.get().map(|places| {
            let named = || places.iter().map(NamedPlace::from).collect();
            self.named.get_or_init(named).as_slice()
        });
        named.unwrap_or_default()
    }
}
