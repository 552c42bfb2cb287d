//! Which units are read to know what variables hold at a pixel. Pure.
//!
//! Along an axis of thousands of steps there may be thousands of units. As many are read as a click may cost: those around the step that
//! is shown, [`MOST_UNITS`] of the variable on the screen and a share of as many for the others, each of which gets at least the unit of
//! its own step; and no more of a variable than `MOST_BYTES` decoded. Of more variables than [`MOST_UNITS`] the first are read.

use super::map_array::MapArray;
use crate::axis::{ravel, unravel};
use crate::chunk::VariableId;
use crate::dataset::Dataset;

/// The most units of the variable on the screen, and of all others together but for one each.
pub const MOST_UNITS: u32 = 32;
/// The most decoded bytes of a variable, but for a unit that is larger by itself.
const MOST_BYTES: u64 = 64 << 20;

/// Samples out of one unit: consecutive steps of the axis along which a variable plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The variable.
    pub(super) variable: VariableId,
    /// The plane of the first.
    pub(super) plane: u32,
    /// The axis among the variable's own.
    pub(super) axis: usize,
    /// The first step.
    pub(super) first: u32,
    /// How many.
    pub(super) count: u32,
}

/// The runs to be read of a dataset's variables, of which `planes` are shown; `arrays` are those of each by level.
pub(super) fn runs(
    dataset: &Dataset,
    arrays: &[Vec<MapArray>],
    shown: VariableId,
    planes: &[u32],
) -> Vec<Run> {
    let count = dataset.variables.len() as u32;
    let share = MOST_UNITS.checked_div(count.saturating_sub(1)).unwrap_or(0).max(1);
    let wanted = dataset.ids().map(|(id, _)| id);
    let is_wanted = |id: &VariableId| *id == shown || u32::from(id.0) < MOST_UNITS;
    wanted
        .filter(is_wanted)
        .filter_map(|variable| {
            let index = usize::from(variable.0);
            let (array, plane) = (arrays.get(index)?.first()?, *planes.get(index)?);
            let most = if variable == shown { MOST_UNITS } else { share };
            of_variable(variable, array, dataset.playing(variable), plane, most)
        })
        .flatten()
        .collect()
}

/// The runs of a variable that plays along an axis, if any.
fn of_variable(
    variable: VariableId,
    array: &MapArray,
    playing: Option<usize>,
    plane: u32,
    most: u32,
) -> Option<Vec<Run>> {
    let lengths: Vec<u32> = array.further().map(|(_, length)| length).collect();
    let steps = unravel(plane, lengths.iter().copied())?;
    let Some(axis) = playing else {
        return Some(vec![Run { variable, plane, axis: 0, first: 0, count: 1 }]);
    };
    let (length, in_unit) = (lengths[axis], array.steps_in_unit(axis).max(1));
    let most = u64::from(most).min(MOST_BYTES / array.unit_bytes().max(1)).max(1) as u32;
    let units = length.div_ceil(in_unit);
    let middle = steps[axis] / in_unit;
    let begin = middle.saturating_sub(most / 2).min(units.saturating_sub(most));
    let run = |unit: u32| {
        let first = unit * in_unit;
        let along =
            steps.iter().enumerate().map(|(at, &step)| if at == axis { first } else { step });
        let plane = ravel(along.zip(lengths.iter().copied()))?;
        Some(Run { variable, plane, axis, first, count: in_unit.min(length - first) })
    };
    (begin..units.min(begin + most)).map(run).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::metadata::ArrayMetadata;
    use super::*;

    fn array(shape: [u64; 4], chunks: [u64; 4]) -> MapArray {
        let json = json!({
            "zarr_format": 3, "shape": shape, "data_type": "uint16", "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
            "codecs": ["bytes"],
        });
        MapArray::new(ArrayMetadata::parse("/a", &json.to_string()).unwrap(), [2, 3]).unwrap()
    }

    fn firsts(array: &MapArray, plane: u32, most: u32) -> Vec<(u32, u32)> {
        let runs = of_variable(VariableId(0), array, Some(0), plane, most).unwrap();
        assert!(runs.iter().all(|run| run.plane == run.first * 5 + plane % 5));
        runs.into_iter().map(|run| (run.first, run.count)).collect()
    }

    #[test]
    fn units_around_the_step_that_is_shown_are_read() {
        let hourly = array([8784, 5, 10, 10], [1, 1, 10, 10]);
        let found = firsts(&hourly, 4000 * 5 + 3, 32);
        assert_eq!((found[0], found.len()), ((3984, 1), 32));
        assert!(found.contains(&(4000, 1)));
        assert_eq!(firsts(&hourly, 2, 32)[0], (0, 1));
        assert_eq!(firsts(&hourly, 8783 * 5, 32).last(), Some(&(8783, 1)));
        assert_eq!(firsts(&hourly, 8783 * 5, 1), [(8783, 1)]);
    }

    #[test]
    fn a_unit_gives_all_its_steps() {
        let daily = array([50, 5, 10, 10], [24, 5, 10, 10]);
        assert_eq!(firsts(&daily, 25 * 5 + 1, 32), [(0, 24), (24, 24), (48, 2)]);
        assert_eq!(firsts(&daily, 25 * 5 + 1, 1), [(24, 24)]);
    }

    #[test]
    fn large_units_are_fewer() {
        let globe = array([100, 5, 2000, 2000], [1, 5, 2000, 2000]);
        assert_eq!(firsts(&globe, 50 * 5, 32), [(50, 1)]);
    }

    #[test]
    fn what_plays_along_no_axis_is_one_sample() {
        let flat = array([1, 1, 10, 10], [1, 1, 10, 10]);
        let runs = of_variable(VariableId(2), &flat, None, 0, 32).unwrap();
        let expected = Run { variable: VariableId(2), plane: 0, axis: 0, first: 0, count: 1 };
        assert_eq!(runs, [expected]);
    }
}
