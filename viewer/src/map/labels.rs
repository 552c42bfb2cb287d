//! Which labels are shown and where, so that none covers another. Pure.

use floe_shared::order::sort_by_number;

/// A label that would like to be shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Index of the place.
    pub(super) place: usize,
    /// Where the place is, in CSS pixels.
    pub(super) at: (f64, f64),
    /// Width and height of the text in CSS pixels.
    pub(super) size: (f64, f64),
    /// Smaller is more important.
    pub(super) rank: u8,
    /// Whether it was shown a frame ago: such a label stays unless a more important one needs its
    /// room, so that labels do not flicker while the map moves.
    pub(super) shown: bool,
    /// Whether it marks a point (text right or left of it) or a region (text on it).
    pub(super) point: bool,
}

/// A label and where its text begins (left, middle of the height).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) place: usize,
    pub(super) at: (f64, f64),
    pub(super) text: (f64, f64),
    pub(super) point: bool,
}

/// Space around a label in CSS pixels.
const MARGIN: f64 = 6.0;
/// From a point to its text.
const OFFSET: f64 = 7.0;
/// Height of the rows by which boxes are found.
const BAND: f64 = 32.0;

#[derive(Clone, Copy)]
struct Rect {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Rect {
    fn meets(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// Places labels, the most important first, on a screen of `width` x `height` CSS pixels.
pub(super) fn place(mut candidates: Vec<Candidate>, width: f64, height: f64) -> Vec<Placed> {
    // Of equally important ones those on the screen come first, so that names do not flicker.
    sort_by_number(&mut candidates, |label| {
        f64::from(label.rank) * 2.0 + f64::from(u8::from(!label.shown))
    });
    let mut bands: Vec<Vec<Rect>> = vec![Vec::new(); (height / BAND).ceil().max(1.0) as usize + 1];
    let mut placed = Vec::new();
    for label in candidates {
        let (w, h) = label.size;
        let (x, y) = label.at;
        let sides: &[f64] =
            if label.point { &[x + OFFSET, x - OFFSET - w] } else { &[x - w / 2.0] };
        for &left in sides {
            let rect = Rect {
                left: left.min(if label.point { x - 3.0 } else { left }) - MARGIN,
                top: y - h / 2.0 - MARGIN / 2.0,
                right: (left + w).max(if label.point { x + 3.0 } else { left }) + MARGIN,
                bottom: y + h / 2.0 + MARGIN / 2.0,
            };
            let inside =
                rect.left >= 0.0 && rect.right <= width && rect.top >= 0.0 && rect.bottom <= height;
            if !inside {
                continue;
            }
            let rows = (rect.top / BAND) as usize..=(rect.bottom / BAND) as usize;
            if bands[rows.clone()].iter().flatten().any(|other| rect.meets(other)) {
                continue;
            }
            for band in &mut bands[rows] {
                band.push(rect);
            }
            placed.push(Placed {
                place: label.place,
                at: label.at,
                text: (left, y),
                point: label.point,
            });
            break;
        }
    }
    placed
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "positions are sums of whole numbers")]
mod tests {
    use super::*;

    fn label(place: usize, at: (f64, f64), rank: u8) -> Candidate {
        Candidate { place, at, size: (60.0, 14.0), rank, shown: false, point: true }
    }

    #[test]
    fn no_two_labels_overlap_and_the_important_ones_win() {
        let mut candidates = Vec::new();
        for i in 0..400_usize {
            let at = ((i * 7919 % 1280) as f64, (i * 104_729 % 800) as f64);
            candidates.push(label(i, at, (i % 9) as u8));
        }
        let placed = place(candidates.clone(), 1280.0, 800.0);
        assert!(placed.len() > 60);
        for (i, a) in placed.iter().enumerate() {
            for b in &placed[i + 1..] {
                let apart =
                    (a.text.0 - b.text.0).abs() >= 60.0 || (a.text.1 - b.text.1).abs() >= 14.0;
                assert!(apart, "{a:?} {b:?}");
            }
        }
        let first = candidates.iter().filter(|label| label.rank == 0).count();
        let shown = placed.iter().filter(|label| candidates[label.place].rank == 0).count();
        assert!(shown * 10 >= first * 8, "{shown} of {first}");
    }

    #[test]
    fn a_label_turns_to_the_left_where_the_right_is_taken() {
        let placed =
            place(vec![label(0, (200.0, 50.0), 1), label(1, (196.0, 52.0), 2)], 400.0, 100.0);
        assert_eq!(placed[0].text.0, 207.0);
        assert_eq!(placed.len(), 1, "{placed:?}");
        let placed =
            place(vec![label(0, (200.0, 50.0), 1), label(1, (150.0, 52.0), 2)], 400.0, 100.0);
        assert_eq!(placed[1].text.0, 83.0);
    }

    #[test]
    fn a_shown_label_stays_when_an_equal_one_comes_near() {
        let mut new = label(0, (100.0, 50.0), 3);
        let old = Candidate { shown: true, ..label(1, (104.0, 50.0), 3) };
        assert_eq!(place(vec![new, old], 400.0, 100.0)[0].place, 1);
        new.rank = 2;
        assert_eq!(place(vec![new, old], 400.0, 100.0)[0].place, 0);
    }

    #[test]
    fn labels_stay_on_the_screen() {
        assert_eq!(place(vec![label(0, (1.0, 1.0), 0)], 400.0, 100.0), []);
        assert_eq!(place(vec![label(0, (385.0, 50.0), 0)], 400.0, 100.0)[0].text.0, 318.0);
    }
}
