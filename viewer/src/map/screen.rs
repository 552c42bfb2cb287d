//! The size of the canvas in pixels: how it follows window and screen.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    HtmlCanvasElement, MediaQueryList, ResizeObserver, ResizeObserverBoxOptions,
    ResizeObserverEntry, ResizeObserverOptions, ResizeObserverSize,
};

use super::options::MapError;
use super::window::pixel_ratio;
use crate::media;
use crate::number;

/// The property of observed sizes in device pixels, which Safari does not have.
const DEVICE_PIXELS: &str = "devicePixelContentBoxSize";
/// Watches the size of a canvas, and the screen's pixels on which it lies.
pub(super) struct Screen {
    canvas: HtmlCanvasElement,
    observer: ResizeObserver,
    _on_resize: Closure<dyn FnMut(Array)>,
    on_ratio: Closure<dyn FnMut()>,
    /// The query that ends when the pixel ratio changes.
    resolution: RefCell<Option<MediaQueryList>>,
}

impl Screen {
    /// Tells width and height in device pixels and the pixel ratio, now and whenever they change.
    pub(super) fn watch(
        canvas: &HtmlCanvasElement,
        on_size: impl Fn(f64, f64, f64) + 'static,
    ) -> Result<Rc<Self>, MapError> {
        let on_resize = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            let entry = entries.get(entries.length().saturating_sub(1));
            if let Some(entry) = entry.dyn_ref::<ResizeObserverEntry>() {
                let ratio = pixel_ratio();
                let (width, height) = device_size(entry, ratio);
                on_size(width, height, ratio);
            }
        });
        let observer = ResizeObserver::new(on_resize.as_ref().unchecked_ref())
            .map_err(MapError::browser("watching the map's size"))?;
        let canvas = canvas.clone();
        let screen = Rc::new_cyclic(|screen: &Weak<Self>| {
            let screen = screen.clone();
            let on_ratio = Closure::<dyn FnMut()>::new(move || {
                if let Some(screen) = screen.upgrade() {
                    screen.look();
                }
            });
            Self {
                canvas,
                observer,
                _on_resize: on_resize,
                on_ratio,
                resolution: RefCell::default(),
            }
        });
        screen.look();
        Ok(screen)
    }

    /// Has the size told anew, and waits for the next change of the pixel ratio: an observer of CSS pixels does not
    /// hear of that.
    fn look(&self) {
        self.observer.unobserve(&self.canvas);
        let options = ResizeObserverOptions::new();
        if knows_device_pixels() {
            options.set_box(ResizeObserverBoxOptions::DevicePixelContentBox);
        }
        self.observer.observe_with_options(&self.canvas, &options);
        let ratio = number::text(pixel_ratio());
        let query = format!("(resolution: {ratio}dppx), (-webkit-device-pixel-ratio: {ratio})");
        let list = web_sys::window().and_then(|window| window.match_media(&query).ok().flatten());
        let on_ratio = self.on_ratio.as_ref().unchecked_ref();
        if let Some(list) = &list {
            media::follow(list, on_ratio);
        }
        if let Some(old) = self.resolution.replace(list) {
            media::leave(&old, on_ratio);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.observer.disconnect();
        if let Some(list) = self.resolution.take() {
            media::leave(&list, self.on_ratio.as_ref().unchecked_ref());
        }
    }
}

/// Whether the browser tells sizes in device pixels; asked for what it does not know, Safari throws.
fn knows_device_pixels() -> bool {
    let get = |from: &wasm_bindgen::JsValue, name: &str| Reflect::get(from, &name.into());
    get(&js_sys::global(), "ResizeObserverEntry")
        .and_then(|class| get(&class, "prototype"))
        .and_then(|prototype| Reflect::has(&prototype, &DEVICE_PIXELS.into()))
        .unwrap_or(false)
}

/// The observed size in device pixels.
fn device_size(entry: &ResizeObserverEntry, ratio: f64) -> (f64, f64) {
    let css = entry.content_rect();
    let near = (css.width() * ratio, css.height() * ratio);
    let exact = Reflect::get(entry, &DEVICE_PIXELS.into()).unwrap_or_default();
    // In Safari there is no such property.
    let exact = exact.dyn_ref::<Array>().map(|sizes| sizes.get(0));
    match exact.as_ref().and_then(|size| size.dyn_ref::<ResizeObserverSize>()) {
        // Browsers that emulate another screen give the size on their own.
        Some(size) if (size.inline_size() - near.0).abs() <= 2.0 => {
            (size.inline_size(), size.block_size())
        }
        _ => (near.0.round(), near.1.round()),
    }
}
