//! The reader as the page calls it.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use floe_shared::grid::Grid;
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

pub use super::connection::{ReaderError, ReaderOptions};
use super::connection::{Reopening, Shared};
use super::protocol::{Problem, ToPage, ToWorker};
use super::{hearing, revival};
use crate::basemap::Scale;
use crate::chunk::{ChunkAnswer, ChunkKey, VariableId};
use crate::dataset::{Dataset, RefSpec, Sample};
use crate::render::Geometry;

/// Reads a store in workers. Clones are the same reader; the workers end with the last one.
#[derive(Clone)]
pub struct Reader {
    shared: Rc<Shared>,
}

impl Reader {
    /// Starts the reader worker, so that it loads while the page does other things, or takes the one that
    /// `index.html` has started before this module was there.
    pub fn spawn(options: ReaderOptions) -> Result<Self, ReaderError> {
        let shared = Rc::new(Shared {
            options,
            heed: hearing::heed,
            state: RefCell::default(),
            workers: RefCell::default(),
        });
        let reader = shared.start(0)?;
        shared.workers.borrow_mut().push(reader);
        revival::keep_watch(Rc::downgrade(&shared));
        Ok(Self { shared })
    }

    /// Starts the decoders, unless they are there. Until then, and without them, the reader decodes: it is
    /// done with a first view before another worker is there to help.
    pub fn start_decoders(&self) {
        let started = std::mem::replace(&mut self.shared.state.borrow_mut().has_decoders, true);
        if !started {
            self.shared.start_decoders();
        }
    }

    /// Sets who is told what a store holds that had to be opened again, if that is another snapshot than before:
    /// from then on chunks come from there.
    pub fn on_reopened(&self, callback: impl Fn(Rc<Dataset>) + 'static) {
        self.shared.state.borrow_mut().on_reopened = Some(Rc::new(callback));
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
            state.opened = Some((url.to_owned(), at.clone()));
            state.reopening = Reopening::Done;
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
            // A reader that opens the store again is told when it has it.
            None if !self.shared.has_store() => {}
            None => self.shared.tell(&message),
            Some(error) => {
                // Not from within the caller, who may be in the middle of something.
                let shared = Rc::clone(&self.shared);
                let problem = Problem { message: error.to_string(), transient: false };
                spawn_local(async move { shared.fail_pending(&problem) });
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

    /// Sets who is told how many bytes a view takes for which the visitor has to be asked; 0 if it takes few.
    pub fn on_heavy(&self, callback: impl Fn(u64) + 'static) {
        self.shared.state.borrow_mut().on_heavy = Some(Rc::new(callback));
    }

    /// Lets views take so many bytes.
    pub fn allow(&self, bytes: u64) {
        self.shared.tell(&ToWorker::Allow { bytes });
    }

    /// What variables hold at a place (longitude and latitude in degrees), in pixels of the finest level, along the axes along
    /// which they play; `planes` are the planes of each, of which `shown` is on the screen.
    pub async fn sample(
        &self,
        place: (f64, f64),
        shown: VariableId,
        planes: Vec<u32>,
    ) -> Result<Vec<Sample>, ReaderError> {
        let reply = self.shared.ask(|request| ToWorker::Sample { request, place, shown, planes });
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

impl std::fmt::Debug for Reader {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Reader")
            .field("options", &self.shared.options)
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}
