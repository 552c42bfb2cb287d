//! Which pixels pass tests: masks of bytes, 255 where they do and 0 where not.

use floe_shared::encoding::{DataType, Scalar};

use crate::program::Condition;

use super::sample::Sample;

/// A condition made ready for numbers of one type.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Check {
    /// The number lies within one of these; both ends count.
    Within(Vec<[f64; 2]>),
    /// The bits under one of these masks are as wanted.
    Bits(Vec<Bits>),
}

/// Bits of a number that must be as wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    /// Those that are looked at.
    pub mask: u32,
    /// What they are.
    pub wanted: u32,
}

impl Check {
    /// Of a condition for numbers of a type.
    ///
    /// Numbers of a condition are rounded to the type where it is a floating-point type, as the file's numbers were.
    pub(super) fn new(condition: &Condition, data_type: DataType) -> Self {
        match condition {
            Condition::Range(least, greatest) => {
                Self::Within(interval(*least, *greatest, data_type).into_iter().collect())
            }
            Condition::OneOf(values) => {
                let single = |value: &f64| interval(*value, *value, data_type);
                Self::Within(joined(values.iter().filter_map(single).collect(), data_type))
            }
            Condition::Bits { bits, values } => {
                Self::Bits(pairs(bits, values, data_type.size() * 8))
            }
        }
    }

    /// Takes the pixels out of a mask for which it does not hold.
    pub(super) fn narrow<T: Sample>(&self, numbers: &[T], mask: &mut [u8], any: &mut Vec<u8>) {
        match self {
            Self::Within(intervals) => {
                let of = |[least, greatest]: [f64; 2]| (T::of(least), T::of(greatest));
                narrow(intervals, numbers, mask, any, |number, interval| {
                    let (least, greatest) = of(interval);
                    number.is_within(least, greatest)
                });
            }
            Self::Bits(pairs) => narrow(pairs, numbers, mask, any, |number, bits| {
                number.has_bits(bits.mask, bits.wanted)
            }),
        }
    }
}

/// Takes the pixels out of a mask that have "no data": their file's number for it, or NaN.
pub(super) fn hide<T: Sample>(
    nodata: Option<Scalar>,
    data_type: DataType,
    numbers: &[T],
    mask: &mut [u8],
) {
    let nodata = nodata.and_then(|nodata| data_type.fit(nodata)).map(Scalar::as_f64);
    match nodata.filter(|nodata| !nodata.is_nan()) {
        Some(nodata) => {
            let nodata = T::of(nodata);
            for (keep, number) in mask.iter_mut().zip(numbers) {
                *keep &= full(*number != nodata) & full(is_a_number(*number));
            }
        }
        None if data_type.is_float() => {
            for (keep, number) in mask.iter_mut().zip(numbers) {
                *keep &= full(is_a_number(*number));
            }
        }
        None => {}
    }
}

/// 255 for what is true.
#[inline]
pub(super) const fn full(holds: bool) -> u8 {
    (holds as u8).wrapping_neg()
}

#[expect(clippy::eq_op, reason = "NaN is the number that differs from itself")]
fn is_a_number<T: Sample>(number: T) -> bool {
    number == number
}

/// Takes the pixels out of a mask for which none of some alternatives holds.
fn narrow<T: Sample, A: Copy>(
    alternatives: &[A],
    numbers: &[T],
    mask: &mut [u8],
    any: &mut Vec<u8>,
    holds: impl Fn(T, A) -> bool,
) {
    match alternatives {
        [] => mask.fill(0),
        &[one] => {
            for (keep, number) in mask.iter_mut().zip(numbers) {
                *keep &= full(holds(*number, one));
            }
        }
        &[one, other] => {
            for (keep, number) in mask.iter_mut().zip(numbers) {
                *keep &= full(holds(*number, one)) | full(holds(*number, other));
            }
        }
        several => {
            any.clear();
            any.resize(mask.len(), 0);
            for &one in several {
                for (any, number) in any.iter_mut().zip(numbers) {
                    *any |= full(holds(*number, one));
                }
            }
            for (keep, any) in mask.iter_mut().zip(any) {
                *keep &= *any;
            }
        }
    }
}

/// The part of an interval that a type has numbers in, with ends of that type; `None` where it has none.
fn interval(least: f64, greatest: f64, data_type: DataType) -> Option<[f64; 2]> {
    if least.is_nan() || greatest.is_nan() {
        return None;
    }
    let [least, greatest] = match data_type {
        DataType::F64 => [least, greatest],
        DataType::F32 => [f64::from(least as f32), f64::from(greatest as f32)],
        _ => {
            let [lowest, highest] = limits(data_type);
            [least.ceil().max(lowest), greatest.floor().min(highest)]
        }
    };
    (least <= greatest).then_some([least, greatest])
}

/// The least and the greatest number of an integer type of up to 32 bits.
pub(super) fn limits(data_type: DataType) -> [f64; 2] {
    let bits = data_type.size() as i32 * 8;
    if data_type.is_signed() {
        [-(2.0_f64.powi(bits - 1)), 2.0_f64.powi(bits - 1) - 1.0]
    } else {
        [0.0, 2.0_f64.powi(bits) - 1.0]
    }
}

/// Intervals by order; of whole numbers those that follow on each other are one.
fn joined(mut intervals: Vec<[f64; 2]>, data_type: DataType) -> Vec<[f64; 2]> {
    intervals.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let reach = if data_type.is_float() { 0.0 } else { 1.0 };
    let mut joined: Vec<[f64; 2]> = Vec::new();
    for [least, greatest] in intervals {
        match joined.last_mut() {
            Some(last) if least <= last[1] + reach => last[1] = last[1].max(greatest),
            _ => joined.push([least, greatest]),
        }
    }
    joined
}

/// Masks for the values that some bits of numbers of a width may have. Two that differ in one bit only become one. Bits beyond
/// the width, of up to 32, are 0.
fn pairs(bits: &[u8], values: &[u32], width: usize) -> Vec<Bits> {
    let place = |number: u32| {
        let placed = bits.iter().enumerate().filter(|(index, _)| number >> index & 1 == 1);
        let inside = placed.map(|(_, bit)| *bit).filter(|bit| usize::from(*bit) < width);
        inside.fold(0, |all, bit| all | 1_u32 << bit)
    };
    let mask = place(u32::MAX);
    let fits = |value: u32| {
        place(value).count_ones() == value.count_ones()
            && (bits.len() >= 32 || value >> bits.len() == 0)
    };
    let mut pairs: Vec<Bits> = Vec::new();
    for &value in values.iter().filter(|value| fits(**value)) {
        let mut new = Bits { mask, wanted: place(value) };
        while let Some(index) = pairs
            .iter()
            .position(|pair| pair.mask == new.mask && (pair.wanted ^ new.wanted).count_ones() <= 1)
        {
            let twin = pairs.swap_remove(index);
            new.mask &= !(twin.wanted ^ new.wanted);
            new.wanted &= new.mask;
        }
        pairs.push(new);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_that_follow_on_each_other_are_one() {
        let check =
            |values: &[f64], data_type| Check::new(&Condition::OneOf(values.to_vec()), data_type);
        assert_eq!(
            check(&[3.0, 1.0, 2.0, 7.0, 1.5, 300.0, -1.0], DataType::U8),
            Check::Within(vec![[1.0, 3.0], [7.0, 7.0]])
        );
        assert_eq!(check(&[1.0, 2.0], DataType::F32), Check::Within(vec![[1.0, 1.0], [2.0, 2.0]]));
    }

    #[test]
    fn bits_that_make_no_difference_are_not_looked_at() {
        let check = |bits: &[u8], values: &[u32]| pairs(bits, values, 8);
        assert_eq!(check(&[0, 1], &[0, 1]), [Bits { mask: 0b10, wanted: 0 }]);
        assert_eq!(check(&[0, 1], &[0, 1, 2, 3]), [Bits { mask: 0, wanted: 0 }]);
        assert_eq!(check(&[2, 0], &[1]), [Bits { mask: 0b101, wanted: 0b100 }]);
        assert_eq!(check(&[2, 0], &[4]), []);
        assert_eq!(check(&[2, 8], &[1, 3]), [Bits { mask: 0b100, wanted: 0b100 }]);
    }

    #[test]
    fn ranges_end_at_numbers_of_the_type() {
        assert_eq!(interval(-5.5, 3.5, DataType::U8), Some([0.0, 3.0]));
        assert_eq!(interval(-5.5, 300.0, DataType::I8), Some([-5.0, 127.0]));
        assert_eq!(interval(1.2, 1.8, DataType::I16), None);
        assert_eq!(interval(256.0, 300.0, DataType::U8), None);
        let third = f64::from(0.3_f32);
        assert_eq!(interval(0.3, 0.3, DataType::F32), Some([third, third]));
        assert_eq!(interval(0.3, f64::NAN, DataType::F64), None);
    }
}
