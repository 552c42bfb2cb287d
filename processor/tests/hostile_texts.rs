//! Configuration and tile lists of any text: read, or refused with a message; never a panic.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::LazyLock;

use floe_processor::config::{Config, ConfigFile, DEFAULTS};
use floe_processor::tile_list::TileList;
use floe_shared::grid::Grid;
use proptest::prelude::*;

static GRID: LazyLock<Grid> = LazyLock::new(|| Grid::new(1.0, 60.0).unwrap());
static TILES: LazyLock<String> = LazyLock::new(|| TileList::of(*GRID).to_geojson());

/// What breaks parsers: nesting, quotes, numbers out of every range, and anything else.
fn snippets() -> impl Strategy<Value = String> {
    let known = [
        "",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "'''",
        ",",
        "=",
        "\n",
        "null",
        "true",
        "-1",
        "1e999",
        "nan",
        "18446744073709551616",
        "\\ud800",
        "[[",
        "a.b.c=",
        "1979-05-27",
        "\u{0}",
        "é",
    ];
    prop_oneof![
        prop::sample::select(known.to_vec()).prop_map(str::to_owned),
        prop::sample::select(vec!["[", "{\"a\":", "a."]).prop_map(|text| text.repeat(2000)),
        ".{0,12}",
    ]
}

/// A text of which some places hold something else.
fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..9_usize, snippets()), 1..4);
    edits.prop_map(move |edits| {
        let mut characters: Vec<char> = text.chars().collect();
        for (place, removed, snippet) in edits {
            let start = place.index(characters.len() + 1);
            let end = (start + removed).min(characters.len());
            characters.splice(start..end, snippet.chars());
        }
        characters.into_iter().collect()
    })
}

fn check_configuration(text: &str) -> Result<(), TestCaseError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("floe.toml");
    std::fs::write(&path, text).unwrap();
    if let Err(error) = Config::load(ConfigFile::Named(&path), &[]) {
        let message = error.to_string();
        prop_assert!(message.contains("floe.toml"), "{}", message);
        prop_assert!(message.len() < 4 * text.len() + 2000, "{}", message);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_damaged_configuration_is_read_or_refused_by_name(text in damaged(DEFAULTS)) {
        check_configuration(&text)?;
    }

    #[test]
    fn the_name_of_a_recipe_is_known_or_refused_with_its_line(name in snippets()) {
        let text = format!("# a comment\nrecipe = {}\n", toml::Value::String(name));
        check_configuration(&text)?;
    }

    #[test]
    fn any_assignment_is_read_or_refused(key in "[a-z._ ]{0,20}", value in snippets()) {
        let assignment = format!("{key}={value}");
        let file = ConfigFile::Default(Path::new("no-such-file.toml"));
        if let Err(error) = Config::load(file, &[assignment]) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn any_value_of_a_known_key_is_read_or_refused_by_its_name(
        key in prop::sample::select(vec!["years", "grid.resolution", "catalog.platforms", "read.attempts"]),
        value in snippets(),
    ) {
        let assignment = format!("{key}={value}");
        let file = ConfigFile::Default(Path::new("no-such-file.toml"));
        if let Err(error) = Config::load(file, &[assignment]) {
            let message = error.to_string();
            prop_assert!(message.contains(key) && message.contains("--set"), "{}", message);
        }
    }

    #[test]
    fn a_damaged_tile_list_is_refused_or_has_every_tile(text in damaged(&TILES)) {
        if let Ok(list) = TileList::from_geojson(*GRID, &text) {
            prop_assert_eq!(list.land().len(), GRID.tile_count());
        }
    }
}
