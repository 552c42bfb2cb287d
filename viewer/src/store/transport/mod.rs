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
    /// Reads the part that the request names, exactly.
    fn get(&self, request: &Request) -> impl Future<Output = Result<Vec<u8>, TransportError>>;

    /// Waits.
    fn pause(&self, duration: Duration) -> impl Future<Output = ()>;
}

/// One read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The object.
    pub target: Target,
    /// The bytes of it that are wanted.
    pub part: Part,
    /// Whether a copy will do.
    pub freshness: Freshness,
    /// What the object was when somebody wrote down where in it these bytes lie.
    pub unchanged: Option<Version>,
}

/// Which bytes of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// All of them, if there are no more than so many.
    All {
        /// The most bytes.
        most: u64,
    },
    /// So many from the beginning of an object that has no more, as a rule: asked for without a `Range`.
    First(u64),
    /// Some.
    Range(Range<u64>),
    /// None: what the server says of the object instead, as the bytes of an [`Extent`].
    Extent,
}

/// How long an object is, and when it was last modified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Its bytes.
    pub length: u64,
    /// Seconds since 1970, if the server says.
    pub modified: Option<i64>,
}

/// What tells one state of an object from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// Its `ETag`.
    ETag(String),
    /// When it was last modified at the latest, in seconds since 1970.
    ModifiedBy(i64),
}

/// Where an object lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Below the store and never overwritten: a path without leading slash.
    InStore(String),
    /// Below the store, and overwritten in place.
    InPlace(String),
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
    /// The copies that there are have failed: none will do.
    Anew,
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
    /// Nothing came any more.
    #[error("nothing has come for {} seconds", .0.as_secs())]
    Silent(Duration),
    /// Fewer or more bytes than asked for.
    #[error("expected {expected} bytes, received {received}")]
    Length {
        /// The length asked for.
        expected: u64,
        /// The length received.
        received: u64,
    },
    /// More bytes than such an object has.
    #[error("expected at most {most} bytes, received more")]
    TooLong {
        /// The most that is read.
        most: u64,
    },
    /// The object is not the one whose bytes were looked up.
    #[error("the file has changed since the store was written: expected {expected}, found {found}")]
    Changed {
        /// What was written down of it.
        expected: String,
        /// What the server says.
        found: String,
    },
    /// The length of an object was asked for.
    #[error("the server does not say how long the object is")]
    NoLength,
    /// The range lies beyond the object's end (416).
    #[error("the object ends before byte {0}")]
    BeyondEnd(u64),
}

impl TransportError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        match &self.failure {
            Failure::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Failure::Network(_) | Failure::Silent(_) => true,
            // A body that the network cut short is a network error; this object is short.
            Failure::Length { .. }
            | Failure::TooLong { .. }
            | Failure::Changed { .. }
            | Failure::NoLength
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
    pub fn object(path: impl Into<String>, most: u64, freshness: Freshness) -> Self {
        let target = Target::InStore(path.into());
        Self { target, part: Part::All { most }, freshness, unchanged: None }
    }
}

impl Part {
    /// The bytes asked for, as far as their number is known.
    pub(crate) fn range(&self) -> Option<Range<u64>> {
        match self {
            Self::All { .. } | Self::Extent => None,
            Self::First(length) => Some(0..*length),
            Self::Range(range) => Some(range.clone()),
        }
    }

    /// The bytes to be read before it is known that there are too many: one more than may come.
    pub(crate) fn limit(&self) -> u64 {
        match self {
            Self::All { most } => most.saturating_add(1),
            Self::First(length) => *length,
            Self::Range(range) => range.end - range.start,
            Self::Extent => Extent::BYTES as u64,
        }
    }

    /// Checks the number of bytes received.
    pub(crate) fn check(&self, received: u64) -> Result<(), Failure> {
        match self {
            Self::All { most } if received > *most => Err(Failure::TooLong { most: *most }),
            Self::All { .. } => Ok(()),
            _ if self.limit() == received => Ok(()),
            _ => Err(Failure::Length { expected: self.limit(), received }),
        }
    }
}

impl Extent {
    const BYTES: usize = 16;

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let modified = self.modified.unwrap_or(i64::MIN);
        [self.length.to_le_bytes(), modified.to_le_bytes()].concat()
    }

    /// Of bytes that were made by [`Extent::to_bytes`].
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let [length, modified] = bytes.as_chunks::<8>().0 else { return None };
        let modified = Some(i64::from_le_bytes(*modified)).filter(|seconds| *seconds != i64::MIN);
        Some(Self { length: u64::from_le_bytes(*length), modified })
    }
}

impl Version {
    /// Compares with what a server says; what it does not say, or a page may not see, cannot be compared.
    pub(crate) fn check(&self, etag: Option<&str>, modified: Option<i64>) -> Result<(), Failure> {
        let bare = |tag: &str| tag.trim().trim_start_matches("W/").trim_matches('"').to_owned();
        let changed = |expected: String, found: String| Err(Failure::Changed { expected, found });
        match (self, etag, modified) {
            (Self::ETag(expected), Some(found), _) if bare(expected) != bare(found) => {
                changed(format!("ETag {}", bare(expected)), bare(found))
            }
            (Self::ModifiedBy(expected), _, Some(found)) if found > *expected => changed(
                format!("no change after {expected} (seconds since 1970)"),
                found.to_string(),
            ),
            _ => Ok(()),
        }
    }
}

impl Target {
    /// The path or URL.
    pub fn name(&self) -> &str {
        match self {
            Self::InStore(name) | Self::InPlace(name) | Self::Url(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_changed_is_named_with_what_was_expected() {
        let tag = Version::ETag("\"abc\"".to_owned());
        let time = Version::ModifiedBy(1000);
        for (version, etag, modified) in [
            (&tag, Some("abc"), Some(5000)),
            (&tag, Some("W/\"abc\""), None),
            (&tag, None, Some(5000)),
            (&time, Some("xyz"), Some(1000)),
            (&time, Some("xyz"), None),
        ] {
            assert_eq!(version.check(etag, modified), Ok(()), "{version:?} {etag:?} {modified:?}");
        }
        assert_eq!(
            tag.check(Some("\"xyz\""), None).unwrap_err().to_string(),
            "the file has changed since the store was written: expected ETag abc, found xyz"
        );
        assert!(time.check(None, Some(1001)).is_err());
    }

    #[test]
    fn an_extent_goes_as_bytes() {
        for extent in
            [Extent { length: 7, modified: None }, Extent { length: 0, modified: Some(-5) }]
        {
            assert_eq!(Extent::from_bytes(&extent.to_bytes()), Some(extent));
            assert_eq!(Part::Extent.check(extent.to_bytes().len() as u64), Ok(()));
        }
        assert_eq!(Extent::from_bytes(&[0; 15]), None);
    }

    #[test]
    fn parts_have_their_length_and_whole_objects_a_most() {
        let text = |part: Part, received| part.check(received).unwrap_err().to_string();
        assert_eq!(text(Part::Range(5..9), 3), "expected 4 bytes, received 3");
        assert_eq!(text(Part::First(4), 5), "expected 4 bytes, received 5");
        assert_eq!(text(Part::All { most: 4 }, 5), "expected at most 4 bytes, received more");
        assert_eq!(Part::All { most: 4 }.check(4), Ok(()));
        assert_eq!((Part::All { most: 4 }.limit(), Part::Range(5..9).limit()), (5, 4));
    }
}
