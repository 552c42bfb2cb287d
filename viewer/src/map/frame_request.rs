//! The requested animation frame: at most one, and none that nobody asked for.

use std::cell::{Cell, RefCell};

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// What the browser calls with the time.
type OnFrame = Closure<dyn FnMut(f64)>;

/// The requested animation frame.
#[derive(Default)]
pub(super) struct FrameRequest {
    callback: RefCell<Option<OnFrame>>,
    pending: Cell<Option<i32>>,
}

impl FrameRequest {
    /// Sets who is called with the time, in milliseconds.
    pub(super) fn connect(&self, on_frame: impl FnMut(f64) + 'static) {
        *self.callback.borrow_mut() = Some(Closure::new(on_frame));
    }

    /// Lets the browser call for the next frame.
    pub(super) fn request(&self) {
        if self.pending.get().is_some() {
            return;
        }
        let callback = self.callback.borrow();
        if let (Some(callback), Some(window)) = (&*callback, web_sys::window()) {
            let callback = callback.as_ref().unchecked_ref();
            self.pending.set(window.request_animation_frame(callback).ok());
        }
    }

    /// The frame has come.
    pub(super) fn keep(&self) {
        self.pending.set(None);
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
