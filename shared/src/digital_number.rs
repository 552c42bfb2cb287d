//! Digital numbers: the stored 16-bit integers, and the kelvin they stand for.

use serde::{Deserialize, Serialize};

/// A stored pixel: 0 is "no data", everything else is a temperature of `value * 0.02` K.
///
/// MOD11 products hold 7500 (150 K) to 65535 as valid values
/// (MOD11 User's Guide, collection 6.1, table 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DigitalNumber(pub u16);

impl DigitalNumber {
    /// The fill value: no data.
    pub const FILL: Self = Self(0);
    /// The smallest valid value, 150 K.
    pub const MIN_VALID: Self = Self(7500);
    /// The largest valid value, 1310.7 K.
    pub const MAX_VALID: Self = Self(u16::MAX);
    /// Kelvin per digital number.
    pub const SCALE: f64 = 0.02;

    /// Whether this is a temperature (and not fill, nor a value that the product reserves).
    pub const fn is_valid(self) -> bool {
        self.0 >= Self::MIN_VALID.0
    }

    /// The temperature in kelvin, or `None` for no data.
    ///
    /// Only fill is no data here: overviews and foreign stores may hold any other value.
    pub fn kelvin(self) -> Option<f64> {
        (self != Self::FILL).then(|| f64::from(self.0) * Self::SCALE)
    }

    /// The digital number nearest to a temperature in kelvin, clamped to the valid range.
    pub fn from_kelvin(kelvin: f64) -> Self {
        let number = (kelvin / Self::SCALE).round();
        Self(number.clamp(f64::from(Self::MIN_VALID.0), f64::from(Self::MAX_VALID.0)) as u16)
    }
}

/// `sum / count` rounded to the nearest integer, halves to the even neighbour; 0 when `count` is 0.
///
/// The one rounding rule of the dataset: annual means and overview pixels both use it.
#[inline]
pub const fn mean_half_even(sum: u32, count: u32) -> u16 {
    if count == 0 {
        return DigitalNumber::FILL.0;
    }
    let quotient = sum / count;
    let twice = (sum % count) as u64 * 2;
    let up = twice > count as u64 || (twice == count as u64 && quotient % 2 == 1);
    (quotient + up as u32) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_no_data_and_7500_is_150_kelvin() {
        assert_eq!(DigitalNumber::FILL.kelvin(), None);
        assert_eq!(DigitalNumber(7500).kelvin(), Some(150.0));
        assert!(!DigitalNumber(7499).is_valid());
        assert!(DigitalNumber(7500).is_valid());
        assert_eq!(DigitalNumber::from_kelvin(300.0), DigitalNumber(15000));
    }

    #[test]
    fn halves_round_to_the_even_neighbour() {
        assert_eq!(mean_half_even(0, 0), 0);
        assert_eq!(mean_half_even(5, 2), 2);
        assert_eq!(mean_half_even(7, 2), 4);
        assert_eq!(mean_half_even(8, 3), 3);
        assert_eq!(mean_half_even(7, 3), 2);
        assert_eq!(mean_half_even(15001 * 3 + 1, 3), 15001);
        assert_eq!(mean_half_even(65535 * 46, 46), 65535);
    }
}
