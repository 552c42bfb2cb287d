//! Tests of the configuration: defaults, overlays, and what is refused.

use super::*;

fn load(assignments: &[&str]) -> Result<Config, ConfigError> {
    let assignments: Vec<String> = assignments.iter().map(|&text| text.to_owned()).collect();
    Config::load(ConfigFile::Default(Path::new("no-such-file.toml")), &assignments)
}

#[test]
fn the_embedded_defaults_are_the_dataset_of_the_design() {
    let config = load(&[]).unwrap();
    assert_eq!(config.years, [2020, 2021, 2022]);
    assert_eq!((config.grid, config.chunk_pixels), (Grid::default(), None));
    assert_eq!(config.catalog.collection, "modis-11A2-061");
    assert_eq!(config.catalog.platforms, [Platform::Terra]);
    let days: Vec<u16> = (0..46).map(|period| 1 + 8 * period).collect();
    assert_eq!(config.catalog.due_days, days);
    assert_eq!(config.store_url, None);
}

#[test]
fn a_list_of_items_needs_neither_api_nor_collection() {
    let list = "catalog.items=items.ndjson";
    let config = load(&[list, "catalog.url=", "catalog.collection="]).unwrap();
    assert_eq!(
        (config.catalog.place(), config.catalog.production.as_str()),
        ("items.ndjson", "created")
    );
    assert_eq!(config.source_space(), None);
    assert!(load(&[]).unwrap().source_space().is_some());
    assert!(load(&["catalog.collection="]).is_err());
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
    assert_eq!(load(&["grid.chunk_pixels=250"]).unwrap().chunk_pixels, Some(250));
    assert_eq!(load(&["grid.chunk_pixels=1000"]).unwrap().chunk_pixels, None);
    assert_eq!(config.catalog.platforms, [Platform::Terra, Platform::Aqua]);
    assert_eq!(config.catalog.url, "http://127.0.0.1:9/api");
    assert_eq!(config.store_url.as_deref(), Some("az://container/prefix"));
    assert_eq!(load(&["years=2021"]).unwrap().years, [2021]);
    let dates = load(&["catalog.due_days=41,137", "catalog.gaps=2022-10-16"]).unwrap().catalog;
    assert_eq!((dates.due_days.len(), dates.gaps.len()), (2, 1));
    let nothing = load(&["catalog.due_days=[]", "catalog.gaps=[]"]).unwrap().catalog;
    assert_eq!((nothing.due_days.len(), nothing.gaps.len()), (0, 0));
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
        ("years=soon", "(--set): years must be a whole number, found string \"soon\""),
        ("years=2020,soon", "years must be a whole number, found string \"soon\""),
        ("years=[2020, true]", "years must be a whole number, found boolean `true`"),
        ("years=99999999999", "years must be a whole number, found integer `99999999999`"),
        ("years={a=1}", "unknown configuration key 'years.a'"),
        ("years.a=1", "unknown configuration key 'years.a'"),
        (
            "grid=1",
            "grid must be a table (grid.bounds, grid.chunk_pixels, grid.land, grid.resolution, grid.tile_degrees), found integer 1",
        ),
        (
            "grid.chunk_pixels=300",
            "grid.chunk_pixels must divide the 1000 pixels of a tile's width, found 300",
        ),
        ("grid.resolution=fine", "grid.resolution must be a number, found string \"fine\""),
        ("grid.land=maybe", "grid.land must be true or false, found string \"maybe\""),
        ("grid.bounds=[0, 10]", "grid.bounds must be [west, south, east, north] in degrees"),
        ("grid.bounds=5,0,20,10", "grid.bounds must lie on edges of tiles of 10°, found west 5"),
        ("tile_list=3", "tile_list must be a string, found integer `3`"),
        ("read.attempts=-1", "read.attempts must be a whole number that is not negative, found"),
        ("catalog.platforms=1", "catalog.platforms must be a string, found integer `1`"),
        ("years=20", "years must lie in 1970 to 9999"),
        ("catalog.platforms=sentinel", "sentinel"),
        ("catalog.due_days=0", "catalog.due_days must be different days"),
        ("catalog.due_days=9,9", "catalog.due_days must be different days"),
        ("catalog.gaps=October", "catalog.gaps must be the first day of a composite"),
        ("catalog.url=planetary", "catalog.url must be an http(s) URL"),
        ("catalog.production=", "catalog.production must name a property of the items"),
        ("read.concurrency=0", "read.concurrency must lie in 1 to 256"),
        ("read.attempts=257", "read.attempts must lie in 0 to 256"),
        ("read.memory=15", "read.memory must lie in 16 to 1048576"),
        ("read.patience=86401", "read.patience must lie in 0 to 86400"),
        ("grid.tile_degrees=7", "grid.tile_degrees must divide 180"),
    ] {
        let message = load(&[assignment]).unwrap_err().to_string();
        assert!(message.contains(expected), "{assignment}: {message}");
    }
}

#[test]
fn water_years_need_no_tiles_that_end_at_the_equator_where_bounds_keep_off_it() {
    let settings = ["recipe=modis-snow", "grid.resolution=0.1", "grid.tile_degrees=20"];
    let message = load(&settings).unwrap_err().to_string();
    assert!(message.contains("tiles that end at the equator"), "{message}");
    let north = [settings.as_slice(), &["grid.bounds=0,50,40,90"]].concat();
    let config = load(&north).unwrap();
    assert_eq!((config.grid.rows(), config.grid.cols()), (400, 400));
}

#[test]
fn a_wrong_value_in_a_file_is_named_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.toml");
    let message = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Config::load(ConfigFile::Named(&path), &[]).unwrap_err().to_string()
    };
    let found = message("# years\nyears = [\n 2020,\n \"soon\"]\n");
    assert!(
        found.ends_with("mine.toml, line 2): years must be a whole number, found string \"soon\""),
        "{found}"
    );
    let found = message("[read]\n\nattempts = \"many\"\n");
    assert!(found.contains("mine.toml, line 3): read.attempts must be"), "{found}");
    let found = message("read.concurrency = 0\n");
    assert!(found.contains("mine.toml, line 1): read.concurrency must lie in"), "{found}");
    let found = message("\n[grid]\nfineness = 1\n");
    assert!(found.contains("key 'grid.fineness' in ") && found.contains("line 3"), "{found}");
    let found = message("years = [2020\n");
    assert!(found.contains("mine.toml is not TOML"), "{found}");
}

#[test]
fn every_key_with_a_value_of_a_wrong_type_is_named() {
    let mut seen = 0;
    for (section, value) in
        [DEFAULTS, RECIPE_DEFAULTS].iter().flat_map(|text| text.parse::<toml::Table>().unwrap())
    {
        let keys = match value {
            Value::Table(table) => table.keys().map(|key| format!("{section}.{key}")).collect(),
            _ => vec![section],
        };
        for key in keys {
            let message = load(&[&format!("{key}=[[1979-05-27]]")]).unwrap_err().to_string();
            let expected = format!("configuration (--set): {key} must be ");
            assert!(message.starts_with(&expected) && message.contains(", found "), "{message}");
            seen += 1;
        }
    }
    assert!(seen > 12);
}

#[test]
fn the_shipped_file_tells_every_key_that_a_recipe_may_set() {
    let keys: toml::Table = RECIPE_DEFAULTS.parse().unwrap();
    for (section, value) in keys {
        let keys = match value {
            Value::Table(table) => table.keys().cloned().collect(),
            _ => vec![section],
        };
        for key in keys {
            assert!(DEFAULTS.contains(&format!("\n# {key} = ")), "{key}");
        }
    }
}

#[test]
fn a_recipe_of_the_users_own_gives_what_the_configuration_leaves_open() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.toml");
    let (_, text) = crate::recipe::BUILT_IN[0];
    std::fs::write(&path, text.replace("[2020, 2021, 2022]", "[2007]")).unwrap();
    let named = format!("recipe={}", path.display());
    assert_eq!(load(&[&named]).unwrap().years, [2007]);
    assert_eq!(load(&[&named, "years=2008"]).unwrap().years, [2008]);
    std::fs::write(&path, text.replace("tile_degrees = 10", "tile_degrees = 7")).unwrap();
    let message = load(&[&named]).unwrap_err().to_string();
    assert!(message.contains("mine.toml, line 2"), "{message}");
    assert!(message.contains("grid.tile_degrees must divide 180"), "{message}");
    std::fs::write(&path, text.replace("tile_degrees", "tile_degree")).unwrap();
    let message = load(&[&named]).unwrap_err().to_string();
    assert!(message.contains("unknown configuration key 'grid.tile_degree' in "), "{message}");
    let message = load(&["recipe=lst"]).unwrap_err().to_string();
    assert!(message.contains("unknown recipe 'lst': expected modis-lst"), "{message}");
}

#[test]
fn a_recipe_and_its_list_of_items_lie_beside_the_files_that_name_them() {
    let directory = tempfile::tempdir().unwrap();
    let (_, text) = crate::recipe::BUILT_IN[0];
    let text = text.replace("[catalog]", "[catalog]\nitems = \"lists/items.ndjson\"");
    std::fs::create_dir(directory.path().join("recipes")).unwrap();
    std::fs::write(directory.path().join("recipes/mine.toml"), text).unwrap();
    let path = directory.path().join("floe.toml");
    let load = |text: &str, assignments: &[&str]| {
        std::fs::write(&path, text).unwrap();
        let assignments: Vec<String> = assignments.iter().map(|&text| text.to_owned()).collect();
        Config::load(ConfigFile::Named(&path), &assignments)
    };
    let items = |config: Config| config.catalog.items.unwrap();
    let beside = |place: &str| directory.path().join(place).display().to_string();
    let named = "recipe = \"recipes/mine.toml\"\n";
    assert_eq!(items(load(named, &[]).unwrap()), beside("recipes/lists/items.ndjson"));
    let own = format!("{named}[catalog]\nitems = \"items.ndjson\"");
    assert_eq!(items(load(&own, &[]).unwrap()), beside("items.ndjson"));
    // What the command line names lies where the program runs.
    let assigned = load(&own, &["catalog.items=items.ndjson"]).unwrap();
    assert_eq!(items(assigned), "items.ndjson");
    let message = load("", &["recipe=recipes/mine.toml"]).unwrap_err().to_string();
    assert!(message.starts_with("configuration (--set): cannot read recipe recipes/mine.toml"));
    let message = load("recipe = \"other.toml\"", &[]).unwrap_err().to_string();
    let expected = format!("floe.toml, line 1): cannot read recipe {}", beside("other.toml"));
    assert!(message.contains(&expected), "{message}");
}

#[test]
fn keys_with_dots_without_end_are_refused() {
    let deep = format!("a{}=1", ".a".repeat(50_000));
    assert!(load(&[&deep]).unwrap_err().to_string().contains("unknown configuration key"));
}

#[test]
fn a_named_file_must_exist_and_a_default_one_need_not() {
    let path = Path::new("no-such-file.toml");
    assert!(Config::load(ConfigFile::Default(path), &[]).is_ok());
    let message = Config::load(ConfigFile::Named(path), &[]).unwrap_err().to_string();
    assert!(message.contains("no-such-file.toml"), "{message}");
}
