//! Parts of an observation: a few thousand pixels that go through every step together.

use crate::run::Run;
use crate::samples::Samples;

use super::sample::Sample;

/// Pixels of a part: their masks and numbers fit the nearest cache.
pub(super) const PART: usize = 4096;

/// A part of an observation.
pub(super) struct Part<'a> {
    /// The numbers of the state's band, of the whole observation.
    pub band: &'a Samples,
    /// Where the part begins in them.
    pub start: usize,
    pub spans: &'a [Span],
    /// Which pixels count.
    pub keep: &'a [u8],
    /// Which of them hit.
    pub hit: &'a [u8],
    /// How many observations of each pixel of the window have counted before.
    pub counts: &'a [u16],
    /// The composite's order, from 1.
    pub composite: u16,
}

/// Neighbouring pixels of a part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Where they begin in the window.
    pub target: usize,
    /// Where they begin in the part.
    pub from: usize,
    pub length: usize,
}

impl Span {
    pub(super) fn of_part<T>(self, list: &[T]) -> &[T] {
        &list[self.from..self.from + self.length]
    }

    pub(super) fn of_band<'a, T>(self, part: &Part<'_>, numbers: &'a [T]) -> &'a [T] {
        let start = part.start + self.from;
        &numbers[start..start + self.length]
    }

    pub(super) fn of_window<T>(self, list: &[T]) -> &[T] {
        &list[self.target..self.target + self.length]
    }

    pub(super) fn of_window_mut<T>(self, list: &mut [T]) -> &mut [T] {
        &mut list[self.target..self.target + self.length]
    }
}

impl Part<'_> {
    /// Updates a state of each pixel by its number and whether it counts.
    #[inline]
    pub(super) fn update<S, T: Sample>(&self, state: &mut [S], update: impl Fn(&mut S, T, u8)) {
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
    pub(super) fn mark<S>(&self, state: &mut [S], update: impl Fn(&mut S, u8)) {
        for span in self.spans {
            let hits = span.of_part(self.hit);
            for (state, hit) in span.of_window_mut(state).iter_mut().zip(hits) {
                update(state, *hit);
            }
        }
    }
}

/// Cuts runs into parts: calls with where each begins in the observation's numbers, its spans, and how many pixels it has.
pub(super) fn for_each_part(runs: &[Run], mut part: impl FnMut(usize, &[Span], usize)) {
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
