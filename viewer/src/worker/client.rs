//! The page's side of the reader: all that the map calls.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::rc::Rc;

use floe_shared::grid::Grid;
use futures::channel::oneshot;
use js_sys::{Array, Uint8Array, Uint16Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageChannel;

use super::channel;
use super::protocol::{Outcome, Problem, ToPage, ToWorker, VERSION};
use super::thread::{EarlyWorker, Thread};
use crate::basemap::Scale;
use crate::chunk::{ChunkAnswer, ChunkKey};
use crate::dataset::{Dataset, RefSpec, Sample};
use crate::render::Geometry;

/// How the workers are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderOptions {
    /// The worker's script (an ES module that takes a compiled WebAssembly module, or `null` for its own, starts it
    /// and keeps what else it is told until then), relative to the document's base.
    pub worker_url: String,
    /// Workers in all, 1 to 4: the reader and its decoders.
    pub pool: usize,
}

/// Reads a store in workers. Clones are the same reader; the workers end with the last one.
#[derive(Clone)]
pub struct Reader {
    shared: Rc<Shared>,
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

/// The worker's reply with what is attached to it, or why there is none.
type Reply = Pin<Box<dyn Future<Output = Result<(ToPage, JsValue), ReaderError>>>>;
type OnChunk = Rc<dyn Fn(ChunkKey, ChunkAnswer)>;

/// What the clones of a reader share.
struct Shared {
    options: ReaderOptions,
    state: RefCell<State>,
    workers: RefCell<Vec<Thread>>,
}

#[derive(Default)]
struct State {
    /// The reader worker listens.
    is_ready: bool,
    /// The decoders have been started.
    has_decoders: bool,
    /// Numbers of the decoders that have work.
    connected: HashSet<usize>,
    /// The number of the last request.
    last_request: u32,
    /// The number of the last request to open a store.
    last_opening: u32,
    /// Who waits for which request's reply.
    waiting: HashMap<u32, oneshot::Sender<(ToPage, JsValue)>>,
    /// The last list of wanted chunks.
    wanted: Vec<ChunkKey>,
    /// Those of them without an answer.
    pending: HashSet<ChunkKey>,
    on_chunk: Option<OnChunk>,
    /// Answers that came before anybody listened.
    unheard: Vec<(ChunkKey, ChunkAnswer)>,
    /// Nothing goes any more.
    failure: Option<ReaderError>,
}

impl Default for ReaderOptions {
    fn default() -> Self {
        Self { worker_url: "reader.js".to_owned(), pool: 2 }
    }
}

impl Reader {
    /// Starts the reader worker, so that it loads while the page does other things, or takes the one that
    /// `index.html` has started before this module was there.
    pub fn spawn(options: ReaderOptions) -> Result<Self, ReaderError> {
        let shared =
            Rc::new(Shared { options, state: RefCell::default(), workers: RefCell::default() });
        let reader = shared.start(0)?;
        shared.workers.borrow_mut().push(reader);
        Ok(Self { shared })
    }

    /// Starts the decoders, unless they are there. Until then, and without them, the reader decodes: it is
    /// done with a first view before another worker is there to help.
    pub fn start_decoders(&self) {
        let shared = &self.shared;
        let started = std::mem::replace(&mut shared.state.borrow_mut().has_decoders, true);
        if started {
            return;
        }
        for number in 1..shared.options.pool.clamp(1, 4) {
            if let Ok(decoder) = shared.start(number) {
                shared.workers.borrow_mut().push(decoder);
            }
        }
    }

    /// Opens a store, in place of the one before. Chunks that are pending are given up. The worker is told
    /// at once, not when the future is first polled.
    pub fn open(
        &self,
        url: &str,
        at: RefSpec,
    ) -> impl Future<Output = Result<Rc<Dataset>, ReaderError>> + use<> {
        {
            let mut state = self.shared.state.borrow_mut();
            state.wanted.clear();
            state.pending.clear();
            state.unheard.clear();
        }
        let shared = Rc::clone(&self.shared);
        let url = url.to_owned();
        let reply = shared.ask(|request| {
            shared.state.borrow_mut().last_opening = request;
            ToWorker::Open { request, url, reference: at }
        });
        async move {
            match reply.await? {
                (ToPage::Opened { result, .. }, _) => Ok(Rc::new(result?)),
                _ => Err(ReaderError::GivenUp),
            }
        }
    }

    /// Says which chunks are wanted, in order of priority. What is pending and not in the list is given
    /// up; what has been answered and stays in the list is **not** sent again. A chunk that left the list
    /// and comes back is.
    ///
    /// Cheap when the list has not changed: call it on every frame.
    pub fn want(&self, keys: Vec<ChunkKey>) {
        let message = {
            let mut state = self.shared.state.borrow_mut();
            if state.wanted == keys {
                return;
            }
            let before: HashSet<ChunkKey> = state.wanted.iter().copied().collect();
            // Answered chunks need not cross to the worker again.
            let marked: Vec<(ChunkKey, bool)> = keys
                .iter()
                .map(|key| (*key, !before.contains(key)))
                .filter(|(key, is_new)| *is_new || state.pending.contains(key))
                .collect();
            state.pending = marked.iter().map(|(key, _)| *key).collect();
            state.wanted = keys;
            ToWorker::Want { keys: marked }
        };
        match self.shared.failure() {
            None => self.shared.tell(&message),
            Some(error) => {
                // Not from within the caller, who may be in the middle of something.
                let shared = Rc::clone(&self.shared);
                spawn_local(async move { shared.fail_pending(&error) });
            }
        }
    }

    /// Sets who is told what becomes of wanted chunks. An answer may still come for a chunk that has just
    /// been given up. What has come before this call is told from within it.
    pub fn on_chunk(&self, callback: impl Fn(ChunkKey, ChunkAnswer) + 'static) {
        let unheard = {
            let mut state = self.shared.state.borrow_mut();
            std::mem::take(&mut state.unheard)
        };
        for (key, answer) in unheard {
            callback(key, answer);
        }
        self.shared.state.borrow_mut().on_chunk = Some(Rc::new(callback));
    }

    /// What all variables hold in all years at a pixel of the finest level.
    pub async fn sample(&self, row: u32, col: u32) -> Result<Vec<Sample>, ReaderError> {
        let reply = self.shared.ask(|request| ToWorker::Sample { request, row, col });
        match reply.await? {
            (ToPage::Sampled { result, .. }, _) => Ok(result?),
            _ => Err(ReaderError::GivenUp),
        }
    }

    /// The number of wanted chunks without an answer.
    pub fn pending(&self) -> usize {
        self.shared.state.borrow().pending.len()
    }

    /// Looks for new commits. Gives the dataset at the new snapshot, or `None` if there is none; from then on
    /// chunks come from the new snapshot. Call [`Reader::forget`] to have chunks sent anew; those that
    /// no commit has touched come from the cache.
    pub async fn refresh(&self) -> Result<Option<Rc<Dataset>>, ReaderError> {
        let reply = self.shared.ask(|request| ToWorker::Refresh { request });
        match reply.await? {
            (ToPage::Refreshed { result, .. }, _) => Ok(result?.map(Rc::new)),
            _ => Err(ReaderError::GivenUp),
        }
    }

    /// The base map's shapes of a scale, ready to be drawn. The worker is told at once, not when the future is first
    /// polled.
    pub fn shapes(
        &self,
        scale: Scale,
    ) -> impl Future<Output = Result<Geometry, ReaderError>> + use<> {
        let reply = self.shared.ask(|request| ToWorker::Shapes { request, scale });
        async move {
            let (ToPage::Shapes { result, .. }, buffer) = reply.await? else {
                return Err(ReaderError::GivenUp);
            };
            let buffer: Uint8Array =
                buffer.dyn_into().unwrap_or_else(|_| Uint8Array::new_with_length(0));
            let found = buffer.length();
            Geometry::new(result?, buffer).map_err(|expected| ReaderError::Store {
                message: format!(
                    "the worker sent shapes of the base map in {found} bytes instead of {expected}"
                ),
                transient: false,
            })
        }
    }

    /// Whether each tile of a grid is land, in row-major order.
    pub async fn land_tiles(&self, grid: Grid) -> Result<Vec<bool>, ReaderError> {
        let reply = self.shared.ask(|request| ToWorker::LandTiles { request, grid });
        match reply.await? {
            (ToPage::LandTiles { tiles, .. }, _) => Ok(tiles),
            _ => Err(ReaderError::GivenUp),
        }
    }

    /// Forgets which chunks have been answered, so that the next [`Reader::want`] asks for all of its list:
    /// after a refresh, a lost WebGL context or a transient failure.
    pub fn forget(&self) {
        self.want(Vec::new());
    }
}

impl Shared {
    /// Starts worker `number`, 0 the reader.
    fn start(self: &Rc<Self>, number: usize) -> Result<Thread, ReaderError> {
        let url = &self.options.worker_url;
        let (hearing, failing) = (Rc::downgrade(self), Rc::downgrade(self));
        let hear = move |data: JsValue| {
            if let Some(shared) = hearing.upgrade() {
                shared.hear(number, data);
            }
        };
        let fail = move |reason: Option<String>| {
            if let Some(shared) = failing.upgrade() {
                shared.lose(number, reason);
            }
        };
        let early = if number == 0 { EarlyWorker::take() } else { None };
        Thread::start(url, early, hear, fail)
            .map_err(|reason| ReaderError::NoWorker { url: url.clone(), reason })
    }

    /// Takes what a worker says.
    fn hear(self: &Rc<Self>, number: usize, data: JsValue) {
        if let Ok((message, attachment)) = channel::open::<ToPage>(data) {
            self.handle(number, message, attachment);
        } else {
            let url = self.options.worker_url.clone();
            self.fail(&ReaderError::OtherVersion { url, found: 0 });
        }
    }

    /// A worker has stopped, or has never come up.
    fn lose(&self, number: usize, reason: Option<String>) {
        let (is_ready, is_idle) = {
            let state = self.state.borrow();
            (state.is_ready, number > 0 && !state.connected.contains(&number))
        };
        if is_idle {
            // A decoder that does not come up is not missed.
            return;
        }
        let error = if is_ready {
            let reason = reason.unwrap_or_else(|| "it could not be loaded".to_owned());
            ReaderError::Stopped { reason }
        } else {
            let reason = reason.unwrap_or_else(|| "its script could not be loaded".to_owned());
            ReaderError::NoWorker { url: self.options.worker_url.clone(), reason }
        };
        self.fail(&error);
    }

    /// Says something to the reader worker.
    fn tell(&self, message: &ToWorker) {
        if let Some(reader) = self.workers.borrow().first() {
            // It fails only if something cannot be cloned, and bytes can.
            let _ = reader.worker().post_message(&channel::message(message));
        }
    }

    /// Asks something at once; the future gives the reply.
    fn ask(self: &Rc<Self>, message: impl FnOnce(u32) -> ToWorker) -> Reply {
        let (sender, receiver) = oneshot::channel();
        let failure = self.failure();
        if failure.is_none() {
            let request = {
                let mut state = self.state.borrow_mut();
                state.last_request = state.last_request.wrapping_add(1);
                let request = state.last_request;
                state.waiting.insert(request, sender);
                request
            };
            self.tell(&message(request));
        }
        let shared = Rc::clone(self);
        Box::pin(async move {
            // The sender is dropped when the reader stops.
            receiver.await.map_err(|_| shared.failure().unwrap_or(ReaderError::GivenUp))
        })
    }

    fn failure(&self) -> Option<ReaderError> {
        self.state.borrow().failure.clone()
    }

    fn handle(self: &Rc<Self>, worker: usize, message: ToPage, attachment: JsValue) {
        match message {
            ToPage::Ready { version } if version != VERSION => {
                let url = self.options.worker_url.clone();
                self.fail(&ReaderError::OtherVersion { url, found: version });
            }
            ToPage::Ready { .. } if worker == 0 => self.state.borrow_mut().is_ready = true,
            ToPage::Ready { .. } => self.connect_decoder(worker),
            ToPage::Chunk { key, outcome } => self.deliver(key, outcome, attachment),
            ToPage::Opened { request, ref foreseen, .. } => {
                // As if the page had asked for them: when it does it has its answer. Of a store that it
                // has given up for another one no answers will come.
                if request == self.state.borrow().last_opening {
                    let mut state = self.state.borrow_mut();
                    state.pending.extend(foreseen);
                    state.wanted.clone_from(foreseen);
                }
                self.reply(request, message, attachment);
            }
            ToPage::Sampled { request, .. }
            | ToPage::Refreshed { request, .. }
            | ToPage::Shapes { request, .. }
            | ToPage::LandTiles { request, .. } => self.reply(request, message, attachment),
        }
    }

    fn reply(&self, request: u32, message: ToPage, attachment: JsValue) {
        let sender = self.state.borrow_mut().waiting.remove(&request);
        if let Some(sender) = sender {
            // Whoever asked may be gone.
            let _ = sender.send((message, attachment));
        }
    }

    fn deliver(&self, key: ChunkKey, outcome: Outcome, attachment: JsValue) {
        let answer = match outcome {
            Outcome::Data { width, height } => match attachment.dyn_into::<Uint16Array>() {
                Ok(values) => ChunkAnswer::Data { width, height, values },
                Err(_) => ChunkAnswer::Failed {
                    message: "the worker sent a chunk without its pixels".to_owned(),
                    transient: false,
                },
            },
            Outcome::Absent {} => ChunkAnswer::Absent,
            Outcome::Failed { problem } => {
                ChunkAnswer::Failed { message: problem.message, transient: problem.transient }
            }
        };
        let on_chunk = {
            let mut state = self.state.borrow_mut();
            state.pending.remove(&key);
            state.on_chunk.clone()
        };
        match on_chunk {
            Some(on_chunk) => on_chunk(key, answer),
            None => self.state.borrow_mut().unheard.push((key, answer)),
        }
    }

    /// Joins the reader and a decoder that has come up.
    fn connect_decoder(&self, number: usize) {
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
    fn fail(&self, error: &ReaderError) {
        {
            let mut state = self.state.borrow_mut();
            state.failure.get_or_insert_with(|| error.clone());
            // Dropping the senders wakes those who wait.
            state.waiting.clear();
        }
        self.fail_pending(error);
    }

    fn fail_pending(&self, error: &ReaderError) {
        let pending = std::mem::take(&mut self.state.borrow_mut().pending);
        for key in pending {
            let problem = Problem { message: error.to_string(), transient: false };
            self.deliver(key, Outcome::Failed { problem }, JsValue::UNDEFINED);
        }
    }
}

impl From<Problem> for ReaderError {
    fn from(problem: Problem) -> Self {
        Self::Store { message: problem.message, transient: problem.transient }
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Reader")
            .field("options", &self.shared.options)
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}
