//! The Python lines that read the same data.

use std::fmt::Write as _;

use crate::axis::{Axis, Steps};
use crate::dataset::RefSpec;
use crate::number::fixed;
use crate::search::Place;

/// Lines for icechunk 2 and xarray: the shown variable at the shown steps of its axes, and at the inspected place if there is
/// one. Without a reference the store is plain Zarr.
pub fn python(
    store: &str,
    reference: Option<&RefSpec>,
    variable: Option<&str>,
    steps: &[(&Axis, u32)],
    place: Option<(Place, (String, String))>,
) -> String {
    // A variable of a group is one of the dataset that the group is.
    let path = variable.and_then(|name| name.rsplit_once('/'));
    let group = path.map(|(group, _)| format!(", group={}", quoted(group))).unwrap_or_default();
    let mut reading = match path.map(|(_, name)| name).or(variable) {
        Some(name) if is_attribute(name) => format!("dataset.{name}"),
        Some(name) => format!("dataset[{}]", quoted(name)),
        None => "dataset".to_owned(),
    };
    reading += &selection(steps, true);
    reading += &selection(steps, false);
    if let Some((Place { lon, lat }, (row, col))) = place {
        let (lat, lon) = (argument(&row, lat), argument(&col, lon));
        let _ = write!(reading, ".sel(\n    {lat}, {lon}, method=\"nearest\"\n)");
    }
    let Some(reference) = reference else {
        let store = quoted(store);
        return format!(
            "# pip install xarray zarr fsspec aiohttp\n\
             import xarray\n\
             \n\
             dataset = xarray.open_zarr({store}{group})\n\
             values = {reading}\n"
        );
    };
    let session = match reference {
        RefSpec::Branch(name) => quoted(name),
        RefSpec::Tag(name) => format!("tag={}", quoted(name)),
        RefSpec::Snapshot(id) => format!("snapshot_id={}", quoted(id)),
    };
    format!(
        "# pip install icechunk xarray zarr\n\
         import icechunk\n\
         import xarray\n\
         \n\
         storage = {}\n\
         repository = icechunk.Repository.open(storage)\n\
         session = repository.readonly_session({session})\n\
         dataset = xarray.open_zarr(session.store, consolidated=False{group})\n\
         values = {reading}\n",
        storage(store)
    )
}

/// A place along an axis as an argument by name.
fn argument(axis: &str, value: f64) -> String {
    let value = fixed(value, 4);
    if is_attribute(axis) {
        format!("{axis}={value}")
    } else {
        format!("**{{{}: {value}}}", quoted(axis))
    }
}

/// The call that selects steps by their labels or, where they have none, by their index; nothing without any.
fn selection(steps: &[(&Axis, u32)], by_label: bool) -> String {
    let of_kind = |(axis, _): &&(&Axis, u32)| !matches!(axis.steps, Steps::Indices(_)) == by_label;
    let chosen: Vec<_> = steps.iter().filter(of_kind).collect();
    if chosen.is_empty() {
        return String::new();
    }
    let are_words = chosen.iter().all(|(axis, _)| is_attribute(&axis.name));
    let pair = |(axis, step): &&(&Axis, u32)| {
        let label = match axis.steps {
            Steps::Numbers { .. } | Steps::Indices(_) => axis.label(*step),
            Steps::Times { .. } | Steps::Texts(_) => quoted(&axis.label(*step)),
        };
        if are_words {
            format!("{}={label}", axis.name)
        } else {
            format!("{}: {label}", quoted(&axis.name))
        }
    };
    let pairs = chosen.iter().map(pair).collect::<Vec<_>>().join(", ");
    let call = if by_label { "sel" } else { "isel" };
    // What a number of 32 bits is called is not what it is.
    let is_single =
        |(axis, _): &&(&Axis, u32)| matches!(axis.steps, Steps::Numbers { is_single: true, .. });
    let nearest = if chosen.iter().any(is_single) { ", method=\"nearest\"" } else { "" };
    let (open, close) = if are_words { ("", "") } else { ("{", "}") };
    format!(".{call}({open}{pairs}{close}{nearest})")
}

/// Whether Python reads `dataset.NAME`.
fn is_attribute(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.bytes().all(is_word) && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// The storage of an address: object stores that icechunk knows by themselves, everything else as
/// plain HTTP.
fn storage(store: &str) -> String {
    if let Some((bucket, region, prefix)) = s3(store) {
        let region = region.map(|region| format!(", region={}", quoted(region)));
        return format!(
            "icechunk.s3_storage(\n    bucket={}, prefix={}{}, anonymous=True\n)",
            quoted(bucket),
            quoted(prefix),
            region.unwrap_or_default()
        );
    }
    if let Some((bucket, prefix)) =
        store.strip_prefix("https://storage.googleapis.com/").and_then(|path| path.split_once('/'))
    {
        return format!(
            "icechunk.gcs_storage(bucket={}, prefix={}, anonymous=True)",
            quoted(bucket),
            quoted(prefix.trim_end_matches('/'))
        );
    }
    format!("icechunk.http_storage({})", quoted(store))
}

/// Bucket, region and prefix of `https://BUCKET.s3.REGION.amazonaws.com/PREFIX`.
fn s3(store: &str) -> Option<(&str, Option<&str>, &str)> {
    let (host, prefix) = store.strip_prefix("https://")?.split_once('/')?;
    let (bucket, rest) = host.strip_suffix(".amazonaws.com")?.split_once(".s3")?;
    Some((bucket, rest.strip_prefix('.'), prefix.trim_end_matches('/')))
}

/// A text as a Python string literal.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years() -> Steps {
        Steps::Numbers { values: vec![2020.0, 2021.0], is_single: false }
    }

    #[test]
    fn steps_are_selected_by_label_or_by_index() {
        let time = Steps::Times {
            seconds: vec![0.0, 86_400.0],
            calendar: floe_shared::cf_time::Calendar::Standard,
            with_clock: false,
        };
        let depth = Steps::Numbers { values: vec![0.1], is_single: true };
        let (time, depth) = (Axis::of("time", time), Axis::of("sea depth", depth));
        let member = Axis::of("member", Steps::Indices(5));
        let said = |steps: &[(&Axis, u32)]| {
            let lines = python("x", Some(&RefSpec::default()), Some("ocean/t"), steps, None);
            assert!(lines.contains("consolidated=False, group=\"ocean\")"), "{lines}");
            lines.lines().last().map(str::to_owned)
        };
        assert_eq!(
            said(&[(&time, 1), (&member, 2)]).as_deref(),
            Some("values = dataset.t.sel(time=\"1970-01-02\").isel(member=2)")
        );
        assert_eq!(
            said(&[(&time, 0), (&depth, 0)]).as_deref(),
            Some(
                "values = dataset.t.sel({\"time\": \"1970-01-01\", \"sea depth\": 0.1}, method=\"nearest\")"
            )
        );
    }

    #[test]
    fn a_plain_address_is_read_over_http() {
        let axes = ("latitude".to_owned(), "longitude".to_owned());
        let lines = python(
            "https://example.org/lst",
            Some(&RefSpec::default()),
            Some("avg_daytime_lst"),
            &[(&Axis::of("year", years()), 1)],
            Some((Place { lon: 7.44, lat: 46.95 }, axes)),
        );
        assert!(lines.contains("icechunk.http_storage(\"https://example.org/lst\")"), "{lines}");
        assert!(lines.contains("readonly_session(\"main\")"), "{lines}");
        assert!(lines.contains("dataset.avg_daytime_lst.sel(year=2021).sel("), "{lines}");
        assert!(lines.contains("latitude=46.9500, longitude=7.4400"), "{lines}");
    }

    #[test]
    fn object_stores_are_read_by_their_own_protocol() {
        let s3 = storage("https://lst.s3.eu-central-1.amazonaws.com/v1/store/");
        assert!(
            s3.contains("bucket=\"lst\", prefix=\"v1/store\", region=\"eu-central-1\""),
            "{s3}"
        );
        let gcs = storage("https://storage.googleapis.com/lst/store");
        assert_eq!(gcs, "icechunk.gcs_storage(bucket=\"lst\", prefix=\"store\", anonymous=True)");
    }

    #[test]
    fn tags_and_snapshots_are_named_as_such() {
        let lines = |reference| python("x", Some(&reference), Some("max_daytime_lst"), &[], None);
        let tag = lines(RefSpec::Tag("v1".to_owned()));
        assert!(tag.contains("readonly_session(tag=\"v1\")"), "{tag}");
        let snapshot = lines(RefSpec::Snapshot("ABC".to_owned()));
        assert!(snapshot.contains("readonly_session(snapshot_id=\"ABC\")"), "{snapshot}");
        assert!(snapshot.ends_with("values = dataset.max_daytime_lst\n"), "{snapshot}");
    }

    #[test]
    fn plain_zarr_needs_no_session() {
        let lines = python("https://example.org/snow", None, Some("snow"), &[], None);
        assert!(
            lines.contains(
                "xarray.open_zarr(\"https://example.org/snow\")\nvalues = dataset.snow\n"
            ),
            "{lines}"
        );
    }

    #[test]
    fn a_name_that_is_no_word_is_quoted() {
        let lines = python(
            "x",
            Some(&RefSpec::default()),
            Some("2m \"t\""),
            &[(&Axis::of("year", years()), 1)],
            None,
        );
        assert!(lines.contains("values = dataset[\"2m \\\"t\\\"\"].sel(year=2021)"), "{lines}");
    }

    #[test]
    fn axes_have_the_names_that_the_store_gives_them() {
        let place = Place { lon: 7.44, lat: 46.95 };
        let axes = ("lat".to_owned(), "x (m)".to_owned());
        let lines = python("x", None, Some("tas"), &[], Some((place, axes)));
        assert!(lines.contains("lat=46.9500, **{\"x (m)\": 7.4400}, method"), "{lines}");
    }

    #[test]
    fn quotes_in_an_address_cannot_leave_the_literal() {
        assert_eq!(quoted("a\"b\\"), "\"a\\\"b\\\\\"");
    }
}
