//! How finely pictures are drawn while the map moves. Pure.
//!
//! A GPU that is slow at the canvas's size, such as one in software or that of an old phone, draws
//! moving pictures with a quarter of the pixels, and the finest once the map rests. Whether it is slow
//! is judged by the time between moving pictures.

/// A longer interval in milliseconds, 25 pictures a second, is slow.
const SLOW: f64 = 40.0;
/// With a shorter one, and a quarter of the pixels, all of them are tried again in the next movement.
const QUICK: f64 = 20.0;
/// Longer ones are between two movements.
const PAUSE: f64 = 600.0;
/// Milliseconds after the last moving picture when the map counts as resting.
const REST: f64 = 120.0;
/// Device pixels along the edge of a coarse picture's pixel.
const COARSE: u32 = 2;
/// How much of the judgement a new interval changes.
const WEIGHT: f64 = 0.4;

/// Judges the intervals between pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pace {
    /// When the last moving picture was drawn.
    last: Option<f64>,
    /// Mean of the last intervals.
    interval: Option<f64>,
    slow: bool,
    /// The picture on the screen is a coarse one.
    coarse: bool,
}

impl Pace {
    /// Device pixels along the edge of a pixel of the picture that is drawn at a time in milliseconds.
    pub(super) fn edge(&mut self, now: f64, moving: bool) -> u32 {
        if !moving {
            self.coarse = false;
            return 1;
        }
        match self.last.replace(now).map(|last| now - last) {
            Some(interval) if interval < PAUSE => {
                let mean = self.interval.map_or(interval, |mean| mean + (interval - mean) * WEIGHT);
                self.interval = Some(mean);
                self.slow |= mean > SLOW;
            }
            _ => {
                // A new movement.
                self.slow &= self.interval.is_none_or(|interval| interval > QUICK);
                self.interval = None;
            }
        }
        self.coarse = self.slow;
        if self.coarse { COARSE } else { 1 }
    }

    /// Whether the screen shows a coarse picture, which a fine one has to follow.
    pub(super) fn is_coarse(&self) -> bool {
        self.coarse
    }

    /// Whether the map has rested for long enough for that.
    pub(super) fn has_rested(&self, now: f64) -> bool {
        self.last.is_none_or(|last| now - last > REST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edges in so many pictures, `interval` apart, from a time on.
    fn movement(pace: &mut Pace, start: f64, interval: f64, count: u32) -> Vec<u32> {
        (0..count).map(|index| pace.edge(start + f64::from(index) * interval, true)).collect()
    }

    #[test]
    fn a_quick_gpu_always_draws_all_pixels() {
        let mut pace = Pace::default();
        assert!(movement(&mut pace, 0.0, 17.0, 50).iter().all(|&edge| edge == 1));
        // One late picture is no reason.
        assert_eq!(pace.edge(17.0 * 49.0 + 60.0, true), 1);
        assert!(!pace.is_coarse());
    }

    #[test]
    fn a_slow_one_draws_fewer_while_the_map_moves() {
        let mut pace = Pace::default();
        assert_eq!(movement(&mut pace, 0.0, 120.0, 3), [1, COARSE, COARSE]);
        assert!(pace.is_coarse());
        assert!(!pace.has_rested(300.0) && pace.has_rested(400.0));
        assert_eq!(pace.edge(400.0, false), 1);
        assert!(!pace.is_coarse());
        // It is still slow in the next movement, from its first picture on.
        assert_eq!(movement(&mut pace, 5000.0, 60.0, 3), [COARSE; 3]);
    }

    #[test]
    fn what_was_slow_for_a_moment_is_tried_again() {
        let mut pace = Pace::default();
        movement(&mut pace, 0.0, 120.0, 3);
        movement(&mut pace, 300.0, 17.0, 20);
        assert_eq!(movement(&mut pace, 5000.0, 17.0, 10), [1; 10]);
    }
}
