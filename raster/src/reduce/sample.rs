//! What reducing needs to know of a type of numbers.

use std::fmt::Debug;

use crate::samples::Samples;

use super::State;
use super::deviation::{FloatDeviation, IntegerDeviation, Square};

/// A type of a band's numbers.
///
/// Masks are bytes of 0 or 255. Operations have no branches, so that loops over them become vector instructions.
pub(super) trait Sample: Copy + Debug + PartialOrd + Send + 'static {
    /// A type that holds the sum of 65,535 numbers: exactly for integers.
    type Sum: Total;
    /// A type of the same size that is ordered alike and whose minimum and maximum are single instructions.
    type Key: Copy + Debug + PartialOrd + Send + 'static;

    /// Below or equal to every number.
    const LEAST: Self;
    /// Whether its numbers are whole.
    const IS_WHOLE: bool;
    /// Above or equal to every number.
    const GREATEST: Self;

    /// The numbers of a band, if they have this type.
    fn numbers(samples: &Samples) -> Option<&[Self]>;
    /// A number where the mask is 255, another where it is 0.
    fn select(mask: u8, number: Self, other: Self) -> Self;
    /// Whether it lies between two numbers; both ends count.
    fn is_within(self, least: Self, greatest: Self) -> bool;
    /// Whether some of its bits are as wanted.
    fn has_bits(self, mask: u32, wanted: u32) -> bool;
    /// A number of this type, the nearest one.
    fn of(number: f64) -> Self;
    /// The number; exact.
    fn number(self) -> f64;
    /// Adds it, or nothing where the mask is 0, to a sum.
    fn add(self, mask: u8, sum: &mut Self::Sum);
    /// Its key.
    fn key(self) -> Self::Key;
    /// The number of a key.
    fn of_key(key: Self::Key) -> Self;
    /// What makes standard deviations of such numbers.
    fn deviation(pixels: usize) -> Box<dyn State>;
}

/// A type of whole numbers.
pub(super) trait Integer: Sample {
    /// A type that holds the sum of 65,535 squares.
    type Square: Square;

    /// Its square.
    fn square(self) -> Self::Square;
}

/// A sum.
pub(super) trait Total: Copy + Debug + Default + Send + 'static {
    /// The sum; exact for integers, which are below 2⁴⁸.
    fn number(self) -> f64;
}

macro_rules! totals {
    ($($type:ty),*) => {$(
        impl Total for $type {
            fn number(self) -> f64 {
                self.into()
            }
        }
    )*};
}

totals!(u32, i32, f64);

impl Total for i64 {
    fn number(self) -> f64 {
        self as f64
    }
}

/// Whole numbers: type, variant of [`Samples`], unsigned type of the same size, type of sums, type of squares and of sums of
/// them, type of keys, and what to flip for these.
macro_rules! integers {
    ($($type:ty, $variant:ident, $unsigned:ty, $sum:ty, [$size:ty, $square:ty], $key:ty, $flip:expr;)*) => {$(
        impl Sample for $type {
            type Sum = $sum;
            type Key = $key;

            const IS_WHOLE: bool = true;
            const LEAST: Self = Self::MIN;
            const GREATEST: Self = Self::MAX;

            fn numbers(samples: &Samples) -> Option<&[Self]> {
                if let Samples::$variant(numbers) = samples { Some(numbers) } else { None }
            }

            #[inline]
            fn select(mask: u8, number: Self, other: Self) -> Self {
                let mask = mask as i8 as $type;
                number & mask | other & !mask
            }

            #[inline]
            fn is_within(self, least: Self, greatest: Self) -> bool {
                self.wrapping_sub(least) as $unsigned <= greatest.wrapping_sub(least) as $unsigned
            }

            #[inline]
            fn has_bits(self, mask: u32, wanted: u32) -> bool {
                self as $unsigned & mask as $unsigned == wanted as $unsigned
            }

            fn of(number: f64) -> Self {
                number as Self
            }

            #[inline]
            fn number(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn add(self, mask: u8, sum: &mut $sum) {
                *sum += <$sum>::from(self & mask as i8 as $type);
            }

            #[inline]
            fn key(self) -> $key {
                (self ^ $flip) as $key
            }

            #[inline]
            fn of_key(key: $key) -> Self {
                key as $type ^ $flip
            }

            fn deviation(pixels: usize) -> Box<dyn State> {
                Box::new(IntegerDeviation::<Self>::new(pixels))
            }
        }

        impl Integer for $type {
            type Square = $square;

            #[inline]
            fn square(self) -> $square {
                let size = <$size>::from(self.abs_diff(0));
                <$square>::from(size * size)
            }
        }
    )*};
}

// Without extensions, x86-64 has minima and maxima of unsigned 8 and signed 16 bits, and compares signed 32 bits.
integers! {
    u8, U8, u8, u32, [u32, u64], u8, 0;
    i8, I8, u8, i32, [u32, u64], u8, i8::MIN;
    u16, U16, u16, u32, [u32, u64], i16, 0x8000;
    i16, I16, u16, i32, [u32, u64], i16, 0;
    u32, U32, u32, i64, [u64, u128], i32, 0x8000_0000;
    i32, I32, u32, i64, [u64, u128], i32, 0;
}

/// Floating-point numbers: type, variant of [`Samples`], integer type of the same size.
macro_rules! floats {
    ($($type:ty, $variant:ident, $bits:ty, $signed:ty;)*) => {$(
        impl Sample for $type {
            type Sum = f64;
            type Key = Self;

            const IS_WHOLE: bool = false;
            const LEAST: Self = Self::NEG_INFINITY;
            const GREATEST: Self = Self::INFINITY;

            fn numbers(samples: &Samples) -> Option<&[Self]> {
                if let Samples::$variant(numbers) = samples { Some(numbers) } else { None }
            }

            #[inline]
            fn select(mask: u8, number: Self, other: Self) -> Self {
                let mask = <$signed>::from(mask as i8) as $bits;
                Self::from_bits(number.to_bits() & mask | other.to_bits() & !mask)
            }

            #[inline]
            fn is_within(self, least: Self, greatest: Self) -> bool {
                self >= least && self <= greatest
            }

            fn has_bits(self, _: u32, _: u32) -> bool {
                false
            }

            fn of(number: f64) -> Self {
                number as Self
            }

            #[inline]
            fn number(self) -> f64 {
                f64::from(self)
            }

            #[inline]
            fn add(self, mask: u8, sum: &mut f64) {
                let mask = <$signed>::from(mask as i8) as $bits;
                *sum += f64::from(Self::from_bits(self.to_bits() & mask));
            }

            #[inline]
            fn key(self) -> Self {
                self
            }

            #[inline]
            fn of_key(key: Self) -> Self {
                key
            }

            fn deviation(pixels: usize) -> Box<dyn State> {
                Box::new(FloatDeviation::<Self>::new(pixels))
            }
        }
    )*};
}

floats! {
    f32, F32, u32, i32;
    f64, F64, u64, i64;
}
