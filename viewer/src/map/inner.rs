//! The map's parts, and what all of them ask for: frames and chunks.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::HtmlCanvasElement;

use super::events::Events;
use super::frame_request::FrameRequest;
use super::gesture::Pointer;
use super::listeners::Listeners;
use super::options::ChunkSource;
use super::state::State;
use crate::chunk::ChunkKey;

/// What the clones of a [`Map`](super::Map) share.
pub(super) struct Inner {
    /// Another one takes its place where its context is gone for good.
    pub(super) canvas: RefCell<HtmlCanvasElement>,
    pub(super) state: RefCell<State>,
    pub(super) source: RefCell<Option<Rc<dyn ChunkSource>>>,
    pub(super) listeners: Listeners,
    pub(super) frame: FrameRequest,
    /// What keeps the browser calling the map.
    pub(super) events: RefCell<Events>,
    /// Whether the screen lacks chunks, as far as listeners know.
    pub(super) is_busy: Cell<bool>,
    /// How many times the GPU has been asked for values that it has not told yet.
    pub(super) probes: Cell<u32>,
    pub(super) last_pointer: Cell<Pointer>,
    /// The scale of a trackpad's pinch, since its beginning.
    pub(super) pinch: Cell<f64>,
    /// Whether a lost context is being waited for.
    pub(super) is_reviving: Cell<bool>,
    /// Whether there is no context to be had, which has been said.
    pub(super) is_blind: Cell<bool>,
}

impl Inner {
    /// Lets the browser call for the next frame.
    pub(super) fn request_frame(&self) {
        self.frame.request();
    }

    /// Asks for what the screen lacks, if that may have changed. Not only in frames, which a busy GPU
    /// holds up.
    pub(super) fn ask(&self) {
        let wanted = {
            let state = &mut *self.state.borrow_mut();
            if state.stale.wants { state.plan() } else { None }
        };
        self.want(wanted);
    }

    /// Asks for chunks, if the list is another one than before.
    pub(super) fn want(&self, wanted: Option<Vec<ChunkKey>>) {
        let Some(wanted) = wanted else { return };
        let source = self.source.borrow().clone();
        if let Some(source) = source {
            source.want(&wanted);
        }
    }

    /// Whether nothing is pending and everything is drawn.
    pub(super) fn is_idle(&self) -> bool {
        let pending = self.source.borrow().as_ref().map_or(0, |source| source.pending());
        let pending = pending + self.probes.get() as usize;
        pending == 0 && (self.is_blind.get() || self.state.borrow().is_settled())
    }
}
