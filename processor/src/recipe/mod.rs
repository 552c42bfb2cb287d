//! Recipes: a dataset as data.
//!
//! A recipe is a TOML file that names the catalogue, the bands, which observations count, the statistics and how they are
//! stored. It is one of those that are built in, or a file of the user's. `docs/recipes.md` tells its keys.

mod check;
mod number;
mod written;

use std::collections::BTreeSet;
use std::sync::Arc;

use floe_raster::program::Program;
use floe_raster::rule::{Rule, SourceStatistic};
use floe_shared::period::Cadence;
use floe_shared::schema::Schema;
use toml::Table;

/// The recipe that is taken where none is named.
pub const DEFAULT: &str = "modis-lst";
/// The recipes that are built in: their names and texts.
pub const BUILT_IN: [(&str, &str); 6] = [
    ("modis-lst", include_str!("../../recipes/modis-lst.toml")),
    ("modis-lst-day-night", include_str!("../../recipes/modis-lst-day-night.toml")),
    ("modis-ndvi", include_str!("../../recipes/modis-ndvi.toml")),
    ("modis-snow", include_str!("../../recipes/modis-snow.toml")),
    ("sentinel-2", include_str!("../../recipes/sentinel-2.toml")),
    ("glad-landcover", include_str!("../../recipes/glad-landcover.toml")),
];
/// Keys of a recipe that the configuration may override, and that therefore are read with it.
const SETTINGS: [&str; 4] = ["years", "tile_list", "grid", "catalog"];

/// A checked recipe, but for the keys that the configuration may override.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Its name, or its path.
    pub name: String,
    /// How long periods are.
    pub cadence: Cadence,
    /// What is written.
    pub schema: Arc<Schema>,
    /// The bands that are read; the program names them by their place.
    pub bands: Vec<Band>,
    /// Which observations count, and what is made of them.
    pub program: Program,
    /// The same for the accumulator in source space, where it can make it.
    pub source_space: Option<SourceSpace>,
}

/// A band of an observation.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Its name in the recipe.
    pub name: String,
    /// The key of its file among the assets of an item.
    pub asset: String,
    /// Which of the file's bands it is, from 1.
    pub index: u16,
    /// The factor of its numbers, where it is not that of the variable.
    scale: Option<f64>,
    /// What is added to them, where it is not that of the variable.
    offset: Option<f64>,
}

/// What is made in source space: means, maxima, minima and counts of MOD11A1 and MOD11A2 (and Aqua's), as numbers of 16 bits
/// without a sign, in which 0 is no data.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSpace {
    /// The files of a granule that are read.
    pub assets: Assets,
    /// Which observations count.
    pub rule: Rule,
}

/// Asset keys of a catalogue's items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The band that is reduced: unsigned numbers of 16 bits.
    pub values: String,
    /// The band of quality flags that tests read: unsigned numbers of 8 bits.
    pub flags: String,
}

/// A recipe's text, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeText {
    /// Its name, or its path.
    pub name: String,
    /// The text.
    pub text: String,
    /// Whether it is one of those that are built in.
    pub is_built_in: bool,
}

/// Why a recipe cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// No recipe of that name is built in.
    #[error(
        "unknown recipe '{found}': expected {known}, or the path of a file whose name ends in .toml"
    )]
    Unknown {
        /// The name.
        found: String,
        /// Those that are built in.
        known: String,
    },
    /// The file cannot be read.
    #[error("cannot read recipe {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A key that is missing, unknown or has a value that cannot be used.
    #[error("recipe {name}, line {line}: {message}")]
    Wrong {
        /// The recipe.
        name: String,
        /// The line of the key, or of the table that lacks it, from 1.
        line: usize,
        /// The key, what was expected and what was found.
        message: String,
    },
}

impl RecipeText {
    /// The text of a recipe by its name, or by the path of its file.
    pub fn find(name: &str) -> Result<Self, RecipeError> {
        if let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) {
            let (name, text) = (name.to_owned(), (*text).to_owned());
            return Ok(Self { name, text, is_built_in: true });
        }
        if !Self::is_path(name) {
            let known: Vec<&str> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            let (found, known) = (name.to_owned(), known.join(", "));
            return Err(RecipeError::Unknown { found, known });
        }
        let text = std::fs::read_to_string(name)
            .map_err(|source| RecipeError::Unreadable { path: name.to_owned(), source })?;
        Ok(Self { name: name.to_owned(), text, is_built_in: false })
    }

    /// Whether a text is the path of a recipe, and no name of one that is built in.
    pub fn is_path(text: &str) -> bool {
        let ends_in_toml =
            std::path::Path::new(text).extension().is_some_and(|ending| ending == "toml");
        text.contains(['/', '\\']) || ends_in_toml
    }

    /// Reads and checks the recipe.
    pub fn recipe(&self) -> Result<Recipe, RecipeError> {
        check::recipe(self)
    }

    /// The values of the keys that the configuration may override.
    pub fn settings(&self) -> Result<Table, RecipeError> {
        let mut table: Table = self.text.parse().map_err(|error| self.syntax(&error))?;
        table.retain(|key, _| SETTINGS.contains(&key));
        Ok(table)
    }

    /// What the parser says, with the line where it says it.
    fn syntax(&self, error: &toml::de::Error) -> RecipeError {
        let at = error.span().map_or(0, |span| span.start);
        self.wrong(at, error.message().trim())
    }

    /// An error at a byte of the text.
    fn wrong(&self, at: usize, message: &str) -> RecipeError {
        let before = self.text.get(..at).unwrap_or_default();
        RecipeError::Wrong {
            name: self.name.clone(),
            line: 1 + before.matches('\n').count(),
            message: message.to_owned(),
        }
    }
}

impl Recipe {
    /// Whether the accumulator in source space can make it.
    pub const fn is_of_source_space(&self) -> bool {
        self.source_space.is_some()
    }

    /// The keys of the files of an observation that are read.
    pub fn assets(&self) -> BTreeSet<String> {
        self.bands.iter().map(|band| band.asset.clone()).collect()
    }

    /// The statistic of each variable, as far as it is made in source space.
    pub fn statistics(&self) -> Vec<SourceStatistic> {
        let variables = self.schema.variables.iter();
        variables.filter_map(|variable| SourceStatistic::of(variable.statistic)).collect()
    }

    /// The default recipe, for tests.
    #[cfg(test)]
    pub(crate) fn modis_lst() -> Self {
        let text = RecipeText::find(DEFAULT).unwrap_or_else(|error| panic!("{error}"));
        text.recipe().unwrap_or_else(|error| panic!("{error}"))
    }
}
