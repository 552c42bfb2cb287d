//! What keeps the browser calling the map, until it is dropped: listeners on the canvas, its size, a timer's callback.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{AddEventListenerOptions, Event, EventTarget, HtmlCanvasElement};

use super::options::MapError;
use super::screen::Screen;

/// A listener that leaves with its owner.
struct Listener {
    target: EventTarget,
    name: &'static str,
    callback: Closure<dyn FnMut(Event)>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        let callback = self.callback.as_ref().unchecked_ref();
        // Removing what is not there is no error.
        let _ = self.target.remove_event_listener_with_callback(self.name, callback);
    }
}

/// Everything that keeps the browser calling the map.
#[derive(Default)]
pub(super) struct Events {
    listeners: Vec<Listener>,
    pub(super) screen: Option<Rc<Screen>>,
    pub(super) long_press: Option<Closure<dyn FnMut()>>,
}

impl Events {
    /// Listens to the events of a name on a canvas.
    ///
    /// # Errors
    /// What the browser said where it refuses.
    pub(super) fn on(
        &mut self,
        canvas: &HtmlCanvasElement,
        name: &'static str,
        handle: impl Fn(Event) + 'static,
    ) -> Result<(), MapError> {
        let callback = Closure::<dyn FnMut(Event)>::new(handle);
        let options = AddEventListenerOptions::new();
        options.set_passive(false);
        let target: EventTarget = canvas.clone().into();
        target
            .add_event_listener_with_callback_and_add_event_listener_options(
                name,
                callback.as_ref().unchecked_ref(),
                &options,
            )
            .map_err(MapError::browser("listening to the map"))?;
        self.listeners.push(Listener { target, name, callback });
        Ok(())
    }
}
