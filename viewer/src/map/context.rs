//! The browser's WebGL context: it may take it away, and may or may not give it back.

use std::rc::Rc;
use std::time::Duration;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, HtmlCanvasElement};

use super::inner::Inner;
use super::input;
use super::options::MapError;
use crate::pause::pause;
use crate::render::Renderer;

/// How long the browser has to give a context back, before a new canvas takes the place of the old one ...
const PATIENCE: Duration = Duration::from_secs(4);
/// ... and before that is tried again, where it had none for that either.
const TRY_AGAIN: Duration = Duration::from_secs(8);

/// Has the browser call the map for what happens on its canvas, and to the canvas's context.
///
/// # Errors
/// What the browser said where it refuses.
pub(super) fn listen(map: &Rc<Inner>) -> Result<(), MapError> {
    let mut events = input::connect(map)?;
    let canvas = &map.canvas.borrow().clone();
    let weak = Rc::downgrade(map);
    input::on(&mut events, canvas, "webglcontextlost", &weak, |map, event: &Event| {
        // Without this the browser never restores it.
        event.prevent_default();
        lose(map);
    })?;
    input::on(&mut events, canvas, "webglcontextrestored", &weak, |map, _: &Event| restore(map))?;
    map.events.replace(events);
    Ok(())
}

/// The context is gone. A browser that was in the background, as on phones, may never give it back.
pub(super) fn lose(map: &Rc<Inner>) {
    map.state.borrow_mut().renderer = None;
    if map.is_reviving.replace(true) {
        return;
    }
    let map = Rc::downgrade(map);
    spawn_local(async move {
        let mut patience = PATIENCE;
        loop {
            pause(patience).await;
            let Some(map) = map.upgrade() else { return };
            if has_context(&map) || replace_canvas(&map) {
                map.is_reviving.set(false);
                return;
            }
            patience = TRY_AGAIN;
        }
    });
}

/// The context is there again, with nothing on its GPU.
fn restore(map: &Rc<Inner>) {
    match Renderer::new(&map.canvas.borrow()) {
        Ok(renderer) => revive(map, renderer),
        // The canvas will be replaced.
        Err(_) => lose(map),
    }
}

fn has_context(map: &Inner) -> bool {
    map.state.borrow().renderer.is_some()
}

/// Puts a new canvas in the place of the one that has lost its context; whether there is a map again.
fn replace_canvas(map: &Rc<Inner>) -> bool {
    match try_new_canvas(map) {
        Ok(()) => true,
        Err(error) => {
            map.is_blind.set(true);
            map.listeners.blind.emit(&Some(error));
            false
        }
    }
}

fn try_new_canvas(map: &Rc<Inner>) -> Result<(), MapError> {
    let refused = MapError::browser("a new canvas");
    let old = map.canvas.borrow().clone();
    let new: HtmlCanvasElement = old.clone_node().map_err(&refused)?.unchecked_into();
    let renderer = Renderer::new(&new)?;
    let has_focus = web_sys::window()
        .and_then(|window| window.document()?.active_element())
        .is_some_and(|focused| focused == **old);
    old.replace_with_with_node_1(&new).map_err(&refused)?;
    map.canvas.replace(new.clone());
    map.state.borrow_mut().gesture.cancel();
    listen(map)?;
    if has_focus {
        // It had the focus: so it can have it.
        let _ = new.focus();
    }
    revive(map, renderer);
    Ok(())
}

fn revive(map: &Rc<Inner>, renderer: Renderer) {
    map.state.borrow_mut().attach(renderer);
    if map.is_blind.take() {
        map.listeners.blind.emit(&None);
    }
    // What the source has answered is lost: it must not take the same list for the same question.
    map.want(Some(Vec::new()));
    map.request_frame();
}
