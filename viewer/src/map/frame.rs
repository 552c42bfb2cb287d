//! The frame loop: at most one animation frame is requested, and only when something is to do.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::state::State;
use super::{Appearance, Inner, MapError};
use crate::chunk::ChunkKey;
use crate::render::{RenderError, Renderer};
use crate::view::View;

/// What the browser calls with the time.
type OnFrame = Closure<dyn FnMut(f64)>;

/// The requested animation frame.
#[derive(Default)]
pub(super) struct FrameRequest {
    callback: RefCell<Option<OnFrame>>,
    pending: Cell<Option<i32>>,
    busy: Cell<bool>,
}

impl FrameRequest {
    /// Makes the callback; it does nothing when the map is gone.
    pub(super) fn connect(&self, map: Weak<Inner>) {
        *self.callback.borrow_mut() = Some(Closure::new(move |now| {
            if let Some(map) = map.upgrade() {
                map.frame.pending.set(None);
                map.tick(now);
            }
        }));
    }

    /// Takes the request back.
    pub(super) fn cancel(&self) {
        if let (Some(id), Some(window)) = (self.pending.take(), web_sys::window()) {
            // An id that is no longer known is ignored by the browser.
            let _ = window.cancel_animation_frame(id);
        }
        self.callback.borrow_mut().take();
    }
}

/// What came of a frame.
#[derive(Default)]
struct Outcome {
    /// What is lacking, if that is another list than before.
    wanted: Option<Vec<ChunkKey>>,
    /// Where the map looks now, if that has changed.
    view: Option<View>,
    /// Whether the screen lacks chunks.
    busy: bool,
    begins: Option<Appearance>,
    /// What the driver refused.
    refused: Vec<RenderError>,
}

impl State {
    fn advance(&mut self, now: f64) -> Outcome {
        self.move_on(now);
        let mut outcome = Outcome::default();
        let waits = self.waits_for_gpu();
        let uploaded = if waits { Ok(()) } else { self.upload() };
        if self.stale.wants {
            outcome.wanted = self.plan();
        }
        self.refine(now);
        if self.begins_to_show(now) {
            outcome.begins = Some(Appearance::Shown);
            // With names, for which the first picture does not wait.
            self.stale.picture = true;
        }
        let first = self.drawn.is_none();
        let drawn = if waits { Ok(false) } else { self.draw_what_is_stale(now) };
        if first && matches!(drawn, Ok(true)) {
            outcome.begins = Some(Appearance::Drawn);
        }
        outcome.refused.extend([uploaded.err(), drawn.err()].into_iter().flatten());
        if !outcome.refused.is_empty() {
            // What the driver refuses once it refuses again: not in every frame.
            self.stale.picture = false;
            if self.renderer.as_ref().is_none_or(Renderer::is_lost) {
                outcome.refused.clear();
            }
        }
        outcome.view = std::mem::take(&mut self.stale.view).then(|| self.camera.view());
        outcome.busy = self.is_loading();
        outcome
    }

    /// Moves the camera as far as it has come by now.
    fn move_on(&mut self, now: f64) {
        if let Some(motion) = self.motion.take() {
            let step = motion.step(&self.camera, now);
            self.set_camera(step.camera);
            self.motion = step.rest;
            self.stale.wants |= self.motion.is_none();
        }
    }

    /// Draws the picture if it is stale and need not wait; whether it did.
    fn draw_what_is_stale(&mut self, now: f64) -> Result<bool, RenderError> {
        if self.waits_for_data(now) || !self.stale.picture || self.renderer.is_none() {
            return Ok(false);
        }
        self.draw(now)?;
        Ok(true)
    }
}

impl Inner {
    /// Lets the browser call for the next frame.
    pub(super) fn request_frame(&self) {
        if self.frame.pending.get().is_some() {
            return;
        }
        let callback = self.frame.callback.borrow();
        if let (Some(callback), Some(window)) = (&*callback, web_sys::window()) {
            let callback = callback.as_ref().unchecked_ref();
            self.frame.pending.set(window.request_animation_frame(callback).ok());
        }
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

    /// One frame: moves the camera, copies chunks to the GPU, asks for what is lacking and draws.
    fn tick(self: &Rc<Self>, now: f64) {
        let outcome = self.state.borrow_mut().advance(now);
        self.want(outcome.wanted);
        if let Some(view) = outcome.view {
            self.listeners.view.emit(&view);
        }
        if self.frame.busy.replace(outcome.busy) != outcome.busy {
            self.listeners.busy.emit(&outcome.busy);
        }
        if let Some(begins) = outcome.begins {
            self.listeners.appearance.emit(&begins);
        }
        for error in outcome.refused {
            self.listeners.error.emit(&MapError::from(error));
        }
        if self.is_idle() {
            self.listeners.resolve();
        }
        if self.state.borrow().wants_frame() || self.listeners.is_awaited() {
            self.request_frame();
        }
    }

    /// Whether nothing is pending and everything is drawn.
    pub(super) fn is_idle(&self) -> bool {
        let pending = self.source.borrow().as_ref().map_or(0, |source| source.pending());
        pending == 0 && self.state.borrow().is_settled()
    }
}
