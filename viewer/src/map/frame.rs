//! The frame loop: at most one animation frame is requested, and only when something is to do.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::{Appearance, Inner, MapError};
use crate::chunk::ChunkKey;

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
    fn want(&self, wanted: Option<Vec<ChunkKey>>) {
        let Some(wanted) = wanted else { return };
        let source = self.source.borrow().clone();
        if let Some(source) = source {
            source.want(&wanted);
        }
    }

    /// One frame: moves the camera, copies chunks to the GPU, asks for what is lacking and draws.
    fn tick(self: &Rc<Self>, now: f64) {
        let mut errors = Vec::new();
        let (wanted, view, busy, begins) = {
            let state = &mut *self.state.borrow_mut();
            if let Some(motion) = state.motion.take() {
                let step = motion.step(&state.camera, now);
                state.set_camera(step.camera);
                state.motion = step.rest;
                state.stale.wants |= state.motion.is_none();
            }
            let waits = state.waits_for_gpu();
            let uploaded = if waits { Ok(()) } else { state.upload() };
            let wanted = if state.stale.wants { state.plan() } else { None };
            state.refine(now);
            let mut drawn = Ok(());
            let (mut stale_labels, mut begins) = (false, None);
            let waits = waits
                || state.waits_for_data(now).unwrap_or_else(|error| {
                    drawn = Err(error);
                    true
                });
            if state.stale.picture && state.renderer.is_some() && !waits {
                begins = state.drawn.is_none().then_some(Appearance::Drawn);
                drawn = state.draw(now);
                stale_labels = true;
            }
            if state.begins_to_show() {
                begins = Some(Appearance::Shown);
                stale_labels = true;
            }
            // The browser readies a second canvas for drawing in a tenth of a second: the first picture
            // does not wait for it.
            if state.is_shown && stale_labels {
                self.overlay.draw(state);
            }
            for error in [uploaded.err(), drawn.err()].into_iter().flatten() {
                // What the driver refuses once it refuses again: not in every frame.
                state.stale.picture = false;
                let lost = state.renderer.as_ref().is_none_or(crate::render::Renderer::is_lost);
                if !lost {
                    errors.push(MapError::from(error));
                }
            }
            let view = std::mem::take(&mut state.stale.view).then(|| state.camera.view());
            (wanted, view, state.is_loading(), begins)
        };
        self.want(wanted);
        if let Some(view) = view {
            self.listeners.view.emit(&view);
        }
        if self.frame.busy.replace(busy) != busy {
            self.listeners.busy.emit(&busy);
        }
        if let Some(begins) = begins {
            self.listeners.appearance.emit(&begins);
        }
        for error in errors {
            self.listeners.error.emit(&error);
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
