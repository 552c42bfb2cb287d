//! What a view is given, in few types. Leptos compiles what an attribute, a text or a listener does once for each type of
//! its value, and each closure has a type of its own: as they are, they take 7 KB more of the page's code, with gzip.

use std::sync::{Arc, Mutex};

use leptos::prelude::*;
use leptos::tachys::reactive_graph::SharedReactiveFunction;

/// An attribute's value, or a text, that follows from signals.
pub fn live<T>(value: impl FnMut() -> T + Send + 'static) -> SharedReactiveFunction<T> {
    Arc::new(Mutex::new(value))
}

/// What is done at an event.
pub fn heard<E>(listener: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(listener)
}

/// Its children as long as something holds, else what takes their place, if anything.
#[component]
pub fn Shown(
    /// Whether it holds.
    #[prop(into)]
    when: Signal<bool>,
    /// What takes their place.
    #[prop(optional, into)]
    fallback: ViewFn,
    children: ChildrenFn,
) -> impl IntoView {
    // Only a change makes either anew.
    let when = Memo::new(move |_| when.get());
    live(move || if when.get() { children() } else { fallback.run() })
}
