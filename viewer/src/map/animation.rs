//! How the camera moves by itself: eased steps, flights, the glide after a drag, the wheel. Pure;
//! times are milliseconds of one clock.

use crate::view::{Camera, View, wrap_longitude};

/// Time constant of the glide after a drag.
const GLIDE: f64 = 220.0;
/// A glide slower than this (CSS pixels per millisecond) has ended, and does not begin.
const MIN_SPEED: f64 = 0.02;
/// The fastest glide.
const MAX_SPEED: f64 = 4.0;
/// Time constant with which the wheel's zoom is reached.
const WHEEL: f64 = 70.0;
/// A wheel zoom nearer to its goal than this has arrived.
const WHEEL_END: f64 = 0.002;
/// How far a flight zooms out compared with its way (van Wijk and Nuij, "Smooth and efficient zooming
/// and panning", 2003: ρ of about 1.4 is what people prefer).
const RHO: f64 = 1.42;
/// Speed of a flight in its own measure, per millisecond.
const FLIGHT_SPEED: f64 = 0.0016;

/// A movement in progress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Motion {
    /// A straight way to a view.
    Ease {
        /// Where it began.
        from: View,
        /// Where it ends.
        to: View,
        /// When it began.
        start: f64,
        /// How long it takes.
        duration: f64,
    },
    /// A way to a far view that zooms out in between.
    Fly {
        /// Where it began.
        from: View,
        /// Where it ends.
        to: View,
        /// When it began.
        start: f64,
    },
    /// The glide after a drag.
    Glide {
        /// CSS pixels per millisecond, rightwards and downwards.
        velocity: (f64, f64),
        /// When the last step was made.
        last: f64,
    },
    /// The zoom of a wheel, about the pointer.
    Wheel {
        /// The zoom that it heads for.
        goal: f64,
        /// The pointer in CSS pixels.
        about: (f64, f64),
        /// When the last step was made.
        last: f64,
    },
}

/// A step of a movement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    /// The camera now.
    pub(super) camera: Camera,
    /// What remains; `None` at the end.
    pub(super) rest: Option<Motion>,
}

impl Motion {
    /// A glide, if the pointer was fast enough when it let go.
    pub(super) fn glide(velocity: (f64, f64), now: f64) -> Option<Self> {
        let speed = velocity.0.hypot(velocity.1);
        let slower = (MAX_SPEED / speed).min(1.0);
        let velocity = (velocity.0 * slower, velocity.1 * slower);
        (speed.is_finite() && speed > 0.1).then_some(Self::Glide { velocity, last: now })
    }

    /// Where the movement ends, if that is a place of its own: what is needed there may be fetched
    /// ahead of time.
    pub(super) fn destination(&self, camera: &Camera) -> Option<Camera> {
        match *self {
            Self::Ease { to, .. } | Self::Fly { to, .. } => Some(camera.looking_at(to)),
            Self::Wheel { goal, about, .. } => Some(camera.zoomed_about(goal, about.0, about.1)),
            Self::Glide { .. } => None,
        }
    }

    /// The camera at a time.
    pub(super) fn step(self, camera: &Camera, now: f64) -> Step {
        match self {
            Self::Ease { from, to, start, duration } => {
                let share = ((now - start) / duration).clamp(0.0, 1.0);
                let slow_down = 1.0 - (1.0 - share).powi(3);
                let view = if share < 1.0 { between(from, to, slow_down) } else { to };
                Step { camera: camera.looking_at(view), rest: (share < 1.0).then_some(self) }
            }
            Self::Fly { from, to, start } => {
                let flight = Flight::new(camera, from, to);
                let travelled = ((now - start) * FLIGHT_SPEED).max(0.0);
                if travelled >= flight.length {
                    return Step { camera: camera.looking_at(to), rest: None };
                }
                // Gentle start and end.
                let share = travelled / flight.length;
                let share = share * share * (3.0 - 2.0 * share);
                let (way, zoom) = flight.at(share * flight.length);
                let view = View { zoom: from.zoom + zoom, ..between(from, to, way) };
                Step { camera: camera.looking_at(view), rest: Some(self) }
            }
            Self::Glide { velocity, last } => {
                let elapsed = (now - last).clamp(0.0, 100.0);
                let decay = (-elapsed / GLIDE).exp();
                let distance = GLIDE * (1.0 - decay);
                let camera = camera.panned(velocity.0 * distance, velocity.1 * distance);
                let velocity = (velocity.0 * decay, velocity.1 * decay);
                let goes_on = velocity.0.hypot(velocity.1) > MIN_SPEED;
                Step { camera, rest: goes_on.then_some(Self::Glide { velocity, last: now }) }
            }
            Self::Wheel { goal, about, last } => {
                let elapsed = (now - last).clamp(0.0, 100.0);
                let zoom = camera.view().zoom;
                let rest = (goal - zoom) * (-elapsed / WHEEL).exp();
                let arrived = rest.abs() < WHEEL_END;
                let zoom = if arrived { goal } else { goal - rest };
                let camera = camera.zoomed_about(zoom, about.0, about.1);
                Step { camera, rest: (!arrived).then_some(Self::Wheel { goal, about, last: now }) }
            }
        }
    }
}

/// A view on the straight way between two, the short way around the globe.
fn between(from: View, to: View, share: f64) -> View {
    let mix = |a: f64, b: f64| a + (b - a) * share;
    View {
        lon: from.lon + wrap_longitude(to.lon - from.lon) * share,
        lat: mix(from.lat, to.lat),
        zoom: mix(from.zoom, to.zoom),
    }
}

/// The path of van Wijk and Nuij between two views: widths in lengths of the equator.
struct Flight {
    /// Width of the screen at the beginning.
    width: f64,
    /// How far apart the views are.
    distance: f64,
    /// Length of the path in its own measure.
    length: f64,
    r0: f64,
    /// ln of the ratio of the widths, where the views share a centre.
    zoom_only: Option<f64>,
}

impl Flight {
    fn new(camera: &Camera, from: View, to: View) -> Self {
        let width = |view: View| {
            let viewport = camera.viewport();
            viewport.width.max(viewport.height) / camera.looking_at(view).world()
        };
        let (w0, w1) = (width(from), width(to));
        let east = wrap_longitude(to.lon - from.lon) / 360.0;
        let distance = east.hypot(camera.plane_y(to.lat) - camera.plane_y(from.lat));
        let rho2 = RHO * RHO;
        if distance < w0.min(w1) * 1e-4 {
            let ratio = (w1 / w0).ln();
            let length = (ratio.abs() / RHO).max(1e-6);
            return Self { width: w0, distance, length, r0: 0.0, zoom_only: Some(ratio) };
        }
        let b = |w: f64, sign: f64| {
            (w1 * w1 - w0 * w0 + sign * rho2 * rho2 * distance * distance)
                / (2.0 * w * rho2 * distance)
        };
        let r = |b: f64| ((b * b + 1.0).sqrt() - b).max(f64::MIN_POSITIVE).ln();
        let (r0, r1) = (r(b(w0, 1.0)), r(b(w1, -1.0)));
        Self { width: w0, distance, length: (r1 - r0) / RHO, r0, zoom_only: None }
    }

    /// Share of the way and change of zoom at a length along the path.
    fn at(&self, s: f64) -> (f64, f64) {
        if let Some(ratio) = self.zoom_only {
            let share = s / self.length;
            return (share, -ratio * share * std::f64::consts::LOG2_E);
        }
        let r = RHO * s + self.r0;
        let way = self.width / (RHO * RHO) * (self.r0.cosh() * r.tanh() - self.r0.sinh());
        let narrowing = self.r0.cosh() / r.cosh();
        ((way / self.distance).clamp(0.0, 1.0), -narrowing.log2())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Projection, Viewport};

    fn camera(view: View) -> Camera {
        let viewport = Viewport { width: 1280.0, height: 800.0, pixel_ratio: 1.0 };
        Camera::new(Projection::Mercator, view, viewport)
    }

    const HERE: View = View { lon: 170.0, lat: 10.0, zoom: 6.0 };
    const THERE: View = View { lon: -100.0, lat: 45.0, zoom: 8.0 };

    /// Runs a motion in steps of 16 ms; the views on the way.
    fn run(motion: Motion, from: View) -> Vec<View> {
        let mut camera = camera(from);
        let mut rest = Some(motion);
        let mut now = 0.0;
        let mut views = vec![camera.view()];
        while let Some(motion) = rest {
            now += 16.0;
            let step = motion.step(&camera, now);
            camera = step.camera;
            rest = step.rest;
            views.push(camera.view());
            assert!(views.len() < 2000, "does not end: {motion:?}");
        }
        views
    }

    #[test]
    fn a_flight_zooms_out_crosses_the_antimeridian_and_arrives() {
        let views = run(Motion::Fly { from: HERE, to: THERE, start: 0.0 }, HERE);
        assert_eq!(*views.last().unwrap(), THERE);
        assert!(views.iter().any(|view| view.zoom < 4.5));
        assert!(views.iter().all(|view| view.lon.abs() > 99.0), "the short way");
        for pair in views.windows(2) {
            assert!((pair[1].zoom - pair[0].zoom).abs() < 0.5, "{pair:?}");
        }
        assert!((500..5000).contains(&(views.len() * 16)));
    }

    #[test]
    fn a_flight_in_place_only_zooms() {
        let to = View { zoom: 9.0, ..HERE };
        let views = run(Motion::Fly { from: HERE, to, start: 0.0 }, HERE);
        assert!(views.windows(2).all(|pair| pair[1].zoom >= pair[0].zoom - 1e-9));
        assert!(views.iter().all(|view| (view.lat - 10.0).abs() < 1e-6));
    }

    #[test]
    fn an_ease_arrives_exactly() {
        let to = View { lon: 171.5, lat: 11.0, zoom: 6.5 };
        let views = run(Motion::Ease { from: HERE, to, start: 0.0, duration: 300.0 }, HERE);
        assert_eq!(*views.last().unwrap(), to);
    }

    #[test]
    fn a_glide_slows_down_and_ends() {
        let glide = Motion::glide((1.0, 0.0), 0.0).unwrap();
        let views = run(glide, HERE);
        let travelled = (HERE.lon - views.last().unwrap().lon) / 360.0 * camera(HERE).world();
        assert!((180.0..230.0).contains(&travelled), "{travelled}");
        assert_eq!(Motion::glide((0.05, 0.0), 0.0), None);
    }

    #[test]
    fn the_wheel_reaches_its_goal_about_the_pointer() {
        let before = camera(HERE).unproject(300.0, 200.0).unwrap();
        let wheel = Motion::Wheel { goal: 7.5, about: (300.0, 200.0), last: 0.0 };
        let end = *run(wheel, HERE).last().unwrap();
        assert!((end.zoom - 7.5).abs() < 1e-12);
        let (x, y) = camera(end).project(before.0, before.1).unwrap();
        assert!((x - 300.0).abs() < 0.1 && (y - 200.0).abs() < 0.1);
    }
}
