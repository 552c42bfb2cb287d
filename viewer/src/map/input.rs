//! Pointer, wheel, trackpad and keyboard on the canvas, and its size.

use std::rc::{Rc, Weak};

use js_sys::Reflect;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    Event, HtmlCanvasElement, HtmlElement, KeyboardEvent, MouseEvent, PointerEvent, WheelEvent,
};

use super::events::Events;
use super::gesture::{Act, LONG_PRESS, Pointer};
use super::inner::Inner;
use super::navigation::{click, perform, step, world, zoom_about};
use super::options::{ClickKind, MapError};
use super::screen::Screen;
use super::window::now;
use crate::view::View;

/// CSS pixels of wheel travel for one level of zoom.
const WHEEL_PER_LEVEL: f64 = 300.0;
/// The same for a pinch on a trackpad, which browsers report as a wheel with Ctrl.
const PINCH_PER_LEVEL: f64 = 80.0;
/// CSS pixels per line and page, for browsers that count in those.
const LINE: f64 = 40.0;
const PAGE: f64 = 300.0;
/// CSS pixels that an arrow key moves the map.
const ARROW: f64 = 120.0;

/// Has the browser call the map for what happens on its canvas.
///
/// # Errors
/// What the browser said where it refuses.
pub(super) fn connect(map: &Rc<Inner>) -> Result<Events, MapError> {
    let canvas = &map.canvas.borrow().clone();
    let style = canvas.style();
    let refused = MapError::browser("listening to the map");
    style.set_property("touch-action", "none").map_err(&refused)?;
    style.set_property("cursor", "grab").map_err(&refused)?;
    if canvas.tab_index() < 0 {
        canvas.set_tab_index(0);
    }
    let mut events = Events::default();
    let weak = Rc::downgrade(map);
    on(&mut events, canvas, "pointerdown", &weak, pointer_down)?;
    on(&mut events, canvas, "pointermove", &weak, pointer_move)?;
    on(&mut events, canvas, "pointerup", &weak, pointer_up)?;
    // A finger's click would follow, and hit whatever lies under it by then: a sheet that has risen, say.
    on(&mut events, canvas, "touchend", &weak, |_, event: &Event| {
        if event.cancelable() {
            event.prevent_default();
        }
    })?;
    on(&mut events, canvas, "pointercancel", &weak, |map, _: &Event| pointer_cancel(map))?;
    on(&mut events, canvas, "pointerleave", &weak, |map, _: &Event| {
        map.listeners.hover.emit(&None);
    })?;
    on(&mut events, canvas, "wheel", &weak, wheel)?;
    on(&mut events, canvas, "dblclick", &weak, double_click)?;
    on(&mut events, canvas, "contextmenu", &weak, context_menu)?;
    on(&mut events, canvas, "keydown", &weak, key_down)?;
    for (name, is_start) in
        [("gesturestart", true), ("gesturechange", false), ("gestureend", false)]
    {
        on(&mut events, canvas, name, &weak, move |map, event: &Event| {
            trackpad(map, event, is_start);
        })?;
    }
    let sized = weak.clone();
    events.screen = Some(Screen::watch(canvas, move |width, height, pixel_ratio| {
        if let Some(map) = sized.upgrade() {
            set_size(&map, width, height, pixel_ratio);
        }
    })?);
    events.long_press = Some(Closure::new(move || {
        if let Some(map) = weak.upgrade() {
            let act = map.state.borrow_mut().gesture.rest(now());
            perform(&map, act);
        }
    }));
    Ok(events)
}

/// Listens to the events of a name, each as what it is, as long as there is the map.
pub(super) fn on<E: JsCast>(
    events: &mut Events,
    canvas: &HtmlCanvasElement,
    name: &'static str,
    map: &Weak<Inner>,
    handle: impl Fn(&Rc<Inner>, &E) + 'static,
) -> Result<(), MapError> {
    let map = map.clone();
    events.on(canvas, name, move |event| {
        if let (Some(map), Some(event)) = (map.upgrade(), event.dyn_ref::<E>()) {
            handle(&map, event);
        }
    })
}

fn pointer_down(map: &Rc<Inner>, event: &PointerEvent) {
    if event.button() != 0 {
        return;
    }
    // A pointer that has gone already cannot be captured; then there is nothing to follow.
    let canvas = map.canvas.borrow().clone();
    let _ = canvas.set_pointer_capture(event.pointer_id());
    let _ = canvas.style().set_property("cursor", "grabbing");
    let pointer = kind(event);
    map.last_pointer.set(pointer);
    if pointer == Pointer::Touch {
        leave_text_field();
    }
    let at = position(event);
    {
        let state = &mut *map.state.borrow_mut();
        if state.motion.take().is_some() {
            state.stale.wants = true;
            state.stale.picture = true;
        }
        let boxing = event.shift_key() && pointer == Pointer::Mouse;
        state.gesture.press(event.pointer_id(), at, now(), boxing);
    }
    if pointer == Pointer::Touch
        && let Some(callback) = &map.events.borrow().long_press
        && let Some(window) = web_sys::window()
    {
        // Without a timer there is no long press; the click remains.
        let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(
            callback.as_ref().unchecked_ref(),
            LONG_PRESS as i32 + 10,
        );
    }
    map.request_frame();
}

fn pointer_move(map: &Rc<Inner>, event: &PointerEvent) {
    let at = position(event);
    let (active, act) = {
        let state = &mut *map.state.borrow_mut();
        (state.gesture.is_active(), state.gesture.travel(event.pointer_id(), at, now()))
    };
    if !active {
        let place = map.state.borrow().camera.unproject(at.0, at.1);
        map.listeners.hover.emit(&place);
    }
    perform(map, act);
}

fn pointer_up(map: &Rc<Inner>, event: &PointerEvent) {
    let _ = map.canvas.borrow().style().set_property("cursor", "grab");
    let act = map.state.borrow_mut().gesture.release(event.pointer_id(), kind(event), now());
    perform(map, act);
}

fn pointer_cancel(map: &Rc<Inner>) {
    let state = &mut *map.state.borrow_mut();
    state.gesture.cancel();
    state.selection = None;
    state.stale.picture = true;
    drop(map.canvas.borrow().style().set_property("cursor", "grab"));
    map.request_frame();
}

fn wheel(map: &Rc<Inner>, event: &WheelEvent) {
    event.prevent_default();
    let unit = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => LINE,
        WheelEvent::DOM_DELTA_PAGE => PAGE,
        _ => 1.0,
    };
    let per_level = if event.ctrl_key() { PINCH_PER_LEVEL } else { WHEEL_PER_LEVEL };
    let levels = (-event.delta_y() * unit / per_level).clamp(-1.0, 1.0);
    zoom_about(map, levels, position(event));
}

fn double_click(map: &Rc<Inner>, event: &MouseEvent) {
    event.prevent_default();
    if map.last_pointer.get() == Pointer::Mouse {
        zoom_about(map, if event.shift_key() { -1.0 } else { 1.0 }, position(event));
    }
}

fn context_menu(map: &Rc<Inner>, event: &MouseEvent) {
    event.prevent_default();
    // A finger's long press has its own timer.
    if !map.state.borrow().gesture.is_active() && map.last_pointer.get() == Pointer::Mouse {
        click(map, position(event), ClickKind::LongPress);
    }
}

fn key_down(map: &Rc<Inner>, event: &KeyboardEvent) {
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let pan = |dx: f64, dy: f64| step(map, |camera| camera.panned(dx * ARROW, dy * ARROW).view());
    let zoom = |levels: f64| {
        step(map, |camera| View { zoom: camera.view().zoom + levels, ..camera.view() });
    };
    match event.key().as_str() {
        "ArrowLeft" => pan(1.0, 0.0),
        "ArrowRight" => pan(-1.0, 0.0),
        "ArrowUp" => pan(0.0, 1.0),
        "ArrowDown" => pan(0.0, -1.0),
        "+" | "=" => zoom(1.0),
        "-" | "_" => zoom(-1.0),
        "Home" => step(map, world),
        "Enter" => {
            let viewport = map.state.borrow().camera.viewport();
            click(map, (viewport.width / 2.0, viewport.height / 2.0), ClickKind::Keyboard);
        }
        _ => return,
    }
    event.prevent_default();
}

/// A pinch on a trackpad, which Safari reports in events of its own; on phones they come beside the fingers'.
fn trackpad(map: &Rc<Inner>, event: &Event, is_start: bool) {
    event.prevent_default();
    let number = |name: &str| Reflect::get(event, &name.into()).ok()?.as_f64();
    let scale = number("scale").filter(|scale| *scale > 0.0).unwrap_or(1.0);
    let before = map.pinch.replace(scale);
    if is_start || map.state.borrow().gesture.is_active() {
        return;
    }
    let about = {
        let state = &mut *map.state.borrow_mut();
        state.motion = None;
        let viewport = state.camera.viewport();
        let corner = map.canvas.borrow().get_bounding_client_rect();
        let x = number("clientX").map(|x| x - corner.left());
        let y = number("clientY").map(|y| y - corner.top());
        (x.unwrap_or(viewport.width / 2.0), y.unwrap_or(viewport.height / 2.0))
    };
    let zoom = (scale / before).log2();
    perform(map, Some(Act::Pinch { zoom, about, dx: 0.0, dy: 0.0 }));
}

/// Takes a size in device pixels.
fn set_size(map: &Inner, width: f64, height: f64, pixel_ratio: f64) {
    if width < 1.0 || height < 1.0 {
        return;
    }
    map.state.borrow_mut().set_size((width, height), pixel_ratio);
    // The canvas is blank once it has its new size: draw before the browser shows it.
    map.request_frame();
}

/// Takes the focus off what has it, such as a text field, whose keyboard covers half of a phone's map: a
/// finger on the map, whose click is prevented, does not.
fn leave_text_field() {
    let document = web_sys::window().and_then(|window| window.document());
    let focused = document.and_then(|document| document.active_element());
    if let Some(focused) = focused.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // What cannot lose the focus had none.
        let _ = focused.blur();
    }
}

fn kind(event: &PointerEvent) -> Pointer {
    if event.pointer_type() == "mouse" { Pointer::Mouse } else { Pointer::Touch }
}

/// Where an event happened, in CSS pixels from the canvas's corner.
fn position(event: &MouseEvent) -> (f64, f64) {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}
