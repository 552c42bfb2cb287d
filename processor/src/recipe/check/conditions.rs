//! Tests of observations: what of a recipe's `valid` and `when` each means.

use floe_raster::program::{Condition, Test};
use toml::Spanned;

use super::super::number::listed;
use super::super::{Band, RecipeError, written};
use super::Check;

/// The highest bit that a test may read, from 0: numbers of bands have at most 32.
const HIGHEST_BIT: i64 = 31;

impl Check<'_> {
    /// Tests that some numbers of each band pass.
    pub(super) fn tests(
        &self,
        tests: &[Spanned<written::Test>],
        key: &str,
        bands: &[Band],
    ) -> Result<Vec<Test>, RecipeError> {
        let mut checked: Vec<Test> = Vec::new();
        for spanned in tests {
            let test = self.test(spanned, key, bands)?;
            let of_band = checked.iter().filter(|other| other.band == test.band);
            let conditions: Vec<&Condition> =
                of_band.map(|other| &other.condition).chain([&test.condition]).collect();
            if !can_hold(&conditions) {
                let what = "numbers that pass the tests before it as well";
                return Err(self.wrong(spanned, key, what, "none"));
            }
            checked.push(test);
        }
        Ok(checked)
    }

    fn test(
        &self,
        spanned: &Spanned<written::Test>,
        key: &str,
        bands: &[Band],
    ) -> Result<Test, RecipeError> {
        let test = spanned.get_ref();
        let band = self.band(&test.band, bands)?;
        let condition = match (&test.range, &test.bits, &test.values) {
            (Some(range), None, None) => self.range_of_numbers(range)?,
            (None, None, Some(values)) => {
                let numbers =
                    self.different(values, "values", |number| !number.is_nan(), "numbers")?;
                Condition::OneOf(numbers)
            }
            (None, Some(bits), Some(values)) => self.bits(bits, values)?,
            _ => {
                let what = "either a range, or values with or without bits";
                return Err(self.wrong(spanned, key, what, "other keys"));
            }
        };
        Ok(Test { band, condition })
    }

    fn range_of_numbers(&self, range: &Spanned<[f64; 2]>) -> Result<Condition, RecipeError> {
        let [low, high] = *range.get_ref();
        if low <= high {
            return Ok(Condition::Range(low, high));
        }
        Err(self.wrong(range, "range", "two ascending numbers", listed(range.get_ref())))
    }

    fn bits(
        &self,
        bits: &Spanned<Vec<f64>>,
        values: &Spanned<Vec<f64>>,
    ) -> Result<Condition, RecipeError> {
        let whole =
            |number: f64, most: i64| number.fract() == 0.0 && (0.0..=most as f64).contains(&number);
        let expected = format!("numbers from 0 to {HIGHEST_BIT}");
        let places = self.different(bits, "bits", |bit| whole(bit, HIGHEST_BIT), &expected)?;
        let most = (1_i64 << places.len()) - 1;
        let expected = format!("numbers from 0 to {most}");
        let values = self.different(values, "values", |value| whole(value, most), &expected)?;
        Ok(Condition::Bits {
            bits: places.into_iter().map(|bit| bit as u8).collect(),
            values: values.into_iter().map(|value| value as u32).collect(),
        })
    }

    /// Different numbers of a kind, at least one.
    fn different(
        &self,
        list: &Spanned<Vec<f64>>,
        key: &str,
        fits: impl Fn(f64) -> bool,
        kind: &str,
    ) -> Result<Vec<f64>, RecipeError> {
        let numbers = list.get_ref();
        let mut sorted = numbers.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        let fit = numbers.iter().all(|&number| fits(number));
        if numbers.is_empty() || sorted.len() != numbers.len() || !fit {
            return Err(self.wrong(list, key, &format!("different {kind}"), listed(numbers)));
        }
        Ok(numbers.clone())
    }
}

/// Whether a condition holds for a number.
pub(super) fn holds(condition: &Condition, number: f64) -> bool {
    match condition {
        Condition::Range(low, high) => (*low..=*high).contains(&number),
        Condition::OneOf(values) => values.contains(&number),
        Condition::Bits { bits, values } => {
            let code = number as i64;
            let read = bits
                .iter()
                .enumerate()
                .fold(0, |read, (place, &bit)| read | ((code >> bit & 1) as u32) << place);
            values.contains(&read)
        }
    }
}

/// Whether all of these may hold for one number: where bits beyond the 16th are looked at nobody tries.
fn can_hold(conditions: &[&Condition]) -> bool {
    let mut numbers: Vec<f64> = vec![0.0];
    for condition in conditions {
        match condition {
            Condition::Range(low, high) => numbers.extend([*low, *high]),
            Condition::OneOf(values) => numbers.extend(values),
            Condition::Bits { bits, .. } if bits.iter().any(|&bit| bit > 15) => return true,
            Condition::Bits { .. } => numbers.extend((0..=u16::MAX).map(f64::from)),
        }
    }
    numbers.iter().any(|&number| conditions.iter().all(|condition| holds(condition, number)))
}
