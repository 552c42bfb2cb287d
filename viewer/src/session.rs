//! The session.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use web_sys::HtmlCanvasElement;

use crate::app::App;
use crate::browser;
use crate::link::Link;
use crate::search::{NamedPlace, Place};
use crate::state::inspection::Inspection;
use crate::state::page::{Opening, Page};
use crate::state::view::ViewState;

pub struct Session {
    pub store: RefCell<String>,
}

pub async fn start() {
    let config = browser::page_config().await;
    let defaults = match &config {
        Ok(config) => Link::from_pairs(config.defaults.clone(), ViewState::default()).view,
        Err(_) => ViewState::default(),
    };
    let link = Link::parse(&browser::query(), defaults);
    let store =
        link.store.clone().or_else(|| config.as_ref().ok().map(|config| config.store.clone()));
    let session =
        Session { store: RefCell::new(store.map(|s| browser::absolute(&s)).unwrap_or_default()) };
    let owner = Owner::new();
    owner.set();
    let page = Page {
        view: RwSignal::new(link.view.clone()),
        opening: RwSignal::new(Opening::Underway),
        dataset: RwSignal::new(None),
        board: RwSignal::new(None),
        trouble: RwSignal::new(None),
        busy: RwSignal::new(false),
        inspection: RwSignal::new(Inspection::Nowhere),
        playing: RwSignal::new(false),
        expanded: RwSignal::new(!browser::matches("(max-width: 40rem)")),
        scale: RwSignal::new(None),
        credits: RwSignal::new(Vec::new()),
        session: StoredValue::new_local(Rc::new(session)),
    };
    std::mem::forget(owner);
    leptos::mount::mount_to_body(move || view! { <App page=page /> });
}

impl Page {
    pub fn attach_map(self, _canvas: &HtmlCanvasElement, _overlay: &HtmlCanvasElement) {}
    pub fn zoom_by(self, _steps: f64) {}
    pub fn fly_to(self, _place: Place, _zoom: f64) {}
    pub fn fit_range(self) {}
    pub fn refresh(self) {}
    pub fn open(self) {}
    pub fn read_again(self) {}
    pub fn store_url(self) -> String {
        self.session.with_value(|s| s.store.borrow().clone())
    }
    pub fn with_places<T>(self, look: impl FnOnce(&[NamedPlace]) -> T) -> T {
        look(&[])
    }
}
