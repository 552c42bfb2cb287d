//! Keeps the address of the page in step with the view, so that it is a link to it.

use std::time::Duration;

use leptos::prelude::*;

use super::{Session, camera};
use crate::axis::Axis;
use crate::browser;
use crate::link::Link;

/// How long the view must rest before it is written; browsers limit how often they let a page do so.
const REST: Duration = Duration::from_millis(250);

/// Writes the view into the address whenever it has changed and come to rest.
pub fn keep(session: Session) {
    let page = session.page;
    let steps = page.steps();
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        page.view.track();
        steps.track();
        match timer {
            // The first run: the address says what is shown.
            None => None,
            Some(timer) => {
                if let Some(timer) = timer {
                    timer.clear();
                }
                // Without a timer the next change writes it.
                set_timeout_with_handle(move || write(session), REST).ok()
            }
        }
    });
}

/// Writes the view into the address now.
pub fn write(session: Session) {
    let parts = session.parts();
    let mut view = session.page.view.get_untracked();
    view.camera = camera::now(session);
    // What shows what it says already stays as it is: a plain address its defaults.
    if view == parts.link.borrow().view && !parts.is_address_ours.get() {
        return;
    }
    view.variable = untrack(|| session.page.info_now()).map(|info| info.name).or(view.variable);
    view.colormap = Some(untrack(|| session.page.colormap_now()));
    let page = session.page;
    for (axis, step) in untrack(|| page.steps_now()) {
        let named = |axis: &Axis| (axis.name.clone(), axis.label(step));
        if let Some((name, label)) = untrack(|| page.of_axis(axis, named)) {
            view.ask(&name, label);
        }
    }
    let link = Link { view, ..parts.link.borrow().clone() };
    let query = link.query();
    if browser::query().trim_start_matches('?') != query {
        browser::replace_query(&query);
        parts.is_address_ours.set(true);
    }
}
