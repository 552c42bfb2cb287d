//! Virtual chunks: which URL a browser can fetch for a location written in a manifest.

use super::containers::{Container, Storage};
use super::error::StoreError;
use crate::cloud;

/// Gives the URL under which anybody may read the object at `location`, in one of these containers or in none.
///
/// S3 and Google Cloud Storage have a public HTTPS form for every bucket. An Azure location has one if it, or its
/// container, names the storage account; `az://container/path` alone leaves that to the writer's credentials.
///
/// Locations are URLs: an escape in a key stays one, and what would end the key or mean something else in a URL becomes
/// one. Only `http:` locations have a query.
pub(super) fn resolve(location: &str, containers: &[Container]) -> Result<String, StoreError> {
    let unreachable =
        |reason: String| StoreError::VirtualChunk { location: location.to_owned(), reason };
    let (location, container) = if let Some(relative) = location.strip_prefix("vcc://") {
        let (name, path) = relative.split_once('/').unwrap_or((relative, ""));
        let found = containers.iter().find(|other| other.name.as_deref() == Some(name));
        let container = found.ok_or_else(|| {
            unreachable(format!("the repository's configuration has no container '{name}'"))
        })?;
        (format!("{}{path}", container.prefix), Some(container))
    } else {
        let found = containers.iter().find(|other| location.starts_with(&other.prefix));
        (location.to_owned(), found)
    };
    let (scheme, rest) =
        location.split_once("://").ok_or_else(|| unreachable("it has no scheme".to_owned()))?;
    if scheme == "file" {
        return Err(unreachable("it lies on the writer's own disk".to_owned()));
    }
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() || key.is_empty() {
        return Err(unreachable("it names no object".to_owned()));
    }
    if matches!(scheme, "http" | "https") {
        let (key, query) = key.split_once('?').unwrap_or((key, ""));
        let mark = if query.is_empty() { "" } else { "?" };
        return Ok(format!("{scheme}://{bucket}/{}{mark}{query}", escaped(key)));
    }
    let key = escaped(key);
    let storage = container.map(|container| &container.storage);
    match scheme {
        "s3" | "tigris" => {
            let (endpoint, region) = match storage {
                Some(Storage::S3 { endpoint, region }) => (endpoint.as_deref(), region.as_deref()),
                _ => (None, None),
            };
            if scheme == "tigris" && endpoint.is_none() {
                return Err(unreachable("a browser does not know its scheme".to_owned()));
            }
            Ok(cloud::s3(bucket, &key, endpoint, region))
        }
        "gs" | "gcs" => Ok(cloud::google(bucket, &key)),
        "az" | "azure" | "abfs" | "abfss" => {
            let account = match storage {
                Some(Storage::Azure { account }) => account.as_deref(),
                _ => None,
            };
            cloud::azure(bucket, &key, account).ok_or_else(|| {
                let reason =
                    "its storage account is known to nobody but the writer; https:// names it";
                unreachable(reason.to_owned())
            })
        }
        _ => Err(unreachable("a browser does not know its scheme".to_owned())),
    }
}

/// A key as the path of a URL (RFC 3986, section 3.3). `+` is escaped as well, for S3 takes it for a space.
fn escaped(key: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let bytes = key.as_bytes();
    let mut path = String::with_capacity(bytes.len());
    for (at, &byte) in bytes.iter().enumerate() {
        let is_hex = |ahead: usize| bytes.get(at + ahead).is_some_and(u8::is_ascii_hexdigit);
        let stays = byte.is_ascii_alphanumeric()
            || b"-._~/!$&'()*,;=:@".contains(&byte)
            || (byte == b'%' && is_hex(1) && is_hex(2));
        if stays {
            path.push(byte.into());
        } else {
            path.push('%');
            path.push(HEX[usize::from(byte >> 4)].into());
            path.push(HEX[usize::from(byte & 15)].into());
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn https(location: &str) -> Result<String, StoreError> {
        resolve(location, &[])
    }

    #[test]
    fn public_object_stores_have_an_https_form() {
        let table = [
            ("https://host/a/b.nc", "https://host/a/b.nc"),
            ("s3://bucket/a/b.nc", "https://bucket.s3.amazonaws.com/a/b.nc"),
            ("s3://my.bucket/a.nc", "https://s3.amazonaws.com/my.bucket/a.nc"),
            ("gs://bucket/a/b.nc", "https://storage.googleapis.com/bucket/a/b.nc"),
            ("gcs://bucket/a", "https://storage.googleapis.com/bucket/a"),
            (
                "abfs://box@lake.dfs.core.windows.net/a/b",
                "https://lake.blob.core.windows.net/box/a/b",
            ),
            ("az://lake.blob.core.windows.net/box/a", "https://lake.blob.core.windows.net/box/a"),
        ];
        for (location, expected) in table {
            assert_eq!(https(location).unwrap(), expected);
        }
    }

    #[test]
    fn keys_mean_in_the_url_what_they_mean_in_the_store() {
        let table = [
            ("s3://b/a b+c#d?e%f", "https://b.s3.amazonaws.com/a%20b%2Bc%23d%3Fe%25f"),
            ("s3://b/a%20b%2Bc%23d%3Fe%25f", "https://b.s3.amazonaws.com/a%20b%2Bc%23d%3Fe%25f"),
            ("gs://b/été/x=1", "https://storage.googleapis.com/b/%C3%A9t%C3%A9/x=1"),
            ("https://host/a b#c+d?token=a+b", "https://host/a%20b%23c%2Bd?token=a+b"),
            ("http://127.0.0.1:80/a%3Fb", "http://127.0.0.1:80/a%3Fb"),
        ];
        for (location, expected) in table {
            assert_eq!(https(location).unwrap(), expected);
        }
    }

    #[test]
    fn named_containers_resolve_with_their_endpoints() {
        let container = |name: &str, prefix: &str, storage| Container {
            name: Some(name.to_owned()),
            prefix: prefix.to_owned(),
            storage,
        };
        let some = |text: &str| Some(text.to_owned());
        let s3 = |endpoint, region| Storage::S3 { endpoint, region };
        let containers = [
            container("own", "s3://box/deep/", s3(some("http://127.0.0.1:9000/"), None)),
            container("west", "s3://west/", s3(None, some("eu-west-1"))),
            container("lake", "az://raw/", Storage::Azure { account: some("lake") }),
            container("plain", "https://host/data/", Storage::Plain),
            container("disk", "file:///data/", Storage::Plain),
        ];
        let table = [
            ("vcc://own/a b.nc", "http://127.0.0.1:9000/box/deep/a%20b.nc"),
            ("s3://box/deep/a.nc", "http://127.0.0.1:9000/box/deep/a.nc"),
            ("vcc://west/a.nc", "https://west.s3.eu-west-1.amazonaws.com/a.nc"),
            ("vcc://lake/a/b.nc", "https://lake.blob.core.windows.net/raw/a/b.nc"),
            ("vcc://plain/a#b", "https://host/data/a%23b"),
        ];
        for (location, expected) in table {
            assert_eq!(resolve(location, &containers).unwrap(), expected);
        }
        let refused = |location| resolve(location, &containers).unwrap_err().to_string();
        assert!(refused("vcc://disk/a").ends_with("it lies on the writer's own disk"));
        assert!(refused("vcc://nowhere/a").ends_with("has no container 'nowhere'"));
    }

    #[test]
    fn locations_that_a_browser_cannot_reach_say_why() {
        let text = |location| https(location).unwrap_err().to_string();
        assert_eq!(
            text("file:///data/a.nc"),
            "virtual chunk at 'file:///data/a.nc' cannot be fetched: it lies on the writer's own disk"
        );
        assert!(text("s3://bucket").ends_with("it names no object"));
        assert!(text("az://box/a.nc").contains("storage account"));
        assert!(text("tigris://b/a").ends_with("a browser does not know its scheme"));
        assert!(text("nothing").ends_with("it has no scheme"));
    }
}
