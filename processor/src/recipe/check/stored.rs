//! How a variable's numbers are stored, what single ones mean, and how overviews are made of them.

use floe_shared::encoding::{DataType, Encoding, Scalar};
use floe_shared::flags::{self, Flag};
use floe_shared::schema::{Overview, Statistic};
use serde_json::json;
use toml::Spanned;

use super::super::RecipeError;
use super::super::number::{Number, listed};
use super::super::written::Variable;
use super::Check;

/// The types that variables may have.
const TYPES: [DataType; 7] = [
    DataType::U8,
    DataType::I8,
    DataType::U16,
    DataType::I16,
    DataType::U32,
    DataType::I32,
    DataType::F32,
];

impl Check<'_> {
    /// The stored numbers.
    pub(super) fn encoding(
        &self,
        spanned: &Spanned<Variable>,
        statistic: Statistic,
    ) -> Result<Encoding, RecipeError> {
        let variable = spanned.get_ref();
        let types = TYPES.map(|data_type| (data_type.name(), data_type));
        let data_type = self.one_of(&variable.data_type, "type", &types)?;
        let held = format!("a number that {} holds", data_type.name());
        let Some(written) = &variable.fill else {
            return Err(self.wrong(spanned, "fill", &held, "none"));
        };
        let Some(fill) = fit(data_type, *written.get_ref()) else {
            return Err(self.wrong(written, "fill", &held, written.get_ref()));
        };
        let units = variable.units.clone();
        let units = if statistic.is_of_values() { units } else { units.or(Some("1".to_owned())) };
        Ok(Encoding {
            absent: fill,
            fill: Some(fill),
            scale: self.factor(variable.scale.as_ref(), "scale", true)?,
            offset: self.factor(variable.offset.as_ref(), "offset", false)?,
            valid: self.valid_range(variable, data_type, fill)?,
            units,
            ..Encoding::plain(data_type)
        })
    }

    /// The ends of the valid range, between which fill is not.
    fn valid_range(
        &self,
        variable: &Variable,
        data_type: DataType,
        fill: Scalar,
    ) -> Result<[Option<Scalar>; 2], RecipeError> {
        let Some(range) = &variable.valid_range else { return Ok([None, None]) };
        let ends = range.get_ref().map(|end| fit(data_type, end));
        let [Some(low), Some(high)] = ends.map(|end| end.map(Scalar::as_f64)) else {
            let expected = format!("two numbers that {} holds", data_type.name());
            return Err(self.wrong(range, "valid_range", &expected, listed(range.get_ref())));
        };
        let fill = fill.as_f64();
        // NaN is no end of a range.
        let is_range = low <= high && !(low..=high).contains(&fill);
        if !is_range {
            let expected = format!("two ascending numbers, and not the fill, {fill}, between them");
            return Err(self.wrong(range, "valid_range", &expected, listed(range.get_ref())));
        }
        Ok(ends)
    }

    /// What single numbers mean.
    pub(super) fn flags(
        &self,
        variable: &Variable,
        encoding: &Encoding,
    ) -> Result<Vec<Flag>, RecipeError> {
        let Variable { flag_values, flag_meanings, flag_colors, .. } = variable;
        let (Some(values), Some(meanings)) = (flag_values, flag_meanings) else {
            let alone = [
                flag_values.as_ref().map(|it| ("flag_values", it.span())),
                flag_meanings.as_ref().map(|it| ("flag_meanings", it.span())),
                flag_colors.as_ref().map(|it| ("flag_colors", it.span())),
            ];
            return match alone.into_iter().flatten().next() {
                None => Ok(Vec::new()),
                Some((key, span)) => {
                    let at = Spanned::new(span, ());
                    let expected = "flag_values and flag_meanings together";
                    Err(self.wrong(&at, key, expected, "one without the other"))
                }
            };
        };
        let numbers = values.get_ref();
        let fill = encoding.absent.as_f64();
        for (place, number) in numbers.iter().enumerate() {
            let is_new = !numbers[..place].contains(number);
            let is_fill = number.0.as_f64().total_cmp(&fill).is_eq();
            if !is_new || is_fill || fit(encoding.data_type, *number).is_none() {
                let name = encoding.data_type.name();
                let expected = format!("different numbers that {name} holds, and not the fill");
                return Err(self.wrong(values, "flag_values", &expected, listed(numbers)));
            }
        }
        let attributes = json!({
            "flag_values": numbers.iter().map(|number| number.0.json()).collect::<Vec<_>>(),
            "flag_meanings": meanings.get_ref(),
            "flag_colors": flag_colors.as_ref().map(Spanned::get_ref),
        });
        let flags = flags::read(&attributes)
            .map_err(|error| self.wrong(values, error.member, error.expected, error.found))?;
        if let Some(colors) = flag_colors
            && flags.iter().any(|flag| flag.color.is_none())
        {
            let expected = "a color of the form #rrggbb for each value";
            let found = format!("{:?}", colors.get_ref());
            return Err(self.wrong(colors, "flag_colors", expected, found));
        }
        Ok(flags)
    }

    /// How overviews are made: as is written, else as the statistic and what the numbers are suggest.
    pub(super) fn overview(
        &self,
        variable: &Variable,
        statistic: Statistic,
        flags: &[Flag],
    ) -> Result<Overview, RecipeError> {
        let overviews = Overview::ALL.map(|overview| (overview.name(), overview));
        if let Some(overview) = &variable.overview {
            return self.one_of(overview, "overview", &overviews);
        }
        Ok(match statistic {
            _ if !flags.is_empty() => Overview::Mode,
            Statistic::Maximum => Overview::Maximum,
            Statistic::Minimum => Overview::Minimum,
            _ => Overview::Mean,
        })
    }
}

/// A number in a type: a whole one exactly, a floating-point number rounded.
fn fit(data_type: DataType, Number(number): Number) -> Option<Scalar> {
    let fitted = data_type.fit(number)?;
    let is_lost = number.as_f64().is_finite() && !fitted.as_f64().is_finite();
    (!is_lost).then_some(fitted)
}
