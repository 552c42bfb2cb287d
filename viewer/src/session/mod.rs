//! The session: carries the state of the page to the map and the workers, and what comes of that back to the state.
//!
//! A [`Session`] is a handle, which every function here takes. None of them is called from below: the
//! [state](crate::state::page::Page) only says what is wanted, or what is lacking, and is followed.
//!
//! * [`camera`]: where the map looks,
//! * [`base`], [`furnish`]: the base map,
//! * [`opening`]: the store and its newest snapshot, [`another`]: a store in its place,
//! * [`inspection`]: what it holds at a place,
//! * [`status`]: how far the tiles are,
//! * [`address`]: the view in the page's address,
//! * [`drive`]: the map,
//! * [`recovery`]: all that could not be had,
//! * [`idle`]: whether everything is done.

pub mod address;
pub mod another;
pub mod base;
pub mod camera;
pub mod drive;
pub mod furnish;
pub mod idle;
pub mod inspection;
pub mod opening;
pub mod recovery;
pub mod status;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;

use self::base::Base;
use crate::dataset::RefSpec;
use crate::link::Link;
use crate::map::Map;
use crate::start::Start;
use crate::state::page::Page;
use crate::worker::client::Reader;

/// The page's state and what it drives.
#[derive(Clone, Copy)]
pub struct Session {
    /// The state.
    pub page: Page,
    parts: StoredValue<Rc<Parts>, LocalStorage>,
}

/// What the page's signals drive.
struct Parts {
    /// Reads the store, in workers; what the browser said where it starts none.
    reader: RefCell<Result<Reader, String>>,
    /// Draws it; absent until its canvas is on the page, or where the browser cannot draw.
    map: RefCell<Option<Map>>,
    /// Where the store lies, absolute, and what of it is shown.
    store: RefCell<(String, RefSpec)>,
    /// What the page's address said when it was opened, and the store that was opened since.
    link: RefCell<Link>,
    /// Whether the address has been written since.
    is_address_ours: Cell<bool>,
    /// Counts attempts to open the store: the last one counts.
    openings: Cell<u32>,
    /// Counts attempts to open another store in its place.
    attempts: Cell<u32>,
    /// Counts the stores that have been shown: what was asked of one before is of no use.
    stores: Cell<u32>,
    /// Whether the page knows a store that it can read: without its configuration it does not.
    is_configured: Cell<bool>,
    /// What there is of the base map.
    base: Base,
    /// How many boards of the tiles' status are being made.
    boards: Cell<u32>,
}

impl Session {
    /// Of a page that has just started, and knows a store that it can read if it `is_configured`.
    pub fn new(
        page: Page,
        reader: Result<Reader, String>,
        start: Start,
        is_configured: bool,
    ) -> Self {
        let Start { link, store_url, reference } = start;
        let parts = Parts {
            reader: RefCell::new(reader),
            map: RefCell::new(None),
            store: RefCell::new((store_url, reference)),
            link: RefCell::new(link),
            is_address_ours: Cell::default(),
            openings: Cell::default(),
            attempts: Cell::default(),
            stores: Cell::default(),
            is_configured: Cell::new(is_configured),
            base: Base::default(),
            boards: Cell::default(),
        };
        Self { page, parts: StoredValue::new_local(Rc::new(parts)) }
    }

    /// The session of the page that the component belongs to.
    ///
    /// # Panics
    /// Outside the component that provides it.
    pub fn current() -> Self {
        expect_context()
    }

    /// Who reads the store; what the browser said where it starts no worker.
    fn reader(self) -> Result<Reader, String> {
        self.parts().reader.borrow().clone()
    }

    fn parts(self) -> Rc<Parts> {
        self.parts.get_value()
    }

    /// Where the store lies.
    pub fn store_url(self) -> String {
        self.parts().store.borrow().0.clone()
    }
}
