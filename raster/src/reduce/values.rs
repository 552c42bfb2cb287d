//! Statistics of values that keep one number a pixel: sums, extremes, the first and the last.

use std::ops::Range;

use floe_shared::schema::Statistic;

use super::part::Part;
use super::sample::{Sample, Total};
use super::{Calendar, State, Wanted};

/// Sums: of means and sums.
#[derive(Debug)]
pub(super) struct Sums<T: Sample>(Vec<T::Sum>);

impl<T: Sample> Sums<T> {
    pub(super) fn new(pixels: usize) -> Self {
        Self(vec![T::Sum::default(); pixels])
    }
}

impl<T: Sample> State for Sums<T> {
    fn add(&mut self, part: &Part<'_>) {
        part.update(&mut self.0, |sum, number: T, keep| number.add(keep, sum));
    }

    fn write(
        &self,
        wanted: &[Wanted],
        pixels: Range<usize>,
        counts: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for (wanted, numbers) in wanted.iter().zip(numbers) {
            let sums = self.0[pixels.clone()].iter().zip(counts);
            // The quotient of a sum below 2⁴⁸ and a count below 2¹⁶ is never so near to a half that a double hides on which side
            // of it.
            for (number, (sum, count)) in numbers.iter_mut().zip(sums) {
                *number = match wanted.statistic {
                    Statistic::Sum => sum.number(),
                    _ => sum.number() / f64::from(*count),
                };
            }
        }
    }
}

/// The greatest numbers, or the least.
#[derive(Debug)]
pub(super) struct Extremes<T, const GREATEST: bool>(Vec<T>);

impl<T: Sample, const GREATEST: bool> Extremes<T, GREATEST> {
    pub(super) fn new(pixels: usize) -> Self {
        Self(vec![Self::NONE; pixels])
    }

    const NONE: T = if GREATEST { T::LEAST } else { T::GREATEST };
}

impl<T: Sample, const GREATEST: bool> State for Extremes<T, GREATEST> {
    fn add(&mut self, part: &Part<'_>) {
        part.update(&mut self.0, |extreme, number: T, keep| {
            let number = T::select(keep, number, Self::NONE);
            let is_further = if GREATEST { number > *extreme } else { number < *extreme };
            *extreme = if is_further { number } else { *extreme };
        });
    }

    fn write(
        &self,
        _: &[Wanted],
        pixels: Range<usize>,
        _: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for numbers in numbers {
            copy(&self.0[pixels.clone()], numbers);
        }
    }
}

/// The first number of each pixel.
#[derive(Debug)]
pub(super) struct Firsts<T>(Vec<T>);

impl<T: Sample> Firsts<T> {
    pub(super) fn new(pixels: usize) -> Self {
        Self(vec![T::LEAST; pixels])
    }
}

impl<T: Sample> State for Firsts<T> {
    fn add(&mut self, part: &Part<'_>) {
        let Some(numbers) = T::numbers(part.band) else { return };
        for span in part.spans {
            let (keep, numbers) = (span.of_part(part.keep), span.of_band(part, numbers));
            let state = span.of_window_mut(&mut self.0).iter_mut();
            let counts = span.of_window(part.counts);
            for (((first, number), keep), count) in state.zip(numbers).zip(keep).zip(counts) {
                let is_first = keep & super::mask::full(*count == 0);
                *first = T::select(is_first, *number, *first);
            }
        }
    }

    fn write(
        &self,
        _: &[Wanted],
        pixels: Range<usize>,
        _: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for numbers in numbers {
            copy(&self.0[pixels.clone()], numbers);
        }
    }
}

/// The last number of each pixel.
#[derive(Debug)]
pub(super) struct Lasts<T>(Vec<T>);

impl<T: Sample> Lasts<T> {
    pub(super) fn new(pixels: usize) -> Self {
        Self(vec![T::LEAST; pixels])
    }
}

impl<T: Sample> State for Lasts<T> {
    fn add(&mut self, part: &Part<'_>) {
        part.update(&mut self.0, |last, number: T, keep| {
            *last = T::select(keep, number, *last);
        });
    }

    fn write(
        &self,
        _: &[Wanted],
        pixels: Range<usize>,
        _: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for numbers in numbers {
            copy(&self.0[pixels.clone()], numbers);
        }
    }
}

fn copy<T: Sample>(state: &[T], numbers: &mut [f64]) {
    for (number, state) in numbers.iter_mut().zip(state) {
        *number = state.number();
    }
}
