//! Virtual chunks: which URL a browser can fetch for a location written in a manifest.

use super::error::StoreError;

/// Gives the `https:` URL under which anybody may read the object at `location`.
///
/// S3 and Google Cloud Storage have a public HTTPS form for every bucket. An Azure location has one if
/// it names the storage account; `az://container/path` leaves the account to the writer's credentials.
pub(super) fn https(location: &str) -> Result<String, StoreError> {
    let unreachable = |reason| StoreError::VirtualChunk { location: location.to_owned(), reason };
    let (scheme, rest) =
        location.split_once("://").ok_or_else(|| unreachable("it has no scheme"))?;
    if scheme == "file" {
        return Err(unreachable("it lies on the writer's own disk"));
    }
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() || key.is_empty() {
        return Err(unreachable("it names no object"));
    }
    match scheme {
        "https" | "http" => Ok(location.to_owned()),
        // Bucket names with dots do not match the certificate of the host style.
        "s3" if bucket.contains('.') => Ok(format!("https://s3.amazonaws.com/{bucket}/{key}")),
        "s3" => Ok(format!("https://{bucket}.s3.amazonaws.com/{key}")),
        "gs" | "gcs" => Ok(format!("https://storage.googleapis.com/{bucket}/{key}")),
        "az" | "azure" | "abfs" | "abfss" => azure(bucket, key).ok_or_else(|| {
            unreachable("its storage account is known to nobody but the writer; https:// names it")
        }),
        "vcc" => Err(unreachable("it is relative to a container of the writer's configuration")),
        _ => Err(unreachable("a browser does not know its scheme")),
    }
}

/// `container@account.dfs.core.windows.net` (abfs) and `account.blob.core.windows.net` name the account.
fn azure(authority: &str, key: &str) -> Option<String> {
    if let Some((container, host)) = authority.split_once('@') {
        let account = host.split('.').next()?;
        return Some(format!("https://{account}.blob.core.windows.net/{container}/{key}"));
    }
    authority.ends_with(".blob.core.windows.net").then(|| format!("https://{authority}/{key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

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
