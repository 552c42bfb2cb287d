//! What gestures, keys and buttons do to the map: steps, zooms, boxes and clicks.

use super::animation::Motion;
use super::gesture::Act;
use super::inner::Inner;
use super::options::{Click, ClickKind};
use super::window::now;
use crate::number::bounded;
use crate::view::camera::MAX_ZOOM;
use crate::view::{Camera, Projection, View};

/// How long a step by key or button takes, in milliseconds.
const STEP_TIME: f64 = 260.0;

/// Moves to the view that a step leads to, counted from where the map is heading.
pub(super) fn step(map: &Inner, next: impl Fn(&Camera) -> View) {
    let heading = {
        let state = map.state.borrow();
        let heading = state.motion.as_ref().and_then(|motion| motion.destination(&state.camera));
        heading.unwrap_or(state.camera)
    };
    ease_to(map, next(&heading), STEP_TIME);
}

/// Goes straight to a view within so many milliseconds; at once if motion is to be reduced.
pub(super) fn ease_to(map: &Inner, view: View, duration: f64) {
    {
        let state = &mut *map.state.borrow_mut();
        let goal = state.camera.looking_at(view);
        if state.reduced_motion || duration <= 0.0 {
            state.motion = None;
            state.set_camera(goal);
        } else {
            let (from, to, start) = (state.camera.view(), goal.view(), now());
            state.motion = Some(Motion::Ease { from, to, start, duration });
            state.stale.wants = true;
        }
    }
    map.request_frame();
}

/// Zooms by so many levels about a position.
pub(super) fn zoom_about(map: &Inner, levels: f64, about: (f64, f64)) {
    {
        let state = &mut *map.state.borrow_mut();
        let from = match state.motion {
            Some(Motion::Wheel { goal, .. }) => goal,
            _ => state.camera.view().zoom,
        };
        let goal = bounded(from + levels, state.camera.min_zoom(), MAX_ZOOM);
        if state.reduced_motion {
            let camera = state.camera.zoomed_about(goal, about.0, about.1);
            state.motion = None;
            state.set_camera(camera);
        } else {
            state.motion = Some(Motion::Wheel { goal, about, last: now() });
            state.stale.wants = true;
        }
    }
    map.request_frame();
}

/// Does what a gesture meant.
pub(super) fn perform(map: &Inner, act: Option<Act>) {
    let Some(act) = act else { return };
    match act {
        Act::Click { at } => click(map, at, ClickKind::Click),
        Act::LongPress { at } => click(map, at, ClickKind::LongPress),
        Act::DoubleTap { at } => zoom_about(map, 1.0, at),
        Act::Pan { dx, dy } => {
            let state = &mut *map.state.borrow_mut();
            state.set_camera(state.camera.panned(dx, dy));
        }
        Act::Pinch { zoom, about, dx, dy } => {
            let state = &mut *map.state.borrow_mut();
            let moved = state.camera.panned(dx, dy);
            let zoom = moved.view().zoom + zoom;
            state.set_camera(moved.zoomed_about(zoom, about.0, about.1));
        }
        Act::Glide { vx, vy } => {
            let state = &mut *map.state.borrow_mut();
            if !state.reduced_motion {
                state.motion = Motion::glide((vx, vy), now());
            }
        }
        Act::Box { from, to } => {
            let state = &mut *map.state.borrow_mut();
            state.selection = Some((from, to));
            state.stale.picture = true;
        }
        Act::ZoomToBox { from, to } => zoom_to_box(map, from, to),
    }
    map.request_frame();
}

fn zoom_to_box(map: &Inner, from: (f64, f64), to: (f64, f64)) {
    let camera = {
        let state = &mut *map.state.borrow_mut();
        state.selection = None;
        state.stale.picture = true;
        state.camera
    };
    let viewport = camera.viewport();
    let (width, height) = ((from.0 - to.0).abs().max(8.0), (from.1 - to.1).abs().max(8.0));
    let middle = camera.unproject(f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
    if let Some((lon, lat)) = middle {
        let levels = (viewport.width / width).min(viewport.height / height).log2();
        ease_to(map, View { lon, lat, zoom: camera.view().zoom + levels }, 400.0);
    }
}

/// Tells of a click, tap or press on the ground.
pub(super) fn click(map: &Inner, at: (f64, f64), kind: ClickKind) {
    let place = map.state.borrow().camera.unproject(at.0, at.1);
    if let Some((lon, lat)) = place {
        map.listeners.click.emit(&Click { lon, lat, kind });
    }
}

/// The view of the whole world, centred where it is.
pub(super) fn world(camera: &Camera) -> View {
    let viewport = camera.viewport();
    let zoom = match camera.projection() {
        // As large as the screen, with a rim of space.
        Projection::Globe => {
            let diameter = viewport.width.min(viewport.height) * 0.86;
            (diameter * std::f64::consts::PI / 512.0).log2()
        }
        Projection::Mercator | Projection::Equirectangular => {
            (viewport.width / 512.0).log2().max(camera.min_zoom())
        }
    };
    View { lon: camera.view().lon, lat: 20.0, zoom }
}
