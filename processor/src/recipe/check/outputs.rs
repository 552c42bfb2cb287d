//! What is made of the observations for each variable.

use floe_raster::program::{Affine, Condition, Output, Stored, Test};
use floe_shared::encoding::{Encoding, Scalar};
use floe_shared::schema::{Percent, Statistic, VariableSpec};
use toml::Spanned;

use super::super::number::listed;
use super::super::written::{Variable, Written};
use super::super::{Band, RecipeError};
use super::Check;

impl Check<'_> {
    /// The outputs that make the variables, in their order.
    pub(super) fn outputs(
        &self,
        written: &Written,
        bands: &[Band],
        variables: &[VariableSpec],
    ) -> Result<Vec<Output>, RecipeError> {
        let shared = self.tests(&written.valid, "valid", bands)?;
        let pairs = written.variable.iter().zip(variables);
        pairs.map(|(spanned, spec)| self.output(spanned, spec, &shared, bands)).collect()
    }

    fn output(
        &self,
        spanned: &Spanned<Variable>,
        spec: &VariableSpec,
        shared: &[Test],
        bands: &[Band],
    ) -> Result<Output, RecipeError> {
        let variable = spanned.get_ref();
        let valid = match &variable.valid {
            Some(own) => self.tests(own, "valid", bands)?,
            None => shared.to_vec(),
        };
        let when = self.tests(variable.when.as_deref().unwrap_or_default(), "when", bands)?;
        let band = self.band(&variable.band, bands)?;
        let stored = stored(&spec.encoding);
        let source = bands[band].source(stored.affine);
        self.zero_is_no_fill(spanned, spec, &when, stored)?;
        let bridges_gaps = self.bridges_gaps(variable, spec.statistic)?;
        let statistic = spec.statistic;
        Ok(Output { band, valid, when, statistic, bridges_gaps, source, stored })
    }

    /// The statistic, and whether what it needs is there.
    pub(super) fn statistic(&self, spanned: &Spanned<Variable>) -> Result<Statistic, RecipeError> {
        let variable = spanned.get_ref();
        let known = Statistic::ALL.map(|statistic| (statistic.name(), statistic));
        let statistic = self.one_of(&variable.statistic, "statistic", &known)?;
        let name = statistic.name();
        let has_hits = variable.when.as_ref().is_some_and(|when| !when.is_empty());
        if statistic.needs_hits() && !has_hits {
            let what = format!("tests that observations hit, which {name} is made of");
            return Err(self.wrong(&variable.statistic, "when", &what, "none"));
        }
        if let Some(when) = variable.when.as_ref().and_then(|when| when.first())
            && statistic.is_of_values()
        {
            let what = format!("none, since {name} is made of all observations that count");
            return Err(self.wrong(when, "when", &what, "a test"));
        }
        match (statistic, &variable.percent) {
            (Statistic::Percentile(_), Some(percent)) => {
                let share = Percent::new(*percent.get_ref()).ok_or_else(|| {
                    let what = "a number from 0 to 100 with at most four decimals";
                    self.wrong(percent, "percent", what, percent.get_ref())
                })?;
                Ok(Statistic::Percentile(share))
            }
            (Statistic::Percentile(_), None) => {
                let what = "a number from 0 to 100, which a percentile is made of";
                Err(self.wrong(&variable.statistic, "percent", what, "none"))
            }
            (_, Some(percent)) => {
                let what = format!("none, since {name} is no percentile");
                Err(self.wrong(percent, "percent", &what, percent.get_ref()))
            }
            (_, None) => Ok(statistic),
        }
    }

    fn bridges_gaps(&self, variable: &Variable, statistic: Statistic) -> Result<bool, RecipeError> {
        let Some(gap) = &variable.gap else { return Ok(false) };
        let is_run = matches!(
            statistic,
            Statistic::RunLength | Statistic::RunFirstDay | Statistic::RunEndDay
        );
        if !is_run {
            let what = format!("none, since {} is not made of runs", statistic.name());
            return Err(self.wrong(gap, "gap", &what, gap.get_ref()));
        }
        self.one_of(gap, "gap", &[("break", false), ("bridge", true)])
    }

    /// Refuses to store "observed and never hit", which is 0, as the number that means "never observed".
    fn zero_is_no_fill(
        &self,
        spanned: &Spanned<Variable>,
        spec: &VariableSpec,
        when: &[Test],
        stored: Stored,
    ) -> Result<(), RecipeError> {
        let is_a_number = !spec.statistic.is_of_values() && !spec.statistic.is_day();
        if when.is_empty() || !is_a_number || !fill_is_zero(stored) {
            return Ok(());
        }
        let what = format!(
            "another number, since a {} of 0 says that none of the observations hit",
            spec.statistic.name()
        );
        let found = stored.fill.as_f64();
        Err(match &spanned.get_ref().fill {
            Some(fill) => self.wrong(fill, "fill", &what, found),
            None => self.wrong(spanned, "fill", &what, found),
        })
    }

    /// Refuses a `valid_range` that does not hold all numbers that count: readers take what lies beyond for no data.
    /// `limits` are those of the numbers where no test bounds them.
    pub(super) fn valid_ranges(
        &self,
        written: &Written,
        variables: &[VariableSpec],
        outputs: &[Output],
        limits: Option<[f64; 2]>,
    ) -> Result<(), RecipeError> {
        for ((variable, spec), output) in written.variable.iter().zip(variables).zip(outputs) {
            let Some(range) = &variable.get_ref().valid_range else { continue };
            let passes = output.source == output.stored.affine && is_of_their_range(spec.statistic);
            let Some([low, high]) = bounds(output, limits).filter(|_| passes) else { continue };
            let [from, to] = spec.encoding.valid.map(|end| end.map(Scalar::as_f64));
            let holds = from.is_none_or(|from| from <= low) && to.is_none_or(|to| high <= to);
            if !holds {
                let expected =
                    format!("a range that holds all numbers that count, {low} to {high}");
                let found = listed(&[from.unwrap_or(f64::NAN), to.unwrap_or(f64::NAN)]);
                return Err(self.wrong(range, "valid_range", &expected, found));
            }
        }
        Ok(())
    }
}

/// Whether a statistic lies between the least and the greatest of the numbers that it is made of.
const fn is_of_their_range(statistic: Statistic) -> bool {
    statistic.is_of_values() && !matches!(statistic, Statistic::Sum | Statistic::StandardDeviation)
}

/// The least and the greatest number that count, as far as ranges and limits bound them.
fn bounds(output: &Output, limits: Option<[f64; 2]>) -> Option<[f64; 2]> {
    let ranges = output.valid.iter().filter(|test| test.band == output.band);
    let ranges = ranges.filter_map(|test| match test.condition {
        Condition::Range(low, high) => Some([low, high]),
        _ => None,
    });
    let narrower = |[a, b]: [f64; 2], [c, d]: [f64; 2]| [a.max(c), b.min(d)];
    ranges.chain(limits).reduce(narrower)
}

/// Whether a result of 0 is stored as the fill, or rounded to it.
fn fill_is_zero(stored: Stored) -> bool {
    let Affine { scale, offset } = stored.affine;
    let zero = -offset / scale;
    let room = if stored.data_type.is_float() { 1e-6 * zero.abs() } else { 0.5 };
    (stored.fill.as_f64() - zero).abs() <= room
}

/// How results are stored.
fn stored(encoding: &Encoding) -> Stored {
    Stored {
        data_type: encoding.data_type,
        affine: Affine {
            scale: encoding.scale.unwrap_or(1.0),
            offset: encoding.offset.unwrap_or(0.0),
        },
        fill: encoding.fill.unwrap_or(encoding.absent),
    }
}
