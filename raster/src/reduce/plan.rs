//! What a program needs: each mask and each state once, however many outputs share it.

use floe_shared::encoding::DataType;
use floe_shared::schema::Statistic;

use crate::program::{Affine, Output, Program, Test};
use crate::samples::Samples;
use crate::with_samples;

use super::State;
use super::columns::Columns;
use super::error::{MAX_OBSERVATIONS, ReduceError};
use super::hits::{Counted, HitDays, Hits, Runs};
use super::sample::Sample;
use super::stored::Storing;
use super::values::{Extremes, Firsts, Lasts, Sums};

/// Most composites whose order fits a byte, with the one after the last.
const MOST_IN_A_BYTE: usize = 254;

/// The masks and states of a program.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Sets of tests that decide what counts.
    pub tests: Vec<Vec<Test>>,
    /// Which observations count.
    pub valid: Vec<Valid>,
    /// Which of them hit.
    pub hits: Vec<Hit>,
    /// What is kept of them.
    pub states: Vec<Kept>,
    /// How the results of each output are stored.
    pub storing: Vec<Storing>,
}

/// Which observations count: those that pass a set of tests and whose band holds a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Valid {
    pub tests: usize,
    pub band: usize,
}

/// Which of the observations that count hit: those that pass further tests.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Hit {
    pub valid: usize,
    pub tests: Vec<Test>,
}

/// A state, and the outputs that are made of it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub kind: Kind,
    pub valid: usize,
    pub hit: Option<usize>,
    pub outputs: Vec<usize>,
}

/// What is kept of observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Counted,
    Sums,
    Deviation,
    Maxima,
    Minima,
    Firsts,
    Lasts,
    Columns,
    Hits,
    FirstHits,
    LastHits,
    Runs { bridges: bool },
}

impl Plan {
    pub(super) fn new(program: &Program) -> Result<Self, ReduceError> {
        let mut plan = Self {
            tests: Vec::new(),
            valid: Vec::new(),
            hits: Vec::new(),
            states: Vec::new(),
            storing: Vec::new(),
        };
        for (index, output) in program.outputs.iter().enumerate() {
            check(index, output, program.bands)?;
            plan.add(index, output);
        }
        Ok(plan)
    }

    fn add(&mut self, index: usize, output: &Output) {
        let tests = place(&mut self.tests, output.valid.clone());
        let valid = place(&mut self.valid, Valid { tests, band: output.band });
        let hit = (!output.when.is_empty())
            .then(|| place(&mut self.hits, Hit { valid, tests: output.when.clone() }));
        let kind = Kind::of(output);
        let same = |kept: &&mut Kept| (kept.kind, kept.valid, kept.hit) == (kind, valid, hit);
        match self.states.iter_mut().find(same) {
            Some(kept) => kept.outputs.push(index),
            None => self.states.push(Kept { kind, valid, hit, outputs: vec![index] }),
        }
        self.storing.push(Storing::new(output));
    }
}

/// Where a list has an entry, which is added if it is new.
fn place<T: PartialEq>(list: &mut Vec<T>, entry: T) -> usize {
    list.iter().position(|known| *known == entry).unwrap_or_else(|| {
        list.push(entry);
        list.len() - 1
    })
}

fn check(index: usize, output: &Output, bands: usize) -> Result<(), ReduceError> {
    let tested = output.valid.iter().chain(&output.when).map(|test| test.band);
    if let Some(band) = tested.chain([output.band]).find(|band| *band >= bands) {
        return Err(ReduceError::UnknownBand { output: index, band, bands });
    }
    let statistic = output.statistic;
    let takes_either = statistic == Statistic::Count;
    if !takes_either && output.when.is_empty() == statistic.needs_hits() {
        let expected = if statistic.needs_hits() { "with" } else { "without" };
        let found = output.when.len();
        return Err(ReduceError::When {
            output: index,
            statistic: statistic.name(),
            expected,
            found,
        });
    }
    let stored = output.stored;
    let storing = Storing::new(output);
    if storing.plane(0).is_none() {
        return Err(ReduceError::StoredType { output: index, found: stored.data_type });
    }
    if stored.data_type.fit(stored.fill).is_none() {
        let (data_type, found) = (stored.data_type, stored.fill);
        return Err(ReduceError::Fill { output: index, data_type, found });
    }
    let is_usable = |affine: Affine| {
        affine.scale != 0.0 && affine.scale.is_finite() && affine.offset.is_finite()
    };
    if !is_usable(output.source) || !is_usable(stored.affine) {
        return Err(ReduceError::Factors { output: index });
    }
    Ok(())
}

impl Kind {
    fn of(output: &Output) -> Self {
        match output.statistic {
            Statistic::Mean | Statistic::Sum => Self::Sums,
            Statistic::Maximum => Self::Maxima,
            Statistic::Minimum => Self::Minima,
            Statistic::Count if output.when.is_empty() => Self::Counted,
            Statistic::Median | Statistic::Percentile(_) => Self::Columns,
            Statistic::StandardDeviation => Self::Deviation,
            Statistic::First => Self::Firsts,
            Statistic::Last => Self::Lasts,
            Statistic::Count | Statistic::Share => Self::Hits,
            Statistic::FirstDay => Self::FirstHits,
            Statistic::LastDay => Self::LastHits,
            Statistic::RunLength | Statistic::RunFirstDay | Statistic::RunEndDay => {
                Self::Runs { bridges: output.bridges_gaps }
            }
        }
    }

    /// The state of a window, empty.
    pub(super) fn state(self, band: &Samples, pixels: usize, composites: usize) -> Box<dyn State> {
        match (self, composites <= MOST_IN_A_BYTE) {
            (Self::Counted, _) => Box::new(Counted),
            (Self::Hits, _) => Box::new(Hits(vec![0; pixels])),
            (Self::FirstHits, true) => Box::new(HitDays::<u8, false>(vec![0; pixels])),
            (Self::FirstHits, false) => Box::new(HitDays::<u16, false>(vec![0; pixels])),
            (Self::LastHits, true) => Box::new(HitDays::<u8, true>(vec![0; pixels])),
            (Self::LastHits, false) => Box::new(HitDays::<u16, true>(vec![0; pixels])),
            (Self::Runs { bridges: false }, true) => Box::new(Runs::<u8, false>::new(pixels)),
            (Self::Runs { bridges: false }, false) => Box::new(Runs::<u16, false>::new(pixels)),
            (Self::Runs { bridges: true }, true) => Box::new(Runs::<u8, true>::new(pixels)),
            (Self::Runs { bridges: true }, false) => Box::new(Runs::<u16, true>::new(pixels)),
            _ => with_samples!(band, numbers => self.of_values(numbers, pixels, composites)),
        }
    }

    fn of_values<T: Sample>(self, _: &[T], pixels: usize, composites: usize) -> Box<dyn State> {
        match self {
            Self::Maxima => Box::new(Extremes::<T, true>::new(pixels)),
            Self::Minima => Box::new(Extremes::<T, false>::new(pixels)),
            Self::Deviation => T::deviation(pixels),
            Self::Firsts => Box::new(Firsts::<T>::new(pixels)),
            Self::Lasts => Box::new(Lasts::<T>::new(pixels)),
            Self::Columns => Box::new(Columns::<T>::new(pixels, composites)),
            _ => Box::new(Sums::<T>::new(pixels)),
        }
    }

    /// Bytes that it keeps of a pixel.
    fn bytes(self, data_type: DataType, composites: usize, observations: usize) -> usize {
        let order = if composites <= MOST_IN_A_BYTE { 1 } else { 2 };
        let sum = match data_type {
            DataType::U8 | DataType::I8 | DataType::U16 | DataType::I16 => 4,
            _ => 8,
        };
        match self {
            Self::Counted => 0,
            Self::Sums => sum,
            Self::Deviation if data_type.is_float() => 24,
            // Sums of squares are twice as wide.
            Self::Deviation => sum + 2 * sum,
            Self::Maxima | Self::Minima | Self::Firsts | Self::Lasts => data_type.size(),
            // A number, and of its row a share of where that begins.
            Self::Columns => data_type.size() * observations + observations.div_ceil(16),
            Self::Hits => 2,
            Self::FirstHits | Self::LastHits => order,
            Self::Runs { bridges } => order * if bridges { 5 } else { 4 },
        }
    }
}

/// Bytes that reducing takes for each pixel of a window, with the results: what a caller cuts a tile into strips by. The
/// observations that are being added are the caller's own and not counted.
///
/// `types` are those of the bands, `composites` and `observations` how many the period has for a window.
pub fn bytes_per_pixel(
    program: &Program,
    types: &[DataType],
    composites: usize,
    observations: usize,
) -> Result<usize, ReduceError> {
    let plan = Plan::new(program)?;
    let observations = observations.min(MAX_OBSERVATIONS);
    let states = plan.states.iter().map(|kept| {
        let band = plan.valid[kept.valid].band;
        // A band of an unknown type has the widest.
        let data_type = types.get(band).copied().unwrap_or(DataType::F64);
        kept.kind.bytes(data_type, composites, observations)
    });
    let counts = plan.valid.len() * (2 + usize::from(program.one_per_day));
    let planes = program.outputs.iter().map(|output| output.stored.data_type.size());
    Ok(states.sum::<usize>() + counts + planes.sum::<usize>())
}
