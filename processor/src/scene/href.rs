//! Where a file is: addresses as catalogues and lists of items write them. Pure.

use std::fmt;
use std::path::PathBuf;

use url::Url;

use crate::http::bare;

/// A file that can be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Href {
    /// Behind an `http://` or `https://` URL.
    Http(String),
    /// On this machine.
    File(PathBuf),
}

/// The document that names files, to which relative addresses are relative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// One from the network, by its URL. It must not name files of this machine.
    Network(String),
    /// A file of this machine, by its folder.
    Folder(PathBuf),
}

/// An address that is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HrefError {
    /// A document from the network that names a file of this machine.
    #[error(
        "'{href}' is a file of this machine, which {base}, a document from the network, must not name"
    )]
    Local {
        /// The address.
        href: String,
        /// The document.
        base: String,
    },
    /// An address of another kind.
    #[error(
        "expected a path or a URL that begins with https://, http://, s3:// or file://, found '{href}'"
    )]
    Unknown {
        /// The address, without its query.
        href: String,
    },
}

impl Base {
    /// Where a file is that the document names.
    pub fn resolve(&self, href: &str) -> Result<Href, HrefError> {
        let unknown = || HrefError::Unknown { href: bare(href) };
        let scheme = href.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        match (scheme.as_deref(), self) {
            (Some("http" | "https"), _) => {
                Url::parse(href).map_err(|_| unknown())?;
                Ok(Href::Http(href.to_owned()))
            }
            (Some("s3"), _) => bucket_url(href).map(Href::Http).ok_or_else(unknown),
            (Some("file"), Self::Network(base)) => {
                Err(HrefError::Local { href: href.to_owned(), base: bare(base) })
            }
            (Some("file"), Self::Folder(_)) => {
                let path = Url::parse(href).ok().and_then(|url| url.to_file_path().ok());
                path.map(Href::File).ok_or_else(unknown)
            }
            (Some(_), _) => Err(unknown()),
            (None, _) if href.trim().is_empty() => Err(unknown()),
            (None, Self::Folder(folder)) => Ok(Href::File(folder.join(href))),
            (None, Self::Network(base)) => {
                let url = Url::parse(base).and_then(|base| base.join(href));
                let url = url.ok().filter(|url| matches!(url.scheme(), "http" | "https"));
                url.map(|url| Href::Http(url.into())).ok_or_else(unknown)
            }
        }
    }
}

/// The HTTPS address of an object in a public bucket of S3.
fn bucket_url(href: &str) -> Option<String> {
    let (bucket, key) = href.get("s3://".len()..)?.split_once('/')?;
    let is_bucket = !bucket.is_empty()
        && bucket.bytes().all(|sign| sign.is_ascii_alphanumeric() || b"-._".contains(&sign));
    if !is_bucket || key.is_empty() {
        return None;
    }
    // A certificate's wildcard covers no dot, so that such a bucket is named in the path.
    let root = if bucket.contains('.') {
        format!("https://s3.amazonaws.com/{bucket}/")
    } else {
        format!("https://{bucket}.s3.amazonaws.com/")
    };
    let mut url = Url::parse(&root).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(key.split('/'));
    Some(url.into())
}

impl fmt::Display for Href {
    /// Without a query, in which a token may stand.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => formatter.write_str(&bare(url)),
            Self::File(path) => path.display().fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network() -> Base {
        Base::Network("https://host/lists/items.ndjson?sig=SECRET".to_owned())
    }

    fn folder() -> Base {
        Base::Folder("/data/lists".into())
    }

    #[test]
    fn addresses_are_relative_to_the_document_that_names_them() {
        let http = |url: &str| Ok(Href::Http(url.to_owned()));
        let file = |path: &str| Ok(Href::File(path.into()));
        assert_eq!(network().resolve("../a/b.tif"), http("https://host/a/b.tif"));
        assert_eq!(network().resolve("/a/b.tif"), http("https://host/a/b.tif"));
        assert_eq!(folder().resolve("a/b.tif"), file("/data/lists/a/b.tif"));
        assert_eq!(folder().resolve("/a/b.tif"), file("/a/b.tif"));
        assert_eq!(folder().resolve("file:///a/b%20c.tif"), file("/a/b c.tif"));
        for base in [network(), folder()] {
            assert_eq!(base.resolve("https://other/c.tif?x=y"), http("https://other/c.tif?x=y"));
        }
    }

    #[test]
    fn public_buckets_are_read_over_https() {
        for (href, url) in [
            ("s3://sentinel-cogs/a/b.tif", "https://sentinel-cogs.s3.amazonaws.com/a/b.tif"),
            ("s3://my.bucket/a b.tif", "https://s3.amazonaws.com/my.bucket/a%20b.tif"),
        ] {
            assert_eq!(folder().resolve(href), Ok(Href::Http(url.to_owned())));
        }
        for wrong in ["s3://bucket", "s3:///key", "s3://buck@et/key", "s3://bucket/"] {
            assert!(folder().resolve(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_document_from_the_network_names_no_file_of_this_machine() {
        for href in ["file:///etc/passwd", "FILE:///etc/passwd"] {
            let message = network().resolve(href).unwrap_err().to_string();
            let expected = format!(
                "'{href}' is a file of this machine, which https://host/lists/items.ndjson, a document from the network, must not name"
            );
            assert_eq!(message, expected);
        }
        // Nor by a path: it is one of the server.
        assert_eq!(
            network().resolve("/etc/passwd"),
            Ok(Href::Http("https://host/etc/passwd".to_owned()))
        );
        let message = network().resolve("gs://bucket/key?sig=SECRET").unwrap_err().to_string();
        assert!(message.ends_with("found 'gs://bucket/key'"), "{message}");
        assert!(network().resolve("").is_err());
    }
}
