//! Pointer, wheel, keyboard, size and context events of the canvas.

use std::rc::{Rc, Weak};

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    AddEventListenerOptions, Event, EventTarget, HtmlCanvasElement, HtmlElement, KeyboardEvent,
    MouseEvent, PointerEvent, ResizeObserver, ResizeObserverBoxOptions, ResizeObserverEntry,
    ResizeObserverOptions, ResizeObserverSize, WheelEvent,
};

use super::gesture::{LONG_PRESS, Pointer};
use super::navigation::world;
use super::{ClickKind, Inner, MapError};
use crate::render::Renderer;
use crate::view::{View, Viewport};

/// CSS pixels of wheel travel for one level of zoom.
const WHEEL_PER_LEVEL: f64 = 300.0;
/// The same for a pinch on a trackpad, which browsers report as a wheel with Ctrl.
const PINCH_PER_LEVEL: f64 = 80.0;
/// CSS pixels per line and page, for browsers that count in those.
const LINE: f64 = 40.0;
const PAGE: f64 = 300.0;
/// CSS pixels that an arrow key moves the map.
const ARROW: f64 = 120.0;

/// A listener that leaves with its owner.
pub(super) struct Listener {
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

/// What the browser calls with the entries of what was resized.
type OnResize = Closure<dyn FnMut(js_sys::Array)>;

/// Everything that keeps the browser calling the map.
#[derive(Default)]
pub(super) struct Input {
    listeners: Vec<Listener>,
    resize: Option<(ResizeObserver, OnResize)>,
    long_press: Option<Closure<dyn FnMut()>>,
}

impl Drop for Input {
    fn drop(&mut self) {
        if let Some((observer, _)) = &self.resize {
            observer.disconnect();
        }
    }
}

impl Input {
    /// Listens to a canvas.
    pub(super) fn connect(map: &Rc<Inner>) -> Result<Self, MapError> {
        let canvas = &map.canvas;
        let style = canvas.style();
        let refused = |thrown| browser_error("listening to the map", thrown);
        style.set_property("touch-action", "none").map_err(refused)?;
        style.set_property("cursor", "grab").map_err(refused)?;
        if canvas.tab_index() < 0 {
            canvas.set_tab_index(0);
        }
        let mut input = Self::default();
        let weak = Rc::downgrade(map);
        input.on(canvas, "pointerdown", &weak, |map, event: &PointerEvent| {
            map.pointer_down(event);
        })?;
        input.on(canvas, "pointermove", &weak, |map, event: &PointerEvent| {
            map.pointer_move(event);
        })?;
        input.on(canvas, "pointerup", &weak, |map, event: &PointerEvent| {
            map.pointer_up(event);
        })?;
        // A finger's click would follow, and hit whatever lies under it by then: a sheet that has risen, say.
        input.on(canvas, "touchend", &weak, |_, event: &Event| {
            if event.cancelable() {
                event.prevent_default();
            }
        })?;
        input.on(canvas, "pointercancel", &weak, |map, _: &Event| map.pointer_cancel())?;
        input
            .on(canvas, "pointerleave", &weak, |map, _: &Event| map.listeners.hover.emit(&None))?;
        input.on(canvas, "wheel", &weak, |map, event: &WheelEvent| map.wheel(event))?;
        input.on(canvas, "dblclick", &weak, |map, event: &MouseEvent| map.double_click(event))?;
        input
            .on(canvas, "contextmenu", &weak, |map, event: &MouseEvent| map.context_menu(event))?;
        input.on(canvas, "keydown", &weak, |map, event: &KeyboardEvent| map.key_down(event))?;
        input.on(canvas, "webglcontextlost", &weak, |map, event: &Event| {
            // Without this the browser never restores it.
            event.prevent_default();
            map.state.borrow_mut().renderer = None;
        })?;
        input.on(canvas, "webglcontextrestored", &weak, |map, _: &Event| map.restore())?;
        input.watch_size(canvas, &weak)?;
        let pressed = weak.clone();
        input.long_press = Some(Closure::new(move || {
            if let Some(map) = pressed.upgrade() {
                let act = map.state.borrow_mut().gesture.rest(now());
                map.perform(act);
            }
        }));
        Ok(input)
    }

    fn on<E: JsCast>(
        &mut self,
        canvas: &HtmlCanvasElement,
        name: &'static str,
        map: &Weak<Inner>,
        handle: impl Fn(&Rc<Inner>, &E) + 'static,
    ) -> Result<(), MapError> {
        let map = map.clone();
        let callback = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            if let (Some(map), Some(event)) = (map.upgrade(), event.dyn_ref::<E>()) {
                handle(&map, event);
            }
        });
        let options = AddEventListenerOptions::new();
        options.set_passive(false);
        let target: EventTarget = canvas.clone().into();
        target
            .add_event_listener_with_callback_and_add_event_listener_options(
                name,
                callback.as_ref().unchecked_ref(),
                &options,
            )
            .map_err(|thrown| browser_error("listening to the map", thrown))?;
        self.listeners.push(Listener { target, name, callback });
        Ok(())
    }

    fn watch_size(
        &mut self,
        canvas: &HtmlCanvasElement,
        map: &Weak<Inner>,
    ) -> Result<(), MapError> {
        let map = map.clone();
        let callback = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            let entry = entries.get(entries.length().saturating_sub(1));
            if let (Some(map), Some(entry)) =
                (map.upgrade(), entry.dyn_ref::<ResizeObserverEntry>())
            {
                map.resize(entry);
            }
        });
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref())
            .map_err(|thrown| browser_error("watching the map's size", thrown))?;
        let options = ResizeObserverOptions::new();
        options.set_box(ResizeObserverBoxOptions::DevicePixelContentBox);
        // Safari does not know device pixels, and says so by throwing.
        if js_sys::Reflect::has(
            &js_sys::Reflect::get(&js_sys::global(), &"ResizeObserverEntry".into())
                .and_then(|class| js_sys::Reflect::get(&class, &"prototype".into()))
                .unwrap_or_default(),
            &"devicePixelContentBoxSize".into(),
        ) == Ok(true)
        {
            observer.observe_with_options(canvas, &options);
        } else {
            observer.observe(canvas);
        }
        self.resize = Some((observer, callback));
        Ok(())
    }
}

impl Inner {
    fn pointer_down(self: &Rc<Self>, event: &PointerEvent) {
        if event.button() != 0 {
            return;
        }
        // A pointer that has gone already cannot be captured; then there is nothing to follow.
        let _ = self.canvas.set_pointer_capture(event.pointer_id());
        let _ = self.canvas.style().set_property("cursor", "grabbing");
        let pointer = kind(event);
        self.last_pointer.set(pointer);
        if pointer == Pointer::Touch {
            leave_text_field();
        }
        let at = position(event);
        {
            let state = &mut *self.state.borrow_mut();
            if state.motion.take().is_some() {
                state.stale.wants = true;
                state.stale.picture = true;
            }
            let boxing = event.shift_key() && pointer == Pointer::Mouse;
            state.gesture.press(event.pointer_id(), at, now(), boxing);
        }
        if pointer == Pointer::Touch
            && let Some(callback) = &self.input.borrow().long_press
            && let Some(window) = web_sys::window()
        {
            // Without a timer there is no long press; the click remains.
            let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(
                callback.as_ref().unchecked_ref(),
                LONG_PRESS as i32 + 10,
            );
        }
        self.request_frame();
    }

    fn pointer_move(self: &Rc<Self>, event: &PointerEvent) {
        let at = position(event);
        let (active, act) = {
            let state = &mut *self.state.borrow_mut();
            (state.gesture.is_active(), state.gesture.travel(event.pointer_id(), at, now()))
        };
        if !active {
            let place = self.state.borrow().camera.unproject(at.0, at.1);
            self.listeners.hover.emit(&place);
        }
        self.perform(act);
    }

    fn pointer_up(self: &Rc<Self>, event: &PointerEvent) {
        let _ = self.canvas.style().set_property("cursor", "grab");
        let act = self.state.borrow_mut().gesture.release(event.pointer_id(), kind(event), now());
        self.perform(act);
    }

    fn pointer_cancel(self: &Rc<Self>) {
        let state = &mut *self.state.borrow_mut();
        state.gesture.cancel();
        state.selection = None;
        state.stale.picture = true;
        drop(self.canvas.style().set_property("cursor", "grab"));
        self.request_frame();
    }

    fn wheel(self: &Rc<Self>, event: &WheelEvent) {
        event.prevent_default();
        let unit = match event.delta_mode() {
            WheelEvent::DOM_DELTA_LINE => LINE,
            WheelEvent::DOM_DELTA_PAGE => PAGE,
            _ => 1.0,
        };
        let per_level = if event.ctrl_key() { PINCH_PER_LEVEL } else { WHEEL_PER_LEVEL };
        let levels = (-event.delta_y() * unit / per_level).clamp(-1.0, 1.0);
        self.zoom_about(levels, position(event));
    }

    fn double_click(self: &Rc<Self>, event: &MouseEvent) {
        event.prevent_default();
        if self.last_pointer.get() == Pointer::Mouse {
            self.zoom_about(if event.shift_key() { -1.0 } else { 1.0 }, position(event));
        }
    }

    fn context_menu(self: &Rc<Self>, event: &MouseEvent) {
        event.prevent_default();
        // A finger's long press has its own timer.
        if !self.state.borrow().gesture.is_active() && self.last_pointer.get() == Pointer::Mouse {
            self.click(position(event), ClickKind::LongPress);
        }
    }

    fn key_down(self: &Rc<Self>, event: &KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() {
            return;
        }
        let pan =
            |dx: f64, dy: f64| self.step(|camera| camera.panned(dx * ARROW, dy * ARROW).view());
        let zoom = |levels: f64| {
            self.step(|camera| View { zoom: camera.view().zoom + levels, ..camera.view() });
        };
        match event.key().as_str() {
            "ArrowLeft" => pan(1.0, 0.0),
            "ArrowRight" => pan(-1.0, 0.0),
            "ArrowUp" => pan(0.0, 1.0),
            "ArrowDown" => pan(0.0, -1.0),
            "+" | "=" => zoom(1.0),
            "-" | "_" => zoom(-1.0),
            "Home" => self.step(world),
            "Enter" => {
                let viewport = self.state.borrow().camera.viewport();
                self.click((viewport.width / 2.0, viewport.height / 2.0), ClickKind::Keyboard);
            }
            _ => return,
        }
        event.prevent_default();
    }

    fn resize(&self, entry: &ResizeObserverEntry) {
        let css = entry.content_rect();
        let ratio = pixel_ratio();
        let exact = entry.device_pixel_content_box_size().get(0);
        let near = (css.width() * ratio, css.height() * ratio);
        let (width, height) = match exact.dyn_ref::<ResizeObserverSize>() {
            // Browsers that emulate another screen give the size on their own.
            Some(size) if (size.inline_size() - near.0).abs() <= 2.0 => {
                (size.inline_size(), size.block_size())
            }
            _ => (near.0.round(), near.1.round()),
        };
        self.set_size(width, height, ratio);
    }

    /// Takes a size in device pixels.
    pub(super) fn set_size(&self, width: f64, height: f64, pixel_ratio: f64) {
        if width < 1.0 || height < 1.0 {
            return;
        }
        {
            let state = &mut *self.state.borrow_mut();
            state.canvas = (width as u32, height as u32);
            let viewport =
                Viewport { width: width / pixel_ratio, height: height / pixel_ratio, pixel_ratio };
            let camera = state.camera.on_screen(viewport);
            state.set_camera(camera);
            state.stale.picture = true;
            state.stale.wants = true;
        }
        // The canvas is blank once it has its new size: draw before the browser shows it.
        self.request_frame();
    }

    fn restore(self: &Rc<Self>) {
        match Renderer::new(&self.canvas) {
            Ok(renderer) => {
                self.state.borrow_mut().attach(renderer);
                // What the source has answered is lost: it must not take the same list for the same question.
                self.want(Some(Vec::new()));
                self.request_frame();
            }
            Err(error) => self.listeners.error.emit(&error.into()),
        }
    }
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

/// Device pixels per CSS pixel.
pub(super) fn pixel_ratio() -> f64 {
    web_sys::window().map_or(1.0, |window| window.device_pixel_ratio())
}

/// Milliseconds on the clock of animation frames.
pub(super) fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn browser_error(action: &'static str, thrown: wasm_bindgen::JsValue) -> MapError {
    MapError::Browser { action, found: format!("{thrown:?}") }
}

fn kind(event: &PointerEvent) -> Pointer {
    if event.pointer_type() == "mouse" { Pointer::Mouse } else { Pointer::Touch }
}

/// Where an event happened, in CSS pixels from the canvas's corner.
fn position(event: &MouseEvent) -> (f64, f64) {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}
