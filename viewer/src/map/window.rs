//! What the map asks of the browser's window: the time, and how fine the screen is.

/// Device pixels per CSS pixel.
pub(super) fn pixel_ratio() -> f64 {
    web_sys::window().map_or(1.0, |window| window.device_pixel_ratio())
}

/// Milliseconds on the clock of animation frames.
pub(super) fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}
