//! What a store says of itself and of its variables in words: attributes of CF (section 2.6) and of ACDD.

use floe_shared::colormap::Kind;
use floe_shared::encoding::Encoding;
use serde_json::Value;

use super::map_array::MapArray;
use super::metadata::ArrayMetadata;
use crate::dataset::Texts;

/// The most characters of a text that go to the page.
const LONGEST: usize = 4000;

/// What the attributes of the root say of the store.
pub(super) fn texts(root: &Value) -> Texts {
    let text = |name: &str| {
        let text = root[name].as_str().unwrap_or_default().trim();
        text.chars().take(LONGEST).collect::<String>()
    };
    let first = |names: &[&str]| {
        names.iter().map(|name| text(name)).find(|text| !text.is_empty()).unwrap_or_default()
    };
    // Who made it comes first: it is what fits beside the map.
    let mut source = text("institution");
    let how = text("source");
    if !source.is_empty() && !how.is_empty() {
        source.push_str(", ");
    }
    source.push_str(&how);
    Texts {
        title: text("title"),
        summary: first(&["summary", "description", "comment"]),
        source,
        references: first(&["references", "doi"]),
        license: first(&["license", "licence"]),
    }
}

/// What a variable is.
pub(super) fn long_name(array: &ArrayMetadata) -> String {
    let standard_name = || Some(array.text("standard_name")?.replace('_', " "));
    let long_name = array.text("long_name").map(str::to_owned);
    // Its name, where it has no better one.
    let name = || array.path.rsplit('/').next().unwrap_or_default().to_owned();
    long_name.filter(|text| !text.trim().is_empty()).or_else(standard_name).unwrap_or_else(name)
}

/// What variables are called among each other: where they differ in nothing but how one quantity was summed up (CF
/// `cell_methods`), a word for that, else what they are.
pub(super) fn labels(arrays: &[&MapArray]) -> Vec<String> {
    let arrays = || arrays.iter().map(|array| &array.metadata);
    let quantity = |array: &ArrayMetadata| array.text("standard_name").map(str::to_owned);
    let first = arrays().next().and_then(quantity);
    let mut methods: Vec<String> = Vec::new();
    for array in arrays() {
        match method(array) {
            Some(method)
                if first.is_some() && quantity(array) == first && !methods.contains(&method) =>
            {
                methods.push(method);
            }
            _ => return arrays().map(long_name).collect(),
        }
    }
    if methods.len() > 1 { methods } else { arrays().map(long_name).collect() }
}

/// The first method of `cell_methods`, as a word: `Mean` of `time: mean area: sum`. `point`, which sums nothing up and which
/// percentiles are given for want of a method of theirs (CF, appendix E), is none.
fn method(array: &ArrayMetadata) -> Option<String> {
    let methods = array.text("cell_methods")?;
    let method = methods.split_whitespace().find(|word| !word.ends_with(':'))?;
    let method = Some(method).filter(|method| *method != "point")?;
    let mut letters = method.chars();
    let first = letters.next()?.to_ascii_uppercase();
    Some(format!("{first}{}", letters.as_str().replace('_', " ")))
}

/// Whether a variable says of its values that they are differences: kelvin then are no degrees above absolute zero.
pub(super) fn is_difference(array: &ArrayMetadata) -> bool {
    const WORDS: [&str; 6] =
        ["difference", "anomal", "deviation", "uncertainty", "error", "spread"];
    says(array, &["units_metadata", "standard_name", "long_name"], &WORDS)
}

/// The kind of colour map that suits a variable, as far as its attributes tell.
pub(super) fn kind(array: &ArrayMetadata) -> Kind {
    // Uncertainties and spreads have no sign, and a normalized difference is an index (of vegetation, of snow).
    let has_sign = says(array, &["standard_name", "long_name"], &["difference", "anomal"])
        && !says(
            array,
            &["standard_name", "long_name"],
            &["normalized_d", "normalized d", "normalised d"],
        );
    if has_sign {
        Kind::Diverging
    } else if turn(array).is_some() {
        Kind::Cyclic
    } else {
        Kind::Sequential
    }
}

/// The angle of a whole turn, if the values are directions.
fn turn(array: &ArrayMetadata) -> Option<f64> {
    let units = array.encoding.units.as_deref().unwrap_or_default();
    let is_direction = says(array, &["standard_name", "long_name"], &["direction", "azimuth"]);
    match units {
        _ if !is_direction => None,
        "degree" | "degrees" | "deg" | "°" => Some(360.0),
        "radian" | "radians" | "rad" => Some(std::f64::consts::TAU),
        _ if units.starts_with("degree") && units.contains("true") => Some(360.0),
        _ => None,
    }
}

/// The physical values between which all lie: a whole turn of directions, else what the store says, where it means it.
pub(super) fn valid(array: &ArrayMetadata) -> Option<(f64, f64)> {
    said(&array.encoding).or_else(|| Some((0.0, turn(array)?)))
}

/// The valid range in physical values: not where it only names what the numbers' type holds.
fn said(encoding: &Encoding) -> Option<(f64, f64)> {
    /// Fields that are measured anywhere are less.
    const LARGEST: f64 = 1e9;
    let [least, greatest] = encoding.valid_numbers();
    let size = encoding.data_type.size();
    let span = greatest - least;
    let is_said = if encoding.data_type.is_float() {
        least.abs().max(greatest.abs()) < LARGEST
    } else {
        size == 1 && span.is_finite() || span < 2_f64.powi(size as i32 * 8 - 1)
    };
    let ends = [least, greatest].map(|end| encoding.physical(end));
    (is_said && span > 0.0).then(|| (ends[0].min(ends[1]), ends[0].max(ends[1])))
}

/// Whether one of some attributes has one of some words in it.
fn says(array: &ArrayMetadata, attributes: &[&str], words: &[&str]) -> bool {
    attributes.iter().any(|attribute| {
        let text = array.text(attribute).unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    })
}

#[cfg(test)]
mod tests {
    use floe_shared::encoding::DataType;
    use serde_json::json;

    use super::*;

    fn array(name: &str, attributes: &Value) -> MapArray {
        let json = json!({
            "zarr_format": 3, "shape": [1, 1, 1], "data_type": "uint16", "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1, 1]}},
            "codecs": ["bytes"], "dimension_names": ["time", "lat", "lon"], "attributes": attributes,
        });
        MapArray::new(ArrayMetadata::parse(name, &json.to_string()).unwrap(), [1, 2]).unwrap()
    }

    #[test]
    fn summaries_of_one_quantity_are_called_by_how_they_were_made() {
        let lst = |name: &str, methods: &str| {
            array(name, &json!({"standard_name": "surface_temperature", "cell_methods": methods}))
        };
        let both = [lst("/a", "year: mean area: mean"), lst("/b", "year: maximum")];
        assert_eq!(labels(&both.each_ref()), ["Mean", "Maximum"]);
        let [mean, _] = both;
        let long = ["surface temperature"; 2];
        assert_eq!(labels(&[&mean, &lst("/c", "year: mean")]), long);
        assert_eq!(labels(&[&mean]), long[..1]);
        let percentile = "time: point (comment: percentile 90)";
        let names = json!({"long_name": "P90", "standard_name": "x", "cell_methods": percentile});
        let median =
            json!({"long_name": "Middle", "standard_name": "x", "cell_methods": "time: median"});
        let (percentile, median) = (array("/p90", &names), array("/p50", &median));
        assert_eq!(labels(&[&median, &percentile]), ["Middle", "P90"]);
        let other = array("/pr", &json!({"long_name": "Rain", "cell_methods": "time: sum"}));
        assert_eq!(labels(&[&mean, &other]), ["surface temperature", "Rain"]);
    }

    #[test]
    fn a_valid_range_is_a_range_of_values_unless_it_is_that_of_the_type() {
        let range = |data_type: DataType, range: [f64; 2]| {
            let attributes =
                json!({"scale_factor": 0.5, "valid_range": range.map(|end| end as i64)});
            said(&Encoding::read(data_type, &json!(0), &attributes).unwrap())
        };
        assert_eq!(range(DataType::I16, [-2000.0, 10_000.0]), Some((-1000.0, 5000.0)));
        assert_eq!(range(DataType::I16, [-32_767.0, 32_767.0]), None);
        assert_eq!(range(DataType::U16, [7500.0, 65_535.0]), None);
        assert_eq!(range(DataType::U8, [0.0, 250.0]), Some((0.0, 125.0)));
        assert_eq!(range(DataType::F32, [-1e20, 1e20]), None);
        assert_eq!(range(DataType::F32, [0.0, 1.0]), Some((0.0, 0.5)));
        assert_eq!(said(&Encoding::plain(DataType::U8)), None);
    }

    #[test]
    fn differences_diverge_and_directions_go_round() {
        let kind = |long_name: &str, units: &str| {
            let array = array("/a", &json!({"long_name": long_name, "units": units}));
            (kind(&array.metadata), valid(&array.metadata))
        };
        assert_eq!(kind("Temperature anomaly", "K"), (Kind::Diverging, None));
        assert_eq!(kind("Normalized difference snow index", "1"), (Kind::Sequential, None));
        assert_eq!(kind("Standard error of the mean", "K"), (Kind::Sequential, None));
        assert_eq!(kind("Wind direction", "degree"), (Kind::Cyclic, Some((0.0, 360.0))));
        assert_eq!(kind("Latitude", "degrees"), (Kind::Sequential, None));
        assert_eq!(kind("Direction of flow (D8)", "1"), (Kind::Sequential, None));
    }

    #[test]
    fn a_variable_without_words_goes_by_its_name() {
        assert_eq!(long_name(&array("/group/tas", &json!({"long_name": " "})).metadata), "tas");
    }

    #[test]
    fn what_the_root_says_is_told_in_few_members() {
        let root = json!({"title": "Air", "comment": "c", "source": "ERA5", "institution": "ECMWF", "references": 7});
        let Texts { title, summary, source, references, license } = texts(&root);
        assert_eq!([title, summary, source], ["Air", "c", "ECMWF, ERA5"]);
        assert_eq!([references, license], ["", ""]);
    }
}
