//! What the dataset holds at an inspected place.

use floe_shared::DigitalNumber;
use floe_shared::order::sort_by_number;
use floe_shared::schema::Variable;

use super::chart::Point;
use crate::dataset::Sample;
use crate::search::Place;

/// How far looking at a place has got.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Inspection {
    /// No place is inspected.
    #[default]
    Nowhere,
    /// Its values are on their way.
    Reading(Place),
    /// Its values are here.
    Read(Reading),
    /// Its values could not be read.
    Failed {
        /// The place.
        place: Place,
        /// Why.
        message: String,
    },
}

/// All values at a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The place that was asked for.
    pub place: Place,
    /// Row of the pixel that holds it, from the north.
    pub row: u32,
    /// Column of that pixel, from 180° W.
    pub col: u32,
    /// One series for each variable of the dataset.
    pub series: Vec<Series>,
}

/// The values of one variable, year by year.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The variable.
    pub variable: Variable,
    /// Years ascending, temperatures in kelvin.
    pub points: Vec<Point>,
}

impl Inspection {
    /// The inspected place.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Nowhere => None,
            Self::Reading(place) | Self::Failed { place, .. } => Some(*place),
            Self::Read(reading) => Some(reading.place),
        }
    }
}

impl Reading {
    /// Sorts samples by variable and year.
    pub fn new(place: Place, (row, col): (u32, u32), samples: &[Sample]) -> Self {
        let series = Variable::ALL
            .into_iter()
            .map(|variable| {
                let mut points: Vec<Point> = samples
                    .iter()
                    .filter(|sample| sample.variable == variable)
                    .map(|sample| {
                        (
                            sample.year,
                            sample.value.map(DigitalNumber).and_then(DigitalNumber::kelvin),
                        )
                    })
                    .collect();
                sort_by_number(&mut points, |&(year, _)| f64::from(year));
                Series { variable, points }
            })
            .filter(|series| !series.points.is_empty())
            .collect();
        Self { place, row, col, series }
    }

    /// The years that any series has, ascending.
    pub fn years(&self) -> Vec<i32> {
        let mut years: Vec<i32> =
            self.series.iter().flat_map(|series| &series.points).map(|(year, _)| *year).collect();
        sort_by_number(&mut years, |&year| f64::from(year));
        years.dedup();
        years
    }

    /// Whether no year of any variable has a value.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.points.iter().all(|(_, value)| value.is_none()))
    }
}

impl Series {
    /// The value of a year in kelvin; `None` for no data.
    pub fn value(&self, year: i32) -> Option<f64> {
        self.points.iter().find(|(candidate, _)| *candidate == year).and_then(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_one_series_for_each_variable() {
        let sample = |variable, year, value| Sample { variable, year, value };
        let samples = [
            sample(Variable::Maximum, 2021, Some(16000)),
            sample(Variable::Average, 2021, None),
            sample(Variable::Average, 2020, Some(15000)),
        ];
        let place = Place { lon: 1.0, lat: 2.0 };
        let reading = Reading::new(place, (3, 4), &samples);
        assert_eq!(reading.series[0].points, [(2020, Some(300.0)), (2021, None)]);
        assert_eq!(reading.series[1].points, [(2021, Some(320.0))]);
        assert_eq!(reading.years(), [2020, 2021]);
        assert!(!reading.is_empty());
        assert!(Reading::new(place, (3, 4), &samples[1..2]).is_empty());
    }
}
