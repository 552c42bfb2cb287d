//! Workers that have ended are started anew, and asked again what the page waits for.

use std::rc::{Rc, Weak};
use std::time::Duration;

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::channel;
use super::connection::{ReaderError, Reopening, Shared};
use super::protocol::{Problem, ToPage, ToWorker};
use super::watch::{TICK, Verdict};
use crate::pause::pause;

/// How long after the store could not be opened again that is tried once more.
const OPEN_AGAIN: Duration = Duration::from_secs(5);

/// Watches the workers for as long as the reader lives.
pub(super) fn keep_watch(shared: Weak<Shared>) {
    spawn_local(async move {
        loop {
            pause(TICK).await;
            let Some(shared) = shared.upgrade() else { return };
            let verdict = {
                let state = &mut *shared.state.borrow_mut();
                if state.failure.is_some() {
                    return;
                }
                let is_awaited = !state.waiting.is_empty() || !state.pending.is_empty();
                state.watch.tick(is_awaited)
            };
            follow(&shared, verdict, "it has not answered for a while");
        }
    });
}

/// Does what has become of the workers asks for.
pub(super) fn follow(shared: &Rc<Shared>, verdict: Verdict, reason: &str) {
    match verdict {
        Verdict::Wait => {}
        Verdict::Ask => ask_for_life(shared),
        Verdict::Restart => {
            // Not from within a listener of a worker that is about to go.
            let shared = Rc::clone(shared);
            spawn_local(async move { restart(&shared) });
        }
        Verdict::GiveUp => shared.fail(&ReaderError::Stopped { reason: reason.to_owned() }),
    }
}

fn ask_for_life(shared: &Shared) {
    let ping = channel::message(&ToWorker::Ping {});
    let workers = shared.workers.borrow();
    let state = &mut *shared.state.borrow_mut();
    // A decoder that has no work, or has never come up, is not missed.
    let asked = (0..workers.len()).filter(|n| *n == 0 || state.connected.contains(n));
    let asked: Vec<usize> = asked.collect();
    for number in &asked {
        // Bytes can be cloned.
        let _ = workers[*number].worker().post_message(&ping);
    }
    state.watch.asked(asked.into_iter());
}

/// Ends all workers and starts the reader anew.
fn restart(shared: &Rc<Shared>) {
    shared.workers.borrow_mut().clear();
    let reader = match shared.start(0) {
        Ok(reader) => reader,
        Err(error) => return shared.fail(&error),
    };
    shared.workers.borrow_mut().push(reader);
    let again: Vec<ToWorker> = {
        let state = &mut *shared.state.borrow_mut();
        state.is_ready = false;
        state.connected.clear();
        // What needs the store waits until it is open again.
        let messages = state.waiting.values().map(|waiting| waiting.message.clone());
        messages.filter(|message| !message.needs_store()).collect()
    };
    for message in &again {
        shared.tell(message);
    }
    if !again.iter().any(|message| matches!(message, ToWorker::Open { .. })) {
        reopen(shared);
    }
}

/// Has the reader open what the one before it had open.
fn reopen(shared: &Rc<Shared>) {
    let message = {
        let state = &mut *shared.state.borrow_mut();
        let Some((url, reference)) = state.opened.clone() else { return };
        state.last_request = state.last_request.wrapping_add(1);
        let request = state.last_request;
        state.reopening = Reopening::Underway(request);
        ToWorker::Open { request, url, reference }
    };
    shared.tell(&message);
}

/// Takes the reply to the request to open a store again.
pub(super) fn reopened(shared: &Rc<Shared>, reply: ToPage) {
    match reply {
        ToPage::Opened { result: Ok(dataset), .. } => {
            let (on_reopened, again) = {
                let state = &mut *shared.state.borrow_mut();
                state.reopening = Reopening::Done;
                let is_other = state.snapshot.as_ref() != Some(&dataset.snapshot);
                state.snapshot = Some(dataset.snapshot.clone());
                let messages = state.waiting.values().map(|waiting| waiting.message.clone());
                let mut again: Vec<ToWorker> = messages.filter(ToWorker::needs_store).collect();
                let lacking = state.wanted.iter().filter(|key| state.pending.contains(key));
                let keys = lacking.map(|key| (*key, true)).collect();
                again.push(ToWorker::Want { keys });
                (state.on_reopened.clone().filter(|_| is_other), again)
            };
            for message in &again {
                shared.tell(message);
            }
            if shared.state.borrow().has_decoders {
                shared.start_decoders();
            }
            if let Some(on_reopened) = on_reopened {
                on_reopened(Rc::new(dataset));
            }
        }
        ToPage::Opened { result: Err(problem), .. } => {
            shared.state.borrow_mut().reopening = Reopening::Failed;
            refuse(shared, &problem);
            let shared = Rc::downgrade(shared);
            spawn_local(async move {
                pause(OPEN_AGAIN).await;
                if let Some(shared) = shared.upgrade()
                    && shared.state.borrow().reopening == Reopening::Failed
                {
                    reopen(&shared);
                }
            });
        }
        _ => {}
    }
}

/// Answers every request that waits for the store with the problem, as one that may pass.
fn refuse(shared: &Shared, problem: &Problem) {
    let problem = Problem { message: problem.message.clone(), transient: true };
    let refused: Vec<(u32, ToPage)> = {
        let state = shared.state.borrow();
        let refusal = |message: &ToWorker| match *message {
            ToWorker::Sample { request, .. } => {
                Some((request, ToPage::Sampled { request, result: Err(problem.clone()) }))
            }
            ToWorker::Refresh { request } => {
                Some((request, ToPage::Refreshed { request, result: Err(problem.clone()) }))
            }
            _ => None,
        };
        state.waiting.values().filter_map(|waiting| refusal(&waiting.message)).collect()
    };
    for (request, refusal) in refused {
        shared.reply(request, refusal, JsValue::UNDEFINED);
    }
    shared.fail_pending(&problem);
}
