//! Who wants to know what happens on the map.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::JsValue;

use super::options::{Appearance, Click, MapError};
use crate::view::View;

/// What is called for an event.
type Callback<E> = Rc<dyn Fn(E)>;

/// Callbacks for one kind of event. They are called while nothing of the map is borrowed, so they may
/// call the map.
pub(super) struct Callbacks<E>(RefCell<Vec<Callback<E>>>);

impl<E: Clone> Callbacks<E> {
    pub(super) fn add(&self, callback: impl Fn(E) + 'static) {
        self.0.borrow_mut().push(Rc::new(callback));
    }

    pub(super) fn emit(&self, event: &E) {
        let callbacks = self.0.borrow().clone();
        for callback in callbacks {
            callback(event.clone());
        }
    }

    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

impl<E> Default for Callbacks<E> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

/// All callbacks.
#[derive(Default)]
pub(super) struct Listeners {
    pub(super) view: Callbacks<View>,
    pub(super) click: Callbacks<Click>,
    pub(super) hover: Callbacks<Option<(f64, f64)>>,
    pub(super) error: Callbacks<MapError>,
    pub(super) busy: Callbacks<bool>,
    pub(super) covered: Callbacks<()>,
    pub(super) blind: Callbacks<Option<MapError>>,
    pub(super) appearance: Callbacks<Appearance>,
    waiting: RefCell<Vec<Function>>,
}

impl Listeners {
    /// Remembers a promise's resolve function.
    pub(super) fn wait(&self, resolve: Function) {
        self.waiting.borrow_mut().push(resolve);
    }

    /// Whether somebody waits for the map to be idle.
    pub(super) fn is_awaited(&self) -> bool {
        !self.waiting.borrow().is_empty()
    }

    /// Forgets everybody.
    pub(super) fn clear(&self) {
        self.view.clear();
        self.click.clear();
        self.hover.clear();
        self.error.clear();
        self.busy.clear();
        self.covered.clear();
        self.blind.clear();
        self.waiting.borrow_mut().clear();
    }

    /// Resolves all promises.
    pub(super) fn resolve(&self) {
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        for resolve in waiting {
            // A promise's resolve function does not throw.
            let _ = resolve.call0(&JsValue::NULL);
        }
    }
}
