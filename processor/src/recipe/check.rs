//! From a recipe as it is written to one that can be followed; each refusal names the line and the key.

use std::ops::RangeInclusive;
use std::sync::Arc;

use floe_raster::rule::{Flags, Rule};
use floe_shared::encoding::{DataType, Encoding, Scalar};
use floe_shared::schema::{DIMENSIONS, GRID_MAPPING, Overview, Schema, Statistic, VariableSpec};
use toml::Spanned;

use super::written::{Test, Variable, Written};
use super::{Assets, Recipe, RecipeError, RecipeText};

/// The numbers of the band that is reduced; 0 is no data.
const VALUES: RangeInclusive<i64> = 1..=65_535;
/// The numbers of the band of quality flags.
const FLAGS: RangeInclusive<i64> = 0..=255;

/// Checks a recipe.
pub(super) fn recipe(text: &RecipeText) -> Result<Recipe, RecipeError> {
    let written: Written = toml::from_str(&text.text).map_err(|error| text.syntax(&error))?;
    let check = Check { text };
    if let Some(period) = &written.period
        && period.get_ref() != "year"
    {
        return Err(check.wrong(period, "period", "\"year\"", period.get_ref()));
    }
    if written.title.get_ref().trim().is_empty() {
        return Err(check.wrong(&written.title, "title", "a text", "none"));
    }
    let bands = check.bands(&written)?;
    let variables = check.variables(&written, &bands)?;
    let (range, flags) = check.tests(&written.valid, &bands)?;
    check.valid_ranges(&written, range)?;
    let keeps = |statistic| variables.iter().any(|variable| variable.statistic == statistic);
    let (maxima, minima) = (keeps(Statistic::Maximum), keeps(Statistic::Minimum));
    let asset = |name: &str| {
        let band = written.bands.get_ref().get(name);
        band.map(|band| band.get_ref().asset.get_ref().clone()).unwrap_or_default()
    };
    Ok(Recipe {
        name: text.name.clone(),
        assets: Assets { values: asset(bands.values), flags: asset(bands.flags) },
        rule: Rule { range, flags, maxima, minima },
        schema: Arc::new(Schema {
            title: written.title.into_inner(),
            source: written.source,
            references: written.references,
            variables,
        }),
    })
}

/// The names of the two bands.
#[derive(Clone, Copy)]
struct Bands<'a> {
    values: &'a str,
    flags: &'a str,
}

struct Check<'a> {
    text: &'a RecipeText,
}

impl Check<'_> {
    fn wrong<T>(
        &self,
        at: &Spanned<T>,
        key: &str,
        expected: &str,
        found: impl std::fmt::Display,
    ) -> RecipeError {
        self.text.wrong(at.span().start, &format!("{key}: expected {expected}, found {found}"))
    }

    /// The band of the variables, and the one that only tests read.
    fn bands<'a>(&self, written: &'a Written) -> Result<Bands<'a>, RecipeError> {
        let bands = written.bands.get_ref();
        let known = || bands.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let named = written.variable.iter().map(|variable| &variable.get_ref().band);
        for band in named.chain(written.valid.iter().map(|test| &test.get_ref().band)) {
            if !bands.contains_key(band.get_ref()) {
                let expected = format!("one of the recipe's bands ({})", known());
                return Err(self.wrong(band, "band", &expected, band.get_ref()));
            }
        }
        for (name, band) in bands {
            if band.get_ref().asset.get_ref().is_empty() {
                let key = format!("bands.{name}.asset");
                return Err(self.wrong(&band.get_ref().asset, &key, "an asset's key", "none"));
            }
        }
        let Some(first) = written.variable.first() else {
            return Err(self.wrong(&written.title, "variable", "at least one", "none"));
        };
        let values = first.get_ref().band.get_ref();
        for variable in &written.variable {
            let band = &variable.get_ref().band;
            if band.get_ref() != values {
                let expected = format!("the band of the first variable ({values})");
                return Err(self.wrong(band, "band", &expected, band.get_ref()));
            }
        }
        let others: Vec<&str> =
            bands.keys().map(String::as_str).filter(|name| name != values).collect();
        if let [flags] = others[..] {
            return Ok(Bands { values, flags });
        }
        let expected = format!("one band of quality flags besides {values}");
        let found = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
        Err(self.wrong(&written.bands, "bands", &expected, found))
    }

    /// The range of numbers and the flags that count.
    fn tests(
        &self,
        tests: &[Spanned<Test>],
        bands: &Bands<'_>,
    ) -> Result<((u16, u16), Flags), RecipeError> {
        let (mut low, mut high) = (1, u16::MAX);
        let mut holds: Vec<Box<dyn Fn(u8) -> bool>> = Vec::new();
        for spanned in tests {
            let test = spanned.get_ref();
            if test.band.get_ref() == bands.values {
                let (Some(range), None, None) = (&test.range, &test.bits, &test.values) else {
                    let what = "a range alone, of the band that the variables are made of";
                    return Err(self.wrong(spanned, "valid", what, "other keys"));
                };
                let [from, to] = self.range(range, "range", &VALUES)?;
                (low, high) = (low.max(from), high.min(to));
                if low > high {
                    let what = "numbers that the tests before leave";
                    return Err(self.wrong(range, "range", what, format!("{from} to {to}")));
                }
            } else {
                holds.push(self.flag_test(spanned)?);
            }
        }
        let flags = Flags::that(|flag| holds.iter().all(|holds| holds(flag)));
        if flags.pairs().is_empty()
            && let Some(last) = tests.last()
        {
            return Err(self.wrong(last, "valid", "tests that some quality flag passes", "none"));
        }
        Ok(((low, high), flags))
    }

    /// Refuses a `valid_range` that does not hold all numbers that count: readers take what lies beyond for no data.
    fn valid_ranges(&self, written: &Written, (low, high): (u16, u16)) -> Result<(), RecipeError> {
        for variable in &written.variable {
            let Variable { statistic, valid_range: Some(range), .. } = variable.get_ref() else {
                continue;
            };
            let [from, to] = *range.get_ref();
            let holds = from <= i64::from(low) && i64::from(high) <= to;
            if !holds && statistic.get_ref() != Statistic::Count.name() {
                let expected =
                    format!("a range that holds all numbers that count, {low} to {high}");
                let found = format!("{:?}", range.get_ref());
                return Err(self.wrong(range, "valid_range", &expected, found));
            }
        }
        Ok(())
    }

    /// A test of quality flags.
    fn flag_test(&self, spanned: &Spanned<Test>) -> Result<Box<dyn Fn(u8) -> bool>, RecipeError> {
        let test = spanned.get_ref();
        match (&test.range, &test.bits, &test.values) {
            (Some(range), None, None) => {
                let [from, to] = self.range(range, "range", &FLAGS)?;
                Ok(Box::new(move |flag| (from..=to).contains(&u16::from(flag))))
            }
            (None, bits, Some(values)) => {
                let shifts: Vec<u8> = match bits {
                    None => (0..8).collect(),
                    Some(bits) => self.numbers(bits, "bits", 0..=7)?,
                };
                let most = (1_i64 << shifts.len()) - 1;
                let wanted = self.numbers(values, "values", 0..=most)?;
                Ok(Box::new(move |flag| {
                    let bits = shifts.iter().enumerate();
                    let number = bits
                        .fold(0, |number, (place, shift)| number | (flag >> shift & 1) << place);
                    wanted.contains(&number)
                }))
            }
            _ => {
                let what = "either a range, or values with or without bits";
                Err(self.wrong(spanned, "valid", what, "other keys"))
            }
        }
    }

    /// Different numbers within bounds, at least one.
    fn numbers(
        &self,
        list: &Spanned<Vec<i64>>,
        key: &str,
        within: RangeInclusive<i64>,
    ) -> Result<Vec<u8>, RecipeError> {
        let numbers = list.get_ref();
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let fits = numbers.iter().all(|number| within.contains(number));
        if numbers.is_empty() || sorted.len() != numbers.len() || !fits {
            let expected = format!("different numbers from {} to {}", within.start(), within.end());
            return Err(self.wrong(list, key, &expected, format!("{numbers:?}")));
        }
        Ok(numbers.iter().filter_map(|&number| u8::try_from(number).ok()).collect())
    }

    /// Two ends of a range, the lower one first.
    fn range(
        &self,
        range: &Spanned<[i64; 2]>,
        key: &str,
        within: &RangeInclusive<i64>,
    ) -> Result<[u16; 2], RecipeError> {
        let [from, to] = *range.get_ref();
        match (u16::try_from(from), u16::try_from(to)) {
            (Ok(low), Ok(high))
                if low <= high && within.contains(&from) && within.contains(&to) =>
            {
                Ok([low, high])
            }
            _ => {
                let (least, most) = (within.start(), within.end());
                let expected = format!("two ascending numbers from {least} to {most}");
                Err(self.wrong(range, key, &expected, format!("{:?}", range.get_ref())))
            }
        }
    }

    fn variables(
        &self,
        written: &Written,
        bands: &Bands<'_>,
    ) -> Result<Vec<VariableSpec>, RecipeError> {
        let mut variables: Vec<VariableSpec> = Vec::new();
        for spanned in &written.variable {
            let name = &spanned.get_ref().name;
            if variables.iter().any(|known| known.name == *name.get_ref()) {
                let what = "a name that no other variable has";
                return Err(self.wrong(name, "name", what, name.get_ref()));
            }
            variables.push(self.variable(spanned, bands)?);
        }
        Ok(variables)
    }

    fn variable(
        &self,
        spanned: &Spanned<Variable>,
        bands: &Bands<'_>,
    ) -> Result<VariableSpec, RecipeError> {
        let variable = spanned.get_ref();
        let name = self.variable_name(&variable.name)?;
        let statistic = self.one_of(
            &variable.statistic,
            "statistic",
            &[Statistic::Mean, Statistic::Maximum, Statistic::Minimum, Statistic::Count]
                .map(|statistic| (statistic.name(), statistic)),
        )?;
        let overviews = Overview::ALL.map(|overview| (overview.name(), overview));
        let overview = match &variable.overview {
            Some(overview) => self.one_of(overview, "overview", &overviews)?,
            None => match statistic {
                Statistic::Maximum => Overview::Maximum,
                Statistic::Minimum => Overview::Minimum,
                _ => Overview::Mean,
            },
        };
        let encoding = self.encoding(spanned, statistic)?;
        let standard_name = variable.standard_name.clone();
        let long_name = variable
            .long_name
            .clone()
            .unwrap_or_else(|| format!("Annual {} of {}", statistic.name(), bands.values));
        Ok(VariableSpec { name, long_name, standard_name, encoding, statistic, overview })
    }

    fn variable_name(&self, name: &Spanned<String>) -> Result<String, RecipeError> {
        let text = name.get_ref();
        let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        if !is_plain || DIMENSIONS.contains(&text.as_str()) || text == GRID_MAPPING {
            let what = "a letter, then letters, digits and _, and none of year, latitude, longitude and spatial_ref";
            return Err(self.wrong(name, "name", what, format!("'{text}'")));
        }
        Ok(text.clone())
    }

    /// The stored numbers: of 16 bits without a sign, 0 for no data.
    fn encoding(
        &self,
        spanned: &Spanned<Variable>,
        statistic: Statistic,
    ) -> Result<Encoding, RecipeError> {
        let variable = spanned.get_ref();
        if variable.data_type.get_ref() != "uint16" {
            let found = variable.data_type.get_ref();
            return Err(self.wrong(&variable.data_type, "type", "uint16", found));
        }
        let Some(fill) = &variable.fill else {
            return Err(self.wrong(spanned, "fill", "0", "none"));
        };
        if *fill.get_ref() != 0 {
            return Err(self.wrong(fill, "fill", "0", fill.get_ref()));
        }
        for (key, factor) in [("scale", &variable.scale), ("offset", &variable.offset)] {
            let Some(factor) = factor else { continue };
            let number = *factor.get_ref();
            if !number.is_finite() || (key == "scale" && number == 0.0) {
                return Err(self.wrong(factor, key, "a finite number, and no scale of 0", number));
            }
            if statistic == Statistic::Count {
                return Err(self.wrong(factor, key, "none, since a count is a number", number));
            }
        }
        let valid = match &variable.valid_range {
            None => [None, None],
            Some(range) => {
                self.range(range, "valid_range", &VALUES)?.map(|end| Some(Scalar::Int(end.into())))
            }
        };
        let units = match statistic {
            Statistic::Count => Some("1".to_owned()),
            _ => variable.units.clone(),
        };
        Ok(Encoding {
            absent: Scalar::Int(0),
            fill: Some(Scalar::Int(0)),
            scale: variable.scale.as_ref().map(|scale| *scale.get_ref()),
            offset: variable.offset.as_ref().map(|offset| *offset.get_ref()),
            valid,
            units,
            ..Encoding::plain(DataType::U16)
        })
    }

    fn one_of<T: Copy>(
        &self,
        name: &Spanned<String>,
        key: &str,
        known: &[(&str, T)],
    ) -> Result<T, RecipeError> {
        let found = known.iter().find(|(known, _)| known == name.get_ref());
        found.map(|&(_, value)| value).ok_or_else(|| {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let expected = format!("one of {}", names.join(", "));
            self.wrong(name, key, &expected, format!("'{}'", name.get_ref()))
        })
    }
}

#[cfg(test)]
mod tests {
    use floe_raster::rule::SourceStatistic;

    use super::super::{BUILT_IN, DEFAULT};
    use super::*;

    /// The default recipe with a piece of its text replaced.
    fn replaced(old: &str, new: &str) -> Result<Recipe, RecipeError> {
        let mut text = RecipeText::find(DEFAULT).unwrap();
        assert!(text.text.contains(old), "{old}");
        text.text = text.text.replacen(old, new, 1);
        text.recipe()
    }

    #[test]
    fn recipes_that_are_built_in_are_right() {
        for (name, _) in BUILT_IN {
            RecipeText::find(name).unwrap().recipe().unwrap();
        }
    }

    #[test]
    fn the_default_counts_valid_temperatures_of_good_or_nominal_quality() {
        let recipe = Recipe::modis_lst();
        let flags = Flags::that(|flag| flag & 0b10 == 0);
        let rule = Rule { range: (7500, 65_535), flags, maxima: true, minima: false };
        assert_eq!(recipe.rule, rule);
        let kept = [SourceStatistic::Mean, SourceStatistic::Maximum];
        assert_eq!(recipe.statistics(), kept);
        assert_eq!(recipe.assets.values, "LST_Day_1km");
        assert_eq!(recipe.assets.flags, "QC_Day");
    }

    #[test]
    fn an_overview_follows_its_statistic_unless_the_recipe_says_otherwise() {
        assert_eq!(Recipe::modis_lst().schema.variables[1].overview, Overview::Mean);
        let recipe = replaced("overview = \"mean\"", "").unwrap();
        assert_eq!(recipe.schema.variables[1].overview, Overview::Maximum);
    }

    #[test]
    fn what_cannot_be_followed_is_refused_by_line_and_key() {
        for (old, new, expected) in [
            (
                "period = \"year\"",
                "period = \"month\"",
                "line 7: period: expected \"year\", found month",
            ),
            ("title = ", "titel = ", "unknown field `titel`"),
            ("[[variable]]", "[[variables]]", "unknown field `variables`"),
            (
                "band = \"qc\"",
                "band = \"quality\"",
                "line 37: band: expected one of the recipe's bands (lst, qc), found quality",
            ),
            (
                "qc = { asset = \"QC_Day\" }",
                "qc = { asset = \"\" }",
                "bands.qc.asset: expected an asset's key, found none",
            ),
            (
                "range = [7500, 65535]",
                "range = [7500, 65536]",
                "line 33: range: expected two ascending numbers from 1 to 65535, found [7500, 65536]",
            ),
            ("range = [7500, 65535]", "values = [1]", "valid: expected a range alone"),
            (
                "bits = [0, 1]",
                "bits = [0, 8]",
                "bits: expected different numbers from 0 to 7, found [0, 8]",
            ),
            (
                "values = [0, 1]",
                "values = [0, 4]",
                "values: expected different numbers from 0 to 3, found [0, 4]",
            ),
            (
                "statistic = \"mean\"",
                "statistic = \"median\"",
                "statistic: expected one of mean, maximum, minimum, count, found 'median'",
            ),
            (
                "overview = \"mean\"",
                "overview = \"median\"",
                "overview: expected one of mean, maximum, minimum, mode, nearest",
            ),
            ("type = \"uint16\"", "type = \"uint12\"", "type: expected uint16, found uint12"),
            ("fill = 0", "fill = -1", "fill: expected 0, found -1"),
            ("fill = 0", "", "fill: expected 0, found none"),
            ("scale = 0.02", "scale = 0.0", "scale: expected a finite number"),
            ("scale = 0.02", "scale = \"fine\"", "invalid type: string \"fine\", expected f64"),
            (
                "statistic = \"mean\"",
                "statistic = \"count\"",
                "scale: expected none, since a count is a number",
            ),
            (
                "name = \"max_daytime_lst\"",
                "name = \"avg_daytime_lst\"",
                "name: expected a name that no other variable has",
            ),
            (
                "range = [7500, 65535]\n",
                "range = [7499, 65535]\n",
                "line 51: valid_range: expected a range that holds all numbers that count, 7499 to 65535, found [7500, 65535]",
            ),
            ("name = \"max_daytime_lst\"", "name = \"5\"", "name: expected a letter"),
            ("name = \"max_daytime_lst\"", "name = \"year\"", "name: expected a letter"),
            ("years = [2020", "years = [2020,, 1", "line 6: "),
        ] {
            let message = replaced(old, new).unwrap_err().to_string();
            let expected_start = "recipe modis-lst, line ";
            assert!(message.starts_with(expected_start), "{message}");
            assert!(message.contains(expected), "{old} -> {new}: {message}");
        }
    }

    #[test]
    fn a_name_that_is_not_built_in_is_told_with_those_that_are() {
        let message = RecipeText::find("modis-lts").unwrap_err().to_string();
        assert!(
            message.contains("unknown recipe 'modis-lts': expected modis-lst, or"),
            "{message}"
        );
        let message = RecipeText::find("no-such-file.toml").unwrap_err().to_string();
        assert!(message.starts_with("cannot read recipe no-such-file.toml: "), "{message}");
    }
}
