//! Settings laid over each other (defaults, a file, `--set`), and where each of them was written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use super::{ConfigError, paths};
use crate::recipe::RecipeText;

/// Where what `--set` says comes from.
const COMMAND_LINE: &str = "--set";
/// Where the defaults come from.
const DEFAULTS: &str = "the embedded defaults";

/// The settings in force.
#[derive(Debug)]
pub(super) struct Layers {
    table: Table,
    /// All dotted keys.
    known: BTreeSet<String>,
    /// By dotted key, where its value was written; nothing for defaults.
    origins: BTreeMap<String, String>,
}

impl Layers {
    /// The defaults alone, which name every key that there is.
    pub(super) fn new(defaults: &[&str]) -> Result<Self, ConfigError> {
        let mut table = Table::new();
        for text in defaults {
            merge(&mut table, parse(text, DEFAULTS)?);
        }
        let known = keys(&table);
        Ok(Self { table, known, origins: BTreeMap::new() })
    }

    /// Lays what a recipe says of years, grid and catalogue over what there is.
    pub(super) fn lay_recipe(&mut self, recipe: &RecipeText) -> Result<(), ConfigError> {
        let mut settings = recipe.settings()?;
        if recipe.is_built_in {
            // What nobody has written here has no place to be corrected at.
            merge(&mut self.table, settings);
            return Ok(());
        }
        paths::resolve(&mut settings, Path::new(&recipe.name));
        let lines = lines(&recipe.text);
        self.lay(settings, |key| line_of(&lines, key, &recipe.name))
    }

    /// Lays the text of a file over what there is.
    pub(super) fn lay_file(&mut self, text: &str, path: &str) -> Result<(), ConfigError> {
        let lines = lines(text);
        let mut settings = parse(text, path)?;
        paths::resolve(&mut settings, Path::new(path));
        self.lay(settings, |key| line_of(&lines, key, path))
    }

    /// Lays one `KEY=VALUE` over what there is. The value is TOML where it parses as such, else a plain string, so
    /// that neither `catalog.url=http://…` nor `years=2020,2021` needs quotes.
    pub(super) fn lay_assignment(&mut self, assignment: &str) -> Result<(), ConfigError> {
        let (key, text) = assignment
            .split_once('=')
            .map(|(key, text)| (key.trim(), text))
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| ConfigError::NotAssignment { found: assignment.to_owned() })?;
        let value = format!("value = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| Value::String(text.to_owned()));
        // Before tables are nested as deep as somebody has written dots.
        self.check_key(key, &value, COMMAND_LINE)?;
        let table = key
            .rsplit('.')
            .fold(value, |inner, part| Value::Table(Table::from_iter([(part.to_owned(), inner)])));
        match table {
            Value::Table(table) => self.lay(table, |_| COMMAND_LINE.to_owned()),
            _ => Err(ConfigError::NotAssignment { found: assignment.to_owned() }),
        }
    }

    /// The settings as a value of their type; an error names the key, what it is expected to be, and what it is.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        let value = Value::Table(self.table.clone());
        serde_path_to_error::deserialize(value).map_err(|error| {
            // Elements of a list are said to be at `years[1]`.
            let path = error.path().to_string();
            let key = path.split('[').next().unwrap_or_default();
            self.wrong(key, &wanted(error.into_inner().message()))
        })
    }

    /// An error about a key's value: `what` follows the key.
    pub(super) fn wrong(&self, key: &str, what: &str) -> ConfigError {
        ConfigError::Value { origin: self.origin(&[key]), message: format!("{key} {what}") }
    }

    /// Where the values of some keys were written, as far as they are no defaults.
    pub(super) fn origin(&self, keys: &[&str]) -> String {
        let found: BTreeSet<&str> =
            keys.iter().filter_map(|&key| Some(self.origins.get(key)?.as_str())).collect();
        if found.is_empty() {
            return DEFAULTS.to_owned();
        }
        found.into_iter().collect::<Vec<_>>().join("; ")
    }

    fn lay(&mut self, over: Table, origin: impl Fn(&str) -> String) -> Result<(), ConfigError> {
        for (key, value) in leaves(&over) {
            let origin = origin(&key);
            self.check_key(&key, value, &origin)?;
            self.origins.insert(key, origin);
        }
        merge(&mut self.table, over);
        Ok(())
    }

    /// Refuses a key that is not known, and a value in place of a table of keys.
    fn check_key(&self, key: &str, value: &Value, origin: &str) -> Result<(), ConfigError> {
        if self.known.contains(key) {
            return Ok(());
        }
        let origin = origin.to_owned();
        let within: Vec<&str> = self
            .known
            .iter()
            .filter(|known| known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.')))
            .map(String::as_str)
            .collect();
        match (within.is_empty(), value) {
            // What the table holds is looked at key by key.
            (false, Value::Table(_)) => Ok(()),
            (false, found) => {
                let (within, kind) = (within.join(", "), found.type_str());
                let message = format!("{key} must be a table ({within}), found {kind} {found}");
                Err(ConfigError::Value { origin, message })
            }
            (true, _) => {
                let known = self.known.iter().cloned().collect::<Vec<_>>().join(", ");
                Err(ConfigError::UnknownKey { key: key.to_owned(), origin, known })
            }
        }
    }
}

/// Serde's words in ours: `invalid type: string "soon", expected i32` becomes `must be a whole number, found string
/// "soon"`.
fn wanted(message: &str) -> String {
    let said = message.split_once(": ").filter(|(what, _)| what.starts_with("invalid "));
    let Some((found, expected)) = said.and_then(|(_, rest)| rest.rsplit_once(", expected ")) else {
        return format!("cannot be used: {message}");
    };
    let expected = match expected {
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a boolean" => "true or false",
        other => other,
    };
    format!("must be {expected}, found {found}")
}

fn parse(text: &str, origin: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
        path: origin.to_owned(),
        message: error.to_string(),
    })
}

/// The place of a key in a file.
fn line_of(lines: &BTreeMap<String, usize>, key: &str, path: &str) -> String {
    match lines.get(key) {
        Some(line) => format!("{path}, line {line}"),
        None => path.to_owned(),
    }
}

/// The line, from 1, of every dotted key of a text.
fn lines(text: &str) -> BTreeMap<String, usize> {
    fn walk(table: &DeTable<'_>, prefix: &str, text: &str, lines: &mut BTreeMap<String, usize>) {
        for (key, value) in table {
            let dotted = format!("{prefix}{}", key.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                walk(inner, &format!("{dotted}."), text, lines);
            }
            let before = text.get(..key.span().start).unwrap_or_default();
            lines.insert(dotted, 1 + before.matches('\n').count());
        }
    }
    let mut found = BTreeMap::new();
    if let Ok(table) = DeTable::parse(text) {
        walk(table.get_ref(), "", text, &mut found);
    }
    found
}

/// All dotted keys of a table.
fn keys(table: &Table) -> BTreeSet<String> {
    leaves(table).into_iter().map(|(key, _)| key).collect()
}

/// All values of a table that are none themselves, by dotted key.
fn leaves(table: &Table) -> Vec<(String, &Value)> {
    fn walk<'a>(table: &'a Table, prefix: &str, found: &mut Vec<(String, &'a Value)>) {
        for (key, value) in table {
            match value {
                Value::Table(inner) => walk(inner, &format!("{prefix}{key}."), found),
                _ => found.push((format!("{prefix}{key}"), value)),
            }
        }
    }
    let mut found = Vec::new();
    walk(table, "", &mut found);
    found
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
