//! Recipes that can be followed, and what is said of those that cannot.

use floe_raster::program::Condition;
use floe_raster::rule::{Flags, Rule, SourceStatistic};
use floe_shared::encoding::{DataType, Encoding, Scalar};
use floe_shared::schema::{Overview, Percent};

use super::super::{BUILT_IN, DEFAULT, SourceSpace};
use super::*;

/// The default recipe with a piece of its text replaced.
fn replaced(old: &str, new: &str) -> Result<Recipe, RecipeError> {
    let mut text = RecipeText::find(DEFAULT).unwrap();
    assert!(text.text.contains(old), "{old}");
    text.text = text.text.replacen(old, new, 1);
    text.recipe()
}

#[test]
fn recipes_that_are_built_in_are_right() {
    for (name, _) in BUILT_IN {
        RecipeText::find(name).unwrap().recipe().unwrap();
    }
}

#[test]
fn the_default_counts_valid_temperatures_of_good_or_nominal_quality() {
    let recipe = Recipe::modis_lst();
    let flags = Flags::that(|flag| flag & 0b10 == 0);
    let rule = Rule { range: (7500, 65_535), flags, maxima: true, minima: false };
    let SourceSpace { assets, rule: found } = recipe.source_space.clone().unwrap();
    assert_eq!(found, rule);
    assert_eq!(recipe.statistics(), [SourceStatistic::Mean, SourceStatistic::Maximum]);
    assert_eq!((assets.values.as_str(), assets.flags.as_str()), ("LST_Day_1km", "QC_Day"));
}

#[test]
fn an_overview_follows_its_statistic_unless_the_recipe_says_otherwise() {
    assert_eq!(Recipe::modis_lst().schema.variables[1].overview, Overview::Mean);
    let recipe = replaced("overview = \"mean\"", "").unwrap();
    assert_eq!(recipe.schema.variables[1].overview, Overview::Maximum);
}

#[test]
fn classes_have_meanings_and_overviews_of_the_most_frequent() {
    let flags = "fill = 0\nflag_values = [1, 7]\nflag_meanings = [\"tree cover\", \"water\"]";
    let recipe = replaced("fill = 0", flags).unwrap();
    let variable = &recipe.schema.variables[0];
    assert_eq!(variable.overview, Overview::Mode);
    let meanings: Vec<(f64, &str)> =
        variable.flags.iter().map(|flag| (flag.value, flag.meaning.as_str())).collect();
    assert_eq!(meanings, [(1.0, "tree cover"), (7.0, "water")]);
    let colors = format!("{flags}\nflag_colors = [\"#006400\", \"blue\"]");
    let message = replaced("fill = 0", &colors).unwrap_err().to_string();
    assert!(message.contains("flag_colors: expected a color of the form #rrggbb"), "{message}");
}

/// The encoding of a variable of a type, with a fill and further keys.
fn stored(data_type: &str, fill: &str, more: &str) -> Encoding {
    #[derive(serde::Deserialize)]
    struct Only {
        variable: Spanned<Variable>,
    }
    let text = format!(
        "[variable]\nname = \"a\"\nband = \"b\"\nstatistic = \"mean\"\ntype = \"{data_type}\"\nfill = {fill}\n{more}\n"
    );
    let variable = toml::from_str::<Only>(&text).unwrap().variable;
    let text = RecipeText { name: "a".to_owned(), text, is_built_in: false };
    Check { text: &text }.encoding(&variable, Statistic::Mean).unwrap()
}

#[test]
fn numbers_of_any_type_are_stored_as_the_recipe_says() {
    for (data_type, fill, valid, expected) in [
        ("int16", "-3000", "valid_range = [-2000, 10_000]", Scalar::Int(-3000)),
        ("uint8", "255", "valid_range = [0, 254]", Scalar::Int(255)),
        ("float32", "-9999", "valid_range = [0.5, 1.5]", Scalar::Float(-9999.0)),
        ("uint32", "4294967295", "", Scalar::Int(4_294_967_295)),
    ] {
        let encoding = stored(data_type, fill, valid);
        assert_eq!((encoding.absent, encoding.fill), (expected, Some(expected)), "{data_type}");
        assert_eq!(encoding.data_type.name(), data_type);
        assert_eq!(encoding.valid[0].is_some(), !valid.is_empty());
    }
    assert!(stored("float32", "nan", "").absent.as_f64().is_nan());
}

#[test]
fn what_cannot_be_followed_is_refused_by_line_and_key() {
    for (old, new, expected) in [
        (
            "period = \"year\"",
            "period = \"week\"",
            "line 7: period: expected one of year, season, month, water-year, composite, found 'week'",
        ),
        ("title = ", "titel = ", "unknown field `titel`"),
        ("[[variable]]", "[[variables]]", "unknown field `variables`"),
        (
            "band = \"qc\"",
            "band = \"quality\"",
            "line 37: band: expected one of the recipe's bands (lst, qc), found quality",
        ),
        (
            "qc = { asset = \"QC_Day\" }",
            "qc = { asset = \"\" }",
            "bands.qc.asset: expected an asset's key, found none",
        ),
        (
            "range = [7500, 65535]",
            "range = [7500, 7499.5]",
            "line 33: range: expected two ascending numbers, found [7500, 7499.5]",
        ),
        (
            "range = [7500, 65535]",
            "bits = [1]",
            "line 31: valid: expected either a range, or values with or without bits",
        ),
        (
            "bits = [0, 1]",
            "bits = [0, 32]",
            "bits: expected different numbers from 0 to 31, found [0, 32]",
        ),
        (
            "values = [0, 1]",
            "values = [0, 4]",
            "values: expected different numbers from 0 to 3, found [0, 4]",
        ),
        (
            "statistic = \"mean\"",
            "statistic = \"middle\"",
            "statistic: expected one of mean, maximum, minimum, sum, count, median, percentile,",
        ),
        (
            "overview = \"mean\"",
            "overview = \"median\"",
            "overview: expected one of mean, maximum, minimum, mode, nearest",
        ),
        ("scale = 0.02", "scale = 0.0", "scale: expected a finite number"),
        ("scale = 0.02", "scale = \"fine\"", "invalid type: string \"fine\", expected f64"),
        (
            "name = \"max_daytime_lst\"",
            "name = \"avg_daytime_lst\"",
            "name: expected a name that no other variable has",
        ),
        (
            "range = [7500, 65535]\n",
            "range = [7499, 65535]\n",
            "line 51: valid_range: expected a range that holds all numbers that count, 7499 to 65535, found [7500, 65535]",
        ),
        ("name = \"max_daytime_lst\"", "name = \"5\"", "name: expected a letter"),
        ("name = \"max_daytime_lst\"", "name = \"year\"", "name: expected a letter"),
        ("years = [2020", "years = [2020,, 1", "line 6: "),
    ] {
        assert_refused(old, new, expected);
    }
}

/// The default recipe with other members of its first variable and other tests.
fn with(valid: &str, members: &str) -> Result<Recipe, RecipeError> {
    let mut text = RecipeText::find(DEFAULT).unwrap();
    let (head, _) = text.text.split_once("[[valid]]").unwrap();
    text.text = format!(
        "{head}{valid}\n[[variable]]\nname = \"made\"\nband = \"lst\"\ntype = \"uint16\"\nfill = 0\n{members}\n"
    );
    text.recipe()
}

#[test]
fn bands_have_numbers_of_their_own_and_only_those_that_are_named_are_read() {
    let (_, text) = BUILT_IN[0];
    let text = text
        .replace("lst = {", "lst = { band_scale = 0.5, band_index = 3,")
        .replace("[bands]", "[bands]\nunused = { asset = \"x\", band_index = 2 }");
    let text = RecipeText { name: "mine".to_owned(), text, is_built_in: false };
    let recipe = text.recipe().unwrap();
    let bands: Vec<(&str, u16)> =
        recipe.bands.iter().map(|band| (band.name.as_str(), band.index)).collect();
    assert_eq!((bands, recipe.program.bands), (vec![("lst", 3), ("qc", 1)], 2));
    let source = recipe.program.outputs[0].source;
    assert_eq!((source.scale, source.offset), (0.5, 0.0));
    assert!(!recipe.is_of_source_space());
    for (old, new, expected) in [
        (
            "asset = \"QC_Day\"",
            "asset = \"QC_Day\", band_index = 0",
            "bands.qc.band_index: expected a number from 1",
        ),
        (
            "asset = \"QC_Day\"",
            "asset = \"QC_Day\", band_scale = 0.0",
            "bands.qc.band_scale: expected a finite number, and no scale of 0",
        ),
        ("asset = \"QC_Day\"", "asset = \"QC_Day\", index = 1", "unknown field `index`"),
    ] {
        let message = replaced(old, new).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn tests_of_a_variable_stand_in_the_place_of_the_recipes() {
    let shared = "[[valid]]\nband = \"qc\"\nvalues = [0, 17]";
    let own = "statistic = \"median\"\nvalid = [{ band = \"lst\", range = [-0.5, inf] }, { band = \"qc\", bits = [9, 2], values = [0, 2] }]";
    let conditions = |recipe: &Recipe| -> Vec<(usize, Condition)> {
        let valid = recipe.program.outputs[0].valid.iter();
        valid.map(|test| (test.band, test.condition.clone())).collect()
    };
    let recipe = with(shared, own).unwrap();
    assert_eq!(recipe.program.outputs[0].statistic, Statistic::Median);
    let bits = Condition::Bits { bits: vec![9, 2], values: vec![0, 2] };
    assert_eq!(conditions(&recipe), [(0, Condition::Range(-0.5, f64::INFINITY)), (1, bits)]);
    let recipe = with(shared, "statistic = \"first\"").unwrap();
    assert_eq!(conditions(&recipe), [(1, Condition::OneOf(vec![0.0, 17.0]))]);
    assert_eq!(conditions(&with(shared, "statistic = \"last\"\nvalid = []").unwrap()), []);
}

#[test]
fn statistics_of_hits_runs_and_shares_are_read() {
    let hits = "when = [{ band = \"lst\", values = [200] }]";
    let output = |members: &str| with("", members).unwrap().program.outputs.remove(0);
    let made = output(&format!("statistic = \"run-end-day\"\ngap = \"bridge\"\n{hits}"));
    assert_eq!(
        (made.statistic, made.bridges_gaps, made.when.len()),
        (Statistic::RunEndDay, true, 1)
    );
    let made = output(&format!("statistic = \"run-first-day\"\n{hits}"));
    assert!(!made.bridges_gaps);
    let made = output("statistic = \"percentile\"\npercent = 2.5");
    assert_eq!(made.statistic, Statistic::Percentile(Percent { millionths: 25_000 }));
    let (_, text) = BUILT_IN[0];
    let text = text.replace("period = \"year\"", "period = \"year\"\none_per = \"day\"");
    let text = RecipeText { name: "mine".to_owned(), text, is_built_in: false };
    assert!(text.recipe().unwrap().program.one_per_day);
}

#[test]
fn what_was_observed_and_never_hit_is_told_from_what_was_never_observed() {
    let share = "statistic = \"share\"\nwhen = [{ band = \"lst\", values = [200] }]";
    let stored = |fill: &str| {
        let mut text = RecipeText::find(DEFAULT).unwrap();
        let (head, _) = text.text.split_once("[[valid]]").unwrap();
        text.text = format!(
            "{head}[[variable]]\nname = \"made\"\nband = \"lst\"\ntype = \"uint8\"\n{fill}\n{share}\n"
        );
        text.recipe().map(|recipe| recipe.program.outputs[0].stored)
    };
    let made = stored("fill = 255\nscale = 0.004").unwrap();
    assert_eq!(
        (made.data_type, made.fill, made.affine.scale),
        (DataType::U8, Scalar::Int(255), 0.004)
    );
    // A share of 0 is stored as 50.
    let offset = "scale = 0.004\noffset = -0.2\nfill";
    assert!(stored(&format!("{offset} = 0")).is_ok());
    let message = stored(&format!("{offset} = 50")).unwrap_err().to_string();
    assert!(message.contains("fill: expected another number, since a share of 0"), "{message}");
}

#[test]
fn statistics_that_lack_something_are_refused() {
    let hits = "when = [{ band = \"lst\", values = [200] }]";
    for (members, expected) in [
        ("statistic = \"share\"".to_owned(), "when: expected tests that observations hit, which share is made of, found none"),
        ("statistic = \"first-day\"\nwhen = []".to_owned(), "when: expected tests that observations hit"),
        (format!("statistic = \"mean\"\n{hits}"), "when: expected none, since mean is made of all observations that count"),
        ("statistic = \"percentile\"".to_owned(), "percent: expected a number from 0 to 100, which a percentile is made of, found none"),
        ("statistic = \"percentile\"\npercent = 101".to_owned(), "percent: expected a number from 0 to 100 with at most four decimals, found 101"),
        ("statistic = \"percentile\"\npercent = nan".to_owned(), "percent: expected a number from 0 to 100"),
        ("statistic = \"median\"\npercent = 50".to_owned(), "percent: expected none, since median is no percentile"),
        ("statistic = \"mean\"\ngap = \"bridge\"".to_owned(), "gap: expected none, since mean is not made of runs"),
        (format!("statistic = \"run-end-day\"\ngap = \"jump\"\n{hits}"), "gap: expected one of break, bridge, found 'jump'"),
        (format!("statistic = \"count\"\n{hits}"), "fill: expected another number, since a count of 0 says that none of the observations hit, found 0"),
        (format!("statistic = \"run-length\"\n{hits}"), "fill: expected another number, since a run-length of 0"),
        ("statistic = \"mean\"\nvalid = [{ band = \"snow\", values = [1] }]".to_owned(), "band: expected one of the recipe's bands (lst, qc), found snow"),
        ("statistic = \"mean\"\nvalid = [{ band = \"qc\", values = [1] }, { band = \"qc\", bits = [0], values = [0] }]".to_owned(), "valid: expected numbers that pass the tests before it as well, found none"),
    ] {
        let message = with("", &members).unwrap_err().to_string();
        assert!(message.starts_with("recipe modis-lst, line ") && message.contains(expected), "{message}");
    }
    let message = replaced("period = \"year\"", "one_per = \"week\"").unwrap_err().to_string();
    assert!(message.contains("line 7: one_per: expected one of day, found 'week'"), "{message}");
}

#[test]
fn what_needs_more_than_sums_and_extremes_of_known_files_is_not_made_in_source_space() {
    assert!(replaced("title", "title").unwrap().is_of_source_space());
    assert!(replaced("[0, 1]\n\n[[var", "[0, 1, 3]\n\n[[var").unwrap().is_of_source_space());
    for (old, new) in [
        ("statistic = \"mean\"", "statistic = \"median\""),
        ("LST_Day_1km", "LST_Day_1KM"),
        ("range = [7500, 65535]", "values = [7500]"),
        ("period = \"year\"", "one_per = \"day\""),
        ("statistic = \"mean\"", "statistic = \"mean\"\nvalid = []"),
        ("{ asset = \"QC_Day\" }", "{ asset = \"QC_Day\", band_index = 2 }"),
        ("{ asset = \"LST_Day_1km\" }", "{ asset = \"LST_Day_1km\", band_offset = 1.0 }"),
    ] {
        assert!(!replaced(old, new).unwrap().is_of_source_space(), "{old} -> {new}");
    }
}

#[test]
fn stored_numbers_that_a_type_does_not_hold_are_refused() {
    for (old, new, expected) in [
        (
            "type = \"uint16\"",
            "type = \"uint12\"",
            "line 45: type: expected one of uint8, int8, uint16, int16, uint32, int32, float32, found 'uint12'",
        ),
        ("fill = 0", "fill = -1", "line 47: fill: expected a number that uint16 holds, found -1"),
        ("fill = 0", "fill = nan", "fill: expected a number that uint16 holds, found NaN"),
        ("fill = 0", "fill = 0.5", "fill: expected a number that uint16 holds, found 0.5"),
        ("fill = 0", "fill = \"none\"", "invalid type: string \"none\", expected a number"),
        ("fill = 0", "", "fill: expected a number that uint16 holds, found none"),
        (
            "valid_range = [7500, 65535]",
            "valid_range = [0, 65535]",
            "valid_range: expected two ascending numbers, and not the fill, 0, between them, found [0, 65535]",
        ),
        (
            "valid_range = [7500, 65535]",
            "valid_range = [7500, 65536]",
            "valid_range: expected two numbers that uint16 holds, found [7500, 65536]",
        ),
        (
            "fill = 0",
            "fill = 0\nflag_values = [1, 2]",
            "line 48: flag_values: expected flag_values and flag_meanings together",
        ),
        (
            "fill = 0",
            "fill = 0\nflag_values = [1, 0]\nflag_meanings = [\"a\", \"b\"]",
            "flag_values: expected different numbers that uint16 holds, and not the fill, found [1, 0]",
        ),
        (
            "fill = 0",
            "fill = 0\nflag_values = [1, 2]\nflag_meanings = [\"a\"]",
            "flag_meanings: expected as many as there are values or masks, found [1,2]",
        ),
    ] {
        assert_refused(old, new, expected);
    }
}

fn assert_refused(old: &str, new: &str, expected: &str) {
    let message = replaced(old, new).unwrap_err().to_string();
    assert!(message.starts_with("recipe modis-lst, line "), "{message}");
    assert!(message.contains(expected), "{old} -> {new}: {message}");
}

#[test]
fn a_name_that_is_not_built_in_is_told_with_those_that_are() {
    let message = RecipeText::find("modis-lts").unwrap_err().to_string();
    assert!(
        message.contains("unknown recipe 'modis-lts': expected modis-lst, modis-lst-day-night, "),
        "{message}"
    );
    let message = RecipeText::find("no-such-file.toml").unwrap_err().to_string();
    assert!(message.starts_with("cannot read recipe no-such-file.toml: "), "{message}");
}
