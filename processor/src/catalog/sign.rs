//! Signed URLs: SAS tokens of the Planetary Computer, fetched when needed and kept while they last.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use crate::exit::Exit;
use crate::http::{Http, HttpError, Ranged, bare};

/// A token is replaced when less than this remains of its life.
const MARGIN: Duration = Duration::from_mins(1);

/// Reads blobs that want a token.
#[derive(Debug)]
pub struct BlobReader {
    http: Arc<Http>,
    /// `{sign_url}/{account}/{container}` hands out tokens; empty where none is wanted.
    sign_url: String,
    tokens: Mutex<HashMap<Container, Token>>,
}

/// What a token opens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Container {
    account: String,
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Token {
    #[serde(rename = "msft:expiry")]
    expiry: DateTime<Utc>,
    token: String,
}

/// Why a blob could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Not a URL of a blob.
    #[error(
        "cannot tell account and container from '{url}': expected https://ACCOUNT.blob.core.windows.net/CONTAINER/BLOB or http://HOST/ACCOUNT/CONTAINER/BLOB"
    )]
    NotABlob {
        /// The URL, without its query.
        url: String,
    },
    /// No token.
    #[error("no token for {account}/{container}: {source}")]
    Unsigned {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
        /// Why.
        source: HttpError,
    },
    /// The request failed.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// A file of this machine that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

impl BlobError {
    /// The exit code of this kind of failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::NotABlob { .. } => Exit::Data,
            Self::Unsigned { source, .. } | Self::Http(source) => source.exit(),
            Self::File { source, .. } => match source.kind() {
                // Named, and not there or not whole: damaged input.
                ErrorKind::NotFound | ErrorKind::UnexpectedEof => Exit::Data,
                ErrorKind::PermissionDenied => Exit::Permission,
                _ => Exit::Unavailable,
            },
        }
    }

    /// The exit code where a catalogue names the file: one which the storage does not have is damaged input, not an
    /// unreachable service.
    pub fn exit_of_named_file(&self) -> Exit {
        match self {
            Self::Http(error) if error.is_not_found() => Exit::Data,
            other => other.exit(),
        }
    }
}

impl BlobReader {
    /// A reader that asks `sign_url` for tokens, or reads without any where it is empty.
    pub fn new(http: Arc<Http>, sign_url: &str) -> Self {
        Self { http, sign_url: sign_url.trim_end_matches('/').to_owned(), tokens: Mutex::default() }
    }

    /// Reads a whole blob.
    pub async fn read(&self, href: &str) -> Result<Bytes, BlobError> {
        self.signed(href, async |url| self.http.get(&url).await).await
    }

    /// Reads the bytes `start..end` of a blob; fewer where it ends earlier.
    pub async fn read_range(&self, href: &str, start: u64, end: u64) -> Result<Ranged, BlobError> {
        self.signed(href, async |url| self.http.get_range(&url, start, end).await).await
    }

    /// Sends a request with a token; a refused token is replaced once.
    async fn signed<T>(
        &self,
        href: &str,
        request: impl AsyncFn(String) -> Result<T, HttpError>,
    ) -> Result<T, BlobError> {
        let Some(container) = self.container(href)? else {
            return Ok(request(href.to_owned()).await?);
        };
        let token = self.token(&container, None).await?;
        match request(signed(href, &token)).await {
            Err(error) if error.is_forbidden() => {
                let token = self.token(&container, Some(&token)).await?;
                Ok(request(signed(href, &token)).await?)
            }
            result => Ok(result?),
        }
    }

    /// Asks for a token for a blob, to see whether signing works.
    pub async fn check(&self, href: &str) -> Result<(), BlobError> {
        if let Some(container) = self.container(href)? {
            self.token(&container, None).await?;
        }
        Ok(())
    }

    fn container(&self, href: &str) -> Result<Option<Container>, BlobError> {
        if self.sign_url.is_empty() {
            return Ok(None);
        }
        container(href).map(Some).ok_or_else(|| BlobError::NotABlob { url: bare(href) })
    }

    /// A token that lasts; not `refused`, which the server did not accept. Those who ask for the same
    /// one at the same time wait for one request.
    async fn token(
        &self,
        container: &Container,
        refused: Option<&str>,
    ) -> Result<String, BlobError> {
        let mut tokens = self.tokens.lock().await;
        if let Some(token) = tokens.get(container)
            && token.expiry > Utc::now() + MARGIN
            && refused != Some(&token.token)
        {
            return Ok(token.token.clone());
        }
        let Container { account, name } = container;
        let url = format!("{}/{account}/{name}", self.sign_url);
        // Under load the Planetary Computer's endpoint says 404 of containers that it has.
        let passing = |error: &HttpError| error.is_transient() || error.is_not_found();
        let token: Token = self.http.get_json(&url, passing).await.map_err(|source| {
            BlobError::Unsigned { account: account.clone(), container: name.clone(), source }
        })?;
        tokens.insert(container.clone(), token.clone());
        Ok(token.token)
    }
}

/// Account and container of a blob's URL: virtual-hosted on Azure's own host names, else path-style.
fn container(href: &str) -> Option<Container> {
    let url = Url::parse(href).ok()?;
    let mut segments = url.path_segments()?;
    let account = match url.host_str()?.split_once('.') {
        Some((account, rest)) if rest.starts_with("blob.core.") => account.to_owned(),
        _ => segments.next()?.to_owned(),
    };
    let name = segments.next()?.to_owned();
    let blob = segments.next()?;
    let complete = !account.is_empty() && !name.is_empty() && !blob.is_empty();
    complete.then_some(Container { account, name })
}

fn signed(href: &str, token: &str) -> String {
    let separator = if href.contains('?') { '&' } else { '?' };
    format!("{href}{separator}{}", token.trim_start_matches('?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_and_container_are_read_from_both_kinds_of_url() {
        for href in [
            "https://modiseuwest.blob.core.windows.net/modis-061-cogs/MOD11A2/19/10/a.tif",
            "http://127.0.0.1:4000/modiseuwest/modis-061-cogs/MOD11A2/19/10/a.tif",
        ] {
            let found = container(href).unwrap();
            assert_eq!(
                (found.account.as_str(), found.name.as_str()),
                ("modiseuwest", "modis-061-cogs")
            );
        }
        for href in
            ["nonsense", "https://modiseuwest.blob.core.windows.net/a", "http://127.0.0.1/a/b"]
        {
            assert_eq!(container(href), None, "{href}");
        }
    }

    #[test]
    fn a_token_joins_the_query() {
        assert_eq!(signed("https://a/b", "?se=1&sig=2"), "https://a/b?se=1&sig=2");
        assert_eq!(signed("https://a/b?c=d", "se=1"), "https://a/b?c=d&se=1");
    }
}
