//! What is heard of the workers, and who is told.

use std::rc::Rc;

use wasm_bindgen::JsValue;

use super::channel;
use super::connection::{News, ReaderError, Reopening, Shared};
use super::protocol::{ToPage, VERSION};
use super::revival;

/// Takes what is heard of worker `number`.
pub(super) fn heed(shared: &Rc<Shared>, number: usize, news: News) {
    match news {
        News::Said(data) => hear(shared, number, data),
        News::Ended(reason) => lose(shared, number, reason),
    }
}

/// Takes what a worker says.
fn hear(shared: &Rc<Shared>, number: usize, data: JsValue) {
    shared.state.borrow_mut().watch.heard(number);
    if let Ok((message, attachment)) = channel::open::<ToPage>(data) {
        handle(shared, number, message, attachment);
    } else {
        let url = shared.options.worker_url.clone();
        shared.fail(&ReaderError::OtherVersion { url, found: 0 });
    }
}

/// A worker has stopped, or has never come up.
fn lose(shared: &Rc<Shared>, number: usize, reason: Option<String>) {
    let (is_ready, is_idle) = {
        let state = shared.state.borrow();
        (state.is_ready, number > 0 && !state.connected.contains(&number))
    };
    if is_idle {
        // A decoder that does not come up is not missed.
        return;
    }
    if !is_ready && !shared.state.borrow().watch.is_anew() {
        let reason = reason.unwrap_or_else(|| "its script could not be loaded".to_owned());
        let url = shared.options.worker_url.clone();
        return shared.fail(&ReaderError::NoWorker { url, reason });
    }
    let verdict = shared.state.borrow_mut().watch.end();
    revival::follow(shared, verdict, reason.as_deref().unwrap_or("it could not be loaded"));
}

fn handle(shared: &Rc<Shared>, worker: usize, message: ToPage, attachment: JsValue) {
    match message {
        ToPage::Ready { version } if version != VERSION => {
            let url = shared.options.worker_url.clone();
            shared.fail(&ReaderError::OtherVersion { url, found: version });
        }
        ToPage::Ready { .. } if worker == 0 => {
            let state = &mut *shared.state.borrow_mut();
            state.is_ready = true;
            state.watch.ready();
        }
        ToPage::Ready { .. } => shared.connect_decoder(worker),
        ToPage::Pong {} => {}
        ToPage::Heavy { bytes } => {
            let on_heavy = shared.state.borrow().on_heavy.clone();
            if let Some(on_heavy) = on_heavy {
                on_heavy(bytes);
            }
        }
        ToPage::Chunk { key, outcome } => shared.deliver(key, outcome, attachment),
        ToPage::Opened { request, .. }
            if shared.state.borrow().reopening == Reopening::Underway(request) =>
        {
            revival::reopened(shared, message);
        }
        ToPage::Opened { request, ref foreseen, .. } => {
            // As if the page had asked for them: when it does it has its answer. Of a store that it
            // has given up for another one no answers will come.
            if request == shared.state.borrow().last_opening {
                let mut state = shared.state.borrow_mut();
                state.pending.extend(foreseen);
                state.wanted.clone_from(foreseen);
            }
            shared.reply(request, message, attachment);
        }
        ToPage::Sampled { request, .. }
        | ToPage::Refreshed { request, .. }
        | ToPage::Shapes { request, .. }
        | ToPage::LandTiles { request, .. } => shared.reply(request, message, attachment),
    }
}
