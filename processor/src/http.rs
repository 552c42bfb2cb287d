//! HTTP with patience: every request is tried again while its failure may pass, and counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, HeaderMap, HeaderName, RANGE, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::exit::Exit;

/// The longest wait that a server may ask for with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_mins(2);

/// Part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranged {
    /// The bytes.
    pub bytes: Bytes,
    /// Length of the whole file.
    pub total: u64,
}

/// A client which counts what it reads.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    attempts: usize,
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// Why a request failed for good.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No connection, or one that broke, each time.
    #[error("{url} cannot be reached: {message}")]
    Unreachable {
        /// The URL, without its query.
        url: String,
        /// What went wrong last.
        message: String,
    },
    /// The body ended before its announced end, each time.
    #[error("{url}: the answer broke off: {message}")]
    Broken {
        /// The URL, without its query.
        url: String,
        /// What went wrong last.
        message: String,
    },
    /// The server refuses, and goes on refusing.
    #[error("{url} answered {status}{}", detail(.body))]
    Status {
        /// The URL, without its query.
        url: String,
        /// The status.
        status: StatusCode,
        /// The beginning of the answer.
        body: String,
        /// What the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// Not the bytes that were asked for.
    #[error("{url}: expected {expected}, found {found}")]
    Range {
        /// The URL, without its query.
        url: String,
        /// The range.
        expected: String,
        /// What came.
        found: String,
    },
    /// An answer that is not the JSON it should be.
    #[error("{url} answered with something else than expected: {message}")]
    Json {
        /// The URL, without its query.
        url: String,
        /// What the parser says.
        message: String,
    },
    /// No client could be made.
    #[error("no HTTP client: {message}")]
    Client {
        /// What went wrong.
        message: String,
    },
}

fn detail(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!(": {body}") }
}

impl HttpError {
    /// Whether the same request may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } => true,
            Self::Status { status, .. } => {
                matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Self::Range { .. } | Self::Json { .. } | Self::Client { .. } => false,
        }
    }

    /// Whether credentials were refused.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Status { status, .. } if matches!(status.as_u16(), 401 | 403))
    }

    /// The exit code of this kind of failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::Client { .. } => Exit::Unavailable,
            Self::Broken { .. } => Exit::TryAgain,
            error if error.is_forbidden() => Exit::Permission,
            error if error.is_transient() => Exit::TryAgain,
            Self::Status { .. } | Self::Json { .. } => Exit::Unavailable,
            Self::Range { .. } => Exit::Data,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl Http {
    /// A client that tries each request up to `attempts` times.
    pub fn new(attempts: usize) -> Result<Self, HttpError> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("floe/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_mins(1))
            .pool_max_idle_per_host(32)
            .build()
            .map_err(|error| HttpError::Client { message: chain(&error) })?;
        Ok(Self { client, attempts, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) })
    }

    /// Requests sent so far, repeated ones included.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes of bodies received so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The whole body behind a URL.
    pub async fn get(&self, url: &str) -> Result<Bytes, HttpError> {
        self.patiently(async || self.body(url, self.client.get(url)).await).await
    }

    /// The bytes `start..end` behind a URL; fewer where the file ends earlier.
    pub async fn get_range(&self, url: &str, start: u64, end: u64) -> Result<Ranged, HttpError> {
        self.patiently(async || {
            let request = self.client.get(url).header(RANGE, format!("bytes={start}-{}", end - 1));
            let response = self.send(url, request).await?;
            if response.status() != StatusCode::PARTIAL_CONTENT {
                // A server may ignore ranges and send everything.
                let bytes = self.receive(url, response).await?;
                let total = bytes.len() as u64;
                let end = bytes.len().min(end as usize);
                return Ok(Ranged { bytes: bytes.slice((start as usize).min(end)..end), total });
            }
            let total = total_length(url, &response, start, end)?;
            Ok(Ranged { bytes: self.receive(url, response).await?, total })
        })
        .await
    }

    /// A JSON document behind a URL.
    pub async fn get_json<T: DeserializeOwned>(&self, url: &str) -> Result<T, HttpError> {
        parse(url, &self.get(url).await?)
    }

    /// A JSON document in answer to another.
    pub async fn post_json<T: DeserializeOwned>(
        &self,
        url: &str,
        body: &serde_json::Value,
    ) -> Result<T, HttpError> {
        let bytes =
            self.patiently(async || self.body(url, self.client.post(url).json(body)).await).await?;
        parse(url, &bytes)
    }

    /// The headers of the answer to a request without a body.
    pub async fn headers(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, &str)],
    ) -> Result<HeaderMap, HttpError> {
        self.patiently(async || {
            let mut request = self.client.request(method.clone(), url);
            for (name, value) in headers {
                request = request.header(name, *value);
            }
            Ok(self.send(url, request).await?.headers().clone())
        })
        .await
    }

    async fn patiently<T>(
        &self,
        request: impl AsyncFn() -> Result<T, HttpError>,
    ) -> Result<T, HttpError> {
        let policy = ExponentialBuilder::new()
            .with_min_delay(Duration::from_millis(300))
            .with_max_delay(Duration::from_secs(20))
            .with_max_times(self.attempts - 1)
            .with_jitter();
        // `backon`'s own loop wants a closure whose future owns all it uses; this one borrows.
        let mut delays = policy.build();
        loop {
            match request().await {
                Err(error) if error.is_transient() => match delays.next() {
                    Some(delay) => {
                        let asked = error.retry_after().unwrap_or(Duration::ZERO).min(LONGEST_WAIT);
                        tokio::time::sleep(delay.max(asked)).await;
                    }
                    None => return Err(error),
                },
                result => return result,
            }
        }
    }

    async fn body(&self, url: &str, request: reqwest::RequestBuilder) -> Result<Bytes, HttpError> {
        let response = self.send(url, request).await?;
        self.receive(url, response).await
    }

    async fn send(
        &self,
        url: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, HttpError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let response = request
            .send()
            .await
            .map_err(|error| HttpError::Unreachable { url: bare(url), message: chain(&error) })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(&response);
        let body = response.text().await.unwrap_or_default();
        let body: String = redact(&body.split_whitespace().collect::<Vec<_>>().join(" "))
            .chars()
            .take(200)
            .collect();
        Err(HttpError::Status { url: bare(url), status, body, retry_after })
    }

    async fn receive(&self, url: &str, response: Response) -> Result<Bytes, HttpError> {
        let announced = response.content_length();
        let broken = |message: String| HttpError::Broken { url: bare(url), message };
        let bytes = response.bytes().await.map_err(|error| broken(chain(&error)))?;
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        match announced {
            Some(length) if length != bytes.len() as u64 => {
                Err(broken(format!("expected {length} bytes, found {}", bytes.len())))
            }
            _ => Ok(bytes),
        }
    }
}

fn parse<T: DeserializeOwned>(url: &str, bytes: &[u8]) -> Result<T, HttpError> {
    serde_json::from_slice(bytes)
        .map_err(|error| HttpError::Json { url: bare(url), message: error.to_string() })
}

/// The length of the whole file, from `Content-Range: bytes START-END/LENGTH` (RFC 9110, section 14.4).
fn total_length(url: &str, response: &Response, start: u64, end: u64) -> Result<u64, HttpError> {
    let header = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let found = header.unwrap_or("no Content-Range");
    found
        .strip_prefix(&format!("bytes {start}-"))
        .and_then(|rest| rest.split_once('/')?.1.parse().ok())
        .ok_or_else(|| HttpError::Range {
            url: bare(url),
            expected: format!("bytes {start}-{}/LENGTH", end - 1),
            found: found.to_owned(),
        })
}

/// `Retry-After` as seconds, or as a date (RFC 9110, section 10.2.3).
fn retry_after(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = chrono::DateTime::parse_from_rfc2822(text).ok()?;
    (date.to_utc() - chrono::Utc::now()).to_std().ok()
}

/// A URL without its query, where a token may stand.
pub fn bare(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// A text in which the query of every URL is cut off, so that no token reaches a log.
pub fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("http://").into_iter().chain(rest.find("https://")).min() {
        let url_end = rest[start..]
            .find(|character: char| {
                character.is_whitespace() || matches!(character, '"' | '\'' | ')' | '>' | '<')
            })
            .map_or(rest.len(), |length| start + length);
        redacted.push_str(&rest[..start]);
        redacted.push_str(&bare(&rest[start..url_end]));
        rest = &rest[url_end..];
    }
    redacted.push_str(rest);
    redacted
}

/// An error with its sources, on one line and without queries.
fn chain(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        let text = redact(&error.to_string());
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    parts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_query_survives_redaction() {
        let text =
            "error for url (https://a.b/c?sig=SECRET), then \"http://d/e?t=SECRET\" and https://f";
        assert_eq!(
            redact(text),
            "error for url (https://a.b/c), then \"http://d/e\" and https://f"
        );
        assert_eq!(redact("plain text? yes"), "plain text? yes");
        assert_eq!(bare("https://a/b?c=d#e"), "https://a/b");
    }
}
