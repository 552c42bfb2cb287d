//! Geometry of the small chart of an inspected place: years across, temperatures upwards.

use std::fmt::Write as _;

use floe_shared::order::sort_by_number;

/// A value of the chart: a year and a temperature in kelvin, `None` for no data.
pub type Point = (i32, Option<f64>);

/// Where things lie in a chart of the given size, in its own pixels from the upper left.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// Space left of the first year, for the labels of the scale.
    left: f64,
    /// Space below, for the years.
    bottom: f64,
    /// Years from first to last.
    years: Vec<i32>,
    /// Kelvin at the bottom and at the top.
    low: f64,
    high: f64,
}

/// Space right of the last and above the highest point, so that markers are not cut.
const MARGIN: f64 = 10.0;
/// The least span of the scale in kelvin, so that noise does not look like a trend.
const LEAST_SPAN: f64 = 4.0;

impl Chart {
    /// A chart that has room for all the values; `None` when no value is there at all.
    pub fn new<'a>(
        width: f64,
        height: f64,
        values: impl IntoIterator<Item = &'a Point>,
    ) -> Option<Self> {
        let mut years = Vec::new();
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for (year, value) in values {
            years.push(*year);
            if let Some(kelvin) = value {
                low = low.min(*kelvin);
                high = high.max(*kelvin);
            }
        }
        if low > high {
            return None;
        }
        sort_by_number(&mut years, |&year| f64::from(year));
        years.dedup();
        let short = (LEAST_SPAN - (high - low)).max(0.0) / 2.0;
        let padding = (high - low).max(LEAST_SPAN) * 0.08 + short;
        let (low, high) = (low - padding, high + padding);
        Some(Self { width, height, left: 34.0, bottom: 18.0, years, low, high })
    }

    /// Years from first to last.
    pub fn years(&self) -> &[i32] {
        &self.years
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

    /// Where a year lies, from the left. Years keep their true distances.
    pub fn x(&self, year: i32) -> f64 {
        let (from, to) = (self.left + MARGIN, self.width - MARGIN);
        match (self.years.first(), self.years.last()) {
            (Some(first), Some(last)) if last > first => {
                from + (to - from) * f64::from(year - first) / f64::from(last - first)
            }
            _ => f64::midpoint(from, to),
        }
    }

    /// Where a temperature in kelvin lies, from the top.
    pub fn y(&self, kelvin: f64) -> f64 {
        let share = (kelvin - self.low) / (self.high - self.low);
        self.floor() - share * (self.floor() - MARGIN / 2.0)
    }

    /// The path data of a line through the values; it is broken where a year has none.
    pub fn line(&self, points: &[Point]) -> String {
        let mut path = String::new();
        let mut pen_down = false;
        for (year, value) in points {
            let Some(kelvin) = value else {
                pen_down = false;
                continue;
            };
            let command = if pen_down { 'L' } else { 'M' };
            // Writing to a String cannot fail.
            let _ = write!(path, "{command}{:.1} {:.1}", self.x(*year), self.y(*kelvin));
            pen_down = true;
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_run_rightwards_and_temperatures_upwards() {
        let points = [(2020, Some(280.0)), (2022, Some(300.0))];
        let chart = Chart::new(200.0, 100.0, &points).unwrap();
        assert!(chart.x(2020) < chart.x(2021) && chart.x(2021) < chart.x(2022));
        assert!(chart.y(280.0) > chart.y(300.0));
        assert!(chart.y(300.0) >= 0.0 && chart.y(280.0) <= chart.floor());
        assert!(chart.x(2022) <= 200.0);
    }

    #[test]
    fn a_line_breaks_where_a_year_has_no_data() {
        let points = [(2020, Some(280.0)), (2021, None), (2022, Some(300.0)), (2023, Some(290.0))];
        let chart = Chart::new(200.0, 100.0, &points).unwrap();
        let path = chart.line(&points);
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert_eq!(path.matches('L').count(), 1, "{path}");
    }

    #[test]
    fn one_year_lies_in_the_middle_and_nothing_makes_no_chart() {
        let chart = Chart::new(200.0, 100.0, &[(2020, Some(280.0))]).unwrap();
        assert!((chart.x(2020) - 117.0).abs() < 1.0);
        assert!(chart.scale().1 - chart.scale().0 >= LEAST_SPAN);
        assert_eq!(Chart::new(200.0, 100.0, &[(2020, None)]), None);
    }
}
