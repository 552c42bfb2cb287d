//! The session: starts the page, opens the store, reads pixels and knows when all is done.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use floe_shared::status::StatusBoard;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::app::App;
use crate::base::Base;
use crate::browser;
use crate::dataset::{Dataset, RefSpec};
use crate::link::Link;
use crate::map::Map;
use crate::scope;
use crate::search::Place;
use crate::start::Start;
use crate::state::inspection::{Inspection, Reading};
use crate::state::page::{Opening, Page, Places, Stage};
use crate::state::view::ViewState;
use crate::worker::client::{Reader, ReaderOptions};

/// How often "is everything done?" is asked while somebody waits for it.
const IDLE_POLL: Duration = Duration::from_millis(15);

/// What the page's signals drive.
pub struct Session {
    /// Reads the store, in workers; what the browser said where it starts none.
    pub reader: Result<Reader, String>,
    /// Draws it; absent until its canvas is on the page, or where the browser cannot draw.
    pub map: RefCell<Option<Map>>,
    /// Where the store lies, absolute.
    pub store_url: String,
    /// What of it is shown.
    pub reference: RefSpec,
    /// What the page's address said when it was opened.
    pub link: Link,
    /// Whether the address has been written since.
    pub is_address_ours: Cell<bool>,
    /// What there is of the base map.
    pub base: Base,
    /// How many boards of the tiles' status are being made.
    pub boards: Cell<u32>,
}

impl Session {
    /// The tiles' status by a dataset's history.
    async fn board(&self, dataset: &Dataset) -> Result<StatusBoard, String> {
        let reader = self.reader.as_ref().map_err(Clone::clone)?;
        let land = reader.land_tiles(dataset.grid).await.map_err(|error| error.to_string())?;
        Ok(StatusBoard::from_history(dataset.grid, &land, &dataset.history))
    }
}

/// Reads configuration and address, shows the page and opens the store.
pub async fn start() {
    // The worker's code loads while the configuration is on its way.
    let reader = Reader::spawn(ReaderOptions::default()).map_err(|error| error.to_string());
    let (start, failure) = Start::read(&browser::query(), &browser::base()).await;
    let Start { link, store_url, reference } = start;
    let session = Session {
        reader,
        map: RefCell::new(None),
        store_url,
        reference,
        link: link.clone(),
        is_address_ours: Cell::default(),
        base: Base::default(),
        boards: Cell::default(),
    };
    leptos::mount::mount_to_body(move || {
        let page = Page::new(link.view, session);
        crate::bridge::install(page);
        page.keep_address();
        page.follow_history();
        page.follow_stage();
        match failure {
            Some(error) => page.opening.set(Opening::Failed(error.to_string())),
            None => page.open(),
        }
        view! { <App page=page /> }
    });
}

impl Page {
    fn new(view: ViewState, session: Session) -> Self {
        // On a phone the panel begins folded, unless the link shows something that it holds.
        let is_phone = browser::is_phone();
        let expanded = !is_phone || view.inspected.is_some();
        Self {
            view: RwSignal::new(view),
            opening: RwSignal::new(Opening::Underway),
            dataset: RwSignal::new(None),
            board: RwSignal::new(None),
            map_error: RwSignal::new(None),
            trouble: RwSignal::new(None),
            busy: RwSignal::new(false),
            inspection: RwSignal::new(Inspection::Nowhere),
            stage: RwSignal::new(Stage::Bare),
            playing: RwSignal::new(false),
            expanded: RwSignal::new(expanded),
            scale: RwSignal::new(None),
            credits: RwSignal::new(Vec::new()),
            places: RwSignal::new(Places::Unread),
            session: StoredValue::new_local(Rc::new(session)),
        }
    }

    pub(crate) fn session(self) -> Rc<Session> {
        self.session.get_value()
    }

    /// Opens the store, or tries it again.
    pub fn open(self) {
        self.opening.set(Opening::Underway);
        let session = self.session();
        let opening = session
            .reader
            .as_ref()
            .map(|reader| reader.open(&session.store_url, session.reference.clone()))
            .map_err(Clone::clone);
        spawn_local(async move {
            let opened = match opening {
                Ok(opening) => opening.await.map_err(|error| error.to_string()),
                Err(error) => Err(error),
            };
            match opened {
                Ok(dataset) => self.opened(&dataset),
                Err(message) => self.opening.set(Opening::Failed(message)),
            }
        });
    }

    /// Reads the tiles' status from the history while it is shown, once the map is there.
    fn follow_history(self) {
        let on = self.watch(|view| view.status);
        Effect::new(move |_| {
            let wanted = on.get() && self.stage.get() == Stage::Whole;
            let dataset = self.dataset.get().filter(|_| wanted);
            let Some(dataset) = dataset else { return };
            let session = self.session();
            session.boards.update(|boards| boards + 1);
            spawn_local(async move {
                let board = session.board(&dataset).await;
                session.boards.update(|boards| boards - 1);
                let is_current = |now: &Option<Arc<Dataset>>| {
                    now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &dataset))
                };
                match board {
                    // A newer dataset has its own board on the way.
                    Ok(board) if self.dataset.with_untracked(is_current) => {
                        self.board.set(Some(Arc::new(board)));
                    }
                    Ok(_) => {}
                    Err(message) => self.trouble.set(Some(message)),
                }
            });
        });
    }

    fn opened(self, dataset: &Rc<Dataset>) {
        self.dataset.set(Some(Arc::new(Dataset::clone(dataset))));
        self.trouble.set(None);
        self.opening.set(Opening::Open);
    }

    /// Looks whether the store has new commits, and shows them.
    pub fn refresh(self) {
        let session = self.session();
        spawn_local(async move {
            let Ok(reader) = &session.reader else { return };
            match reader.refresh().await {
                Ok(Some(dataset)) => {
                    reader.forget();
                    self.opened(&dataset);
                }
                Ok(None) => {}
                Err(error) => self.trouble.set(Some(error.to_string())),
            }
        });
    }

    /// What the store holds at a place.
    pub async fn read_place(self, place: Place) -> Result<Reading, String> {
        let session = self.session();
        let dataset = self.wait_for_dataset().await?;
        let (row, col) = dataset
            .grid
            .pixel_at(place.lon, place.lat)
            .ok_or_else(|| format!("{} lies outside the grid", place.describe(4)))?;
        let reader = session.reader.as_ref().map_err(Clone::clone)?;
        let samples = reader.sample(row, col).await.map_err(|error| error.to_string())?;
        Ok(Reading::new(place, (row, col), &samples))
    }

    async fn wait_for_dataset(self) -> Result<Arc<Dataset>, String> {
        loop {
            match self.opening.get_untracked() {
                Opening::Failed(message) => return Err(message),
                Opening::Open | Opening::Underway => {
                    if let Some(dataset) = self.dataset.get_untracked() {
                        return Ok(dataset);
                    }
                }
            }
            scope::pause(IDLE_POLL).await;
        }
    }

    /// Returns when nothing is pending and everything is drawn.
    pub async fn idle(self) {
        // Effects run in microtasks: a change made just now must have reached the map first.
        scope::pause(Duration::ZERO).await;
        while !self.is_idle() {
            scope::pause(IDLE_POLL).await;
        }
        self.write_address();
    }

    fn is_idle(self) -> bool {
        let opening = self.opening.get_untracked();
        let reading = matches!(self.inspection.get_untracked(), Inspection::Reading(_));
        let session = self.session();
        if session.base.is_pending() || session.boards.get() > 0 {
            return false;
        }
        let map_idle = match &*session.map.borrow() {
            Some(map) => map.idle(),
            None => self.map_error.with_untracked(Option::is_some),
        };
        match opening {
            Opening::Underway => false,
            Opening::Failed(_) => map_idle,
            Opening::Open => {
                let wants_board = self.view.with_untracked(|view| view.status);
                let has_board = self.board.with_untracked(Option::is_some);
                map_idle && !reading && (has_board || !wants_board)
            }
        }
    }

    /// What the page says went wrong, if anything.
    pub fn error(self) -> Memo<Option<String>> {
        Memo::new(move |_| {
            let opening = match self.opening.get() {
                Opening::Failed(message) => Some(message),
                Opening::Open | Opening::Underway => None,
            };
            opening.or_else(|| self.map_error.get()).or_else(|| self.trouble.get())
        })
    }

    /// Where the store lies.
    pub fn store_url(self) -> String {
        self.session().store_url.clone()
    }
}
