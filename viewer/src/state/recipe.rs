//! The Python lines that read the same data.

use std::fmt::Write as _;

use floe_shared::schema::Variable;

use crate::dataset::RefSpec;
use crate::search::Place;

/// Lines for icechunk 2 and xarray: the shown variable and year, at the inspected place if there is one.
pub fn python(
    store: &str,
    reference: &RefSpec,
    variable: Variable,
    year: Option<i32>,
    place: Option<Place>,
) -> String {
    let session = match reference {
        RefSpec::Branch(name) => quoted(name),
        RefSpec::Tag(name) => format!("tag={}", quoted(name)),
        RefSpec::Snapshot(id) => format!("snapshot_id={}", quoted(id)),
    };
    // Writing to a text cannot fail.
    let mut reading = format!("dataset.{variable}");
    if let Some(year) = year {
        let _ = write!(reading, ".sel(year={year})");
    }
    if let Some(Place { lon, lat }) = place {
        let _ = write!(
            reading,
            ".sel(\n    latitude={lat:.4}, longitude={lon:.4}, method=\"nearest\"\n)"
        );
    }
    format!(
        "# pip install icechunk xarray zarr\n\
         import icechunk\n\
         import xarray\n\
         \n\
         storage = {}\n\
         repository = icechunk.Repository.open(storage)\n\
         session = repository.readonly_session({session})\n\
         dataset = xarray.open_zarr(session.store, consolidated=False)\n\
         kelvin = {reading}\n",
        storage(store)
    )
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

    #[test]
    fn a_plain_address_is_read_over_http() {
        let lines = python(
            "https://example.org/lst",
            &RefSpec::default(),
            Variable::Average,
            Some(2021),
            Some(Place { lon: 7.44, lat: 46.95 }),
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
        let lines = |reference| python("x", &reference, Variable::Maximum, None, None);
        let tag = lines(RefSpec::Tag("v1".to_owned()));
        assert!(tag.contains("readonly_session(tag=\"v1\")"), "{tag}");
        let snapshot = lines(RefSpec::Snapshot("ABC".to_owned()));
        assert!(snapshot.contains("readonly_session(snapshot_id=\"ABC\")"), "{snapshot}");
        assert!(snapshot.ends_with("kelvin = dataset.max_daytime_lst\n"), "{snapshot}");
    }

    #[test]
    fn quotes_in_an_address_cannot_leave_the_literal() {
        assert_eq!(quoted("a\"b\\"), "\"a\\\"b\\\\\"");
    }
}
