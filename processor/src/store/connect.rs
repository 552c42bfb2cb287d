//! From a location to an Icechunk storage: credentials, endpoints and retry settings.

use std::collections::HashMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use chrono::Utc;
use icechunk::Storage;
use icechunk::config::{ManifestConfig, ManifestPreloadConfig};
use icechunk::storage::s3_config::{S3Credentials, S3Options, S3StaticCredentials};
use icechunk::storage::{
    AzureCredentials, AzureStaticCredentials, GcsCredentials, RetriesSettings, Settings,
};
use icechunk::{
    RepositoryConfig, new_local_filesystem_storage, new_s3_object_store_storage,
    storage::{new_azure_blob_storage, new_gcs_storage, new_http_storage},
};

use super::error::{StoreError, of_storage};
use super::location::{Environment, Location};
use super::pasted::{self, PastedError};
use super::unlisted::Unlisted;

const SAS_TOKEN: &str = "AZURE_STORAGE_SAS_TOKEN";
const ACCOUNT_KEY: &str = "AZURE_STORAGE_ACCOUNT_KEY";

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
            options.region = match cleaned("AWS_REGION", environment, pasted::word)? {
                None => cleaned("AWS_DEFAULT_REGION", environment, pasted::word)?,
                region => region,
            };
            options.endpoint_url =
                match cleaned("AWS_ENDPOINT_URL_S3", environment, pasted::endpoint)? {
                    None => cleaned("AWS_ENDPOINT_URL", environment, pasted::endpoint)?,
                    endpoint => endpoint,
                };
            options.allow_http = environment("AWS_ALLOW_HTTP").as_deref() == Some("true");
            new_s3_object_store_storage(
                options,
                bucket.clone(),
                Some(prefix.clone()),
                s3_credentials(environment)?,
                Vec::new(),
                Vec::new(),
            )
            .await
            .map(Unlisted::over)
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
            check_google_files(environment)?;
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

/// A variable without what was pasted around it.
fn cleaned(
    variable: &'static str,
    environment: Environment<'_>,
    clean: impl Fn(&str) -> Result<String, PastedError>,
) -> Result<Option<String>, StoreError> {
    environment(variable)
        .map(|text| clean(&text).map_err(|problem| StoreError::Variable { variable, problem }))
        .transpose()
}

/// The keys, where the variables hold more than them. Elsewhere `None`: they are read where all other settings
/// of S3 are, from the environment.
fn s3_credentials(environment: Environment<'_>) -> Result<Option<S3Credentials>, StoreError> {
    let [id, secret, token] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    let as_they_are = [id, secret, token]
        .iter()
        .filter_map(|name| environment(name))
        .all(|text| text == pasted::bare(&text));
    let (key, secret_key, session_token) = (
        cleaned(id, environment, pasted::word)?,
        cleaned(secret, environment, pasted::word)?,
        cleaned(token, environment, pasted::word)?,
    );
    Ok(match (key, secret_key) {
        (Some(access_key_id), Some(secret_access_key)) if !as_they_are => {
            Some(S3Credentials::Static(S3StaticCredentials {
                access_key_id,
                secret_access_key,
                session_token,
                expires_after: None,
            }))
        }
        _ => None,
    })
}

/// Whether what the variables name are credentials at all: the client would report that as a service out of reach.
fn check_google_files(environment: Environment<'_>) -> Result<(), StoreError> {
    for variable in ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT"] {
        let Some(path) = environment(variable) else { continue };
        let problem = match std::fs::read_to_string(&path) {
            Ok(text) if pasted::is_json(&text) => continue,
            Ok(_) => PastedError::NoFile { reason: format!("'{path}' holds something else") },
            // A key that was pasted in place of the file's name must not be shown.
            Err(_) if path.len() > 255 || path.contains('{') => {
                PastedError::NoFile { reason: "it is the name of none".to_owned() }
            }
            Err(error) => PastedError::NoFile { reason: format!("'{path}': {error}") },
        };
        return Err(StoreError::Variable { variable, problem });
    }
    let variable = "GOOGLE_SERVICE_ACCOUNT_KEY";
    match environment(variable) {
        Some(text) if !pasted::is_json(&text) => {
            Err(StoreError::Variable { variable, problem: PastedError::NoJson })
        }
        _ => Ok(()),
    }
}

fn azure_credentials(
    store: &str,
    access: Access,
    environment: Environment<'_>,
) -> Result<AzureCredentials, StoreError> {
    if let Some(text) = environment(SAS_TOKEN) {
        let token = pasted::sas_token(&text)
            .map_err(|problem| StoreError::Variable { variable: SAS_TOKEN, problem })?;
        if let Some(end) = pasted::expired(&token, Utc::now()) {
            return Err(StoreError::Expired { end });
        }
        return Ok(AzureCredentials::Static(AzureStaticCredentials::SASToken(token)));
    }
    if let Some(text) = environment(ACCOUNT_KEY) {
        let key = pasted::account_key(&text)
            .map_err(|problem| StoreError::Variable { variable: ACCOUNT_KEY, problem })?;
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
    let endpoint = pasted::bare(&endpoint).to_owned();
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
    use crate::exit::Exit;

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
        assert_eq!(
            with("'https://example.org'\n", false).unwrap()["azure_storage_endpoint"],
            "https://example.org"
        );
        assert!(!with("https://example.org", false).unwrap().contains_key("allow_http"));
        let message = with("http://example.org", false).unwrap_err().to_string();
        assert!(message.contains("AZURE_ALLOW_HTTP"), "{message}");
        assert!(with("http://example.org", true).is_ok());
        assert!(with("nonsense", false).unwrap_err().to_string().contains("is not a URL"));
    }

    #[test]
    fn pasted_credentials_are_taken_for_what_they_are_or_refused_by_their_variable() {
        let with = |variable: &'static str, value: &'static str| {
            azure_credentials("az://c/p", Access::Write, &move |name| {
                (name == variable).then(|| value.to_owned())
            })
        };
        let token = with(SAS_TOKEN, "'https://a.blob.core.windows.net/c?sv=1&sig=a%3D'\n").unwrap();
        let AzureCredentials::Static(AzureStaticCredentials::SASToken(token)) = token else {
            panic!("expected a token")
        };
        assert_eq!(token, "sv=1&sig=a%3D");
        for (variable, value, exit) in [
            (SAS_TOKEN, "rubbish", Exit::Configuration),
            (SAS_TOKEN, "sv=1&se=2020-01-01&sig=rubbish", Exit::Permission),
            (ACCOUNT_KEY, "rubbish!", Exit::Permission),
        ] {
            let error = with(variable, value).unwrap_err();
            assert_eq!(error.exit(), exit, "{error}");
            let text = error.to_string();
            assert!(text.contains(variable) && !text.contains("rubbish"), "{text}");
        }
    }

    #[test]
    fn keys_of_s3_are_cleaned_and_those_that_cannot_be_sent_are_refused() {
        let with = |secret: &'static str| {
            s3_credentials(&move |name| match name {
                "AWS_ACCESS_KEY_ID" => Some("AKIA".to_owned()),
                "AWS_SECRET_ACCESS_KEY" => Some(secret.to_owned()),
                _ => None,
            })
        };
        assert!(with("secret").unwrap().is_none(), "the environment is as it should be");
        let Some(S3Credentials::Static(credentials)) = with("'secret'\n").unwrap() else {
            panic!("expected credentials")
        };
        assert_eq!(credentials.access_key_id, "AKIA");
        assert_eq!(credentials.secret_access_key, "secret");
        let error = with("se\ncret").unwrap_err();
        assert_eq!(error.exit(), Exit::Configuration);
        assert!(error.to_string().starts_with("AWS_SECRET_ACCESS_KEY: "), "{error}");
    }

    #[test]
    fn what_names_no_credentials_of_google_is_a_matter_of_configuration() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        let path = file.to_str().unwrap().to_owned();
        let check = |variable: &'static str, value: String| {
            check_google_files(&move |name| (name == variable).then(|| value.clone()))
        };
        let missing = check("GOOGLE_APPLICATION_CREDENTIALS", path.clone()).unwrap_err();
        assert!(missing.to_string().contains("key.json"), "{missing}");
        std::fs::write(&file, "rubbish").unwrap();
        let rubbish = check("GOOGLE_APPLICATION_CREDENTIALS", path.clone()).unwrap_err();
        std::fs::write(&file, "{}").unwrap();
        assert!(check("GOOGLE_SERVICE_ACCOUNT", path).is_ok());
        let pasted =
            check("GOOGLE_SERVICE_ACCOUNT", "{\"private_key\": \"s\"}".to_owned()).unwrap_err();
        assert!(!pasted.to_string().contains("private_key"), "{pasted}");
        let key = check("GOOGLE_SERVICE_ACCOUNT_KEY", "rubbish".to_owned()).unwrap_err();
        for error in [missing, rubbish, pasted, key] {
            assert_eq!(error.exit(), Exit::Configuration, "{error}");
        }
    }

    #[test]
    fn only_writers_need_credentials() {
        let none = |_: &str| None;
        assert!(azure_credentials("az://c/p", Access::Read, &none).is_ok());
        let message = azure_credentials("az://c/p", Access::Write, &none).unwrap_err().to_string();
        assert!(message.contains("AZURE_STORAGE_SAS_TOKEN"), "{message}");
    }
}
