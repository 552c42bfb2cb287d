//! Statistics of a period's observations, pixel by pixel of a window of the grid.
//!
//! ```text
//! runs + numbers of each band -> tests: a mask -> "no data", one a day: which count -> which hit -> states -> results -> stored
//! ```
//!
//! A part of a few thousand pixels goes through all of it before the next, so that masks stay in the nearest cache; of each step
//! there is one loop for each type of numbers, without branches. States hold what the program needs and no more.
//!
//! Statistics are those of the file's numbers, converted once: a maximum is the greatest number, whatever the sign of its
//! scale, and a sum takes the band's offset once. A standard deviation takes the size of the band's scale and not its offset,
//! and is stored by the variable's scale and offset, which readers apply. Where band and variable have the same, integers are
//! exact until one rounding. A result that is no number (of infinite ones) is stored as fill.

mod columns;
mod deviation;
mod error;
mod hits;
mod mask;
mod masks;
mod part;
mod plan;
mod sample;
mod stored;
mod values;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;

use crate::program::{Condition, Program};
use crate::run::Run;
use crate::samples::Samples;

pub use error::{MAX_COMPOSITES, MAX_OBSERVATIONS, ReduceError};
pub use plan::bytes_per_pixel;

use masks::{Checks, Masks};
use part::{PART, Part, Span, for_each_part};
use plan::Plan;

/// A composite of the period that is due, whether it has an observation or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Composite {
    /// The day of the period on which it begins, from 1.
    pub day: u16,
}

/// What one raster says of a window.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The composite it belongs to: its place in the period's list.
    pub composite: usize,
    /// Its date, in days since 1970 (UTC); looked at only where one observation a day is taken.
    pub date: i32,
    /// The pixels it speaks of; none twice.
    pub runs: &'a [Run],
    /// For each band one number for each pixel of the runs.
    pub bands: &'a [Samples],
    /// For each band the number that its file has for "no data".
    pub nodata: &'a [Option<Scalar>],
}

/// A window's results.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduced {
    /// For each output its pixels, row by row, in the stored type.
    pub planes: Vec<Samples>,
    /// Pixels with an observation that counts for any of the outputs.
    pub valid_pixels: u64,
}

/// Reduces the observations of one period for a window of pixels.
#[derive(Debug)]
pub struct PeriodReducer {
    program: Arc<Program>,
    plan: Plan,
    pixels: usize,
    calendar: Calendar,
    /// How many observations of each pixel count, by [`Plan::valid`].
    counts: Vec<Vec<u16>>,
    /// Where one observation a day is taken: the pixels that have one of the day, by [`Plan::valid`].
    taken: Vec<Vec<u8>>,
    /// By [`Plan::states`]; empty before the first observation.
    states: Vec<Box<dyn State>>,
    /// Types of the bands that outputs are made of, once they are known.
    types: Vec<Option<DataType>>,
    masks: Masks,
    /// Not less than any pixel has of those that count.
    observations: usize,
    composite: usize,
    date: i32,
}

/// On which days composites begin.
#[derive(Debug)]
struct Calendar {
    days: Vec<u16>,
    days_in_period: u16,
}

/// What is kept of a window's observations for some outputs.
trait State: Debug + Send {
    /// Takes in a part of an observation.
    fn add(&mut self, part: &Part<'_>);

    /// Writes the results of some pixels, a list for each wanted statistic; NaN is none. Where no observation counts it
    /// does not matter what is written.
    fn write(
        &self,
        wanted: &[Wanted],
        pixels: Range<usize>,
        counts: &[u16],
        calendar: &Calendar,
        numbers: &mut [Vec<f64>],
    );
}

/// A statistic that is made of a state.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    statistic: Statistic,
    /// Whether results are stored as whole numbers without a conversion.
    is_whole: bool,
}

impl Calendar {
    /// Of a composite by its order, from 1; NaN of none.
    fn first_day(&self, order: usize) -> f64 {
        let day = order.checked_sub(1).and_then(|index| self.days.get(index));
        day.map_or(f64::NAN, |day| f64::from(*day))
    }

    /// The day on which the composite after a run begins, or the day after the period; NaN of a run without a composite.
    fn end_day(&self, first: usize, length: usize) -> f64 {
        if length == 0 {
            return f64::NAN;
        }
        let next = self.days.get(first + length - 1).copied();
        next.map_or_else(|| f64::from(self.days_in_period) + 1.0, f64::from)
    }
}

impl PeriodReducer {
    /// Of a window of so many pixels, the composites of the period that are due by order, and the days that the period has.
    ///
    /// # Errors
    /// Where the program is not one, or composites do not follow on each other.
    pub fn new(
        program: Arc<Program>,
        pixels: usize,
        composites: &[Composite],
        days_in_period: u16,
    ) -> Result<Self, ReduceError> {
        let plan = Plan::new(&program)?;
        let mut before = 0;
        for (index, &Composite { day }) in composites.iter().enumerate() {
            if day <= before || day > days_in_period || index >= MAX_COMPOSITES {
                let found = composites.len();
                return Err(ReduceError::Composites { days_in_period, found, index, day });
            }
            before = day;
        }
        let taken = if program.one_per_day { plan.valid.len() } else { 0 };
        Ok(Self {
            counts: plan.valid.iter().map(|_| vec![0; pixels]).collect(),
            taken: vec![vec![0; pixels]; taken],
            states: Vec::new(),
            types: vec![None; program.bands],
            masks: Masks::new(&plan),
            calendar: Calendar {
                days: composites.iter().map(|composite| composite.day).collect(),
                days_in_period,
            },
            program,
            plan,
            pixels,
            observations: 0,
            composite: 0,
            date: i32::MIN,
        })
    }

    /// Adds an observation: composites by order, and of one pixel by order of time. Returns how many of its pixels count for any
    /// of the outputs.
    ///
    /// # Errors
    /// Where it does not fit the program, the window or the observations before. Nothing is added then.
    pub fn observe(&mut self, observation: &Observation<'_>) -> Result<u64, ReduceError> {
        if self.observations >= MAX_OBSERVATIONS {
            // Most speak of other pixels: what no pixel may have is more of them than its counter holds.
            let most = self.counts.iter().flatten().copied().max();
            self.observations = most.unwrap_or_default().into();
        }
        self.check(observation)?;
        if self.states.is_empty() {
            self.begin(observation.bands);
        }
        if observation.date != self.date {
            self.taken.iter_mut().for_each(|taken| taken.fill(0));
        }
        self.composite = observation.composite;
        self.date = observation.date;
        let checks = Checks::new(&self.plan, observation.bands);
        let mut accepted = 0;
        for_each_part(observation.runs, |start, spans, length| {
            let numbers = start..start + length;
            self.masks.make_valid(&self.plan, observation, &checks, &numbers);
            self.masks.take_first_of_day(&mut self.taken, spans);
            self.masks.make_hits(&self.plan, observation, &checks, &numbers);
            accepted += self.masks.accepted();
            self.add_part(observation, start, spans);
        });
        self.observations += 1;
        Ok(accepted)
    }

    fn check(&self, observation: &Observation<'_>) -> Result<(), ReduceError> {
        let Observation { composite, date, runs, bands, nodata } = *observation;
        if composite < self.composite || composite >= self.calendar.days.len() {
            return Err(ReduceError::Composite {
                first: self.composite,
                last: self.calendar.days.len().saturating_sub(1),
                found: composite,
            });
        }
        if self.program.one_per_day && date < self.date {
            return Err(ReduceError::Date { last: self.date, found: date });
        }
        if self.observations >= MAX_OBSERVATIONS {
            return Err(ReduceError::TooMany);
        }
        if bands.len() != self.program.bands || nodata.len() != self.program.bands {
            return Err(ReduceError::Bands {
                bands: self.program.bands,
                found: bands.len(),
                nodata: nodata.len(),
            });
        }
        for &Run { target, length } in runs {
            if u64::from(target) + u64::from(length) > self.pixels as u64 {
                return Err(ReduceError::Run { pixels: self.pixels, target, length });
            }
        }
        let pixels = runs.iter().map(|run| run.length as usize).sum();
        for (band, numbers) in bands.iter().enumerate() {
            if numbers.len() != pixels {
                return Err(ReduceError::Length { band, pixels, found: numbers.len() });
            }
            let found = numbers.data_type();
            if let Some(expected) = self.types[band].filter(|expected| *expected != found) {
                return Err(ReduceError::Type { band, expected, found });
            }
        }
        let hits = self.plan.hits.iter().flat_map(|hit| &hit.tests);
        let tests = self.plan.tests.iter().flatten().chain(hits);
        for test in tests.filter(|test| matches!(test.condition, Condition::Bits { .. })) {
            let found = bands[test.band].data_type();
            if found.is_float() {
                return Err(ReduceError::BitsOfFloats { band: test.band, found });
            }
        }
        Ok(())
    }

    /// Makes the states for bands of the types that the first observation has.
    fn begin(&mut self, bands: &[Samples]) {
        for kept in &self.plan.states {
            let band = self.plan.valid[kept.valid].band;
            self.types[band] = Some(bands[band].data_type());
            let state = kept.kind.state(&bands[band], self.pixels, self.calendar.days.len());
            self.states.push(state);
        }
    }

    fn add_part(&mut self, observation: &Observation<'_>, start: usize, spans: &[Span]) {
        for (state, kept) in self.states.iter_mut().zip(&self.plan.states) {
            let keep = &self.masks.valid[kept.valid];
            state.add(&Part {
                band: &observation.bands[self.plan.valid[kept.valid].band],
                start,
                spans,
                keep,
                hit: kept.hit.map_or(keep, |hit| &self.masks.hits[hit]),
                counts: &self.counts[kept.valid],
                composite: observation.composite as u16 + 1,
            });
        }
        for (counts, mask) in self.counts.iter_mut().zip(&self.masks.valid) {
            for span in spans {
                let counts = span.of_window_mut(counts).iter_mut();
                for (count, keep) in counts.zip(span.of_part(mask)) {
                    *count += u16::from(keep & 1);
                }
            }
        }
    }

    /// The results.
    pub fn finish(self) -> Reduced {
        let Self { program, plan, pixels, calendar, counts, states, .. } = self;
        let planes = plan.storing.iter().filter_map(|storing| storing.plane(pixels));
        let mut planes: Vec<Samples> = planes.collect();
        for (state, kept) in states.into_iter().zip(&plan.states) {
            let counts = &counts[kept.valid];
            let wanted = kept.outputs.iter().map(|&output| Wanted {
                statistic: program.outputs[output].statistic,
                is_whole: plan.storing[output].is_whole(),
            });
            let wanted: Vec<Wanted> = wanted.collect();
            let mut numbers = vec![Vec::new(); wanted.len()];
            for start in (0..pixels).step_by(PART) {
                let end = pixels.min(start + PART);
                for numbers in &mut numbers {
                    numbers.resize(end - start, f64::NAN);
                }
                let counts = &counts[start..end];
                state.write(&wanted, start..end, counts, &calendar, &mut numbers);
                for (&output, numbers) in kept.outputs.iter().zip(&mut numbers) {
                    for (number, count) in numbers.iter_mut().zip(counts) {
                        *number = if *count == 0 { f64::NAN } else { *number };
                    }
                    plan.storing[output].store(numbers, &mut planes[output], start);
                }
            }
        }
        let is_valid = |pixel: &usize| counts.iter().any(|counts| counts[*pixel] > 0);
        let valid_pixels = (0..pixels).filter(is_valid).count() as u64;
        Reduced { planes, valid_pixels }
    }
}
