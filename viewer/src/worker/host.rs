//! The worker's side: does what the page asks.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use futures::future::{AbortHandle, FutureExt as _, LocalBoxFuture, Shared, abortable};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessageEvent, MessagePort};

use super::answer::{Answer, scope, send, send_chunk, send_with};
use super::budget;
use super::channel;
use super::decoder::Decoder;
use super::foresight::Outlook;
use super::protocol::{Problem, ToDecoder, ToPage, ToReader, ToWorker, VERSION};
use super::queue::Queue;
use super::shapes::{self, Packed};
use crate::basemap::Scale;
use crate::chunk::ChunkKey;
use crate::dataset::{Dataset, RefSpec};
use crate::start::Start;
use crate::state::view::ViewState;
use crate::store::map_array::Cut;
use crate::store::reader::{Encoded, UnitId};
use crate::store::transport::Fetch;
use crate::store::{Store, StoreError};

/// Chunks fetched at the same time: browsers keep six connections to a host under HTTP/1.1, and two
/// more requests fill the gaps between answers.
const CONCURRENT: usize = 8;
/// Memory for encoded chunks in bytes.
const CACHE: usize = 12 << 20;

/// What a worker knows.
struct Host {
    store: RefCell<Option<Rc<Store<Fetch>>>>,
    /// Counts attempts to open a store: the last one counts.
    attempt: Cell<u32>,
    /// What was begun before the page asked for anything.
    early: RefCell<Option<Early>>,
    /// Answers to what was foreseen, until the page knows the store.
    held: RefCell<Option<Vec<(ChunkKey, Answer)>>>,
    /// Counts stores, so that decoders do not mix up their arrays.
    generation: Cell<u32>,
    queue: RefCell<Queue>,
    /// The bytes that a view may take without asking.
    allowed: Cell<u64>,
    /// Counts lists of wanted chunks.
    lists: Cell<u32>,
    /// Whether the visitor is being asked.
    is_heavy: Cell<bool>,
    /// The chunks of the last list that had something new.
    view: RefCell<Vec<ChunkKey>>,
    running: RefCell<HashMap<ChunkKey, AbortHandle>>,
    decoders: RefCell<Decoders>,
    /// The coarse shapes of the base map, begun before the page asked for them.
    shapes: RefCell<Option<Shared<LocalBoxFuture<'static, Packed>>>>,
}

/// A store that is open, and the chunks of it that are under way unasked.
type Opened = Result<(Dataset, Vec<ChunkKey>), Problem>;
/// A store that is being opened.
type Opening = Shared<LocalBoxFuture<'static, Opened>>;

/// A store that is being opened although the page has not asked for it yet.
struct Early {
    url: String,
    reference: RefSpec,
    opening: Opening,
}

/// The decoders that this reader may use.
#[derive(Default)]
struct Decoders {
    ports: Vec<Port>,
    /// The one whose turn it is: chunks of one view take about the same time.
    next: usize,
}

struct Port {
    /// The way to it.
    way: MessagePort,
    /// Numbers of the arrays that it has been told.
    defined: HashSet<u64>,
    /// The unit that it keeps, of a generation of stores, and that unit's number.
    kept: Option<(u32, UnitId)>,
    units: u32,
}

/// Starts listening to the page and says so. Where the worker's address tells the page's screen and query
/// ([`Outlook`]) it does not wait to be asked, but opens the store that the page will ask for.
pub fn run() {
    let host = Rc::new(Host {
        store: RefCell::default(),
        attempt: Cell::new(0),
        early: RefCell::default(),
        held: RefCell::default(),
        generation: Cell::new(0),
        queue: RefCell::new(Queue::new(CONCURRENT)),
        allowed: Cell::new(budget::MOST),
        lists: Cell::new(0),
        is_heavy: Cell::new(false),
        view: RefCell::default(),
        running: RefCell::default(),
        decoders: RefCell::default(),
        shapes: RefCell::default(),
    });
    if let Some(outlook) = Outlook::parse(&scope().location().hash()) {
        spawn_local(Rc::clone(&host).look_ahead(outlook));
    }
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        // The page checks the version before it sends anything: what does not parse is not ours.
        if let Ok((message, attachment)) = channel::open::<ToWorker>(event.data()) {
            handle(&host, message, attachment);
        }
    });
    scope().set_onmessage(Some(listener.as_ref().unchecked_ref()));
    // It listens as long as the worker lives.
    listener.forget();
    send(&ToPage::Ready { version: VERSION });
}

fn handle(host: &Rc<Host>, message: ToWorker, attachment: JsValue) {
    match message {
        ToWorker::Open { request, url, reference } => {
            let early = host.early.take();
            let early = early.filter(|early| early.url == url && early.reference == reference);
            let opening =
                early.map_or_else(|| host.open(url, reference, None), |early| early.opening);
            let host = Rc::clone(host);
            spawn_local(async move {
                let (result, foreseen) = match opening.await {
                    Ok((dataset, foreseen)) => (Ok(dataset), foreseen),
                    Err(problem) => (Err(problem), Vec::new()),
                };
                send(&ToPage::Opened { request, result, foreseen });
                for (key, answer) in host.held.take().into_iter().flatten() {
                    send_chunk(key, answer);
                }
            });
        }
        ToWorker::Want { keys } => host.want(&keys),
        ToWorker::Allow { bytes } => host.allowed.set(bytes),
        ToWorker::Sample { request, place, shown, planes } => {
            let store = host.opened();
            spawn_local(async move {
                let result = match store {
                    Ok(store) => {
                        let samples = store.sample(place, shown, &planes).await;
                        samples.map_err(|error| Problem::of(&error))
                    }
                    Err(problem) => Err(problem),
                };
                send(&ToPage::Sampled { request, result });
            });
        }
        ToWorker::Refresh { request } => {
            let host = Rc::clone(host);
            spawn_local(async move {
                let result = host.refresh().await;
                send(&ToPage::Refreshed { request, result });
            });
        }
        ToWorker::Shapes { request, scale } => {
            let early = if scale == Scale::Coarse { host.shapes.take() } else { None };
            spawn_local(async move {
                let packed = match early {
                    Some(early) => early.await,
                    None => shapes::pack(scale).await,
                };
                match packed {
                    Ok((layout, buffer)) => {
                        let head = ToPage::Shapes { request, result: Ok(layout) };
                        send_with(&head, &buffer, &buffer.buffer());
                    }
                    Err(problem) => send(&ToPage::Shapes { request, result: Err(problem) }),
                }
            });
        }
        ToWorker::LandTiles { request, grid } => {
            send(&ToPage::LandTiles { request, tiles: shapes::land_tiles(grid) });
        }
        ToWorker::Ping {} => send(&ToPage::Pong {}),
        ToWorker::AddDecoder {} => {
            if let Ok(port) = attachment.dyn_into::<MessagePort>() {
                listen_to(host, &port);
                let port = Port { way: port, defined: HashSet::new(), kept: None, units: 0 };
                host.decoders.borrow_mut().ports.push(port);
            }
        }
        ToWorker::BeDecoder {} => {
            if let Ok(port) = attachment.dyn_into::<MessagePort>() {
                decode_for(&port);
            }
        }
    }
}

/// Hears from a decoder which bytes do not decode.
fn listen_to(host: &Rc<Host>, port: &MessagePort) {
    let host = Rc::clone(host);
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok((ToReader::Broken { key }, _)) = channel::open(event.data())
            && let Ok(store) = host.opened()
        {
            for port in &mut host.decoders.borrow_mut().ports {
                port.kept = None;
            }
            // Of another store that was opened meanwhile it costs one request.
            store.distrust(key);
        }
    });
    port.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
}

/// Decodes what comes out of a port from now on.
fn decode_for(port: &MessagePort) {
    let decoder = Rc::new(Decoder::new(port.clone()));
    let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Ok((message, attachment)) = channel::open::<ToDecoder>(event.data()) {
            decoder.handle(message, &attachment);
        }
    });
    // This also starts the port.
    port.set_onmessage(Some(listener.as_ref().unchecked_ref()));
    listener.forget();
}

impl Host {
    /// Opens the store that the page will ask for, reads the chunks of its first view and makes the shapes ready that
    /// lie beneath it.
    async fn look_ahead(self: Rc<Self>, outlook: Outlook) {
        let base = scope().location().href();
        let (Start { link, store_url, reference }, failure) =
            Start::read(&outlook.query, &base).await;
        // The page has been quicker, or there is nothing to open.
        if self.attempt.get() > 0 || failure.is_some() {
            return;
        }
        self.held.replace(Some(Vec::new()));
        let first_view = Some((outlook, link.view));
        let opening = self.open(store_url.clone(), reference.clone(), first_view);
        spawn_local(opening.clone().map(drop));
        self.early.replace(Some(Early { url: store_url, reference, opening }));
        // While the store has not answered yet.
        let shapes = shapes::pack(Scale::Coarse).boxed_local().shared();
        spawn_local(shapes.clone().map(drop));
        self.shapes.replace(Some(shapes));
    }

    /// Opens a store in place of the one before, and begins with the chunks of the page's first view, if
    /// that is known.
    fn open(
        self: &Rc<Self>,
        url: String,
        reference: RefSpec,
        first_view: Option<(Outlook, ViewState)>,
    ) -> Opening {
        self.give_up_all();
        self.store.borrow_mut().take();
        if first_view.is_none() {
            self.held.take();
        }
        let attempt = self.attempt.get().wrapping_add(1);
        self.attempt.set(attempt);
        let host = Rc::clone(self);
        let opening = async move {
            let ahead = |dataset: &Dataset| match &first_view {
                Some((outlook, view)) => outlook.arrays(view, dataset),
                None => Vec::new(),
            };
            let store = Store::open(Fetch::new(&url), &url, reference, CACHE, ahead)
                .await
                .map_err(|error| Problem::of(&error))?;
            if host.attempt.get() != attempt {
                return Err(Problem {
                    message: format!("{url} was given up for another store"),
                    transient: false,
                });
            }
            let dataset = host.install(store);
            let chunks = |(outlook, view): (Outlook, ViewState)| outlook.chunks(&view, &dataset);
            let mut foreseen = first_view.map(chunks).unwrap_or_default();
            if let Ok(store) = host.opened() {
                foreseen.truncate(host.within(&store, &foreseen));
            }
            host.view.replace(foreseen.clone());
            let wanted: Vec<_> = foreseen.iter().map(|&key| (key, true)).collect();
            host.queue.borrow_mut().update(&wanted);
            host.pump();
            Ok((dataset, foreseen))
        };
        opening.boxed_local().shared()
    }

    fn opened(&self) -> Result<Rc<Store<Fetch>>, Problem> {
        self.store
            .borrow()
            .clone()
            .ok_or_else(|| Problem { message: "no store is open".to_owned(), transient: false })
    }

    fn install(&self, store: Store<Fetch>) -> Dataset {
        let dataset = Dataset::clone(store.dataset());
        self.generation.set(self.generation.get().wrapping_add(1));
        self.store.replace(Some(Rc::new(store)));
        dataset
    }

    async fn refresh(&self) -> Result<Option<Dataset>, Problem> {
        let store = self.opened()?;
        let newer = store.refresh().await.map_err(|error| Problem::of(&error))?;
        // Another store may have been opened meanwhile.
        let is_current =
            self.store.borrow().as_ref().is_some_and(|current| Rc::ptr_eq(current, &store));
        Ok(newer.filter(|_| is_current).map(|newer| self.install(newer)))
    }

    fn give_up_all(&self) {
        let running = self.queue.borrow_mut().clear();
        self.abort(&running);
    }

    fn abort(&self, keys: &[ChunkKey]) {
        for key in keys {
            if let Some(handle) = self.running.borrow_mut().remove(key) {
                handle.abort();
            }
        }
    }

    /// Fetches what is wanted, as far as that takes no more bytes than are allowed; what lies nearest to the middle of
    /// the screen comes first. Of the rest it is found out what it really takes.
    fn want(self: &Rc<Self>, keys: &[(ChunkKey, bool)]) {
        let number = self.lists.get().wrapping_add(1);
        self.lists.set(number);
        let store = self.opened();
        // A list without anything new is what is left of the one before: what counts is what that one takes, or a slow
        // line would have chunk after chunk read beyond what is allowed.
        let mut view = self.view.borrow().clone();
        let known: HashSet<ChunkKey> = view.iter().copied().collect();
        let has_new = keys.iter().any(|(key, is_new)| *is_new || !known.contains(key));
        if has_new {
            view = keys.iter().map(|(key, _)| *key).collect();
            self.view.replace(view.clone());
        }
        let within = store.as_ref().map_or(view.len(), |store| self.within(store, &view));
        let allowed: HashSet<ChunkKey> = view[..within].iter().copied().collect();
        let (now, mut rest): (Vec<_>, Vec<_>) =
            keys.iter().copied().partition(|(key, _)| allowed.contains(key));
        let given_up = self.queue.borrow_mut().update(&now);
        self.abort(&given_up);
        self.pump();
        if rest.is_empty() {
            if has_new && self.is_heavy.replace(false) {
                send(&ToPage::Heavy { bytes: 0 });
            }
            return;
        }
        // They are not in the queue, whether they were asked for before or not.
        for (_, is_new) in &mut rest {
            *is_new = true;
        }
        let host = Rc::clone(self);
        spawn_local(async move {
            let Ok(store) = store else { return };
            let bytes = bytes(&store, &view).await;
            if host.lists.get() != number {
                return;
            }
            let is_heavy = bytes > host.allowed.get();
            if is_heavy {
                send(&ToPage::Heavy { bytes });
                for (key, _) in &rest {
                    send_chunk(*key, Answer::Held);
                }
            } else {
                host.queue.borrow_mut().update(&[now, rest].concat());
                host.pump();
            }
            host.is_heavy.set(is_heavy);
        });
    }

    /// How many of the first chunks take no more than is allowed, unpacked: then nobody has to look what they really
    /// take.
    fn within(&self, store: &Store<Fetch>, keys: &[ChunkKey]) -> usize {
        // What cannot be had is told by itself.
        let cost = |key: &ChunkKey| match store.unpacked(*key) {
            Ok((unit, bytes)) => (Some(unit), bytes),
            Err(_) => (None, 0),
        };
        let units = keys.iter().map(cost);
        budget::within(units, self.allowed.get())
    }

    /// Starts as many chunks as there is room for.
    fn pump(self: &Rc<Self>) {
        let Ok(store) = self.opened() else { return };
        loop {
            let next = self.queue.borrow_mut().start();
            let Some(key) = next else { return };
            let (host, store) = (Rc::clone(self), Rc::clone(&store));
            let (work, handle) = abortable(async move {
                let encoded = store.encoded(key).await;
                host.running.borrow_mut().remove(&key);
                host.queue.borrow_mut().finish(key);
                // The next request goes out before this chunk is decoded.
                host.pump();
                host.answer(&store, key, encoded);
            });
            self.running.borrow_mut().insert(key, handle);
            spawn_local(async move {
                // Whoever gave it up has taken it off the queue.
                let _ = work.await;
            });
        }
    }

    fn answer(
        &self,
        store: &Store<Fetch>,
        key: ChunkKey,
        encoded: Result<Option<Encoded>, StoreError>,
    ) {
        let answer = match encoded {
            Err(error) => Answer::Failed(Problem::of(&error)),
            Ok(None) => match store.absent(key) {
                None => Answer::Absent,
                Some((cut, pixels)) => {
                    Answer::Data { width: cut.width, height: cut.height, pixels }
                }
            },
            Ok(Some(encoded)) if self.hand_over(store, key, &encoded) => return,
            Ok(Some(encoded)) => match store.decode(key, &encoded) {
                Ok(pixels) => {
                    Answer::Data { width: encoded.cut.width, height: encoded.cut.height, pixels }
                }
                Err(error) => Answer::Failed(Problem::of(&error)),
            },
        };
        match &mut *self.held.borrow_mut() {
            Some(held) => held.push((key, answer)),
            None => send_chunk(key, answer),
        }
    }

    /// Gives a chunk to a decoder; `false` if there is none.
    fn hand_over(&self, store: &Store<Fetch>, key: ChunkKey, encoded: &Encoded) -> bool {
        let mut decoders = self.decoders.borrow_mut();
        let decoders = &mut *decoders;
        let count = decoders.ports.len();
        let Some(port) = decoders.ports.get_mut(decoders.next % count.max(1)) else {
            return false;
        };
        decoders.next = (decoders.next + 1) % count;
        let array = u64::from(self.generation.get()) << 32
            | u64::from(key.level) << 16
            | u64::from(key.variable.0);
        if port.defined.insert(array) {
            let (Ok(map_array), Ok(zarr_json)) =
                (store.array(key.variable, key.level), store.zarr_json(key.variable, key.level))
            else {
                return false;
            };
            let define = ToDecoder::Define {
                array,
                path: map_array.metadata.path.clone(),
                zarr_json: zarr_json.to_owned(),
                map_axes: map_array.map_axes().map(|axis| axis as u32).into(),
                form: store.dataset().form,
            };
            if port.way.post_message(&channel::message(&define)).is_err() {
                return false;
            }
        }
        let Cut { plane, row, col, width, height } = encoded.cut;
        let unit = store.shared_unit(key).map(|unit| (self.generation.get(), unit));
        store.decode_no_more();
        let is_kept = unit.is_some() && port.kept == unit;
        if unit.is_some() && !is_kept {
            port.units = port.units.wrapping_add(1).max(1);
            port.kept.clone_from(&unit);
        }
        let unit = if unit.is_some() { port.units } else { 0 };
        let decode = ToDecoder::Decode { key, array, plane, row, col, width, height, unit };
        if is_kept {
            return port.way.post_message(&channel::message(&decode)).is_ok();
        }
        let bytes = Uint8Array::from(&*encoded.bytes);
        let message = channel::message_with(&decode, &bytes);
        port.way.post_message_with_transferable(&message, &Array::of1(&bytes.buffer())).is_ok()
    }
}

/// The bytes that chunks take. Where a manifest cannot be read, that is said of the chunks themselves.
async fn bytes(store: &Store<Fetch>, keys: &[ChunkKey]) -> u64 {
    let (mut units, mut sum) = (Vec::new(), 0_u64);
    for key in keys {
        if let Ok((unit, bytes)) = store.packed(*key).await
            && !units.contains(&unit)
        {
            units.push(unit);
            sum = sum.saturating_add(bytes);
        }
    }
    sum
}

impl Problem {
    /// Why a store could not be read.
    pub(super) fn of(error: &StoreError) -> Self {
        Self { message: error.to_string(), transient: error.is_transient() }
    }
}
