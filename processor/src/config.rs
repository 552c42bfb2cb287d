//! The configuration: embedded defaults, overlaid by `floe.toml`, overlaid by `--set`.

mod layers;
mod paths;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use floe_shared::grid::{Bounds, Grid, GridError};
use floe_shared::land::Cover;
use floe_shared::period::{Cadence, Hemisphere, PeriodAxis};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::Value;

use self::layers::Layers;
use crate::catalog::{Gap, GapError};
use crate::patience::Patience;
use crate::recipe::{Recipe, RecipeError, RecipeText, SourceSpace};
use floe_raster::granule::Platform;

/// The file that is shipped: it documents every key, and leaves out those that a recipe sets.
pub const DEFAULTS: &str = include_str!("../../floe.toml");
/// What the keys that a recipe may set are where it does not.
const RECIPE_DEFAULTS: &str = r#"
years = []
tile_list = "tile_list.geojson"
[grid]
resolution = 0.01
tile_degrees = 10
bounds = [-180, -90, 180, 90]
land = true
chunk_pixels = 0
[catalog]
url = ""
items = ""
sign_url = ""
collection = ""
production = "created"
platforms = ["terra"]
due_days = []
gaps = []
"#;

/// A checked configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// What the dataset is.
    pub recipe: Recipe,
    /// Years that the labels of the dataset's periods have, ascending.
    pub years: Vec<i32>,
    /// The periods, of the northern hemisphere where it matters.
    pub periods: PeriodAxis,
    /// The grid.
    pub grid: Grid,
    /// Pixels along the edge of a chunk where a tile has several.
    pub chunk_pixels: Option<u32>,
    /// Where granules are found.
    pub catalog: CatalogConfig,
    /// Where the repository is, if the configuration says so.
    pub store_url: Option<String>,
    /// The list of tiles with their land flags.
    pub tile_list: String,
    /// How granules are read.
    pub read: ReadConfig,
}

/// Where granules are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogConfig {
    /// Root of the STAC API.
    pub url: String,
    /// A list of items in its place: a path or URL.
    pub items: Option<String>,
    /// Endpoint that hands out SAS tokens; empty where blobs need none.
    pub sign_url: String,
    /// The collection; empty for any, of a list of items.
    pub collection: String,
    /// The property of items that tells productions of one observation apart: greater values are newer.
    pub production: String,
    /// The platforms whose granules count.
    pub platforms: Vec<Platform>,
    /// Days of the year on which a composite begins, ascending; empty where nothing is known.
    pub due_days: Vec<u16>,
    /// Composites that were never made.
    pub gaps: Vec<Gap>,
}

impl CatalogConfig {
    /// Where items come from.
    pub fn place(&self) -> &str {
        self.items.as_deref().unwrap_or(&self.url)
    }
}

/// How granules are read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReadConfig {
    /// Granules under download at once, in each job.
    pub concurrency: usize,
    /// Seconds for which one request is tried again.
    pub patience: u32,
    /// The most tries of one request; 0 is no bound.
    pub attempts: usize,
    /// Megabytes that reducing one period of a tile may take, in target space.
    pub memory: usize,
}

impl ReadConfig {
    /// How patient requests are.
    pub fn patience(&self) -> Patience {
        Patience { lasts: Duration::from_secs(self.patience.into()), attempts: self.attempts }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that `--config` names cannot be read.
    #[error("cannot read configuration {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Not TOML.
    #[error("configuration {path} is not TOML: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// What the parser says.
        message: String,
    },
    /// A key that Floe does not know.
    #[error("unknown configuration key '{key}' in {origin}: expected one of {known}")]
    UnknownKey {
        /// The key, dotted.
        key: String,
        /// The file, or `--set`.
        origin: String,
        /// All keys.
        known: String,
    },
    /// `--set` without `=`.
    #[error("--set expects KEY=VALUE, found '{found}'")]
    NotAssignment {
        /// The argument.
        found: String,
    },
    /// A value of the wrong kind.
    #[error("configuration ({origin}): {message}")]
    Value {
        /// Where it is written: the file with its line, or `--set`.
        origin: String,
        /// The key, what it must be and what it is.
        message: String,
    },
    /// The key `recipe` names none.
    #[error("configuration ({origin}): {source}")]
    NoRecipe {
        /// Where it is written.
        origin: String,
        /// What is wrong with the name.
        source: RecipeError,
    },
    /// What stands in the recipe.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// Grid figures that make no grid.
    #[error("configuration ({origin}): {source}")]
    Grid {
        /// Where the figures are written.
        origin: String,
        /// What is wrong with them.
        source: GridError,
    },
}

/// The configuration as it is written; every key has a default.
#[derive(Deserialize)]
struct Written {
    recipe: String,
    #[serde(deserialize_with = "one_or_many")]
    years: Vec<i32>,
    tile_list: String,
    grid: WrittenGrid,
    catalog: WrittenCatalog,
    store: WrittenStore,
    read: ReadConfig,
}

#[derive(Deserialize)]
struct WrittenCatalog {
    url: String,
    items: String,
    sign_url: String,
    collection: String,
    production: String,
    #[serde(deserialize_with = "one_or_many")]
    platforms: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    due_days: Vec<i64>,
    #[serde(deserialize_with = "one_or_many")]
    gaps: Vec<String>,
}

#[derive(Deserialize)]
struct WrittenGrid {
    resolution: f64,
    tile_degrees: f64,
    #[serde(deserialize_with = "one_or_many")]
    bounds: Vec<f64>,
    land: bool,
    chunk_pixels: u32,
}

#[derive(Deserialize)]
struct WrittenStore {
    url: String,
}

/// Where the file comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigFile<'a> {
    /// Used when it is there.
    Default(&'a Path),
    /// Named by the user: must be there.
    Named(&'a Path),
}

impl Config {
    /// Reads the configuration.
    pub fn load(file: ConfigFile<'_>, assignments: &[String]) -> Result<Self, ConfigError> {
        let (path, required) = match file {
            ConfigFile::Default(path) => (path, false),
            ConfigFile::Named(path) => (path, true),
        };
        let origin = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => {
                String::new()
            }
            Err(source) => return Err(ConfigError::Unreadable { path: origin, source }),
        };
        let over = |recipe: Option<&RecipeText>| {
            let mut settings = Layers::new(&[DEFAULTS, RECIPE_DEFAULTS])?;
            if let Some(recipe) = recipe {
                settings.lay_recipe(recipe)?;
            }
            settings.lay_file(&text, &origin)?;
            for assignment in assignments {
                settings.lay_assignment(assignment)?;
            }
            Ok::<_, ConfigError>(settings)
        };
        // The settings say which recipe it is, which they then lie over.
        let chosen = over(None)?;
        let recipe = RecipeText::find(&chosen.read::<Written>()?.recipe).map_err(|source| {
            ConfigError::NoRecipe { origin: chosen.origin(&["recipe"]), source }
        })?;
        let settings = over(Some(&recipe))?;
        Self::check(&settings, recipe.recipe()?)
    }

    fn check(settings: &Layers, mut recipe: Recipe) -> Result<Self, ConfigError> {
        let written: Written = settings.read()?;
        let grid = Self::grid(settings, &written.grid)?;
        let cover = if written.grid.land { Cover::Land } else { Cover::All };
        Arc::make_mut(&mut recipe.schema).cover = cover;
        let (chunk, tile) = (written.grid.chunk_pixels, grid.tile_pixels());
        if chunk > 0 && !tile.is_multiple_of(chunk) {
            let what = format!("must divide the {tile} pixels of a tile's width, found {chunk}");
            return Err(settings.wrong("grid.chunk_pixels", &what));
        }
        let years: BTreeSet<i32> = written.years.iter().copied().collect();
        if years.is_empty() || years.len() != written.years.len() {
            let what = format!("must be a list of different years, found {:?}", written.years);
            return Err(settings.wrong("years", &what));
        }
        if let Some(year) = years.iter().find(|year| !(1970..=9999).contains(*year)) {
            let what = format!("must lie in 1970 to 9999, found {year}");
            return Err(settings.wrong("years", &what));
        }
        let WrittenCatalog {
            url,
            items,
            sign_url,
            collection,
            production,
            platforms: names,
            due_days,
            gaps,
        } = written.catalog;
        let items = Some(items).filter(|items| !items.is_empty());
        let platforms: Option<BTreeSet<Platform>> = names
            .iter()
            .map(|name| Platform::ALL.into_iter().find(|platform| platform.name() == name))
            .collect();
        let Some(platforms) = platforms.filter(|platforms| !platforms.is_empty()) else {
            let what = format!("must name terra, aqua or both, found {names:?}");
            return Err(settings.wrong("catalog.platforms", &what));
        };
        let days: Option<BTreeSet<u16>> = due_days
            .iter()
            .map(|&day| u16::try_from(day).ok().filter(|day| (1..=366).contains(day)))
            .collect();
        let Some(days) = days.filter(|days| days.len() == due_days.len()) else {
            let what =
                format!("must be different days of the year from 1 to 366, found {due_days:?}");
            return Err(settings.wrong("catalog.due_days", &what));
        };
        let years: Vec<i32> = years.into_iter().collect();
        let days: Vec<u16> = days.into_iter().collect();
        let periods = Self::periods(settings, recipe.cadence, (&years, &days), grid)?;
        let gaps: Result<Vec<Gap>, GapError> = gaps.iter().map(|gap| gap.parse()).collect();
        let gaps = gaps.map_err(|error| settings.wrong("catalog.gaps", &error.to_string()))?;
        let ReadConfig { concurrency, patience, attempts, memory } = written.read;
        for (key, number, least, most) in [
            ("read.concurrency", concurrency, 1, 256),
            ("read.patience", patience as usize, 0, 86_400),
            ("read.attempts", attempts, 0, 256),
            ("read.memory", memory, 16, 1_048_576),
        ] {
            if !(least..=most).contains(&number) {
                let what = format!("must lie in {least} to {most}, found {number}");
                return Err(settings.wrong(key, &what));
            }
        }
        if collection.is_empty() && items.is_none() {
            return Err(settings.wrong("catalog.collection", "must name a collection, found ''"));
        }
        if production.is_empty() {
            let what = "must name a property of the items, found ''";
            return Err(settings.wrong("catalog.production", what));
        }
        for (key, text) in [("catalog.url", &url), ("catalog.sign_url", &sign_url)] {
            let optional = text.is_empty() && (key == "catalog.sign_url" || items.is_some());
            if !optional && !text.starts_with("http://") && !text.starts_with("https://") {
                let what = format!("must be an http(s) URL, found '{text}'");
                return Err(settings.wrong(key, &what));
            }
        }
        Ok(Self {
            years,
            periods,
            grid,
            chunk_pixels: Some(chunk).filter(|&chunk| chunk > 0 && chunk < tile),
            catalog: CatalogConfig {
                url,
                items,
                sign_url,
                collection,
                production,
                platforms: platforms.into_iter().collect(),
                due_days: days,
                gaps,
            },
            store_url: Some(written.store.url).filter(|url| !url.is_empty()),
            tile_list: written.tile_list,
            read: written.read,
            recipe,
        })
    }
}

impl Config {
    /// What the accumulator in source space is told, of datasets that are made by it.
    pub fn source_space(&self) -> Option<&SourceSpace> {
        self.recipe.source_space.as_ref().filter(|_| self.catalog.items.is_none())
    }

    /// The grid within its bounds.
    fn grid(settings: &Layers, written: &WrittenGrid) -> Result<Grid, ConfigError> {
        let wrong =
            |keys: &[&str], source| ConfigError::Grid { origin: settings.origin(keys), source };
        let globe = Grid::new(written.resolution, written.tile_degrees)
            .map_err(|source| wrong(&["grid.resolution", "grid.tile_degrees"], source))?;
        let [west, south, east, north] = written.bounds[..] else {
            let found = &written.bounds;
            let what = format!("must be [west, south, east, north] in degrees, found {found:?}");
            return Err(settings.wrong("grid.bounds", &what));
        };
        globe
            .within(Bounds { west, south, east, north })
            .map_err(|source| wrong(&["grid.bounds"], source))
    }

    /// The periods of some years, with the days on which composites begin.
    fn periods(
        settings: &Layers,
        cadence: Cadence,
        (years, days): (&[i32], &[u16]),
        grid: Grid,
    ) -> Result<PeriodAxis, ConfigError> {
        let straddles = |tile| {
            let Bounds { south, north, .. } = grid.tile_bounds(tile);
            south < 0.0 && north > 0.0
        };
        let mut columns = (0..grid.tile_rows()).filter_map(|row| grid.row_of_tiles(row).next());
        if cadence.has_hemispheres() && columns.any(straddles) {
            let what = format!(
                "must make tiles that end at the equator, where water years change, found {}",
                grid.tile_degrees()
            );
            return Err(settings.wrong("grid.tile_degrees", &what));
        }
        PeriodAxis::new(cadence, years, days, Hemisphere::North)
            .map_err(|error| settings.wrong("catalog.due_days", &error.to_string()))
    }
}

/// A list, a single element, or a text of elements between commas.
fn one_or_many<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: DeserializeOwned,
{
    use serde::de::Error as _;
    let elements = match Value::deserialize(deserializer)? {
        Value::Array(elements) => elements,
        Value::String(text) => text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                let whole = part.parse().map(Value::Integer);
                let number = whole.or_else(|_| part.parse().map(Value::Float));
                number.unwrap_or_else(|_| Value::String(part.to_owned()))
            })
            .collect(),
        single => vec![single],
    };
    elements
        .into_iter()
        // A date is one to TOML without quotes.
        .map(|element| match element {
            Value::Datetime(date) => Value::String(date.to_string()),
            element => element,
        })
        .map(|element| {
            element.try_into().map_err(|error: toml::de::Error| D::Error::custom(error.message()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
