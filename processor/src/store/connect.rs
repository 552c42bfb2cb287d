//! From a location to an Icechunk storage: credentials, endpoints and retry settings.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use icechunk::Storage;
use icechunk::config::{ManifestConfig, ManifestPreloadConfig};
use icechunk::storage::s3_config::S3Options;
use icechunk::storage::{
    AzureCredentials, AzureStaticCredentials, GcsCredentials, RetriesSettings, Settings,
};
use icechunk::{
    RepositoryConfig, new_local_filesystem_storage, new_s3_object_store_storage,
    storage::{new_azure_blob_storage, new_gcs_storage, new_http_storage},
};

use super::error::{StoreError, of_storage};
use super::location::{Environment, Location};

/// Whether a command reads only, or writes too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads: credentials may be missing where the store is public.
    Read,
    /// Writes: credentials must be there.
    Write,
}

/// Opens the storage at a location. Does not touch the network.
pub(super) async fn storage(
    location: &Location,
    access: Access,
    environment: Environment<'_>,
) -> Result<Arc<dyn Storage + Send + Sync>, StoreError> {
    let name = location.to_string();
    let result = match location {
        Location::Local(path) => new_local_filesystem_storage(path).await,
        Location::Azure { account, container, prefix } => {
            new_azure_blob_storage(
                account.clone(),
                container.clone(),
                Some(prefix.clone()),
                Some(azure_credentials(&name, access, environment)?),
                Some(azure_endpoint(&name, environment)?),
            )
            .await
        }
        Location::S3 { bucket, prefix } => {
            let signed = environment("AWS_ACCESS_KEY_ID").is_some()
                || environment("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
                || environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some();
            if access == Access::Write && !signed {
                return Err(StoreError::MissingCredentials {
                    store: name,
                    expected: "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY".to_owned(),
                });
            }
            let mut options = S3Options::default().with_anonymous(!signed);
            options.region =
                environment("AWS_REGION").or_else(|| environment("AWS_DEFAULT_REGION"));
            options.endpoint_url =
                environment("AWS_ENDPOINT_URL_S3").or_else(|| environment("AWS_ENDPOINT_URL"));
            options.allow_http = environment("AWS_ALLOW_HTTP").as_deref() == Some("true");
            new_s3_object_store_storage(
                options,
                bucket.clone(),
                Some(prefix.clone()),
                None,
                Vec::new(),
                Vec::new(),
            )
            .await
        }
        Location::Gcs { bucket, prefix } => {
            let signed = [
                "GOOGLE_APPLICATION_CREDENTIALS",
                "GOOGLE_SERVICE_ACCOUNT",
                "GOOGLE_SERVICE_ACCOUNT_KEY",
            ]
            .iter()
            .any(|name| environment(name).is_some());
            if access == Access::Write && !signed {
                return Err(StoreError::MissingCredentials {
                    store: name,
                    expected: "GOOGLE_APPLICATION_CREDENTIALS (a service account's file)"
                        .to_owned(),
                });
            }
            let credentials =
                if signed { GcsCredentials::FromEnv } else { GcsCredentials::Anonymous };
            new_gcs_storage(
                bucket.clone(),
                Some(prefix.clone()),
                Some(credentials),
                None,
                Vec::new(),
                Vec::new(),
            )
        }
        Location::Http(url) => {
            if access == Access::Write {
                return Err(StoreError::ReadOnly {
                    store: name,
                    reason: "an http(s) store can only be read; write through az://, s3://, gs:// or a path".to_owned(),
                });
            }
            let allow_http = HashMap::from([("allow_http".to_owned(), "true".to_owned())]);
            new_http_storage(url.as_str(), Some(allow_http), None)
        }
    };
    result.map_err(|error| of_storage(&location.to_string(), "opening it", &error))
}

fn azure_credentials(
    store: &str,
    access: Access,
    environment: Environment<'_>,
) -> Result<AzureCredentials, StoreError> {
    if let Some(token) = environment("AZURE_STORAGE_SAS_TOKEN") {
        let token = token.trim_start_matches('?').to_owned();
        return Ok(AzureCredentials::Static(AzureStaticCredentials::SASToken(token)));
    }
    if let Some(key) = environment("AZURE_STORAGE_ACCOUNT_KEY") {
        return Ok(AzureCredentials::Static(AzureStaticCredentials::AccessKey(key)));
    }
    match access {
        Access::Read => Ok(AzureCredentials::Anonymous),
        Access::Write => Err(StoreError::MissingCredentials {
            store: store.to_owned(),
            expected: "AZURE_STORAGE_SAS_TOKEN (with read, write, list and create) or AZURE_STORAGE_ACCOUNT_KEY".to_owned(),
        }),
    }
}

/// The endpoint override. Plain HTTP would show the credentials to the network, so it is refused
/// except on this machine's own loopback, or where `AZURE_ALLOW_HTTP=true` says that it is meant.
fn azure_endpoint(
    store: &str,
    environment: Environment<'_>,
) -> Result<HashMap<String, String>, StoreError> {
    let Some(endpoint) = environment("AZURE_STORAGE_ENDPOINT") else {
        return Ok(HashMap::new());
    };
    let error = |message: String| StoreError::Location { url: store.to_owned(), message };
    let url = url::Url::parse(&endpoint).map_err(|parse_error| {
        error(format!("AZURE_STORAGE_ENDPOINT '{endpoint}' is not a URL: {parse_error}"))
    })?;
    let loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let plain = url.scheme() == "http";
    if plain && !loopback && environment("AZURE_ALLOW_HTTP").as_deref() != Some("true") {
        return Err(error(format!(
            "AZURE_STORAGE_ENDPOINT '{endpoint}' is plain http to another machine, which would show the credentials to the network; use https, or set AZURE_ALLOW_HTTP=true"
        )));
    }
    let mut config = HashMap::from([("azure_storage_endpoint".to_owned(), endpoint)]);
    if plain {
        config.insert("allow_http".to_owned(), "true".to_owned());
    }
    Ok(config)
}

/// What `floe init` writes into the repository: how often the history is cut into files of its own.
/// Manifests are not split; at three years and 648 tiles one holds at most 1944 references.
pub(super) fn persisted_config() -> RepositoryConfig {
    RepositoryConfig { num_updates_per_repo_info_file: Some(100), ..Default::default() }
}

/// How every Floe process uses a repository: patient with the storage (Icechunk's own default gives up
/// after 1.4 to 4 s), and without reading manifests ahead, of which a writer needs but a few.
pub(super) fn runtime_config() -> RepositoryConfig {
    RepositoryConfig {
        manifest: Some(ManifestConfig {
            preload: Some(ManifestPreloadConfig {
                max_total_refs: Some(0),
                preload_if: None,
                max_arrays_to_scan: Some(0),
            }),
            // As many arrays as a tile's commit touches: the others wait meanwhile.
            max_concurrent_manifest_fetches_during_commit: Some(8),
            ..Default::default()
        }),
        storage: Some(Settings {
            retries: Some(RetriesSettings {
                max_tries: NonZeroU16::new(8),
                initial_backoff_ms: Some(1000),
                max_backoff_ms: Some(10_000),
            }),
            ..Default::default()
        }),
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_loopback_only() {
        let with = |endpoint: &'static str, allow: bool| {
            azure_endpoint("az://c/p", &move |name| match name {
                "AZURE_STORAGE_ENDPOINT" => Some(endpoint.to_owned()),
                "AZURE_ALLOW_HTTP" => allow.then(|| "true".to_owned()),
                _ => None,
            })
        };
        assert!(
            with("http://127.0.0.1:10000/devstoreaccount1", false)
                .unwrap()
                .contains_key("allow_http")
        );
        assert!(with("http://[::1]:10000/a", false).is_ok());
        assert!(!with("https://example.org", false).unwrap().contains_key("allow_http"));
        let message = with("http://example.org", false).unwrap_err().to_string();
        assert!(message.contains("AZURE_ALLOW_HTTP"), "{message}");
        assert!(with("http://example.org", true).is_ok());
        assert!(with("nonsense", false).unwrap_err().to_string().contains("is not a URL"));
    }

    #[test]
    fn only_writers_need_credentials() {
        let none = |_: &str| None;
        assert!(azure_credentials("az://c/p", Access::Read, &none).is_ok());
        let message = azure_credentials("az://c/p", Access::Write, &none).unwrap_err().to_string();
        assert!(message.contains("AZURE_STORAGE_SAS_TOKEN"), "{message}");
    }
}
