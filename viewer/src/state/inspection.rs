//! What the dataset holds at an inspected place.

use std::sync::Arc;

use floe_shared::flags::Flag;
use floe_shared::order::sort_by_number;

use super::chart::Point;
use crate::axis::Axis;
use crate::chunk::VariableId;
use crate::dataset::{Dataset, Sample};
use crate::search::Place;
use crate::units::Quantity;

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
    /// Row and column of the pixel of the shown variable that holds it; `None` outside the grid.
    pub pixel: Option<(u32, u32)>,
    /// One series for each variable of the dataset.
    pub series: Vec<Series>,
}

/// The values of one variable, step by step along the axis along which it plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The variable.
    pub variable: VariableId,
    /// The variable's name.
    pub name: String,
    /// What it is called among the others.
    pub label: String,
    /// What its values are.
    pub quantity: Quantity,
    /// What its numbers or some of their bits mean, where the store says so.
    pub flags: Vec<Flag>,
    /// Whether they are classes, which have no place on a scale.
    pub are_classes: bool,
    /// The axis; none where there is but one value.
    pub axis: Option<Arc<Axis>>,
    /// Steps in the order in which they lie along the axis, values in the store's units.
    pub values: Vec<(u32, Option<f64>)>,
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
    /// Sorts samples by variable and step.
    pub fn new(
        place: Place,
        pixel: Option<(u32, u32)>,
        dataset: &Dataset,
        samples: &[Sample],
    ) -> Self {
        let axes: Vec<Arc<Axis>> = dataset.axes.iter().cloned().map(Arc::new).collect();
        let series = dataset
            .ids()
            .map(|(variable, info)| {
                let axis = dataset.playing(variable).and_then(|at| info.axes.get(at));
                let axis = axis.and_then(|&axis| axes.get(usize::from(axis)).cloned());
                let mut values: Vec<_> = samples
                    .iter()
                    .filter(|sample| sample.variable == variable)
                    .map(|sample| (sample.step, sample.value))
                    .collect();
                if let Some(axis) = &axis {
                    sort_by_number(&mut values, |&(step, _)| axis.place(step));
                }
                Series {
                    variable,
                    name: info.name.clone(),
                    label: info.label.clone(),
                    quantity: info.quantity(),
                    flags: info.flags.clone(),
                    are_classes: info.are_classes,
                    axis,
                    values,
                }
            })
            .filter(|series| !series.values.is_empty())
            .collect();
        Self { place, pixel, series }
    }

    /// The series of a variable.
    pub fn of(&self, variable: VariableId) -> Option<&Series> {
        self.series.iter().find(|series| series.variable == variable)
    }

    /// Whether no step of any variable has a value.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.values.iter().all(|(_, value)| value.is_none()))
    }
}

impl Series {
    /// The points as the page reckons with them: temperatures in kelvin.
    pub fn base_points(&self) -> Vec<Point> {
        let place = |step: u32| self.axis.as_ref().map_or(0.0, |axis| axis.place(step));
        let base = |&(step, value): &(u32, Option<f64>)| {
            (place(step), value.map(|value| self.quantity.base(value)))
        };
        self.values.iter().map(base).collect()
    }

    /// What a step is called; empty without an axis.
    pub fn step_label(&self, step: u32) -> String {
        self.axis.as_ref().map(|axis| axis.label(step)).unwrap_or_default()
    }

    /// The value of a step in the store's units, `None` for no data; nothing where it was not read.
    pub fn value(&self, step: u32) -> Option<Option<f64>> {
        self.values.iter().find(|(candidate, _)| *candidate == step).map(|(_, value)| *value)
    }

    /// Whether its axis has more steps than were read.
    pub fn is_part(&self) -> bool {
        self.axis.as_ref().is_some_and(|axis| self.values.len() < axis.len() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::Steps;
    use crate::dataset::VariableInfo;

    fn info(name: &str, units: &str, axes: Vec<u16>) -> VariableInfo {
        VariableInfo {
            units: units.to_owned(),
            temperature: crate::units::Unit::from_units(units),
            axes,
            ..VariableInfo::named(name)
        }
    }

    #[test]
    fn samples_become_one_series_for_each_variable() {
        let sample = |variable, step, value| Sample { variable: VariableId(variable), step, value };
        let samples = [
            sample(1, 0, Some(20.5)),
            sample(0, 1, None),
            sample(0, 0, Some(300.0)),
            sample(2, 0, Some(7.0)),
        ];
        // The newest year first.
        let years = Axis {
            name: "year".to_owned(),
            long_name: String::new(),
            units: String::new(),
            steps: Steps::Numbers { values: vec![2021.0, 2020.0], is_single: false },
            stored: (0, 2),
        };
        let variables =
            vec![info("a", "K", vec![0]), info("b", "degC", vec![0]), info("c", "m", vec![])];
        let dataset = Dataset { axes: vec![years], variables, ..Dataset::empty() };
        let place = Place { lon: 1.0, lat: 2.0 };
        let reading = Reading::new(place, Some((3, 4)), &dataset, &samples);
        assert_eq!(reading.series[0].values, [(1, None), (0, Some(300.0))]);
        assert_eq!(reading.series[0].base_points(), [(2020.0, None), (2021.0, Some(300.0))]);
        assert_eq!(
            (reading.series[0].step_label(1), reading.series[0].is_part()),
            ("2020".to_owned(), false)
        );
        assert_eq!(reading.series[1].name, "b");
        assert_eq!(reading.series[1].base_points(), [(2021.0, Some(293.65))]);
        assert_eq!(
            (reading.series[1].value(0), reading.series[1].value(1)),
            (Some(Some(20.5)), None)
        );
        assert!(reading.series[1].is_part());
        assert_eq!(
            (reading.series[2].step_label(0), reading.series[2].is_part()),
            (String::new(), false)
        );
        assert!(!reading.is_empty());
        assert!(Reading::new(place, Some((3, 4)), &dataset, &samples[1..2]).is_empty());
    }
}
