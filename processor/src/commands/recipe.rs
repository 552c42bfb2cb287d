//! `floe recipe`: the recipes that are built in, and whether one's own is right.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use floe_shared::grid::Bounds;
use floe_shared::schema::VariableSpec;
use serde_json::{Value, json};

use crate::config::{Config, ConfigError, ConfigFile};
use crate::error::Error;
use crate::recipe::{BUILT_IN, DEFAULT, RecipeText};

/// Lists, prints and checks recipes: what a dataset is, as a file (docs/recipes.md).
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// List the recipes that are built in
    List,
    /// Print the text of one, to begin one's own with
    Show {
        /// Its name
        name: String,
    },
    /// Say what a recipe makes, or what is wrong with it and where
    Check {
        /// The recipe
        file: PathBuf,
    },
}

/// What a command prints: a document, and a text for people.
pub(super) struct Answer {
    pub(super) document: Value,
    pub(super) text: String,
}

pub(super) fn run(args: &Args) -> Result<Answer, Error> {
    match &args.what {
        What::List => list(),
        What::Show { name } => show(name),
        What::Check { file } => check(file),
    }
}

fn list() -> Result<Answer, Error> {
    let mut documents = Vec::new();
    let mut lines = Vec::new();
    for (name, _) in BUILT_IN {
        let schema = find(name)?.recipe().map_err(ConfigError::from)?.schema;
        let names: Vec<&str> = schema.variables.iter().map(|one| one.name.as_str()).collect();
        let is_default = name == DEFAULT;
        let note = if is_default { " (the default)" } else { "" };
        lines.push(format!("{name}  {}: {}{note}", schema.title, names.join(", ")));
        documents.push(json!({
            "name": name, "title": schema.title, "variables": names, "default": is_default,
        }));
    }
    Ok(Answer { document: json!({ "recipes": documents }), text: lines.join("\n") })
}

fn find(name: &str) -> Result<RecipeText, ConfigError> {
    Ok(RecipeText::find(name)?)
}

fn show(name: &str) -> Result<Answer, Error> {
    let RecipeText { name, text, .. } = find(name)?;
    let document = json!({ "name": name, "text": text });
    Ok(Answer { document, text: text.trim_end().to_owned() })
}

/// Checks a recipe with all that the configuration would take from it.
fn check(file: &Path) -> Result<Answer, Error> {
    // A path, even where its name ends otherwise or has no folder.
    let path =
        if file.components().count() > 1 { file.to_owned() } else { Path::new(".").join(file) };
    let assignment = format!("recipe={}", path.display());
    let nothing = ConfigFile::Default(Path::new(""));
    let config = Config::load(nothing, &[assignment])?;
    let Config { recipe, years, periods, grid, catalog, .. } = &config;
    let variables: Vec<Value> = recipe.schema.variables.iter().map(document_of).collect();
    let Bounds { west, south, east, north } = grid.bounds();
    let document = json!({
        "file": file, "title": recipe.schema.title, "years": years,
        "period": recipe.cadence.name(), "periods": periods.labels().collect::<Vec<_>>(),
        "collection": catalog.collection, "items": catalog.items, "bounds": [west, south, east, north], "variables": variables,
    });
    let text = periods.text();
    let (noun, labels) = text.split_once(' ').unwrap_or_default();
    let source = match catalog.place() {
        place if catalog.items.is_some() => format!("items      {place}"),
        place => format!("collection {} at {place}", catalog.collection),
    };
    let mut lines = vec![
        format!("{}: a recipe that can be followed", file.display()),
        format!("title      {}", recipe.schema.title),
        format!("{noun:<10} {labels}"),
        format!(
            "grid       {} x {} pixels of {}°, {west}° to {east}° E, {south}° to {north}° N",
            grid.rows(),
            grid.cols(),
            grid.resolution()
        ),
        source,
        format!("reads      {}", Vec::from_iter(recipe.assets()).join(", ")),
    ];
    lines.extend(recipe.schema.variables.iter().map(|variable| {
        let units = variable.encoding.units.as_deref().unwrap_or("no unit");
        let (name, statistic) = (&variable.name, variable.statistic.name());
        format!(
            "variable   {name}: {statistic}, {units}, overviews by {}",
            variable.overview.name()
        )
    }));
    Ok(Answer { document, text: lines.join("\n") })
}

fn document_of(variable: &VariableSpec) -> Value {
    json!({
        "name": variable.name,
        "long_name": variable.long_name,
        "statistic": variable.statistic.name(),
        "overview": variable.overview.name(),
        "type": variable.encoding.data_type.name(),
        "fill": variable.encoding.absent.json(),
        "units": variable.encoding.units,
        "scale": variable.encoding.scale,
        "offset": variable.encoding.offset,
    })
}
