//! What the pointers on the map mean: drag, pinch, tap, long press, box zoom. Pure; times are
//! milliseconds, positions CSS pixels from the map's top left corner.

/// A pointer that moved less than this still clicks.
const SLOP: f64 = 5.0;
/// Two taps within this time and distance zoom in.
const DOUBLE_TAP_TIME: f64 = 320.0;
const DOUBLE_TAP_DISTANCE: f64 = 30.0;
/// A finger that rests this long has pressed long.
pub(super) const LONG_PRESS: f64 = 500.0;
/// The glide takes its speed from the last moments of a drag.
const SPEED_WINDOW: f64 = 90.0;

/// What kind of pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pointer {
    /// A mouse, with its main button.
    Mouse,
    /// A finger or pen.
    Touch,
}

/// What the map is to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    /// Move with the pointer, by so many pixels.
    Pan { dx: f64, dy: f64 },
    /// Glide on, in pixels per millisecond.
    Glide { vx: f64, vy: f64 },
    /// Zoom by so many levels about a position and move with the fingers.
    Pinch { zoom: f64, about: (f64, f64), dx: f64, dy: f64 },
    /// A click or tap.
    Click { at: (f64, f64) },
    /// Zoom in a level about a position.
    DoubleTap { at: (f64, f64) },
    /// A finger rests.
    LongPress { at: (f64, f64) },
    /// Show a rectangle between two corners.
    Box { from: (f64, f64), to: (f64, f64) },
    /// Zoom to a rectangle.
    ZoomToBox { from: (f64, f64), to: (f64, f64) },
}

#[derive(Clone, Copy, Debug)]
struct Down {
    id: i32,
    start: (f64, f64),
    at: (f64, f64),
}

/// The pointers that are down, and what they have done.
#[derive(Debug, Default)]
pub(super) struct Gesture {
    down: Vec<Down>,
    /// Whether a click is no longer possible: it was dragged, pinched or pressed long.
    spent: bool,
    boxing: bool,
    started: f64,
    trail: Vec<(f64, (f64, f64))>,
    last_tap: Option<(f64, (f64, f64))>,
}

impl Gesture {
    /// Whether a pointer is down.
    pub(super) fn is_active(&self) -> bool {
        !self.down.is_empty()
    }

    /// A pointer came down; with `boxing` it draws a rectangle instead of dragging.
    pub(super) fn press(&mut self, id: i32, at: (f64, f64), now: f64, boxing: bool) {
        if self.down.is_empty() {
            self.spent = false;
            self.boxing = boxing;
            self.started = now;
        } else {
            self.spent = true;
            self.boxing = false;
        }
        self.down.retain(|pointer| pointer.id != id);
        if self.down.len() < 2 {
            self.down.push(Down { id, start: at, at });
        }
        self.trail.clear();
        self.trail.push((now, self.middle()));
    }

    /// A pointer moved.
    pub(super) fn travel(&mut self, id: i32, to: (f64, f64), now: f64) -> Option<Act> {
        let before = self.spread();
        let middle = self.middle();
        let pointer = self.down.iter_mut().find(|pointer| pointer.id == id)?;
        let start = pointer.start;
        if !self.spent && distance(start, to) < SLOP {
            return None;
        }
        self.spent = true;
        pointer.at = to;
        if self.boxing {
            return Some(Act::Box { from: start, to });
        }
        let moved = self.middle();
        self.trail.push((now, moved));
        self.trail.retain(|&(time, _)| now - time <= SPEED_WINDOW);
        let (dx, dy) = (moved.0 - middle.0, moved.1 - middle.1);
        if self.down.len() == 2 {
            let zoom = (self.spread() / before).log2();
            let zoom = if zoom.is_finite() { zoom } else { 0.0 };
            return Some(Act::Pinch { zoom, about: moved, dx, dy });
        }
        Some(Act::Pan { dx, dy })
    }

    /// A pointer went up.
    pub(super) fn release(&mut self, id: i32, pointer: Pointer, now: f64) -> Option<Act> {
        let index = self.down.iter().position(|other| other.id == id)?;
        let gone = self.down.remove(index);
        if let [left] = &mut self.down[..] {
            // The other finger goes on dragging from where it is.
            left.start = left.at;
            self.trail.clear();
            return None;
        }
        if self.boxing && self.spent {
            return Some(Act::ZoomToBox { from: gone.start, to: gone.at });
        }
        if self.spent {
            self.trail.retain(|&(time, _)| now - time <= SPEED_WINDOW);
            let (&(first, from), &(last, to)) = (self.trail.first()?, self.trail.last()?);
            let elapsed = (last - first).max(1.0);
            if self.trail.len() < 2 {
                return None;
            }
            return Some(Act::Glide {
                vx: (to.0 - from.0) / elapsed,
                vy: (to.1 - from.1) / elapsed,
            });
        }
        let at = gone.start;
        if pointer == Pointer::Touch {
            let double = self.last_tap.is_some_and(|(time, place)| {
                now - time < DOUBLE_TAP_TIME && distance(place, at) < DOUBLE_TAP_DISTANCE
            });
            self.last_tap = (!double).then_some((now, at));
            if double {
                return Some(Act::DoubleTap { at });
            }
        }
        Some(Act::Click { at })
    }

    /// Time passes: whether a finger has rested long enough.
    pub(super) fn rest(&mut self, now: f64) -> Option<Act> {
        if let [pointer] = self.down[..]
            && !self.spent
            && !self.boxing
            && now - self.started >= LONG_PRESS
        {
            self.spent = true;
            self.trail.clear();
            return Some(Act::LongPress { at: pointer.start });
        }
        None
    }

    /// The browser took the pointers away.
    pub(super) fn cancel(&mut self) {
        self.down.clear();
        self.trail.clear();
        self.boxing = false;
    }

    fn middle(&self) -> (f64, f64) {
        let count = self.down.len().max(1) as f64;
        let sum = self.down.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.at.0, sum.1 + p.at.1));
        (sum.0 / count, sum.1 / count)
    }

    fn spread(&self) -> f64 {
        match &self.down[..] {
            [a, b] => distance(a.at, b.at).max(1.0),
            _ => 1.0,
        }
    }
}

fn distance(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_that_hardly_moves_is_a_click() {
        let mut gesture = Gesture::default();
        gesture.press(1, (10.0, 10.0), 0.0, false);
        assert_eq!(gesture.travel(1, (12.0, 11.0), 20.0), None);
        assert_eq!(gesture.release(1, Pointer::Mouse, 90.0), Some(Act::Click { at: (10.0, 10.0) }));
    }

    #[test]
    fn a_drag_pans_and_glides_with_its_last_speed() {
        let mut gesture = Gesture::default();
        gesture.press(1, (0.0, 0.0), 0.0, false);
        let mut total = 0.0;
        for step in 1..=20_u8 {
            let now = f64::from(step) * 10.0;
            if let Some(Act::Pan { dx, .. }) = gesture.travel(1, (now, 0.0), now) {
                total += dx;
            }
        }
        assert!((total - 200.0).abs() < 1e-9, "the map follows the pointer: {total}");
        let Some(Act::Glide { vx, vy }) = gesture.release(1, Pointer::Mouse, 201.0) else {
            panic!()
        };
        assert!((vx - 1.0).abs() < 1e-9 && vy.abs() < 1e-9);
    }

    #[test]
    fn a_drag_that_stops_before_it_lets_go_does_not_glide() {
        let mut gesture = Gesture::default();
        gesture.press(1, (0.0, 0.0), 0.0, false);
        gesture.travel(1, (100.0, 0.0), 50.0);
        assert_eq!(gesture.release(1, Pointer::Mouse, 400.0), None);
    }

    #[test]
    fn two_fingers_zoom_about_their_middle() {
        let mut gesture = Gesture::default();
        gesture.press(1, (100.0, 100.0), 0.0, false);
        gesture.press(2, (200.0, 100.0), 5.0, false);
        let act = gesture.travel(2, (300.0, 100.0), 20.0);
        assert_eq!(act, Some(Act::Pinch { zoom: 1.0, about: (200.0, 100.0), dx: 50.0, dy: 0.0 }));
        assert_eq!(gesture.release(2, Pointer::Touch, 30.0), None);
        assert_eq!(gesture.travel(1, (90.0, 100.0), 40.0), Some(Act::Pan { dx: -10.0, dy: 0.0 }));
    }

    #[test]
    fn two_quick_taps_zoom_and_a_third_begins_anew() {
        let mut gesture = Gesture::default();
        let mut tap = |now: f64| {
            gesture.press(1, (50.0, 50.0), now, false);
            gesture.release(1, Pointer::Touch, now + 40.0)
        };
        assert_eq!(tap(0.0), Some(Act::Click { at: (50.0, 50.0) }));
        assert_eq!(tap(150.0), Some(Act::DoubleTap { at: (50.0, 50.0) }));
        assert_eq!(tap(300.0), Some(Act::Click { at: (50.0, 50.0) }));
    }

    #[test]
    fn a_finger_that_rests_presses_long_and_does_not_click() {
        let mut gesture = Gesture::default();
        gesture.press(1, (50.0, 50.0), 0.0, false);
        assert_eq!(gesture.rest(300.0), None);
        assert_eq!(gesture.rest(510.0), Some(Act::LongPress { at: (50.0, 50.0) }));
        assert_eq!(gesture.release(1, Pointer::Touch, 600.0), None);
    }

    #[test]
    fn shift_and_drag_draw_a_box_to_zoom_to() {
        let mut gesture = Gesture::default();
        gesture.press(1, (10.0, 10.0), 0.0, true);
        let (from, to) = ((10.0, 10.0), (90.0, 60.0));
        assert_eq!(gesture.travel(1, to, 50.0), Some(Act::Box { from, to }));
        assert_eq!(gesture.release(1, Pointer::Mouse, 60.0), Some(Act::ZoomToBox { from, to }));
    }
}
