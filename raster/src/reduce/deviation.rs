//! Standard deviations of the population.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::{AddAssign, Range};

use super::part::Part;
use super::sample::{Integer, Sample, Total};
use super::{Calendar, State, Wanted};

/// A sum of squares of integers, exact.
pub(super) trait Square:
    Copy + Debug + Default + AddAssign + Into<u128> + Send + 'static
{
}

impl Square for u64 {}
impl Square for u128 {}

/// Of integers: sums of numbers and of their squares, both exact.
#[derive(Debug)]
pub(super) struct IntegerDeviation<T: Integer> {
    sums: Vec<T::Sum>,
    squares: Vec<T::Square>,
}

impl<T: Integer> IntegerDeviation<T> {
    pub(super) fn new(pixels: usize) -> Self {
        Self { sums: vec![T::Sum::default(); pixels], squares: vec![T::Square::default(); pixels] }
    }
}

impl<T: Integer> State for IntegerDeviation<T> {
    fn add(&mut self, part: &Part<'_>) {
        part.update(&mut self.sums, |sum, number: T, keep| number.add(keep, sum));
        let zero = T::of(0.0);
        part.update(&mut self.squares, |squares, number: T, keep| {
            *squares += T::select(keep, number, zero).square();
        });
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
            let sums = self.sums[pixels.clone()].iter().zip(&self.squares[pixels.clone()]);
            for ((number, (sum, squares)), count) in numbers.iter_mut().zip(sums).zip(counts) {
                let (sum, count) = (sum.number().abs() as u128, u128::from(*count));
                // (count x deviation)²
                let square = count * (*squares).into() - sum * sum;
                *number = if wanted.is_whole {
                    rounded_root(square, count)
                } else {
                    (square as f64).sqrt() / count as f64
                };
            }
        }
    }
}

/// √square / count as a whole number, halves to the even neighbour, exactly; 0 where count is 0.
fn rounded_root(square: u128, count: u128) -> f64 {
    if count == 0 {
        return 0.0;
    }
    // Where this is one too many or too few, the number is so near to a whole one that rounding makes up for it.
    let whole = ((square as f64).sqrt() / count as f64) as u128;
    let half = (2 * whole + 1) * count;
    let is_above = 4 * square > half * half || (4 * square == half * half && whole % 2 == 1);
    (whole + u128::from(is_above)) as f64
}

/// Of floating-point numbers: differences from the first number and their squares. The first is one of those that the
/// deviation is of, so that it cannot be far from the others where these are near each other: what cancels out is
/// at most as many bits as the count has.
#[derive(Debug)]
pub(super) struct FloatDeviation<T> {
    sums: Vec<f64>,
    squares: Vec<f64>,
    firsts: Vec<f64>,
    numbers: PhantomData<T>,
}

impl<T: Sample> FloatDeviation<T> {
    pub(super) fn new(pixels: usize) -> Self {
        let zeros = || vec![0.0; pixels];
        Self { sums: zeros(), squares: zeros(), firsts: zeros(), numbers: PhantomData }
    }
}

impl<T: Sample> State for FloatDeviation<T> {
    fn add(&mut self, part: &Part<'_>) {
        let Some(numbers) = T::numbers(part.band) else { return };
        for span in part.spans {
            let (keep, numbers) = (span.of_part(part.keep), span.of_band(part, numbers));
            let counts = span.of_window(part.counts);
            let sums = span.of_window_mut(&mut self.sums).iter_mut();
            let squares = span.of_window_mut(&mut self.squares);
            let firsts = span.of_window_mut(&mut self.firsts);
            let state = sums.zip(squares).zip(firsts);
            for ((((sum, square), first), number), (keep, count)) in
                state.zip(numbers).zip(keep.iter().zip(counts))
            {
                let number = number.number();
                let is_first = keep & super::mask::full(*count == 0);
                *first = f64::select(is_first, number, *first);
                let difference = f64::select(*keep, number - *first, 0.0);
                *sum += difference;
                *square += difference * difference;
            }
        }
    }

    fn write(
        &self,
        _: &[Wanted],
        pixels: Range<usize>,
        counts: &[u16],
        _: &Calendar,
        numbers: &mut [Vec<f64>],
    ) {
        for numbers in numbers {
            let sums = self.sums[pixels.clone()].iter().zip(&self.squares[pixels.clone()]);
            for ((number, (sum, squares)), count) in numbers.iter_mut().zip(sums).zip(counts) {
                let count = f64::from(*count);
                let variance = (squares - sum * (sum / count)) / count;
                // Rounding may leave a little less than nothing; NaN stays NaN.
                *number = if variance < 0.0 { 0.0 } else { variance.sqrt() };
            }
        }
    }
}
