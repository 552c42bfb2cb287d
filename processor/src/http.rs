//! HTTP with patience: every request is tried again while its failure may pass, and counted.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rand::RngExt as _;
use reqwest::header::{CONTENT_RANGE, HeaderMap, HeaderName, RANGE, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode};
use serde::de::DeserializeOwned;

use crate::exit::Exit;
use crate::patience::Patience;

/// Whoever waits this long is told why, and again at such intervals.
const TELL_EVERY: Duration = Duration::from_secs(20);

/// No page of a catalogue and no granule's file is longer.
const LARGEST_BODY: usize = 256 << 20;
/// What is read of the words with which a server refuses.
const LONGEST_REFUSAL: usize = 16 << 10;

/// Part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranged {
    /// The bytes.
    pub bytes: Bytes,
    /// Length of the whole file.
    pub total: u64,
}

/// A client which counts what it reads.
pub struct Http {
    client: reqwest::Client,
    patience: Patience,
    /// Whether a request was waited for in vain, and none has succeeded since. Then others are not waited
    /// for as well: many requests that each wait for minutes would wait for hours.
    in_vain: AtomicBool,
    /// Told what is being waited for.
    tell: Box<dyn Fn(&str) + Send + Sync>,
    began: Instant,
    /// Milliseconds after `began` when something was told last.
    told_at: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Http").field("patience", &self.patience).finish_non_exhaustive()
    }
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
        /// Whether it was that no answer came in time.
        late: bool,
    },
    /// The body ended before its announced end, each time.
    #[error("{url}: the answer broke off: {message}")]
    Broken {
        /// The URL, without its query.
        url: String,
        /// What went wrong last.
        message: String,
        /// Whether it was that no answer came in time.
        late: bool,
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
    /// A body without end, or one that inflates to too much.
    #[error("{url}: expected an answer of at most {most} bytes, found more")]
    TooLong {
        /// The URL, without its query.
        url: String,
        /// The most that is read.
        most: usize,
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
            // Gateways answer 200 with a page of their own when what is behind them is down.
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Json { .. } => true,
            Self::Status { status, .. } => {
                matches!(status.as_u16(), 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            Self::Range { .. } | Self::TooLong { .. } | Self::Client { .. } => false,
        }
    }

    /// Whether the server, or something before it, found that the answer takes too long: a smaller question
    /// may have one.
    pub fn is_too_slow(&self) -> bool {
        match self {
            Self::Unreachable { late, .. } | Self::Broken { late, .. } => *late,
            Self::Status { status, .. } => matches!(status.as_u16(), 408 | 504),
            Self::Range { .. } | Self::TooLong { .. } | Self::Json { .. } | Self::Client { .. } => {
                false
            }
        }
    }

    /// Whether the server says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Status { status, .. } if status.as_u16() == 404)
    }

    /// Whether credentials were refused.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Self::Status { status, .. } if matches!(status.as_u16(), 401 | 403))
    }

    /// The exit code of this kind of failure.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Unreachable { .. } | Self::Json { .. } | Self::Client { .. } => Exit::Unavailable,
            Self::Broken { .. } => Exit::TryAgain,
            error if error.is_forbidden() => Exit::Permission,
            error if error.is_transient() => Exit::TryAgain,
            Self::Status { .. } => Exit::Unavailable,
            Self::Range { .. } | Self::TooLong { .. } => Exit::Data,
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
    /// A client that is so patient with each request, and says through `tell` what it waits for.
    pub fn new(
        patience: Patience,
        tell: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, HttpError> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("floe/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_mins(1))
            .pool_max_idle_per_host(32)
            .build()
            .map_err(|error| HttpError::Client { message: chain(&error) })?;
        Ok(Self {
            client,
            patience,
            in_vain: AtomicBool::new(false),
            tell: Box::new(tell),
            began: Instant::now(),
            told_at: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        })
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
        let request = async || self.body(url, self.client.get(url)).await;
        self.patiently(HttpError::is_transient, request).await
    }

    /// The bytes `start..end` behind a URL; fewer where the file ends earlier.
    pub async fn get_range(&self, url: &str, start: u64, end: u64) -> Result<Ranged, HttpError> {
        self.patiently(HttpError::is_transient, async || {
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

    /// A JSON document behind a URL. `passing` tells which failures are waited out: see
    /// [`HttpError::is_transient`].
    pub async fn get_json<T: DeserializeOwned>(
        &self,
        url: &str,
        passing: impl Fn(&HttpError) -> bool,
    ) -> Result<T, HttpError> {
        let request = async || parse(url, &self.body(url, self.client.get(url)).await?);
        self.patiently(passing, request).await
    }

    /// A JSON document in answer to another. `passing` as for [`Http::get_json`].
    pub async fn post_json<T: DeserializeOwned>(
        &self,
        url: &str,
        body: &serde_json::Value,
        passing: impl Fn(&HttpError) -> bool,
    ) -> Result<T, HttpError> {
        let request = async || parse(url, &self.body(url, self.client.post(url).json(body)).await?);
        self.patiently(passing, request).await
    }

    /// The headers of the answer to a request without a body.
    pub async fn headers(
        &self,
        method: Method,
        url: &str,
        headers: &[(HeaderName, &str)],
    ) -> Result<HeaderMap, HttpError> {
        self.patiently(HttpError::is_transient, async || {
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
        passing: impl Fn(&HttpError) -> bool,
        request: impl AsyncFn() -> Result<T, HttpError>,
    ) -> Result<T, HttpError> {
        let first = Instant::now();
        let mut failures = 0;
        loop {
            let error = match request().await {
                Ok(answer) => {
                    self.in_vain.store(false, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) if passing(&error) => error,
                Err(error) => return Err(error),
            };
            failures += 1;
            let patience = if self.in_vain.load(Ordering::Relaxed) {
                self.patience.exhausted()
            } else {
                self.patience
            };
            let (asked, chance) = (error.retry_after(), rand::rng().random::<f64>());
            let Some(pause) = patience.pause(failures, first.elapsed(), asked, chance) else {
                if first.elapsed() >= self.patience.lasts {
                    self.in_vain.store(true, Ordering::Relaxed);
                }
                return Err(error);
            };
            self.tell_of_wait(first.elapsed() + pause, &error);
            tokio::time::sleep(pause).await;
        }
    }

    /// Tells what a request has failed with that has been waited for long, though not too often.
    fn tell_of_wait(&self, waited: Duration, error: &HttpError) {
        let now = self.began.elapsed().as_millis() as u64;
        let told_at = self.told_at.load(Ordering::Relaxed);
        let every = TELL_EVERY.as_millis() as u64;
        let is_due = waited >= TELL_EVERY / 2 && (told_at == 0 || now >= told_at + every);
        if is_due
            && self
                .told_at
                .compare_exchange(told_at, now.max(1), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            let most = self.patience.lasts.as_secs();
            (self.tell)(&format!("floe: {error}; trying again for up to {most} s"));
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
        let response = request.send().await.map_err(|error| HttpError::Unreachable {
            url: bare(url),
            message: chain(&error),
            late: error.is_timeout(),
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(&response);
        let (body, _) = beginning(response, LONGEST_REFUSAL).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        let body: String = redact(&body.split_whitespace().collect::<Vec<_>>().join(" "))
            .chars()
            .take(200)
            .collect();
        Err(HttpError::Status { url: bare(url), status, body, retry_after })
    }

    async fn receive(&self, url: &str, response: Response) -> Result<Bytes, HttpError> {
        let announced = response.content_length();
        let broken = |message: String, late| HttpError::Broken { url: bare(url), message, late };
        let too_long = || HttpError::TooLong { url: bare(url), most: LARGEST_BODY };
        if announced.is_some_and(|length| length > LARGEST_BODY as u64) {
            return Err(too_long());
        }
        let (bytes, at_end) = beginning(response, LARGEST_BODY)
            .await
            .map_err(|error| broken(chain(&error), error.is_timeout()))?;
        if !at_end {
            return Err(too_long());
        }
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        match announced {
            Some(length) if length != bytes.len() as u64 => {
                Err(broken(format!("expected {length} bytes, found {}", bytes.len()), false))
            }
            _ => Ok(bytes),
        }
    }
}

/// A body as far as `most` bytes, and whether that is all: what it inflates to is known only when it comes.
async fn beginning(mut response: Response, most: usize) -> Result<(Bytes, bool), reqwest::Error> {
    let announced = response.content_length().unwrap_or_default();
    let mut bytes = BytesMut::with_capacity(announced.min(8 << 20) as usize);
    while let Some(piece) = response.chunk().await? {
        let room = most - bytes.len();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return Ok((bytes.freeze(), false));
        }
    }
    Ok((bytes.freeze(), true))
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
