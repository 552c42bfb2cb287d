//! Public `https:` addresses of what object stores call by addresses of their own.

/// On S3. With an endpoint the path names the bucket, which every server of the protocol understands.
pub fn s3(bucket: &str, key: &str, endpoint: Option<&str>, region: Option<&str>) -> String {
    if let Some(endpoint) = endpoint {
        return format!("{}/{bucket}/{key}", endpoint.trim_end_matches('/'));
    }
    // A bucket's own region answers at once; others redirect, which a page may not follow everywhere.
    let host = match region {
        Some(region) => format!("s3.{region}.amazonaws.com"),
        None => "s3.amazonaws.com".to_owned(),
    };
    // Bucket names with dots do not match the certificate of the host style.
    if bucket.contains('.') {
        format!("https://{host}/{bucket}/{key}")
    } else {
        format!("https://{bucket}.{host}/{key}")
    }
}

/// On Google Cloud Storage.
pub fn google(bucket: &str, key: &str) -> String {
    format!("https://storage.googleapis.com/{bucket}/{key}")
}

/// On Azure. `container@account.dfs.core.windows.net` (abfs) and `account.blob.core.windows.net` name the account; without
/// either it must be known.
pub fn azure(authority: &str, key: &str, account: Option<&str>) -> Option<String> {
    if let Some((container, host)) = authority.split_once('@') {
        let account = host.split('.').next()?;
        return Some(format!("https://{account}.blob.core.windows.net/{container}/{key}"));
    }
    if authority.ends_with(".blob.core.windows.net") {
        return Some(format!("https://{authority}/{key}"));
    }
    let account = account?;
    Some(format!("https://{account}.blob.core.windows.net/{authority}/{key}"))
}

/// The address at which a page reads a store that somebody has named: `s3://BUCKET/PATH` (with `?region=REGION` where the
/// bucket does not answer elsewhere), `gs://BUCKET/PATH`, `az://ACCOUNT/CONTAINER/PATH` and
/// `abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH` as what anybody can read; all else as it is.
///
/// # Errors
/// What the address lacks.
pub fn public(address: &str) -> Result<String, &'static str> {
    let address = address.trim();
    let Some((scheme, rest)) = address.split_once("://") else { return Ok(address.to_owned()) };
    if !["s3", "gs", "gcs", "az", "azure", "abfs", "abfss"].contains(&scheme) {
        return Ok(address.to_owned());
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.trim_end_matches('/');
    if bucket.is_empty() {
        return Err("the address names no bucket");
    }
    let mut region = None;
    let mut others = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.strip_prefix("region=") {
            Some(found) if scheme == "s3" => region = Some(found),
            _ => others.push(pair),
        }
    }
    let place = match scheme {
        "s3" => s3(bucket, path, None, region),
        "gs" | "gcs" => google(bucket, path),
        _ if bucket.contains(['@', '.']) => azure(bucket, path, None)
            .ok_or("expected abfs://CONTAINER@ACCOUNT.dfs.core.windows.net/PATH")?,
        _ => {
            let (container, path) = path.split_once('/').unwrap_or((path, ""));
            azure(container, path, Some(bucket))
                .filter(|_| !container.is_empty())
                .ok_or("expected az://ACCOUNT/CONTAINER/PATH")?
        }
    };
    let place = place.trim_end_matches('/');
    Ok(if others.is_empty() { place.to_owned() } else { format!("{place}?{}", others.join("&")) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_have_an_address_that_a_page_can_read() {
        for (address, expected) in [
            ("https://host/a?sv=1", "https://host/a?sv=1"),
            (" store ", "store"),
            ("s3://bucket/a/b/", "https://bucket.s3.amazonaws.com/a/b"),
            ("s3://bucket", "https://bucket.s3.amazonaws.com"),
            ("s3://bucket/a?region=eu-west-1", "https://bucket.s3.eu-west-1.amazonaws.com/a"),
            (
                "s3://my.bucket/a?x=1&region=us-west-2",
                "https://s3.us-west-2.amazonaws.com/my.bucket/a?x=1",
            ),
            ("gs://bucket/a", "https://storage.googleapis.com/bucket/a"),
            ("az://lake/box/a/b", "https://lake.blob.core.windows.net/box/a/b"),
            ("az://lake/box", "https://lake.blob.core.windows.net/box"),
            ("az://lake/box/a?sv=1&sig=2", "https://lake.blob.core.windows.net/box/a?sv=1&sig=2"),
            ("abfs://box@lake.dfs.core.windows.net/a", "https://lake.blob.core.windows.net/box/a"),
            ("az://lake.blob.core.windows.net/box/a", "https://lake.blob.core.windows.net/box/a"),
        ] {
            assert_eq!(public(address).as_deref(), Ok(expected), "{address}");
        }
        assert_eq!(public("s3:///a"), Err("the address names no bucket"));
        assert_eq!(public("az://lake"), Err("expected az://ACCOUNT/CONTAINER/PATH"));
        assert!(public("abfs://box.example.org/a").is_err());
    }
}
