//! The signals of the page, and what can be done to them.

use std::sync::Arc;

use floe_shared::grid::TileIndex;
use floe_shared::status::StatusBoard;
use leptos::prelude::*;

use super::inspection::Inspection;
use super::range::Range;
use super::view::ViewState;
use crate::axis::{Axis, Found};
use crate::chunk::VariableId;
use crate::dataset::{Dataset, Texts, VariableInfo};
use crate::search::Place;
use crate::units::{Measure, Quantity, Unit};

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

/// How far opening another store has got, beside the one that is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    /// Nothing is being opened.
    None,
    /// Its metadata is on its way.
    Underway,
    /// It cannot be shown, and why.
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
    /// How far opening another store has got.
    pub attempt: RwSignal<Attempt>,
    /// The open store.
    pub dataset: RwSignal<Option<Arc<Dataset>>>,
    /// The tiles' records; present once they have been shown.
    pub board: RwSignal<Option<Arc<StatusBoard>>>,
    /// Why there is no map.
    pub map_error: RwSignal<Option<String>>,
    /// Why some of the data is not drawn.
    pub trouble: RwSignal<Option<String>>,
    /// Why some of the base map is not drawn: no store that opens puts that right.
    pub base_trouble: RwSignal<Option<String>>,
    /// The bytes of a view for which the visitor has to be asked.
    pub heavy: RwSignal<Option<u64>>,
    /// Whether the view has more data than the map has room for.
    pub cut: RwSignal<bool>,
    /// What the visitor is told in passing.
    pub remark: RwSignal<Option<&'static str>>,
    /// The ranges of what was on the screen when variables came there of which no range was known.
    pub fitted: RwSignal<Vec<(VariableId, Range)>>,
    /// Whether chunks are on their way.
    pub busy: RwSignal<bool>,
    /// What is at the inspected place.
    pub inspection: RwSignal<Inspection>,
    /// How much of the page is there.
    pub stage: RwSignal<Stage>,
    /// Whether the variable shown plays.
    pub playing: RwSignal<bool>,
    /// Whether the whole panel is shown, and not its head alone.
    pub expanded: RwSignal<bool>,
    /// The scale bar: a distance in metres and its length in CSS pixels.
    pub scale: RwSignal<Option<(f64, f64)>>,
    /// Sources of the base map: what to write and what it links to.
    pub credits: RwSignal<Vec<(&'static str, &'static str)>>,
    /// Whether the names of the base map are there.
    pub places: RwSignal<Places>,
    /// Whether something could not be had that is asked for again until it is there.
    pub is_lacking: RwSignal<bool>,
}

impl Page {
    /// A page of which nothing is there yet, with the whole panel or its head alone.
    pub fn new(view: ViewState, expanded: bool) -> Self {
        Self {
            view: RwSignal::new(view),
            opening: RwSignal::new(Opening::Underway),
            attempt: RwSignal::new(Attempt::None),
            dataset: RwSignal::new(None),
            board: RwSignal::new(None),
            map_error: RwSignal::new(None),
            trouble: RwSignal::new(None),
            base_trouble: RwSignal::new(None),
            heavy: RwSignal::new(None),
            cut: RwSignal::new(false),
            remark: RwSignal::new(None),
            fitted: RwSignal::new(Vec::new()),
            busy: RwSignal::new(false),
            inspection: RwSignal::new(Inspection::Nowhere),
            stage: RwSignal::new(Stage::Bare),
            playing: RwSignal::new(false),
            expanded: RwSignal::new(expanded),
            scale: RwSignal::new(None),
            credits: RwSignal::new(Vec::new()),
            places: RwSignal::new(Places::Unread),
            is_lacking: RwSignal::new(false),
        }
    }

    /// The page that the component belongs to.
    ///
    /// # Panics
    /// Outside the component that provides it.
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

    /// The axes of the variable shown beside latitude and longitude, as places in [`Dataset::axes`], with the steps that are
    /// shown; none before the dataset is open.
    pub fn steps(self) -> Memo<Vec<(u16, u32)>> {
        Memo::new(move |_| self.steps_now())
    }

    /// The same as [`Page::steps`] has it.
    pub fn steps_now(self) -> Vec<(u16, u32)> {
        let Some(variable) = self.variable_now() else { return Vec::new() };
        let steps = |dataset: &Dataset| {
            let steps = self.view.with(|view| view.steps_of(dataset, variable));
            let axes = dataset.variable(variable).map(|info| info.axes.clone());
            axes.unwrap_or_default().into_iter().zip(steps).collect()
        };
        self.dataset.with(|dataset| dataset.as_deref().map(steps)).unwrap_or_default()
    }

    /// Something of an axis of the dataset; none before that is open.
    pub fn of_axis<T>(self, axis: u16, part: impl FnOnce(&Axis) -> T) -> Option<T> {
        self.dataset.with(|dataset| dataset.as_ref()?.axes.get(usize::from(axis)).map(part))
    }

    /// The axis along which the variable shown plays.
    pub fn playing_axis(self) -> Option<u16> {
        let variable = self.variable_now()?;
        self.dataset.with(|dataset| {
            let dataset = dataset.as_ref()?;
            dataset.variable(variable)?.axes.get(dataset.playing(variable)?).copied()
        })
    }

    /// The plane shown; none before the dataset is open.
    pub fn plane_now(self) -> Option<u32> {
        let variable = self.variable_now()?;
        self.dataset
            .with(|dataset| self.view.with(|view| view.plane_of(dataset.as_ref()?, variable)))
    }

    /// The year shown, where the variable shown has an axis of years.
    pub fn year_now(self) -> Option<i32> {
        let year = |(axis, step)| {
            self.of_axis(axis, |axis| axis.is_years().then(|| axis.place(step) as i32)).flatten()
        };
        self.steps_now().into_iter().find_map(year)
    }

    /// Shows a step along an axis.
    pub fn go(self, axis: u16, step: u32) {
        let wanted = untrack(|| self.of_axis(axis, |axis| (axis.name.clone(), axis.label(step))));
        if let Some((name, label)) = wanted {
            self.change(|view| view.ask(&name, label));
        }
    }

    /// Says of what was asked for along the axes of the variable shown, but is not there, what is shown instead.
    pub fn missed(self) -> Vec<String> {
        let missed = |(axis, step): (u16, u32)| {
            self.of_axis(axis, |axis| {
                let asked = self.view.with(|view| view.asked(axis).map(str::to_owned))?;
                let is_there = matches!(axis.find(&asked), Found::Exact(_));
                let (name, shown) = (&axis.name, axis.label(step));
                (!is_there).then(|| format!("There is no {name} {asked}: {shown} is shown."))
            })
        };
        self.steps_now().into_iter().filter_map(|step| missed(step).flatten()).collect()
    }

    /// The variable shown; none before the dataset is open.
    pub fn variable(self) -> Memo<Option<VariableId>> {
        Memo::new(move |_| self.variable_now())
    }

    /// The variable shown, as [`Page::variable`] has it.
    pub fn variable_now(self) -> Option<VariableId> {
        let shown = |dataset: &Dataset| self.view.with(|view| view.variable_of(dataset));
        self.dataset.with(|dataset| dataset.as_ref().and_then(|dataset| shown(dataset)))
    }

    /// What the store says of itself; nothing before it is open.
    pub fn texts(self) -> Memo<Texts> {
        Memo::new(move |_| {
            self.dataset.with(|dataset| Some(dataset.as_ref()?.texts.clone())).unwrap_or_default()
        })
    }

    /// Whether the store's commits tell of tiles.
    pub fn has_tiles(self) -> Memo<bool> {
        Memo::new(move |_| {
            self.dataset.with(|dataset| dataset.as_ref().is_some_and(|it| it.has_tiles()))
        })
    }

    /// Whether the status of the tiles is shown.
    pub fn shows_status(self) -> Memo<bool> {
        let has_tiles = self.has_tiles();
        Memo::new(move |_| has_tiles.get() && self.view.with(|view| view.status))
    }

    /// How the variable shown is stored; none before the dataset is open.
    pub fn info_now(self) -> Option<VariableInfo> {
        let variable = self.variable_now()?;
        self.dataset.with(|dataset| dataset.as_ref()?.variable(variable).cloned())
    }

    /// What the values of the variable shown are; before the dataset is open, temperatures.
    pub fn quantity(self) -> Memo<Quantity> {
        Memo::new(move |_| self.quantity_now())
    }

    /// The same as [`Page::quantity`] has it.
    pub fn quantity_now(self) -> Quantity {
        let quantity = self.info_now().map(|info| info.quantity());
        quantity.unwrap_or(Quantity::Temperature(Unit::Kelvin))
    }

    /// How values of the variable shown are shown and typed.
    pub fn measure(self) -> Memo<Measure> {
        Memo::new(move |_| self.measure_now())
    }

    /// The same as [`Page::measure`] has it.
    pub fn measure_now(self) -> Measure {
        self.quantity_now().measure(self.view.with(|view| view.unit))
    }

    /// The record of the tile at the inspected place, while the tiles' status is shown.
    pub fn inspected_tile(self) -> Memo<Option<TileIndex>> {
        let shows_status = self.shows_status();
        Memo::new(move |_| {
            let place = self.view.with(|view| view.inspected).filter(|_| shows_status.get())?;
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

    /// Shows another variable, or other steps: names of axes and labels.
    pub fn select(self, variable: Option<String>, steps: Vec<(String, String)>) {
        let shown = || (self.quantity_now(), self.info_now().map(|info| info.kind));
        let (quantity, kind) = untrack(shown);
        self.change(|view| {
            view.variable = variable.or(view.variable.take());
            for (axis, label) in steps {
                view.ask(&axis, label);
            }
        });
        // A range of kelvin says nothing of millimetres, and colours of differences nothing of directions.
        let (other_quantity, other_kind) = untrack(shown);
        if (&other_quantity, other_kind) != (&quantity, kind) {
            self.change(|view| {
                if other_quantity != quantity {
                    view.range = None;
                    view.log = false;
                }
                if other_kind != kind {
                    view.colormap = None;
                    view.reversed = false;
                }
            });
        }
    }

    /// Says that something could not be had, so that it is asked for again after a while.
    pub fn recover_later(self) {
        if !self.is_lacking.get_untracked() {
            self.is_lacking.set(true);
        }
    }

    /// Says why something could not be read, unless something is said already, and that it is lacking.
    pub fn fail_softly(self, message: String) {
        if self.trouble.with_untracked(Option::is_none) {
            self.trouble.set(Some(message));
        }
        self.recover_later();
    }

    /// What the page says went wrong, if anything.
    pub fn error(self) -> Memo<Option<String>> {
        Memo::new(move |_| {
            let opening = match self.opening.get() {
                Opening::Failed(message) => Some(message),
                Opening::Open | Opening::Underway => None,
            };
            opening
                .or_else(|| self.map_error.get())
                .or_else(|| self.trouble.get())
                .or_else(|| self.base_trouble.get())
        })
    }
}
