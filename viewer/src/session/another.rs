//! Opens another store in the place of the one that is shown, or another state of it. What is shown stays until the other
//! one is open, by a reader of its own.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Session, drive, opening};
use crate::browser;
use crate::dataset::{Dataset, RefSpec};
use crate::link;
use crate::start;
use crate::state::page::{Attempt, Stage};
use crate::state::recent;
use crate::worker::client::{Reader, ReaderOptions};

/// The key under which the browser keeps the last stores.
const KEPT: &str = "floe.stores";

/// Opens the store that somebody names, where it is the branch that stores have as a rule.
pub fn open(session: Session, address: &str) {
    match start::store_url(address, &browser::base()) {
        Ok(url) => attempt(session, url, RefSpec::default()),
        Err(error) => session.page.attempt.set(Attempt::Failed(error.to_string())),
    }
}

/// Opens another state of the store that is shown, by its text in a link.
pub fn open_state(session: Session, reference: &str) {
    attempt(session, session.store_url(), link::reference(reference));
}

/// The last stores that were opened, the newest first.
pub fn recent() -> Vec<String> {
    recent::parse(&browser::kept(KEPT))
}

/// Gives up what is being opened.
pub fn give_up(session: Session) {
    let attempts = &session.parts().attempts;
    attempts.set(attempts.get().wrapping_add(1));
    session.page.attempt.set(Attempt::None);
}

fn attempt(session: Session, url: String, reference: RefSpec) {
    give_up(session);
    let page = session.page;
    let number = session.parts().attempts.get();
    page.attempt.set(Attempt::Underway);
    spawn_local(async move {
        let opened = match Reader::spawn(ReaderOptions::default()) {
            Ok(reader) => {
                reader.open(&url, reference.clone()).await.map(|dataset| (reader, dataset))
            }
            Err(error) => Err(error),
        };
        if session.parts().attempts.get() != number {
            return;
        }
        match opened {
            Ok((reader, dataset)) => {
                take_over(session, reader, (url, reference), &dataset);
                page.attempt.set(Attempt::None);
            }
            Err(error) => page.attempt.set(Attempt::Failed(error.to_string())),
        }
    });
}

/// Puts a store that is open in the place of the one that is shown.
fn take_over(session: Session, reader: Reader, store: (String, RefSpec), dataset: &Rc<Dataset>) {
    let (page, parts) = (session.page, session.parts());
    let before = session.store_url();
    let is_other = before != store.0;
    if is_other {
        browser::keep(KEPT, &recent::with(&recent::with(&browser::kept(KEPT), &before), &store.0));
        // Nothing of the one before says anything of this one.
        page.fitted.set(Vec::new());
        page.change(|view| {
            view.range = None;
            view.is_aimed = false;
        });
        parts.link.borrow_mut().store = Some(store.0.clone());
    }
    parts.link.borrow_mut().reference = Some(&store.1)
        .filter(|reference| **reference != RefSpec::default())
        .map(link::reference_text);
    parts.is_address_ours.set(true);
    parts.is_configured.set(true);
    parts.store.replace(store);
    // An attempt to open the one before counts no more.
    parts.openings.set(parts.openings.get().wrapping_add(1));
    if let Ok(before) = session.reader() {
        // What it still says is not of this store.
        before.on_chunk(|_, _| {});
        before.on_reopened(|_| {});
        before.on_heavy(|_| {});
    }
    parts.stores.set(parts.stores.get().wrapping_add(1));
    drop(parts.reader.replace(Ok(reader)));
    page.board.set(None);
    if let Some(map) = &*parts.map.borrow() {
        drive::connect_reader(session, map);
    }
    opening::show(session, dataset);
    if page.stage.get_untracked() == Stage::Whole {
        drive::start_decoders(session);
    }
}
