//! Statistics of a period's observations, pixel by pixel of a window of the grid.
//!
//! ```text
//! runs + numbers of each band -> tests: a mask -> "no data", one a day: which count -> which hit -> states -> results -> stored
//! ```
//!
//! A part of a few thousand pixels goes through all of it before the next, so that masks stay in the nearest cache; of each step
//! there is one loop for each type of numbers, without branches. States hold what the program needs and no more.

mod columns;
mod deviation;
mod error;
mod hits;
mod mask;
mod plan;
mod sample;
mod stored;
mod values;

use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;

use crate::program::{Condition, Program, Test};
use crate::run::Run;
use crate::samples::Samples;
use crate::with_samples;

pub use error::{MAX_COMPOSITES, MAX_OBSERVATIONS, ReduceError};
pub use plan::bytes_per_pixel;

use mask::Check;
use plan::Plan;
use sample::Sample;

/// Pixels of a part: their masks and numbers fit the nearest cache.
const PART: usize = 4096;

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

/// Masks of one part.
#[derive(Debug, Default)]
struct Masks {
    tests: Vec<Vec<u8>>,
    valid: Vec<Vec<u8>>,
    hits: Vec<Vec<u8>>,
    any: Vec<u8>,
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

/// A part of an observation.
struct Part<'a> {
    /// The numbers of the state's band, of the whole observation.
    band: &'a Samples,
    /// Where the part begins in them.
    start: usize,
    spans: &'a [Span],
    /// Which pixels count.
    keep: &'a [u8],
    /// Which of them hit.
    hit: &'a [u8],
    /// How many observations of each pixel of the window have counted before.
    counts: &'a [u16],
    /// The composite's order, from 1.
    composite: u16,
    /// How many observations came before.
    observation: usize,
}

/// Neighbouring pixels of a part.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// Where they begin in the window.
    target: usize,
    /// Where they begin in the part.
    from: usize,
    length: usize,
}

impl Span {
    fn of_part<T>(self, list: &[T]) -> &[T] {
        &list[self.from..self.from + self.length]
    }

    fn of_band<'a, T>(self, part: &Part<'_>, numbers: &'a [T]) -> &'a [T] {
        let start = part.start + self.from;
        &numbers[start..start + self.length]
    }

    fn of_window<T>(self, list: &[T]) -> &[T] {
        &list[self.target..self.target + self.length]
    }

    fn of_window_mut<T>(self, list: &mut [T]) -> &mut [T] {
        &mut list[self.target..self.target + self.length]
    }
}

impl Part<'_> {
    /// Updates a state of each pixel by its number and whether it counts.
    #[inline]
    fn update<S, T: Sample>(&self, state: &mut [S], update: impl Fn(&mut S, T, u8)) {
        let Some(numbers) = T::numbers(self.band) else { return };
        for span in self.spans {
            let numbers = span.of_band(self, numbers).iter().zip(span.of_part(self.keep));
            for (state, (number, keep)) in span.of_window_mut(state).iter_mut().zip(numbers) {
                update(state, *number, *keep);
            }
        }
    }

    /// Updates a state of each pixel by whether it hits.
    #[inline]
    fn mark<S>(&self, state: &mut [S], update: impl Fn(&mut S, u8)) {
        for span in self.spans {
            let hits = span.of_part(self.hit);
            for (state, hit) in span.of_window_mut(state).iter_mut().zip(hits) {
                update(state, *hit);
            }
        }
    }
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
        f64::from(next.unwrap_or(self.days_in_period + 1))
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
            masks: Masks {
                tests: vec![Vec::new(); plan.tests.len()],
                valid: vec![Vec::new(); plan.valid.len()],
                hits: vec![Vec::new(); plan.hits.len()],
                any: Vec::new(),
            },
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
        self.check(observation)?;
        if self.states.is_empty() {
            self.begin(observation.bands);
        }
        if observation.date != self.date {
            self.taken.iter_mut().for_each(|taken| taken.fill(0));
        }
        self.composite = observation.composite;
        self.date = observation.date;
        let check =
            |test: &Test| Check::new(&test.condition, observation.bands[test.band].data_type());
        let of_set = |set: &Vec<Test>| set.iter().map(check).collect();
        let checks: Vec<Vec<Check>> = self.plan.tests.iter().map(of_set).collect();
        let mut accepted = 0;
        for_each_part(observation.runs, |start, spans, length| {
            self.make_masks(observation, &checks, start, length);
            accepted += self.take_valid(spans, length);
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
        let tests = self.plan.tests.iter().flatten();
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

    /// Makes the masks of a part but for what was taken on the same day.
    fn make_masks(
        &mut self,
        observation: &Observation<'_>,
        checks: &[Vec<Check>],
        start: usize,
        length: usize,
    ) {
        let Masks { tests, valid, any, .. } = &mut self.masks;
        for ((mask, set), checks) in tests.iter_mut().zip(&self.plan.tests).zip(checks) {
            mask.clear();
            mask.resize(length, u8::MAX);
            for (test, check) in set.iter().zip(checks) {
                with_samples!(&observation.bands[test.band], numbers => {
                    check.narrow(&numbers[start..start + length], mask, any);
                });
            }
        }
        for (mask, plan) in valid.iter_mut().zip(&self.plan.valid) {
            mask.clone_from(&tests[plan.tests]);
            let (band, nodata) = (&observation.bands[plan.band], observation.nodata[plan.band]);
            with_samples!(band, numbers => {
                mask::hide(nodata, band.data_type(), &numbers[start..start + length], mask);
            });
        }
    }

    /// Takes out what was taken on the same day; then makes the masks of what hits. Returns how many pixels count.
    fn take_valid(&mut self, spans: &[Span], length: usize) -> u64 {
        let Masks { tests, valid, hits, any } = &mut self.masks;
        for (mask, taken) in valid.iter_mut().zip(&mut self.taken) {
            for span in spans {
                let mask = mask[span.from..span.from + span.length].iter_mut();
                for (keep, taken) in mask.zip(span.of_window_mut(taken)) {
                    *keep &= !*taken;
                    *taken |= *keep;
                }
            }
        }
        for (mask, plan) in hits.iter_mut().zip(&self.plan.hits) {
            mask.clone_from(&valid[plan.valid]);
            and(mask, &tests[plan.tests]);
        }
        let [first, others @ ..] = valid.as_slice() else { return 0 };
        any.clone_from(first);
        for other in others {
            for (any, other) in any.iter_mut().zip(other) {
                *any |= other;
            }
        }
        debug_assert_eq!(any.len(), length);
        any.chunks(128).map(|any| u64::from(any.iter().map(|any| any & 1).sum::<u8>())).sum()
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
                observation: self.observations,
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

/// Cuts runs into parts: calls with where each begins in the observation's numbers, its spans, and how many pixels it has.
fn for_each_part(runs: &[Run], mut part: impl FnMut(usize, &[Span], usize)) {
    let (mut start, mut length) = (0, 0);
    let mut spans = Vec::new();
    for run in runs {
        let (mut target, mut left) = (run.target as usize, run.length as usize);
        while left > 0 {
            let taken = left.min(PART - length);
            spans.push(Span { target, from: length, length: taken });
            (target, left, length) = (target + taken, left - taken, length + taken);
            if length == PART {
                part(start, &spans, length);
                (start, length) = (start + length, 0);
                spans.clear();
            }
        }
    }
    if length > 0 {
        part(start, &spans, length);
    }
}

fn and(mask: &mut [u8], other: &[u8]) {
    for (keep, other) in mask.iter_mut().zip(other) {
        *keep &= other;
    }
}
