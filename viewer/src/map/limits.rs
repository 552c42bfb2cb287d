//! How much of a canvas the GPU draws.

/// The largest picture in pixels, that of an 8K screen: the map keeps three of them.
const MOST_PIXELS: f64 = 33_554_432.0;

/// What a GPU can draw at most, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limits {
    /// Width and height.
    pub(super) size: (f64, f64),
}

impl Limits {
    /// What is taken for granted as long as nothing is known.
    pub(super) const UNKNOWN: Self = Self { size: (8192.0, 8192.0) };

    /// A size in device pixels and the pixel ratio, both reduced alike so far that they can be drawn.
    pub(super) fn fit(self, (width, height): (f64, f64), ratio: f64) -> ((f64, f64), f64) {
        let area = (MOST_PIXELS / (width * height)).sqrt();
        let share = (self.size.0 / width).min(self.size.1 / height).min(area);
        if share >= 1.0 {
            return ((width, height), ratio);
        }
        let reduced = |length: f64| (length * share).floor().max(1.0);
        ((reduced(width), reduced(height)), ratio * share)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_gpu_takes_stays_as_it_is() {
        let limits = Limits { size: (4096.0, 4096.0) };
        assert_eq!(limits.fit((4096.0, 100.0), 2.0), ((4096.0, 100.0), 2.0));
    }

    #[test]
    fn a_larger_canvas_is_drawn_with_a_smaller_ratio_of_the_same_shape() {
        let limits = Limits { size: (8192.0, 8192.0) };
        let ((width, height), ratio) = limits.fit((9600.0, 2400.0), 4.0);
        assert_eq!((width, height), (8192.0, 2048.0));
        assert!((width / ratio - 2400.0).abs() < 1.0 && (height / ratio - 600.0).abs() < 1.0);
        let narrow = Limits { size: (8192.0, 1000.0) };
        assert_eq!(narrow.fit((2000.0, 2000.0), 1.0), ((1000.0, 1000.0), 0.5));
    }

    #[test]
    fn no_picture_has_more_pixels_than_the_largest_screen() {
        let limits = Limits { size: (32768.0, 32768.0) };
        let ((width, height), ratio) = limits.fit((9600.0, 9600.0), 4.0);
        assert!(width * height <= MOST_PIXELS && width > 5000.0, "{width} x {height}");
        assert!((width / ratio - 2400.0).abs() < 1.0);
        assert_eq!(limits.fit((7680.0, 4320.0), 2.0), ((7680.0, 4320.0), 2.0), "8K");
    }
}
