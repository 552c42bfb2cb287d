//! How bytes are had: the one thing that differs between the browser and the tests.

#[cfg(not(target_family = "wasm"))]
mod directory;
mod fetch;
mod memory;

use std::ops::Range;
use std::time::Duration;

#[cfg(not(target_family = "wasm"))]
pub use directory::LocalDirectory;
pub use fetch::Fetch;
pub use memory::InMemory;

/// Reads objects, whole or in part.
///
/// Dropping the future of a request gives the request up.
pub trait Transport {
    /// Reads what the request names: exactly its range, or the whole object.
    fn get(&self, request: &Request) -> impl Future<Output = Result<Vec<u8>, TransportError>>;

    /// Waits.
    fn pause(&self, duration: Duration) -> impl Future<Output = ()>;
}

/// One read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The object.
    pub target: Target,
    /// The bytes of it that are wanted; all without.
    pub range: Option<Range<u64>>,
    /// Whether a copy will do.
    pub freshness: Freshness,
}

/// Where an object lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Below the repository: a path without leading slash.
    InStore(String),
    /// Anywhere else, by its absolute `https:` or `http:` URL.
    Url(String),
}

/// Whether an object may have changed since it was last read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// Its name is its content: any copy will do, however old.
    Immutable,
    /// It is overwritten in place: a copy must be revalidated.
    Latest,
}

/// Why a read failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot read {url}: {failure}")]
pub struct TransportError {
    /// The object.
    pub url: String,
    /// What happened.
    pub failure: Failure,
}

/// What can happen to a read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// 404 or 410, or no such file.
    #[error("there is no such object")]
    NotFound,
    /// 401 or 403.
    #[error("access is denied (status {0}); the store must allow public reading")]
    Denied(u16),
    /// Any other status than success.
    #[error("the server answered with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The wait that the server asks for.
        retry_after: Option<Duration>,
    },
    /// No answer that a page may see: offline, name not found, connection lost, no CORS headers.
    #[error(
        "no answer that the page may see ({0}); is the network up, and does the store send CORS headers for this page?"
    )]
    Network(String),
    /// Fewer or more bytes than asked for.
    #[error("expected {expected} bytes, received {received}")]
    Length {
        /// The length asked for.
        expected: u64,
        /// The length received.
        received: u64,
    },
    /// The range lies beyond the object's end (416).
    #[error("the object ends before byte {0}")]
    BeyondEnd(u64),
}

impl TransportError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match &self.failure {
            Failure::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Failure::Network(_) => true,
            // A body that the network cut short is a network error; this object is short.
            Failure::Length { .. }
            | Failure::NotFound
            | Failure::Denied(_)
            | Failure::BeyondEnd(_) => false,
        }
    }

    /// The wait that the server asks for.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.failure {
            Failure::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl Request {
    /// A whole object below the repository.
    pub fn object(path: impl Into<String>, freshness: Freshness) -> Self {
        Self { target: Target::InStore(path.into()), range: None, freshness }
    }

    /// Checks the number of bytes received against the range asked for.
    pub(crate) fn check_length(&self, received: u64) -> Result<(), Failure> {
        match &self.range {
            Some(range) if range.end - range.start != received => {
                Err(Failure::Length { expected: range.end - range.start, received })
            }
            _ => Ok(()),
        }
    }
}

impl Target {
    /// The path or URL.
    pub fn name(&self) -> &str {
        match self {
            Self::InStore(name) | Self::Url(name) => name,
        }
    }
}
