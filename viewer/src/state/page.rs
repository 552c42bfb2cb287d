//! The signals of the page, and what can be done to them.

use std::rc::Rc;
use std::sync::Arc;

use floe_shared::grid::TileIndex;
use floe_shared::schema::Variable;
use floe_shared::status::StatusBoard;
use leptos::prelude::*;

use super::inspection::Inspection;
use super::view::ViewState;
use crate::dataset::Dataset;
use crate::search::Place;

/// How far opening the store has got.
#[derive(Clone, Debug, PartialEq)]
pub enum Opening {
    /// Its metadata is on its way.
    Underway,
    /// It is open.
    Open,
    /// It cannot be shown.
    Failed(String),
}

/// How much of the page is there. The map's first picture, which is what the visitor came for, is neither
/// kept waiting by the controls nor by pictures of a page without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing that can be seen.
    Bare,
    /// The map.
    Map,
    /// The controls as well.
    Whole,
}

/// Whether the names of the base map are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    /// Not yet.
    Unread,
    /// No, and why.
    Missing(String),
    /// Yes.
    Read,
}

/// All signals of the page; every component finds them by [`Page::current`].
#[derive(Clone, Copy)]
pub struct Page {
    /// What is shown and how.
    pub view: RwSignal<ViewState>,
    /// How far opening the store has got.
    pub opening: RwSignal<Opening>,
    /// The open store.
    pub dataset: RwSignal<Option<Arc<Dataset>>>,
    /// The tiles' records; present once they have been shown.
    pub board: RwSignal<Option<Arc<StatusBoard>>>,
    /// Why there is no map.
    pub map_error: RwSignal<Option<String>>,
    /// Why some of the data is not drawn.
    pub trouble: RwSignal<Option<String>>,
    /// Whether chunks are on their way.
    pub busy: RwSignal<bool>,
    /// What is at the inspected place.
    pub inspection: RwSignal<Inspection>,
    /// How much of the page is there.
    pub stage: RwSignal<Stage>,
    /// Whether the years play.
    pub playing: RwSignal<bool>,
    /// Whether the whole panel is shown, and not its head alone.
    pub expanded: RwSignal<bool>,
    /// The scale bar: a distance in metres and its length in CSS pixels.
    pub scale: RwSignal<Option<(f64, f64)>>,
    /// Sources of the base map: what to write and what it links to.
    pub credits: RwSignal<Vec<(&'static str, &'static str)>>,
    /// Whether the names of the base map are there.
    pub places: RwSignal<Places>,
    /// Reader, map and addresses.
    pub(crate) session: StoredValue<Rc<crate::session::Session>, LocalStorage>,
}

impl Page {
    /// The page that the component belongs to.
    ///
    /// # Panics
    /// Outside [`crate::app::App`], which provides it.
    pub fn current() -> Self {
        expect_context()
    }

    /// Goes on to a stage, never back.
    pub fn reach(self, stage: Stage) {
        if self.stage.get_untracked() < stage {
            self.stage.set(stage);
        }
    }

    /// A part of the view; changes only when that part does.
    pub fn watch<T: PartialEq + Send + Sync + 'static>(self, part: fn(&ViewState) -> T) -> Memo<T> {
        // A plain function pointer: one instance of this code for each type, not for each caller.
        Memo::new(move |_| self.view.with(part))
    }

    /// Changes the view.
    pub fn change(self, change: impl FnOnce(&mut ViewState)) {
        self.view.update(change);
    }

    /// The dataset's years, ascending; none before it is open.
    pub fn years(self) -> Memo<Vec<i32>> {
        Memo::new(move |_| self.years_now())
    }

    /// The dataset's years, as [`Page::years`] has them.
    pub fn years_now(self) -> Vec<i32> {
        self.dataset
            .with(|dataset| dataset.as_ref().map(|dataset| dataset.years.clone()))
            .unwrap_or_default()
    }

    /// The year shown; none before the dataset is open.
    pub fn year(self) -> Memo<Option<i32>> {
        Memo::new(move |_| self.year_now())
    }

    /// The year shown, as [`Page::year`] has it.
    pub fn year_now(self) -> Option<i32> {
        let years = self.years_now();
        self.view.with(|view| view.year_of(&years))
    }

    /// The record of the tile at the inspected place, while the tiles' status is shown.
    pub fn inspected_tile(self) -> Memo<Option<TileIndex>> {
        Memo::new(move |_| {
            let place = self.view.with(|view| view.inspected.filter(|_| view.status))?;
            let grid = self.board.with(|board| board.as_ref().map(|board| board.grid))?;
            let (row, col) = grid.pixel_at(place.lon, place.lat)?;
            Some(grid.tile_of_pixel(row, col))
        })
    }

    /// Looks at a place.
    pub fn inspect(self, place: Place) {
        self.expanded.set(true);
        self.change(|view| view.inspected = Some(place));
    }

    /// Looks at no place any more.
    pub fn stop_inspecting(self) {
        self.change(|view| view.inspected = None);
    }

    /// Shows another variable or year.
    pub fn select(self, variable: Option<Variable>, year: Option<i32>) {
        self.change(|view| {
            view.variable = variable.unwrap_or(view.variable);
            view.year = year.or(view.year);
        });
    }
}
