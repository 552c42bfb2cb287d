//! Axes beside latitude and longitude: their steps, and the labels under which people, links and hooks know these.
//!
//! A label is made when it is asked for: an hourly axis of a year has 8784 of them.

use floe_shared::cf_time::{self, Calendar};

use crate::number;

/// Relative deviation up to which two numbers are the same step.
const TOLERANCE: f64 = 1e-6;

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The dimension's name.
    pub name: String,
    /// What it is, for people.
    pub long_name: String,
    /// Units of its numbers; empty where there are none, and for times and texts.
    pub units: String,
    /// Where it goes.
    pub steps: Steps,
    /// The first step of which anything is stored, as far as is known without reading, and the one after the last.
    pub stored: (u32, u32),
}

/// The steps of an axis, in the order in which they are stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Steps {
    /// Numbers; NaN for one that is missing.
    Numbers {
        /// The numbers.
        values: Vec<f64>,
        /// Whether they are stored with the digits of 32 bits.
        is_single: bool,
    },
    /// Moments.
    Times {
        /// Seconds since 1970-01-01, as [`cf_time`] counts them; NaN for one that is missing.
        seconds: Vec<f64>,
        /// How days make years.
        calendar: Calendar,
        /// Whether the time of day belongs to the labels.
        with_clock: bool,
    },
    /// Words.
    Texts(Vec<String>),
    /// So many steps that have nothing but their index.
    Indices(u32),
}

/// What was found of what was asked for along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The step itself.
    Exact(u32),
    /// The last one before it.
    Earlier(u32),
    /// None.
    Nothing,
}

impl Axis {
    /// Number of steps.
    pub fn len(&self) -> u32 {
        match &self.steps {
            Steps::Numbers { values: numbers, .. } | Steps::Times { seconds: numbers, .. } => {
                numbers.len() as u32
            }
            Steps::Texts(texts) => texts.len() as u32,
            Steps::Indices(count) => *count,
        }
    }

    /// Whether there is no step.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether its steps are moments.
    pub fn is_time(&self) -> bool {
        matches!(self.steps, Steps::Times { .. })
    }

    /// Whether its steps are calendar years.
    pub fn is_years(&self) -> bool {
        self.name.eq_ignore_ascii_case("year") && matches!(self.steps, Steps::Numbers { .. })
    }

    /// What is written over it.
    pub fn title(&self) -> String {
        if self.is_years() {
            return "Year".to_owned();
        }
        let mut letters = self.long_name.chars();
        let first = letters.next().map(|letter| letter.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    }

    /// Where a step lies along it: years, seconds, numbers, or the index of what has no number.
    pub fn place(&self, step: u32) -> f64 {
        let numbers = match &self.steps {
            Steps::Numbers { values, .. } => values,
            Steps::Times { seconds, .. } => seconds,
            Steps::Texts(_) | Steps::Indices(_) => return f64::from(step),
        };
        numbers.get(step as usize).copied().filter(|number| number.is_finite()).unwrap_or_default()
    }

    /// What a step is called in links and hooks: a number, a date, a moment, a text, or its index; empty beyond the
    /// last step.
    pub fn label(&self, step: u32) -> String {
        let at = step as usize;
        match &self.steps {
            Steps::Numbers { values, is_single } => match values.get(at) {
                Some(value) if *is_single => number::single(*value as f32),
                Some(value) => number::text(*value),
                None => String::new(),
            },
            Steps::Times { seconds, calendar, with_clock } => match seconds.get(at) {
                Some(seconds) if seconds.is_finite() => {
                    cf_time::label(*seconds, *calendar, *with_clock)
                }
                Some(_) => "NaN".to_owned(),
                None => String::new(),
            },
            Steps::Texts(texts) => texts.get(at).cloned().unwrap_or_default(),
            Steps::Indices(count) if step < *count => step.to_string(),
            Steps::Indices(_) => String::new(),
        }
    }

    /// The same for people: with units, and without the letter within a moment.
    pub fn description(&self, step: u32) -> String {
        let label = self.label(step);
        match &self.steps {
            Steps::Times { .. } => {
                let moment = label.replace('T', " ");
                moment.strip_suffix(":00").unwrap_or(&moment).to_owned()
            }
            Steps::Numbers { .. } if !matches!(self.units.as_str(), "" | "1") => {
                format!("{label} {}", self.units)
            }
            _ => label,
        }
    }

    /// The step that a text means. Of moments a part will do (`2021-07`), which means its first step.
    pub fn find(&self, text: &str) -> Found {
        let (numbers, wanted) = match &self.steps {
            Steps::Numbers { values, .. } => {
                let Some(wanted) = number::parse(text) else { return Found::Nothing };
                let slack = wanted.abs() * TOLERANCE;
                (values, (wanted - slack, wanted + slack))
            }
            Steps::Times { seconds, calendar, .. } => {
                let Some(stretch) = cf_time::parse(text, *calendar) else { return Found::Nothing };
                // What lasts ends before the next begins.
                let end =
                    if stretch.end > stretch.start { stretch.end - 1e-3 } else { stretch.end };
                (seconds, (stretch.start, end))
            }
            Steps::Texts(texts) => {
                let at = texts.iter().position(|known| known == text);
                return at.map_or(Found::Nothing, |at| Found::Exact(at as u32));
            }
            Steps::Indices(count) => {
                let step = text.parse().ok().filter(|step| step < count);
                return step.map_or(Found::Nothing, Found::Exact);
            }
        };
        nearest(numbers, wanted)
    }

    /// The step that is shown unless another is asked for: of years and moments of which anything may be stored the newest, else the
    /// first.
    pub fn default_step(&self) -> u32 {
        let numbers = match &self.steps {
            Steps::Times { seconds, .. } => seconds,
            Steps::Numbers { values, .. } if self.is_years() => values,
            _ => return 0,
        };
        let (first, end) = (self.stored.0 as usize, self.stored.1 as usize);
        let stored = numbers.get(first..end).filter(|stored| !stored.is_empty());
        let (first, numbers) = stored.map_or((0, numbers.as_slice()), |stored| (first, stored));
        let mut newest = 0;
        for (step, number) in numbers.iter().enumerate() {
            if *number > numbers[newest] || numbers[newest].is_nan() {
                newest = step;
            }
        }
        (first + newest) as u32
    }
}

#[cfg(test)]
impl Axis {
    /// An axis without words of its own.
    pub(crate) fn of(name: &str, steps: Steps) -> Self {
        let (name, long_name, units) = (name.to_owned(), String::new(), String::new());
        Self { name, long_name, units, steps, stored: (0, 0) }
    }
}

/// The first of the least numbers within bounds, else the greatest below.
fn nearest(numbers: &[f64], (low, high): (f64, f64)) -> Found {
    let (mut within, mut below): (Option<usize>, Option<usize>) = (None, None);
    for (step, &number) in numbers.iter().enumerate() {
        if number >= low && number <= high {
            if within.is_none_or(|best| number < numbers[best]) {
                within = Some(step);
            }
        } else if number < low && below.is_none_or(|best| number > numbers[best]) {
            below = Some(step);
        }
    }
    match (within, below) {
        (Some(step), _) => Found::Exact(step as u32),
        (None, Some(step)) => Found::Earlier(step as u32),
        (None, None) => Found::Nothing,
    }
}

/// The steps of the axes of a plane: row-major, the last axis fastest. `None` past the last plane.
pub fn unravel(mut plane: u32, lengths: impl DoubleEndedIterator<Item = u32>) -> Option<Vec<u32>> {
    let mut steps: Vec<u32> = Vec::new();
    for length in lengths.rev() {
        steps.push(plane.checked_rem(length)?);
        plane /= length;
    }
    steps.reverse();
    (plane == 0).then_some(steps)
}

/// The plane of steps along axes of some lengths; `None` where one lies past its axis.
pub fn ravel(steps_and_lengths: impl Iterator<Item = (u32, u32)>) -> Option<u32> {
    let mut plane: u32 = 0;
    for (step, length) in steps_and_lengths {
        if step >= length {
            return None;
        }
        plane = plane.checked_mul(length)?.checked_add(step)?;
    }
    Some(plane)
}

#[cfg(test)]
mod tests {
    use floe_shared::cf_time::TimeUnits;

    use super::*;

    fn axis(name: &str, steps: Steps) -> Axis {
        Axis { long_name: name.to_owned(), ..Axis::of(name, steps) }
    }

    fn numbers(name: &str, values: &[f64]) -> Axis {
        axis(name, Steps::Numbers { values: values.into(), is_single: false })
    }

    fn times(units: &str, values: &[f64], with_clock: bool) -> Axis {
        let units = TimeUnits::read(units, None).unwrap();
        let seconds = values.iter().map(|&value| units.seconds(value)).collect();
        axis("time", Steps::Times { seconds, calendar: units.calendar(), with_clock })
    }

    #[test]
    fn steps_are_called_by_what_they_are() {
        let depths = Axis {
            units: "m".to_owned(),
            steps: Steps::Numbers { values: vec![f64::from(0.1_f32), 5.0], is_single: true },
            ..axis("depth", Steps::Indices(0))
        };
        assert_eq!([depths.label(0), depths.label(1), depths.label(2)], ["0.1", "5", ""]);
        assert_eq!(depths.description(0), "0.1 m");
        assert_eq!(numbers("year", &[2020.0]).label(0), "2020");
        let days = times("days since 2021-07-01", &[0.0, 1.0], false);
        assert_eq!([days.label(0), days.description(1)], ["2021-07-01", "2021-07-02"]);
        let hours = times("hours since 2021-07-01", &[0.0, 6.5], true);
        assert_eq!(hours.label(1), "2021-07-01T06:30:00");
        assert_eq!(hours.description(1), "2021-07-01 06:30");
        assert_eq!(hours.description(0), "2021-07-01 00:00");
        assert_eq!(axis("member", Steps::Indices(3)).label(2), "2");
        assert_eq!(axis("sea ice", Steps::Indices(3)).title(), "Sea ice");
    }

    #[test]
    fn what_is_asked_for_is_found_or_the_last_step_before_it() {
        let years = numbers("year", &[2020.0, 2021.0, 2022.0]);
        assert_eq!(years.find("2021"), Found::Exact(1));
        assert_eq!(years.find("2030"), Found::Earlier(2));
        assert_eq!(years.find("1999"), Found::Nothing);
        assert_eq!(years.find("soon"), Found::Nothing);
        let depths = numbers("depth", &[1000.0, 500.0, 0.1]);
        assert_eq!(depths.find("0.1"), Found::Exact(2));
        assert_eq!(depths.find("700"), Found::Earlier(1));
        let hours = times("hours since 2021-07-01", &[0.0, 6.0, 12.0, 30.0], true);
        assert_eq!(hours.find("2021-07-01T06:00:00"), Found::Exact(1));
        assert_eq!(hours.find("2021-07-01T06"), Found::Exact(1));
        assert_eq!(hours.find("2021-07-02"), Found::Exact(3));
        assert_eq!(hours.find("2021-07"), Found::Exact(0));
        assert_eq!(hours.find("2021-07-01T13:00:00"), Found::Earlier(2));
        assert_eq!(hours.find("2020"), Found::Nothing);
        let texts = axis("scenario", Steps::Texts(vec!["low".to_owned(), "high".to_owned()]));
        assert_eq!(texts.find("high"), Found::Exact(1));
        assert_eq!(texts.find("hi"), Found::Nothing);
        assert_eq!(axis("member", Steps::Indices(3)).find("3"), Found::Nothing);
    }

    #[test]
    fn the_newest_of_years_and_moments_is_shown_first() {
        assert_eq!(numbers("year", &[2022.0, 2021.0, f64::NAN]).default_step(), 0);
        assert_eq!(numbers("year", &[f64::NAN, 2021.0]).default_step(), 1);
        assert_eq!(times("days since 2021-07-01", &[0.0, 1.0], false).default_step(), 1);
        assert_eq!(numbers("depth", &[1.0, 2.0]).default_step(), 0);
        assert_eq!(axis("member", Steps::Indices(3)).default_step(), 0);
        let newest_stored =
            |values: &[f64], stored| Axis { stored, ..numbers("year", values) }.default_step();
        assert_eq!(newest_stored(&[2020.0, 2021.0, 2022.0], (0, 2)), 1);
        assert_eq!(newest_stored(&[2022.0, 2021.0, 2020.0], (1, 3)), 1);
        assert_eq!(newest_stored(&[2020.0, 2021.0], (0, 9)), 1);
    }

    #[test]
    fn planes_count_the_last_axis_fastest() {
        let lengths = [4, 3, 2];
        for plane in 0..24 {
            let steps = unravel(plane, lengths.into_iter()).unwrap();
            assert_eq!(ravel(steps.iter().copied().zip(lengths)), Some(plane));
        }
        assert_eq!(unravel(5, lengths.into_iter()), Some(vec![0, 2, 1]));
        assert_eq!(unravel(24, lengths.into_iter()), None);
        assert_eq!(unravel(0, [].into_iter()), Some(vec![]));
        assert_eq!(ravel([(0, 2), (3, 3)].into_iter()), None);
        assert_eq!(ravel([].into_iter()), Some(0));
    }
}
