//! The page's connection with its workers: what is known of them, who waits for what, and how they are spoken to.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::rc::Rc;

use futures::channel::oneshot;
use js_sys::Array;
use wasm_bindgen::prelude::*;
use web_sys::MessageChannel;

use super::channel;
use super::protocol::{Outcome, Problem, ToPage, ToWorker, VERSION};
use super::thread::{EarlyWorker, Thread};
use super::watch::Watch;
use crate::chunk::{ChunkAnswer, ChunkKey, Texels};
use crate::dataset::{Dataset, RefSpec};

/// How the workers are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderOptions {
    /// The worker's script (an ES module that takes a compiled WebAssembly module, or `null` for its own, starts it
    /// and keeps what else it is told until then), relative to the document's base.
    pub worker_url: String,
    /// Workers in all, 1 to 4: the reader and its decoders.
    pub pool: usize,
}

/// Why the reader cannot do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReaderError {
    /// The browser does not start the worker.
    #[error("cannot start the worker {url}: {reason}")]
    NoWorker {
        /// Its script.
        url: String,
        /// What the browser says.
        reason: String,
    },
    /// The worker's file belongs to another version of the page.
    #[error(
        "the worker {url} belongs to another version of this page: expected protocol {VERSION}, found {found}; reload the page without cache"
    )]
    OtherVersion {
        /// Its script.
        url: String,
        /// Its protocol version.
        found: u32,
    },
    /// A worker has stopped.
    #[error("a worker has stopped: {reason}; reload the page")]
    Stopped {
        /// What the browser says.
        reason: String,
    },
    /// The store cannot be read.
    #[error("{message}")]
    Store {
        /// What was expected and what was found.
        message: String,
        /// Whether asking again may help.
        transient: bool,
    },
    /// Another request took this one's place.
    #[error("given up for another request")]
    GivenUp,
}

/// What is heard of a worker.
pub(super) enum News {
    /// It says something.
    Said(JsValue),
    /// It has stopped, or has never come up: what the browser says, if anything.
    Ended(Option<String>),
}

/// The worker's reply with what is attached to it, or why there is none.
pub(super) type Reply = Pin<Box<dyn Future<Output = Result<(ToPage, JsValue), ReaderError>>>>;
type OnChunk = Rc<dyn Fn(ChunkKey, ChunkAnswer)>;
type OnHeavy = Rc<dyn Fn(u64)>;
type OnReopened = Rc<dyn Fn(Rc<Dataset>)>;

/// What the clones of a reader share.
pub(super) struct Shared {
    pub(super) options: ReaderOptions,
    /// Who is told what is heard of worker number so-and-so.
    pub(super) heed: fn(&Rc<Self>, usize, News),
    pub(super) state: RefCell<State>,
    pub(super) workers: RefCell<Vec<Thread>>,
}

#[derive(Default)]
pub(super) struct State {
    /// The reader worker listens.
    pub(super) is_ready: bool,
    /// Decoders are wanted.
    pub(super) has_decoders: bool,
    /// Numbers of the decoders that have work.
    pub(super) connected: HashSet<usize>,
    /// The number of the last request.
    pub(super) last_request: u32,
    /// The number of the last request to open a store.
    pub(super) last_opening: u32,
    /// What the last one was to open.
    pub(super) opened: Option<(String, RefSpec)>,
    /// The snapshot of which the page knows.
    pub(super) snapshot: Option<String>,
    pub(super) reopening: Reopening,
    pub(super) on_reopened: Option<OnReopened>,
    /// Who waits for which request's reply.
    pub(super) waiting: HashMap<u32, Waiting>,
    /// The last list of wanted chunks.
    pub(super) wanted: Vec<ChunkKey>,
    /// Those of them without an answer.
    pub(super) pending: HashSet<ChunkKey>,
    pub(super) on_chunk: Option<OnChunk>,
    pub(super) on_heavy: Option<OnHeavy>,
    /// Answers that came before anybody listened.
    pub(super) unheard: Vec<(ChunkKey, ChunkAnswer)>,
    pub(super) watch: Watch,
    /// Nothing goes any more.
    pub(super) failure: Option<ReaderError>,
}

/// Somebody who waits for a reply.
pub(super) struct Waiting {
    /// What was asked, should it have to be asked again.
    pub(super) message: ToWorker,
    sender: oneshot::Sender<(ToPage, JsValue)>,
}

/// How far a reader that was started anew has got with the store that was open before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reopening {
    /// It need not be opened again.
    #[default]
    Done,
    /// It is being opened, by this request.
    Underway(u32),
    /// It could not be opened; after a while that is tried again.
    Failed,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self { worker_url: "reader.js".to_owned(), pool: 2 }
    }
}

impl Shared {
    /// Starts the decoders.
    pub(super) fn start_decoders(self: &Rc<Self>) {
        for number in 1..self.options.pool.clamp(1, 4) {
            if let Ok(decoder) = self.start(number) {
                self.workers.borrow_mut().push(decoder);
            }
        }
    }

    /// Starts worker `number`, 0 the reader.
    pub(super) fn start(self: &Rc<Self>, number: usize) -> Result<Thread, ReaderError> {
        let url = &self.options.worker_url;
        let (hearing, failing) = (Rc::downgrade(self), Rc::downgrade(self));
        let heed = self.heed;
        let hear = move |data: JsValue| {
            if let Some(shared) = hearing.upgrade() {
                heed(&shared, number, News::Said(data));
            }
        };
        let fail = move |reason: Option<String>| {
            if let Some(shared) = failing.upgrade() {
                heed(&shared, number, News::Ended(reason));
            }
        };
        let early = if number == 0 { EarlyWorker::take() } else { None };
        Thread::start(url, early, hear, fail)
            .map_err(|reason| ReaderError::NoWorker { url: url.clone(), reason })
    }

    /// Whether the reader has the store open, as far as it was told to.
    pub(super) fn has_store(&self) -> bool {
        self.state.borrow().reopening == Reopening::Done
    }

    /// Says something to the reader worker.
    pub(super) fn tell(&self, message: &ToWorker) {
        if let Some(reader) = self.workers.borrow().first() {
            // It fails only if something cannot be cloned, and bytes can.
            let _ = reader.worker().post_message(&channel::message(message));
        }
    }

    /// Asks something at once; the future gives the reply.
    pub(super) fn ask(self: &Rc<Self>, message: impl FnOnce(u32) -> ToWorker) -> Reply {
        let (sender, receiver) = oneshot::channel();
        let failure = self.failure();
        if failure.is_none() {
            let request = {
                let mut state = self.state.borrow_mut();
                state.last_request = state.last_request.wrapping_add(1);
                state.last_request
            };
            let message = message(request);
            // A reader that opens the store again is asked when it has it.
            if self.has_store() || !message.needs_store() {
                self.tell(&message);
            }
            self.state.borrow_mut().waiting.insert(request, Waiting { message, sender });
        }
        let shared = Rc::clone(self);
        Box::pin(async move {
            // The sender is dropped when the reader stops.
            receiver.await.map_err(|_| shared.failure().unwrap_or(ReaderError::GivenUp))
        })
    }

    pub(super) fn failure(&self) -> Option<ReaderError> {
        self.state.borrow().failure.clone()
    }

    /// Hands a reply to who waits for it.
    pub(super) fn reply(&self, request: u32, message: ToPage, attachment: JsValue) {
        let waiting = {
            let state = &mut *self.state.borrow_mut();
            state.watch.answered();
            if let ToPage::Opened { result: Ok(dataset), .. }
            | ToPage::Refreshed { result: Ok(Some(dataset)), .. } = &message
            {
                state.snapshot = Some(dataset.snapshot.clone());
            }
            state.waiting.remove(&request)
        };
        if let Some(Waiting { sender, .. }) = waiting {
            // Whoever asked may be gone.
            let _ = sender.send((message, attachment));
        }
    }

    pub(super) fn deliver(&self, key: ChunkKey, outcome: Outcome, attachment: JsValue) {
        let answer = match outcome {
            Outcome::Data { width, height } => match Texels::of(attachment) {
                Some(values) => ChunkAnswer::Data { width, height, values },
                None => ChunkAnswer::Failed {
                    message: "the worker sent a chunk without its pixels".to_owned(),
                    transient: false,
                },
            },
            Outcome::Absent {} => ChunkAnswer::Absent,
            Outcome::Held {} => ChunkAnswer::Held,
            Outcome::Failed { problem } => {
                ChunkAnswer::Failed { message: problem.message, transient: problem.transient }
            }
        };
        let on_chunk = {
            let mut state = self.state.borrow_mut();
            state.pending.remove(&key);
            state.watch.answered();
            state.on_chunk.clone()
        };
        match on_chunk {
            Some(on_chunk) => on_chunk(key, answer),
            None => self.state.borrow_mut().unheard.push((key, answer)),
        }
    }

    /// Joins the reader and a decoder that has come up.
    pub(super) fn connect_decoder(&self, number: usize) {
        let workers = self.workers.borrow();
        let (Some(reader), Some(decoder)) = (workers.first(), workers.get(number)) else { return };
        let Ok(pipe) = MessageChannel::new() else { return };
        let give = |thread: &Thread, message: &ToWorker, port: &JsValue| {
            let message = channel::message_with(message, port);
            thread.worker().post_message_with_transfer(&message, &Array::of1(port)).is_ok()
        };
        if give(decoder, &ToWorker::BeDecoder {}, &pipe.port1()) {
            give(reader, &ToWorker::AddDecoder {}, &pipe.port2());
            self.state.borrow_mut().connected.insert(number);
        }
    }

    /// Nothing goes any more: tells everybody who waits.
    pub(super) fn fail(&self, error: &ReaderError) {
        {
            let mut state = self.state.borrow_mut();
            state.failure.get_or_insert_with(|| error.clone());
            // Dropping the senders wakes those who wait.
            state.waiting.clear();
        }
        self.fail_pending(&Problem { message: error.to_string(), transient: false });
    }

    pub(super) fn fail_pending(&self, problem: &Problem) {
        let pending = std::mem::take(&mut self.state.borrow_mut().pending);
        for key in pending {
            self.deliver(key, Outcome::Failed { problem: problem.clone() }, JsValue::UNDEFINED);
        }
    }
}

impl From<Problem> for ReaderError {
    fn from(problem: Problem) -> Self {
        Self::Store { message: problem.message, transient: problem.transient }
    }
}
