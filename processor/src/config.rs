//! The configuration: embedded defaults, overlaid by `floe.toml`, overlaid by `--set`.

use std::collections::BTreeSet;
use std::path::Path;

use floe_shared::grid::{Grid, GridError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::granule::Platform;

/// The defaults, which are also the documentation of every key.
pub const DEFAULTS: &str = include_str!("../../floe.toml");

/// A checked configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Years of the dataset, ascending.
    pub years: Vec<i32>,
    /// The grid.
    pub grid: Grid,
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
    /// Endpoint that hands out SAS tokens; empty where blobs need none.
    pub sign_url: String,
    /// The collection.
    pub collection: String,
    /// The platforms whose granules count.
    pub platforms: Vec<Platform>,
}

/// How granules are read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ReadConfig {
    /// Granules under download at once, in each job.
    pub concurrency: usize,
    /// Tries of one request before it counts as failed.
    pub attempts: usize,
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
    #[error("configuration: {message}")]
    Value {
        /// What is wrong.
        message: String,
    },
    /// Grid figures that make no grid.
    #[error("configuration: {0}")]
    Grid(#[from] GridError),
}

/// The configuration as it is written; every key has a default.
#[derive(Deserialize)]
struct Written {
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
    sign_url: String,
    collection: String,
    #[serde(deserialize_with = "one_or_many")]
    platforms: Vec<String>,
}

#[derive(Deserialize)]
struct WrittenGrid {
    resolution: f64,
    tile_degrees: f64,
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
        let mut table = parse(DEFAULTS, "the embedded defaults")?;
        let known = keys(&table);
        let (path, required) = match file {
            ConfigFile::Default(path) => (path, false),
            ConfigFile::Named(path) => (path, true),
        };
        let origin = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => overlay(&mut table, parse(&text, &origin)?, &known, &origin)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !required => {}
            Err(source) => return Err(ConfigError::Unreadable { path: origin, source }),
        }
        for assignment in assignments {
            overlay(&mut table, parse_assignment(assignment)?, &known, "--set")?;
        }
        Self::check(table)
    }

    fn check(table: Table) -> Result<Self, ConfigError> {
        let value_error = |message: String| ConfigError::Value { message };
        let written: Written =
            table.try_into().map_err(|error: toml::de::Error| value_error(error.message().to_owned()))?;
        let grid = Grid::new(written.grid.resolution, written.grid.tile_degrees)?;
        let years: BTreeSet<i32> = written.years.iter().copied().collect();
        if years.is_empty() || years.len() != written.years.len() {
            return Err(value_error(format!(
                "years must be a list of different years, found {:?}",
                written.years
            )));
        }
        if let Some(year) = years.iter().find(|year| !(1970..=9999).contains(*year)) {
            return Err(value_error(format!("years must lie in 1970 to 9999, found {year}")));
        }
        let WrittenCatalog { url, sign_url, collection, platforms: names } = written.catalog;
        let platforms: Option<BTreeSet<Platform>> = names
            .iter()
            .map(|name| Platform::ALL.into_iter().find(|platform| platform.name() == name))
            .collect();
        let Some(platforms) = platforms.filter(|platforms| !platforms.is_empty()) else {
            return Err(value_error(format!(
                "catalog.platforms must name terra, aqua or both, found {names:?}"
            )));
        };
        for (key, number) in
            [("read.concurrency", written.read.concurrency), ("read.attempts", written.read.attempts)]
        {
            if !(1..=256).contains(&number) {
                return Err(value_error(format!("{key} must lie in 1 to 256, found {number}")));
            }
        }
        for (key, text) in [
            ("catalog.url", &url),
            ("catalog.sign_url", &sign_url),
        ] {
            let optional = key == "catalog.sign_url" && text.is_empty();
            if !optional && !text.starts_with("http://") && !text.starts_with("https://") {
                return Err(value_error(format!("{key} must be an http(s) URL, found '{text}'")));
            }
        }
        Ok(Self {
            years: years.into_iter().collect(),
            grid,
            catalog: CatalogConfig {
                url,
                sign_url,
                collection,
                platforms: platforms.into_iter().collect(),
            },
            store_url: Some(written.store.url).filter(|url| !url.is_empty()),
            tile_list: written.tile_list,
            read: written.read,
        })
    }
}

fn parse(text: &str, origin: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
        path: origin.to_owned(),
        message: error.to_string(),
    })
}

/// `a.b=VALUE` as a table. The value is TOML where it parses as such, else a plain string, so that
/// neither `--set catalog.url=http://…` nor `--set years=2020,2021` needs quotes.
fn parse_assignment(assignment: &str) -> Result<Table, ConfigError> {
    let (key, text) = assignment
        .split_once('=')
        .filter(|(key, _)| !key.trim().is_empty())
        .ok_or_else(|| ConfigError::NotAssignment { found: assignment.to_owned() })?;
    let value = format!("value = {text}")
        .parse::<Table>()
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    let nested = key.trim().rsplit('.').fold(value, |inner, part| {
        Value::Table(Table::from_iter([(part.to_owned(), inner)]))
    });
    match nested {
        Value::Table(table) => Ok(table),
        _ => Err(ConfigError::NotAssignment { found: assignment.to_owned() }),
    }
}

/// All dotted keys of a table.
fn keys(table: &Table) -> BTreeSet<String> {
    fn walk(table: &Table, prefix: &str, keys: &mut BTreeSet<String>) {
        for (key, value) in table {
            match value {
                Value::Table(inner) => walk(inner, &format!("{prefix}{key}."), keys),
                _ => {
                    keys.insert(format!("{prefix}{key}"));
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(table, "", &mut found);
    found
}

fn overlay(
    base: &mut Table,
    over: Table,
    known: &BTreeSet<String>,
    origin: &str,
) -> Result<(), ConfigError> {
    if let Some(key) = keys(&over).into_iter().find(|key| !known.contains(key)) {
        let known = known.iter().cloned().collect::<Vec<_>>().join(", ");
        return Err(ConfigError::UnknownKey { key, origin: origin.to_owned(), known });
    }
    merge(base, over);
    Ok(())
}

fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
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
            .map(|part| part.parse().map_or_else(|_| Value::String(part.to_owned()), Value::Integer))
            .collect(),
        single => vec![single],
    };
    elements
        .into_iter()
        .map(|element| element.try_into().map_err(|error: toml::de::Error| D::Error::custom(error.message())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(assignments: &[&str]) -> Result<Config, ConfigError> {
        let assignments: Vec<String> = assignments.iter().map(|&text| text.to_owned()).collect();
        Config::load(ConfigFile::Default(Path::new("no-such-file.toml")), &assignments)
    }

    #[test]
    fn the_embedded_defaults_are_the_dataset_of_the_design() {
        let config = load(&[]).unwrap();
        assert_eq!(config.years, [2020, 2021, 2022]);
        assert_eq!(config.grid, Grid::default());
        assert_eq!(config.catalog.collection, "modis-11A2-061");
        assert_eq!(config.catalog.platforms, [Platform::Terra]);
        assert_eq!(config.store_url, None);
    }

    #[test]
    fn assignments_need_no_quotes() {
        let config = load(&[
            "years=2021,2020",
            "grid.resolution=0.05",
            "catalog.platforms=terra,aqua",
            "catalog.url=http://127.0.0.1:9/api",
            "store.url=az://container/prefix",
        ])
        .unwrap();
        assert_eq!(config.years, [2020, 2021]);
        assert_eq!(config.grid.rows(), 3600);
        assert_eq!(config.catalog.platforms, [Platform::Terra, Platform::Aqua]);
        assert_eq!(config.catalog.url, "http://127.0.0.1:9/api");
        assert_eq!(config.store_url.as_deref(), Some("az://container/prefix"));
        assert_eq!(load(&["years=2021"]).unwrap().years, [2021]);
        assert_eq!(load(&["years=[2021, 2022]"]).unwrap().years, [2021, 2022]);
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for (assignment, expected) in [
            ("grid.resolutoin=1", "unknown configuration key 'grid.resolutoin' in --set"),
            ("nonsense", "--set expects KEY=VALUE, found 'nonsense'"),
            ("=3", "--set expects KEY=VALUE"),
            ("years=[]", "years must be a list of different years"),
            ("years=2020,2020", "years must be a list of different years"),
            ("years=abc", "invalid type"),
            ("years=20", "years must lie in 1970 to 9999"),
            ("catalog.platforms=sentinel", "sentinel"),
            ("catalog.url=planetary", "catalog.url must be an http(s) URL"),
            ("read.concurrency=0", "read.concurrency must lie in 1 to 256"),
            ("grid.tile_degrees=7", "grid.tile_degrees must divide 180"),
        ] {
            let message = load(&[assignment]).unwrap_err().to_string();
            assert!(message.contains(expected), "{assignment}: {message}");
        }
    }

    #[test]
    fn a_named_file_must_exist_and_a_default_one_need_not() {
        let path = Path::new("no-such-file.toml");
        assert!(Config::load(ConfigFile::Default(path), &[]).is_ok());
        let message = Config::load(ConfigFile::Named(path), &[]).unwrap_err().to_string();
        assert!(message.contains("no-such-file.toml"), "{message}");
    }
}
