//! Whether everything is done, for those who wait for it.

use std::time::Duration;

use leptos::prelude::*;

use super::{Session, address};
use crate::pause::pause;
use crate::state::inspection::Inspection;
use crate::state::page::{Attempt, Opening};

/// How often "is everything done?" is asked while somebody waits for it.
const POLL: Duration = Duration::from_millis(15);

/// Returns when nothing is pending and everything is drawn.
pub async fn idle(session: Session) {
    // Effects run in microtasks: a change made just now must have reached the map first.
    pause(Duration::ZERO).await;
    while !is_idle(session) {
        pause(POLL).await;
    }
    address::write(session);
}

fn is_idle(session: Session) -> bool {
    let page = session.page;
    let opening = page.opening.get_untracked();
    let reading = matches!(page.inspection.get_untracked(), Inspection::Reading(_));
    let parts = session.parts();
    if parts.base.is_pending()
        || parts.boards.get() > 0
        || page.attempt.with_untracked(|attempt| *attempt == Attempt::Underway)
    {
        return false;
    }
    let map_idle = match &*parts.map.borrow() {
        Some(map) => map.idle(),
        None => page.map_error.with_untracked(Option::is_some),
    };
    match opening {
        Opening::Underway => false,
        Opening::Failed(_) => map_idle,
        Opening::Open => {
            let wants_board = page.view.with_untracked(|view| view.status)
                && page.dataset.with_untracked(|dataset| {
                    dataset.as_ref().is_some_and(|dataset| dataset.has_tiles())
                });
            let has_board = page.board.with_untracked(Option::is_some);
            map_idle && !reading && (has_board || !wants_board)
        }
    }
}
