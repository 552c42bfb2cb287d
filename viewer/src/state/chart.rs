//! Geometry of the small chart of an inspected place: the steps of an axis across, values upwards.

use std::fmt::Write as _;

use crate::number::fixed;

/// A value of the chart: a place along the axis and a value (a temperature in kelvin), `None` for no data.
pub type Point = (f64, Option<f64>);

/// Where things lie in a chart of the given size, in its own pixels from the upper left.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Space left of the first place, for the labels of the scale.
    left: f64,
    /// Space below, for the labels of places.
    bottom: f64,
    /// The first and the last place.
    ends: (f64, f64),
    /// Kelvin at the bottom and at the top.
    low: f64,
    high: f64,
}

/// Space right of the last and above the highest point, so that markers are not cut.
const MARGIN: f64 = 10.0;
/// The least span of a scale of temperatures in kelvin, so that noise does not look like a trend.
pub const LEAST_SPAN: f64 = 4.0;

impl Chart {
    /// A chart that has room for all the values, on a scale of at least some span; `None` when no value is there at
    /// all.
    pub fn new<'a>(
        width: f64,
        height: f64,
        least_span: f64,
        values: impl IntoIterator<Item = &'a Point>,
    ) -> Option<Self> {
        let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (place, value) in values {
            first = first.min(*place);
            last = last.max(*place);
            if let Some(kelvin) = value {
                low = low.min(*kelvin);
                high = high.max(*kelvin);
            }
        }
        if low > high {
            return None;
        }
        // Equal values have no span of their own.
        let least_span = least_span.max((low.abs().max(high.abs()) * 1e-3).max(1e-30));
        let short = (least_span - (high - low)).max(0.0) / 2.0;
        let padding = (high - low).max(least_span) * 0.08 + short;
        let (low, high) = (low - padding, high + padding);
        Some(Self { width, height, left: 34.0, bottom: 18.0, ends: (first, last), low, high })
    }

    /// Kelvin at the bottom and at the top.
    pub fn scale(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The left edge of the plot.
    pub fn left(&self) -> f64 {
        self.left
    }

    /// The lower edge of the plot.
    pub fn floor(&self) -> f64 {
        self.height - self.bottom
    }

    /// Where a place lies, from the left. Places keep their true distances.
    pub fn x(&self, place: f64) -> f64 {
        let (from, to) = (self.left + MARGIN, self.width - MARGIN);
        let (first, last) = self.ends;
        if last > first {
            from + (to - from) * (place - first) / (last - first)
        } else {
            f64::midpoint(from, to)
        }
    }

    /// Where a temperature in kelvin lies, from the top.
    pub fn y(&self, kelvin: f64) -> f64 {
        let share = (kelvin - self.low) / (self.high - self.low);
        self.floor() - share * (self.floor() - MARGIN / 2.0)
    }

    /// The path data of a line through the values; it is broken where a place has none.
    pub fn line(&self, points: &[Point]) -> String {
        let mut path = String::new();
        let mut pen_down = false;
        for (place, value) in points {
            let Some(kelvin) = value else {
                pen_down = false;
                continue;
            };
            let command = if pen_down { 'L' } else { 'M' };
            // Writing to a String cannot fail.
            let _ =
                write!(path, "{command}{} {}", fixed(self.x(*place), 1), fixed(self.y(*kelvin), 1));
            pen_down = true;
        }
        path
    }
}

/// Which of so many steps are named below a chart that is as wide as some sixty letters: all, or the first, the middle and the last one,
/// or the first and the last one.
pub fn labelled(count: usize, letters: usize) -> Vec<usize> {
    let room = 48 / (letters + 1);
    match count {
        0 => Vec::new(),
        _ if count <= room.max(1) => (0..count).collect(),
        _ if room > 2 => vec![0, count / 2, count - 1],
        _ => vec![0, count - 1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_rightwards_and_values_upwards() {
        let points = [(2020.0, Some(280.0)), (2022.0, Some(300.0))];
        let chart = Chart::new(200.0, 100.0, LEAST_SPAN, &points).unwrap();
        assert!(chart.x(2020.0) < chart.x(2021.0) && chart.x(2021.0) < chart.x(2022.0));
        assert!(chart.y(280.0) > chart.y(300.0));
        assert!(chart.y(300.0) >= 0.0 && chart.y(280.0) <= chart.floor());
        assert!(chart.x(2022.0) <= 200.0);
    }

    #[test]
    fn a_line_breaks_where_a_place_has_no_data() {
        let points =
            [(2020.0, Some(280.0)), (2021.0, None), (2022.0, Some(300.0)), (2023.0, Some(290.0))];
        let chart = Chart::new(200.0, 100.0, LEAST_SPAN, &points).unwrap();
        let path = chart.line(&points);
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert_eq!(path.matches('L').count(), 1, "{path}");
    }

    #[test]
    fn as_many_steps_are_named_as_there_is_room_for() {
        assert_eq!(labelled(3, 4), [0, 1, 2]);
        assert_eq!(labelled(24, 4), [0, 12, 23]);
        assert_eq!(labelled(24, 16), [0, 23]);
        assert_eq!(labelled(1, 100), [0]);
        assert_eq!(labelled(0, 4), [0_usize; 0]);
    }

    #[test]
    fn one_place_lies_in_the_middle_and_nothing_makes_no_chart() {
        let chart = Chart::new(200.0, 100.0, LEAST_SPAN, &[(2020.0, Some(280.0))]).unwrap();
        assert!((chart.x(2020.0) - 117.0).abs() < 1.0);
        assert!(chart.scale().1 - chart.scale().0 >= LEAST_SPAN);
        assert_eq!(Chart::new(200.0, 100.0, LEAST_SPAN, &[(2020.0, None)]), None);
        let chart =
            Chart::new(200.0, 100.0, 0.0, &[(2020.0, Some(0.0)), (2021.0, Some(0.0))]).unwrap();
        assert!(chart.y(0.0) > 0.0 && chart.y(0.0) < chart.floor());
    }
}
