//! Goes on by itself when a failure has passed: asks again for what could not be had, until it is there.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Session, furnish, inspection, opening};
use crate::browser;
use crate::config;
use crate::map::Map;
use crate::pause::pause;
use crate::scope;
use crate::state::inspection::Inspection;
use crate::state::page::{Opening, Places};

/// The first wait; each next one is twice as long ...
const FIRST_WAIT: Duration = Duration::from_secs(3);
/// ... up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How often it is looked whether what was asked for again has come ...
const LOOK: Duration = Duration::from_millis(250);
/// ... and how often at most.
const LOOKS: u32 = 120;

/// Asks again after a while whenever something is lacking, and so on until nothing is.
pub fn follow(session: Session) {
    let is_lacking = session.page.is_lacking;
    Effect::new(move |_| {
        if is_lacking.get() {
            spawn_local(async move {
                let mut wait = FIRST_WAIT;
                loop {
                    pause(wait).await;
                    // Nobody waits for a page that nobody sees.
                    if browser::is_visible() && recover(session).await {
                        break;
                    }
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
                is_lacking.set(false);
            });
        }
    });
}

/// Asks again; whether everything is there.
async fn recover(session: Session) -> bool {
    let page = session.page;
    let parts = session.parts();
    if !parts.is_configured.get() {
        if scope::bytes(config::FILE).await.is_ok() {
            browser::reload();
        }
        return false;
    }
    let Ok(reader) = session.reader() else { return true };
    match page.opening.get_untracked() {
        Opening::Underway => return false,
        Opening::Failed(_) => {
            opening::open_quietly(session).await;
            return page.opening.get_untracked() == Opening::Open;
        }
        Opening::Open => {}
    }
    match reader.refresh().await {
        Err(_) => return false,
        Ok(Some(dataset)) => opening::show_newer(session, &dataset),
        Ok(None) => {}
    }
    ask_again(session);
    for _ in 0..LOOKS {
        pause(LOOK).await;
        if reader.pending() == 0 && !parts.base.is_pending() && !page.busy.get_untracked() {
            break;
        }
    }
    let has_failed = parts.map.borrow().as_ref().is_some_and(Map::has_failed);
    let is_unread = page.inspection.with_untracked(|now| matches!(now, Inspection::Failed { .. }));
    let has_no_names = page.places.with_untracked(|now| matches!(now, Places::Missing(_)));
    if has_failed || reader.pending() > 0 {
        return false;
    }
    page.trouble.set(None);
    !is_unread && !has_no_names && !parts.base.is_missing()
}

/// Asks at once for all that could not be had.
fn ask_again(session: Session) {
    let parts = session.parts();
    opening::ask_anew(session);
    parts.base.forgive();
    furnish::read_what_is_of_use(session);
    if let Inspection::Failed { place, .. } = session.page.inspection.get_untracked() {
        inspection::read(session, place);
    }
}

/// Opens the store again, or reads the configuration again, which says where it is.
pub fn try_again(session: Session) {
    if session.parts().is_configured.get() {
        opening::open(session);
    } else {
        browser::reload();
    }
}

/// Asks again for what could not be read, since the visitor wants that.
pub fn read_again(session: Session) {
    session.page.trouble.set(None);
    session.page.base_trouble.set(None);
    ask_again(session);
}
