//! Paths in files: relative to the file that names them, as addresses in a list of items are. Pure.

use std::path::Path;

use toml::{Table, Value};

use crate::recipe::RecipeText;

/// Makes the paths of a recipe and of a list of items, which the file at `path` names, relative to where the program runs.
pub(super) fn resolve(table: &mut Table, path: &Path) {
    let recipe = table.get_mut("recipe");
    resolve_one(recipe.filter(|value| value.as_str().is_some_and(RecipeText::is_path)), path);
    let catalog = table.get_mut("catalog").and_then(Value::as_table_mut);
    let items = catalog.and_then(|catalog| catalog.get_mut("items"));
    // The rest are URLs, and no list at all.
    let is_path = |text: &str| !text.is_empty() && !text.contains("://");
    resolve_one(items.filter(|value| value.as_str().is_some_and(is_path)), path);
}

fn resolve_one(value: Option<&mut Value>, path: &Path) {
    let folder = path.parent().filter(|folder| ![Path::new(""), Path::new(".")].contains(folder));
    if let (Some(Value::String(text)), Some(folder)) = (value, folder) {
        *text = folder.join(&*text).display().to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(text: &str, path: &str) -> Table {
        let mut table: Table = text.parse().unwrap();
        resolve(&mut table, Path::new(path));
        table
    }

    #[test]
    fn paths_are_relative_to_the_file_that_names_them() {
        let text = "recipe = \"../mine.toml\"\ncatalog.items = \"items.ndjson\"";
        let table = resolved(text, "sets/of/floe.toml");
        assert_eq!(table["recipe"].as_str(), Some("sets/of/../mine.toml"));
        assert_eq!(table["catalog"]["items"].as_str(), Some("sets/of/items.ndjson"));
        for path in ["floe.toml", "./floe.toml"] {
            assert_eq!(resolved(text, path), text.parse().unwrap());
        }
    }

    #[test]
    fn names_urls_and_whole_paths_stay_what_they_are() {
        for text in [
            "recipe = \"modis-ndvi\"\ncatalog.items = \"https://host/items.ndjson\"",
            "recipe = \"/mine.toml\"\ncatalog.items = \"file:///lists/items.ndjson\"",
            "recipe = 3\ncatalog.items = \"\"",
            "catalog = 3",
        ] {
            assert_eq!(resolved(text, "sets/floe.toml"), text.parse().unwrap());
        }
    }
}
