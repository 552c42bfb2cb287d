//! Workers as the page holds them: how they are started, and who hears them.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::scope;
use crate::thrown::describe;

/// A worker and its listeners; it ends with this.
pub(super) struct Thread {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Thread {
    /// Starts a worker, unless there is one already. `hear` gets what it says, `fail` what the browser says when it
    /// stops, if anything.
    ///
    /// # Errors
    /// What the browser says where it starts none.
    pub(super) fn start(
        url: &str,
        early: Option<EarlyWorker>,
        hear: impl Fn(JsValue) + 'static,
        fail: impl Fn(Option<String>) + 'static,
    ) -> Result<Self, String> {
        let worker = if let Some(early) = &early {
            early.worker.clone()
        } else {
            let options = WorkerOptions::new();
            options.set_type(WorkerType::Module);
            options.set_name(&module_files());
            let worker =
                Worker::new_with_options(url, &options).map_err(|error| describe(&error))?;
            hand_module(&worker);
            worker
        };
        let on_message =
            Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| hear(event.data()));
        let on_error = Closure::<dyn FnMut(_)>::new(move |event: Event| {
            let reason = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            fail(reason.filter(|reason| !reason.is_empty()));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        if let Some(early) = early {
            early.repeat(on_message.as_ref().unchecked_ref(), on_error.as_ref().unchecked_ref());
        }
        Ok(Self { worker, _on_message: on_message, _on_error: on_error })
    }

    pub(super) const fn worker(&self) -> &Worker {
        &self.worker
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

/// Names of the module's script and of the module, as `index.html` tells them and the worker's script expects them.
fn module_files() -> String {
    let files = Reflect::get(&js_sys::global(), &"floeFiles".into()).unwrap_or_default();
    files.dyn_into::<Array>().map(|files| files.slice(0, 2).join(" ").into()).unwrap_or_default()
}

/// Gives a worker that has just been started the module that `index.html` has had compiled, or tells it that there is
/// none.
fn hand_module(worker: &Worker) {
    let module = Reflect::get(&js_sys::global(), &"floeModule".into()).unwrap_or_default();
    let worker = worker.clone();
    spawn_local(async move {
        // The promise is never rejected.
        let module = JsFuture::from(Promise::resolve(&module)).await.unwrap_or_default();
        let module = if module.is_undefined() { JsValue::NULL } else { module };
        if worker.post_message(&module).is_err() {
            // A browser that does not share modules between threads.
            let _ = worker.post_message(&JsValue::NULL);
        }
    });
}

/// The reader worker that `index.html` has started, and what it has said since.
pub(super) struct EarlyWorker {
    worker: Worker,
    events: Array,
}

impl EarlyWorker {
    /// Takes it over; `None` where there is none.
    pub(super) fn take() -> Option<Self> {
        // A second reader starts its own.
        let early = scope::take_global("floeReader")?;
        let part = |name: &str| Reflect::get(&early, &name.into()).ok();
        let worker = part("worker")?.dyn_into().ok()?;
        let events = part("events")?.dyn_into().ok()?;
        Some(Self { worker, events })
    }

    /// Hands over what was said meanwhile, when the caller is done.
    fn repeat(self, on_message: &Function, on_error: &Function) {
        let (on_message, on_error) = (on_message.clone(), on_error.clone());
        spawn_local(async move {
            for event in self.events {
                let listener =
                    if event.is_instance_of::<MessageEvent>() { &on_message } else { &on_error };
                // The listeners throw nothing.
                let _ = listener.call1(&JsValue::UNDEFINED, &event);
            }
        });
    }
}
