//! Statistics of the observations that hit: how many, on which days, and the longest run of composites.

use std::fmt::Debug;
use std::ops::Range;

use floe_shared::schema::Statistic;

use super::part::Part;
use super::{Calendar, State, Wanted};

/// The order of a composite in the period, from 1, in as few bytes as will do; 0 is none.
pub(super) trait Order: Copy + Debug + Default + Send + 'static {
    /// The first composite.
    const FIRST: Self;
    /// Of a composite's order.
    fn of(order: u16) -> Self;
    /// The order.
    fn order(self) -> usize;
    /// A mask of bytes as one of this size.
    fn mask(byte: u8) -> Self;
    /// A number where the mask is full, another where it is 0.
    fn select(mask: Self, number: Self, other: Self) -> Self;
    /// A full mask where numbers are equal.
    fn equal(self, other: Self) -> Self;
    /// A full mask where it is at least another.
    fn at_least(self, other: Self) -> Self;
    /// How many composites from another to this one, both counted.
    fn since(self, start: Self) -> Self;
    /// Bits that two masks have.
    fn and(self, other: Self) -> Self;
    /// Bits that a mask has not.
    fn not(self) -> Self;
}

macro_rules! orders {
    ($($type:ty),*) => {$(
        impl Order for $type {
            const FIRST: Self = 1;

            fn of(order: u16) -> Self {
                order as Self
            }

            fn order(self) -> usize {
                self.into()
            }

            #[inline]
            fn mask(byte: u8) -> Self {
                byte as i8 as Self
            }

            #[inline]
            fn select(mask: Self, number: Self, other: Self) -> Self {
                number & mask | other & !mask
            }

            #[inline]
            fn equal(self, other: Self) -> Self {
                Self::from(self == other).wrapping_neg()
            }

            #[inline]
            fn at_least(self, other: Self) -> Self {
                Self::from(self >= other).wrapping_neg()
            }

            #[inline]
            fn since(self, start: Self) -> Self {
                self.wrapping_sub(start).wrapping_add(1)
            }

            #[inline]
            fn and(self, other: Self) -> Self {
                self & other
            }

            #[inline]
            fn not(self) -> Self {
                !self
            }
        }
    )*};
}

orders!(u8, u16);

/// How many observations count; kept by the reducer itself.
#[derive(Debug)]
pub(super) struct Counted;

impl State for Counted {
    fn add(&mut self, _: &Part<'_>) {}

    fn write(
        &self,
        _: &[Wanted],
        _: Range<usize>,
        counts: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for numbers in numbers {
            for (number, count) in numbers.iter_mut().zip(counts) {
                *number = f64::from(*count);
            }
        }
    }
}

/// How many observations hit: of counts and shares.
#[derive(Debug)]
pub(super) struct Hits(pub(super) Vec<u16>);

impl State for Hits {
    fn add(&mut self, part: &Part<'_>) {
        part.mark(&mut self.0, |count, hit| *count += u16::from(hit & 1));
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
            let hits = self.0[pixels.clone()].iter().zip(counts);
            for (number, (hits, count)) in numbers.iter_mut().zip(hits) {
                *number = match wanted.statistic {
                    Statistic::Share => f64::from(*hits) / f64::from(*count),
                    _ => f64::from(*hits),
                };
            }
        }
    }
}

/// The first composite that hits, or the last.
#[derive(Debug)]
pub(super) struct HitDays<I, const LAST: bool>(pub(super) Vec<I>);

impl<I: Order, const LAST: bool> State for HitDays<I, LAST> {
    fn add(&mut self, part: &Part<'_>) {
        let composite = I::of(part.composite);
        part.mark(&mut self.0, |day, hit| {
            let hit = I::mask(hit);
            let takes = if LAST { hit } else { hit.and(day.equal(I::default())) };
            *day = I::select(takes, composite, *day);
        });
    }

    fn write(
        &self,
        _: &[Wanted],
        pixels: Range<usize>,
        _: &[u16],
        calendar: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for numbers in numbers {
            for (number, composite) in numbers.iter_mut().zip(&self.0[pixels.clone()]) {
                *number = calendar.first_day(composite.order());
            }
        }
    }
}

/// The longest unbroken run of composites that hit, of equals the latest.
///
/// Composites are told apart by their order, so that neither those without an observation nor several observations of one need
/// to be looked at: a run goes on where nothing lies between the last composite that hit and this one that ends it.
#[derive(Debug)]
pub(super) struct Runs<I, const BRIDGES: bool> {
    /// The first composite of the run that is open.
    starts: Vec<I>,
    /// The last composite that hit.
    lasts: Vec<I>,
    /// Where gaps are bridged: the first composite after it with an observation that counts and does not hit.
    misses: Vec<I>,
    /// The length of the longest run.
    lengths: Vec<I>,
    /// Its first composite.
    firsts: Vec<I>,
}

impl<I: Order, const BRIDGES: bool> Runs<I, BRIDGES> {
    pub(super) fn new(pixels: usize) -> Self {
        let none = || vec![I::default(); pixels];
        Self {
            starts: vec![I::FIRST; pixels],
            lasts: none(),
            misses: if BRIDGES { none() } else { Vec::new() },
            lengths: none(),
            firsts: none(),
        }
    }
}

/// The run of one pixel that is open, and the longest.
struct Open<'a, I> {
    start: &'a mut I,
    last: &'a mut I,
    length: &'a mut I,
    first: &'a mut I,
}

impl<I: Order> Open<'_, I> {
    /// Takes in whether a composite hits, and if it does, whether it belongs to the run.
    #[inline]
    fn take(self, composite: I, hit: I, goes_on: I) {
        let start = I::select(hit.and(goes_on.not()), composite, *self.start);
        *self.start = start;
        *self.last = I::select(hit, composite, *self.last);
        let length = composite.since(start);
        let is_longest = hit.and(length.at_least(*self.length));
        *self.length = I::select(is_longest, length, *self.length);
        *self.first = I::select(is_longest, start, *self.first);
    }
}

impl<I: Order, const BRIDGES: bool> State for Runs<I, BRIDGES> {
    fn add(&mut self, part: &Part<'_>) {
        let (composite, before) = (I::of(part.composite), I::of(part.composite - 1));
        for span in part.spans {
            let starts = span.of_window_mut(&mut self.starts).iter_mut();
            let lasts = span.of_window_mut(&mut self.lasts);
            let lengths = span.of_window_mut(&mut self.lengths);
            let firsts = span.of_window_mut(&mut self.firsts);
            let state = starts.zip(lasts).zip(lengths).zip(firsts);
            let hits = span.of_part(part.hit);
            if BRIDGES {
                let misses = span.of_window_mut(&mut self.misses).iter_mut();
                let masks = hits.iter().zip(span.of_part(part.keep));
                for (((((start, last), length), first), miss), (hit, keep)) in
                    state.zip(misses).zip(masks)
                {
                    let (hit, keep) = (I::mask(*hit), I::mask(*keep));
                    let is_fresh = last.at_least(*miss);
                    // A composite that hits is no miss, though another of its observations does not hit.
                    let is_same = miss.equal(composite);
                    let goes_on =
                        is_fresh.not().and(is_same.not()).not().and(last.at_least(I::FIRST));
                    let misses = keep.and(hit.not()).and(is_fresh);
                    *miss = I::select(misses, composite, *miss);
                    Open { start, last, length, first }.take(composite, hit, goes_on);
                }
            } else {
                // Before the first hit `last` is 0, which is the one before the first composite: there the run starts at 1.
                for ((((start, last), length), first), hit) in state.zip(hits) {
                    let goes_on = last.at_least(before);
                    Open { start, last, length, first }.take(composite, I::mask(*hit), goes_on);
                }
            }
        }
    }

    fn write(
        &self,
        wanted: &[Wanted],
        pixels: Range<usize>,
        _: &[u16],
        calendar: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for (wanted, numbers) in wanted.iter().zip(numbers) {
            let runs = self.lengths[pixels.clone()].iter().zip(&self.firsts[pixels.clone()]);
            for (number, (length, first)) in numbers.iter_mut().zip(runs) {
                let (length, first) = (length.order(), first.order());
                *number = match wanted.statistic {
                    Statistic::RunFirstDay => calendar.first_day(first),
                    Statistic::RunEndDay => calendar.end_day(first, length),
                    _ => length as f64,
                };
            }
        }
    }
}
