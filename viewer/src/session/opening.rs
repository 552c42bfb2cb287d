//! Opens the store, looks for what is new in it, and shows what it holds.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Session, camera};
use crate::dataset::Dataset;
use crate::state::page::Opening;
use crate::state::texts::subject;

/// How long a passing remark stays.
const REMARK: Duration = Duration::from_secs(20);

/// Opens the store, or tries it again.
pub fn open(session: Session) {
    session.page.opening.set(Opening::Underway);
    // The reader is told at once.
    let opening = open_quietly(session);
    spawn_local(opening);
}

/// The same without saying so before there is an outcome.
pub fn open_quietly(session: Session) -> impl Future<Output = ()> {
    let page = session.page;
    let parts = session.parts();
    let (url, reference) = parts.store.borrow().clone();
    let opening = session.reader().map(|reader| reader.open(&url, reference));
    let number = parts.openings.get().wrapping_add(1);
    parts.openings.set(number);
    async move {
        let opened = match opening {
            Ok(opening) => opening.await.map_err(|error| error.to_string()),
            Err(error) => return page.opening.set(Opening::Failed(error)),
        };
        match opened {
            // Another attempt is under way.
            _ if parts.openings.get() != number => {}
            Ok(dataset) => show(session, &dataset),
            Err(error) => {
                let failed = Opening::Failed(error);
                if page.opening.with_untracked(|now| *now != failed) {
                    page.opening.set(failed);
                }
                page.recover_later();
            }
        }
    }
}

/// Looks whether the store has new commits, and shows them.
pub fn refresh(session: Session) {
    spawn_local(async move {
        let Ok(reader) = session.reader() else { return };
        match reader.refresh().await {
            Ok(Some(dataset)) => show_newer(session, &dataset),
            Ok(None) => {}
            Err(error) => session.page.fail_softly(error.to_string()),
        }
    });
}

/// Reads all of a view although it takes many bytes, and whatever takes not much more.
pub fn read_all(session: Session) {
    let bytes = session.page.heavy.get_untracked().unwrap_or_default();
    if let Ok(reader) = session.reader() {
        reader.allow(bytes + bytes / 4);
    }
    session.page.heavy.set(None);
    ask_anew(session);
}

/// Asks for all of the view once more.
pub(super) fn ask_anew(session: Session) {
    if let Ok(reader) = session.reader() {
        reader.forget();
    }
    if let Some(map) = &*session.parts().map.borrow() {
        map.retry_failed();
    }
}

/// Shows what the store holds now.
pub fn show_newer(session: Session, dataset: &Rc<Dataset>) {
    let page = session.page;
    let is_other = page.dataset.with_untracked(|known| {
        known.as_ref().is_some_and(|known| {
            dataset.history.iter().all(|commit| commit.snapshot != known.snapshot)
        })
    });
    if let Ok(reader) = session.reader() {
        reader.forget();
    }
    show(session, dataset);
    if is_other {
        page.remark.set(Some("The store was replaced: this is what it holds now."));
        set_timeout(move || page.remark.set(None), REMARK);
    }
}

/// Shows a dataset whose chunks the reader gives.
pub(super) fn show(session: Session, dataset: &Rc<Dataset>) {
    camera::aim(session, dataset);
    if !dataset.texts.title.is_empty() {
        document().set_title(&format!("Floe: {}", subject(&dataset.texts.title)));
    }
    session.page.dataset.set(Some(Arc::new(Dataset::clone(dataset))));
    session.page.trouble.set(None);
    session.page.heavy.set(None);
    session.page.opening.set(Opening::Open);
}
