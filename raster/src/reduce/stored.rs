//! How results become stored numbers.

use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;

use crate::program::{Affine, Output};
use crate::samples::Samples;

/// Turns results of one output into stored numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Storing {
    data_type: DataType,
    fill: Scalar,
    /// What the results stand for; `None` where they are stored numbers already.
    conversion: Option<[Affine; 2]>,
}

impl Storing {
    pub(super) fn new(output: &Output) -> Self {
        let (source, stored) = (output.source, output.stored.affine);
        let results = match output.statistic {
            // A deviation has no sign, and what is added to all numbers does not change it.
            Statistic::StandardDeviation => Affine { scale: source.scale.abs(), offset: 0.0 },
            statistic if statistic.is_of_values() => source,
            _ => Affine { scale: 1.0, offset: 0.0 },
        };
        Self {
            data_type: output.stored.data_type,
            fill: output.stored.fill,
            conversion: (results != stored).then_some([results, stored]),
        }
    }

    /// Whether results are rounded to whole numbers as they are.
    pub(super) const fn is_whole(&self) -> bool {
        self.conversion.is_none() && !self.data_type.is_float()
    }

    /// Numbers of the stored type, all fill.
    pub(super) fn plane(&self, pixels: usize) -> Option<Samples> {
        let fill = self.fill.as_f64();
        Some(match self.data_type {
            DataType::U8 => Samples::U8(vec![fill as u8; pixels]),
            DataType::I8 => Samples::I8(vec![fill as i8; pixels]),
            DataType::U16 => Samples::U16(vec![fill as u16; pixels]),
            DataType::I16 => Samples::I16(vec![fill as i16; pixels]),
            DataType::U32 => Samples::U32(vec![fill as u32; pixels]),
            DataType::I32 => Samples::I32(vec![fill as i32; pixels]),
            DataType::F32 => Samples::F32(vec![fill as f32; pixels]),
            _ => return None,
        })
    }

    /// Stores results, of which NaN is none, from a pixel on.
    ///
    /// Converted once in double precision; held within the type's range; rounded once, halves to the even neighbour. One that
    /// would be the fill value becomes its upper neighbour, or its lower one where the fill value is the greatest of the type.
    pub(super) fn store(&self, results: &mut [f64], plane: &mut Samples, start: usize) {
        if let Some([source, stored]) = self.conversion {
            for result in results.iter_mut() {
                let value = *result * source.scale + source.offset;
                *result = (value - stored.offset) / stored.scale;
            }
        }
        let end = start + results.len();
        macro_rules! whole {
            ($plane:expr, $type:ty) => {{
                let fill = self.fill.as_f64() as $type;
                let neighbour = fill.checked_add(1).unwrap_or(fill.wrapping_sub(1));
                for (number, result) in $plane[start..end].iter_mut().zip(results) {
                    let held = result.max(<$type>::MIN.into()).min(<$type>::MAX.into());
                    let whole = ((held + TO_WHOLE) - TO_WHOLE) as $type;
                    let stored = if whole == fill { neighbour } else { whole };
                    *number = if result.is_nan() { fill } else { stored };
                }
            }};
        }
        match plane {
            Samples::U8(plane) => whole!(plane, u8),
            Samples::I8(plane) => whole!(plane, i8),
            Samples::U16(plane) => whole!(plane, u16),
            Samples::I16(plane) => whole!(plane, i16),
            Samples::U32(plane) => whole!(plane, u32),
            Samples::I32(plane) => whole!(plane, i32),
            Samples::F32(plane) => {
                let fill = self.fill.as_f64() as f32;
                let neighbour = if fill < f32::MAX { fill.next_up() } else { fill.next_down() };
                let greatest = f64::from(f32::MAX);
                for (number, result) in plane[start..end].iter_mut().zip(results) {
                    let held = result.max(-greatest).min(greatest) as f32;
                    #[expect(clippy::float_cmp, reason = "the fill value is one number exactly")]
                    let stored = if held == fill { neighbour } else { held };
                    *number = if result.is_nan() { fill } else { stored };
                }
            }
            Samples::F64(_) => {}
        }
    }
}

/// Added to a number below 2⁵¹ and taken off again, it leaves the nearest whole number, of two the even one: doubles from
/// 2⁵² to 2⁵³ are the whole numbers.
const TO_WHOLE: f64 = 6_755_399_441_055_744.0;
