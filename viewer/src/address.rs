//! Keeps the address of the page in step with the view, so that it is a link to it.

use std::time::Duration;

use leptos::prelude::*;

use crate::browser;
use crate::link::Link;
use crate::state::page::Page;

/// How long the view must rest before it is written; browsers limit how often they let a page do so.
const REST: Duration = Duration::from_millis(250);

impl Page {
    /// Writes the view into the address whenever it has changed and come to rest.
    pub fn keep_address(self) {
        Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
            self.view.track();
            self.year().track();
            match timer {
                // The first run: the address says what is shown.
                None => None,
                Some(timer) => {
                    if let Some(timer) = timer {
                        timer.clear();
                    }
                    // Without a timer the next change writes it.
                    set_timeout_with_handle(move || self.write_address(), REST).ok()
                }
            }
        });
    }

    /// Writes the view into the address now.
    pub fn write_address(self) {
        let session = self.session();
        let mut view = self.view.get_untracked();
        view.camera = self.camera();
        // What shows what it says already stays as it is: a plain address its defaults.
        if view == session.link.view && !session.is_address_ours.get() {
            return;
        }
        view.year = untrack(|| self.year_now()).or(view.year);
        let link = Link { view, ..session.link.clone() };
        let query = link.query();
        if browser::query().trim_start_matches('?') != query {
            browser::replace_query(&query);
            session.is_address_ours.set(true);
        }
    }
}
