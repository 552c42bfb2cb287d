//! From a recipe as it is written to one that can be followed; each refusal names the line and the key.

mod bands;
mod conditions;
mod outputs;
mod source_space;
mod stored;

use std::sync::Arc;

use floe_raster::program::{Output, Program};
use floe_shared::land::Cover;
use floe_shared::period::Cadence;
use floe_shared::schema::{
    GRID_MAPPING, MAP_DIMENSIONS, Schema, Statistic, TIME_BOUNDS, VariableSpec,
};
use toml::Spanned;

use super::written::{Variable, Written};
use super::{Recipe, RecipeError, RecipeText};

/// Checks a recipe.
pub(super) fn recipe(text: &RecipeText) -> Result<Recipe, RecipeError> {
    let written: Written = toml::from_str(&text.text).map_err(|error| text.syntax(&error))?;
    let check = Check { text };
    let cadences = Cadence::ALL.map(|cadence| (cadence.name(), cadence));
    let cadence = match &written.period {
        None => Cadence::Year,
        Some(period) => check.one_of(period, "period", &cadences)?,
    };
    if written.title.get_ref().trim().is_empty() {
        return Err(check.wrong(&written.title, "title", "a text", "none"));
    }
    let one_per_day = match &written.one_per {
        None => false,
        Some(one_per) => check.one_of(one_per, "one_per", &[("day", true)])?,
    };
    let bands = check.bands(&written)?;
    let mut variables = check.variables(&written, cadence)?;
    let outputs = check.outputs(&written, &bands, &variables)?;
    let counts_as = |output: &Output, other: &Output| {
        (output.band, &output.valid) == (other.band, &other.valid)
    };
    for (variable, output) in variables.iter_mut().zip(&outputs) {
        let is_of_all = outputs.iter().all(|other| counts_as(output, other));
        variable.may_lack = variable.statistic.is_day() || !is_of_all;
    }
    let program = Program { bands: bands.len(), outputs, one_per_day };
    let source_space = source_space::of(&bands, &program);
    let limits = source_space.as_ref().map(|of| [of.rule.range.0, of.rule.range.1].map(f64::from));
    check.valid_ranges(&written, &variables, &program.outputs, limits)?;
    Ok(Recipe {
        name: text.name.clone(),
        cadence,
        bands,
        program,
        source_space,
        schema: Arc::new(Schema {
            title: written.title.into_inner(),
            source: written.source,
            cover: Cover::Land,
            references: written.references,
            variables,
        }),
    })
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

    fn variables(
        &self,
        written: &Written,
        cadence: Cadence,
    ) -> Result<Vec<VariableSpec>, RecipeError> {
        if written.variable.is_empty() {
            return Err(self.wrong(&written.title, "variable", "at least one", "none"));
        }
        let mut variables: Vec<VariableSpec> = Vec::new();
        for spanned in &written.variable {
            let name = &spanned.get_ref().name;
            if variables.iter().any(|known| known.name == *name.get_ref()) {
                let what = "a name that no other variable has";
                return Err(self.wrong(name, "name", what, name.get_ref()));
            }
            variables.push(self.variable(spanned, cadence)?);
        }
        Ok(variables)
    }

    fn variable(
        &self,
        spanned: &Spanned<Variable>,
        cadence: Cadence,
    ) -> Result<VariableSpec, RecipeError> {
        let variable = spanned.get_ref();
        let name = self.variable_name(&variable.name)?;
        let statistic = self.statistic(spanned)?;
        let encoding = self.encoding(spanned, statistic)?;
        let flags = self.flags(variable, &encoding)?;
        let overview = self.overview(variable, statistic, &flags)?;
        let standard_name = variable.standard_name.clone();
        let long_name = variable.long_name.clone().unwrap_or_else(|| {
            let (period, statistic) = (cadence.adjective(), words(statistic));
            format!("{period} {statistic} of {}", variable.band.get_ref())
        });
        Ok(VariableSpec {
            name,
            long_name,
            standard_name,
            encoding,
            statistic,
            overview,
            // Told once all variables are known.
            may_lack: false,
            flags,
        })
    }

    fn variable_name(&self, name: &Spanned<String>) -> Result<String, RecipeError> {
        let text = name.get_ref();
        let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
            && text.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        let axes = Cadence::ALL.map(Cadence::dimension).into_iter().chain(MAP_DIMENSIONS);
        let mut taken = axes.chain([TIME_BOUNDS, GRID_MAPPING]);
        if !is_plain || taken.any(|name| name == text) {
            let what = "a letter, then letters, digits and _, and none of year, time, time_bnds, latitude, longitude and spatial_ref";
            return Err(self.wrong(name, "name", what, format!("'{text}'")));
        }
        Ok(text.clone())
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

/// A statistic as a text for people has it.
fn words(statistic: Statistic) -> String {
    match statistic {
        Statistic::Percentile(percent) => format!("percentile {}", percent.percent()),
        other => other.name().to_owned(),
    }
}

#[cfg(test)]
mod tests;
