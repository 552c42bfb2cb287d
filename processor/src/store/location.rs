//! Where a repository is: parsing store URLs, and the environment that completes them.

use std::fmt;
use std::path::PathBuf;

use super::StoreError;
use super::pasted::{self, bare};

const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";

/// The directory used where nothing else names a store.
pub const DEFAULT_DIRECTORY: &str = "data/store";

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A directory of this machine.
    Local(PathBuf),
    /// Azure Blob Storage.
    Azure {
        /// Storage account.
        account: String,
        /// Container.
        container: String,
        /// Prefix within the container.
        prefix: String,
    },
    /// S3 or a compatible service.
    S3 {
        /// Bucket.
        bucket: String,
        /// Prefix within the bucket.
        prefix: String,
    },
    /// Google Cloud Storage.
    Gcs {
        /// Bucket.
        bucket: String,
        /// Prefix within the bucket.
        prefix: String,
    },
    /// Plain HTTP(S), to read only.
    Http(url::Url),
}

/// Reads an environment variable; empty counts as missing.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's own environment.
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Location {
    /// The location that `url` names or, without one, the environment, or [`DEFAULT_DIRECTORY`].
    pub fn resolve(url: Option<&str>, environment: Environment<'_>) -> Result<Self, StoreError> {
        if let Some(url) = url {
            return Self::parse(url, environment);
        }
        match (environment(ACCOUNT), environment("AZURE_CONTAINER"), environment("ICECHUNK_PREFIX"))
        {
            (Some(account), Some(container), Some(prefix)) => Ok(Self::Azure {
                account: account_name(&account)?,
                container: trim_slashes(bare(&container)),
                prefix: trim_slashes(bare(&prefix)),
            }),
            (None, None, None) => Ok(Self::Local(PathBuf::from(DEFAULT_DIRECTORY))),
            (account, container, prefix) => {
                let missing: Vec<&str> = [
                    (ACCOUNT, account),
                    ("AZURE_CONTAINER", container),
                    ("ICECHUNK_PREFIX", prefix),
                ]
                .into_iter()
                .filter_map(|(name, value)| value.is_none().then_some(name))
                .collect();
                Err(StoreError::Location {
                    url: "the AZURE_* variables".to_owned(),
                    message: format!(
                        "the environment names a store only in part: {} {} missing",
                        missing.join(" and "),
                        if missing.len() == 1 { "is" } else { "are" }
                    ),
                })
            }
        }
    }

    fn parse(text: &str, environment: Environment<'_>) -> Result<Self, StoreError> {
        let error = |message: &str| StoreError::Location {
            url: text.to_owned(),
            message: message.to_owned(),
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() {
                Err(error("expected a path or a URL"))
            } else {
                Ok(Self::Local(PathBuf::from(text)))
            };
        };
        let bucket_and_prefix = || -> Result<(String, String), StoreError> {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            let prefix = trim_slashes(prefix);
            if bucket.is_empty() || prefix.is_empty() {
                return Err(error(&format!(
                    "expected {scheme}://bucket/prefix with a prefix that is not empty"
                )));
            }
            Ok((bucket.to_owned(), prefix))
        };
        match scheme {
            "file" => {
                let path = rest.strip_prefix("localhost").unwrap_or(rest);
                if path.starts_with('/') {
                    Ok(Self::Local(PathBuf::from(path)))
                } else {
                    Err(error("expected file:///absolute/path"))
                }
            }
            "az" | "azure" | "abfs" => {
                let (container, prefix) = bucket_and_prefix()?;
                let account =
                    environment(ACCOUNT).ok_or_else(|| StoreError::MissingCredentials {
                        store: text.to_owned(),
                        expected: "AZURE_STORAGE_ACCOUNT (the storage account)".to_owned(),
                    })?;
                Ok(Self::Azure { account: account_name(&account)?, container, prefix })
            }
            "s3" => bucket_and_prefix().map(|(bucket, prefix)| Self::S3 { bucket, prefix }),
            "gs" | "gcs" => {
                bucket_and_prefix().map(|(bucket, prefix)| Self::Gcs { bucket, prefix })
            }
            "http" | "https" => url::Url::parse(text)
                .map(Self::Http)
                .map_err(|parse_error| error(&parse_error.to_string())),
            _ => Err(error("expected a path, file://, az://, s3://, gs:// or https://")),
        }
    }
}

impl fmt::Display for Location {
    /// The location as a URL, without anything secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => write!(formatter, "{}", path.display()),
            Self::Azure { container, prefix, .. } => write!(formatter, "az://{container}/{prefix}"),
            Self::S3 { bucket, prefix } => write!(formatter, "s3://{bucket}/{prefix}"),
            Self::Gcs { bucket, prefix } => write!(formatter, "gs://{bucket}/{prefix}"),
            Self::Http(url) => {
                write!(formatter, "{}{}", url.origin().ascii_serialization(), url.path())
            }
        }
    }
}

fn account_name(text: &str) -> Result<String, StoreError> {
    pasted::account(text).map_err(|problem| StoreError::Variable { variable: ACCOUNT, problem })
}

fn trim_slashes(text: &str) -> String {
    text.trim_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    fn azure(name: &str) -> Option<String> {
        match name {
            "AZURE_STORAGE_ACCOUNT" => Some("account".to_owned()),
            "AZURE_CONTAINER" => Some("container".to_owned()),
            "ICECHUNK_PREFIX" => Some("some/prefix/".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn every_scheme_names_its_kind_of_store() {
        for (url, expected) in [
            ("some/dir", "some/dir"),
            ("file:///tmp/store", "/tmp/store"),
            ("s3://bucket/a/b/", "s3://bucket/a/b"),
            ("gs://bucket/a", "gs://bucket/a"),
            ("az://box/a", "az://box/a"),
            ("https://host/a/b?sig=secret", "https://host/a/b"),
        ] {
            assert_eq!(Location::resolve(Some(url), &azure).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn without_a_url_the_environment_decides_and_then_the_default() {
        let expected = Location::Azure {
            account: "account".to_owned(),
            container: "container".to_owned(),
            prefix: "some/prefix".to_owned(),
        };
        assert_eq!(Location::resolve(None, &azure).unwrap(), expected);
        assert_eq!(
            Location::resolve(None, &none).unwrap(),
            Location::Local(DEFAULT_DIRECTORY.into())
        );
    }

    #[test]
    fn the_variables_may_be_quoted_and_the_account_an_address() {
        let pasted = |name: &str| match name {
            "AZURE_STORAGE_ACCOUNT" => Some("https://account.blob.core.windows.net/".to_owned()),
            name => azure(name).map(|value| format!("\"{value}\"\n")),
        };
        assert_eq!(
            Location::resolve(None, &pasted).unwrap(),
            Location::resolve(None, &azure).unwrap()
        );
        let wrong = |name: &str| {
            azure(name).map(|value| if name == ACCOUNT { "my account".to_owned() } else { value })
        };
        for url in [None, Some("az://container/prefix")] {
            let message = Location::resolve(url, &wrong).unwrap_err().to_string();
            assert!(message.contains(ACCOUNT) && !message.contains("my account"), "{message}");
        }
    }

    #[test]
    fn locations_that_cannot_be_are_refused_by_name() {
        for (url, expected) in [
            ("ftp://host/x", "expected a path, file://"),
            ("s3://bucket", "s3://bucket/prefix"),
            ("s3:///prefix", "s3://bucket/prefix"),
            ("file://relative", "file:///absolute/path"),
            ("az://container/prefix", "AZURE_STORAGE_ACCOUNT"),
            ("", "expected a path or a URL"),
        ] {
            let message = Location::resolve(Some(url), &none).unwrap_err().to_string();
            assert!(message.contains(expected), "{url}: {message}");
        }
        let partly = |name: &str| azure(name).filter(|_| name != "AZURE_CONTAINER");
        let message = Location::resolve(None, &partly).unwrap_err().to_string();
        assert!(message.contains("AZURE_CONTAINER is missing"), "{message}");
    }
}
