//! Why a store could not be read.

use super::codec::{CodecError, DecodeError};
use super::transport::TransportError;
use crate::dataset::RefSpec;

/// Anything that went wrong between a store's address and its pixels.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// The bytes could not be had.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// There is nothing that can be opened.
    #[error(
        "{url} is no store that the map can open: it has neither an object 'repo' (an Icechunk repository of format version 2; one of version 1 must be upgraded first) nor 'zarr.json' (a Zarr group of format 3)"
    )]
    NoStore {
        /// The address.
        url: String,
    },
    /// A Zarr store of an older format.
    #[error(
        "{url} is a Zarr store of format 2: it has an object '.zgroup'; the map opens format 3"
    )]
    OlderZarr {
        /// The address.
        url: String,
    },
    /// Another state was asked for of a store that has but one.
    #[error("{url} is a plain Zarr store, which has no versions: it has no {reference}")]
    NoVersions {
        /// The address.
        url: String,
        /// What was asked for.
        reference: RefSpec,
    },
    /// The repository's owner has taken it offline.
    #[error("the repository at {url} has been taken offline{reason}")]
    Offline {
        /// The address.
        url: String,
        /// What its owner says, as ": REASON", or nothing.
        reason: String,
    },
    /// A metadata object is not what it should be.
    #[error("object '{path}' is broken: {problem}")]
    Object {
        /// Its path below the repository.
        path: String,
        /// What is wrong with it.
        problem: ObjectProblem,
    },
    /// The repository has no such branch, tag or snapshot.
    #[error("the repository has no {reference}{available}")]
    NoSuchReference {
        /// What was asked for.
        reference: RefSpec,
        /// What there is instead, as "; it has A, B", or nothing.
        available: String,
    },
    /// The store has no such array or group.
    #[error("the store has no {kind} '{path}'")]
    NoSuchNode {
        /// "array" or "group".
        kind: &'static str,
        /// Its path.
        path: String,
    },
    /// A node's `zarr.json` is not what the viewer can read.
    #[error("array or group '{path}': {problem}")]
    Metadata {
        /// The node's path.
        path: String,
        /// What is wrong.
        problem: MetadataProblem,
    },
    /// A chunk's bytes do not decode.
    #[error("chunk {indices:?} of '{array}' is broken: {problem}")]
    Chunk {
        /// The array's path.
        array: String,
        /// The chunk's place in the array's grid of chunks.
        indices: Vec<u32>,
        /// What is wrong.
        problem: DecodeError,
    },
    /// The module of further codecs cannot be had.
    #[error("the page's module for the codecs of '{array}' could not be loaded: {reason}")]
    NoCodecs {
        /// The array's path.
        array: String,
        /// What the browser says.
        reason: String,
    },
    /// A virtual chunk lies where a browser cannot fetch from.
    #[error("virtual chunk at '{location}' cannot be fetched: {reason}")]
    VirtualChunk {
        /// Where the chunk lies.
        location: String,
        /// Why it cannot be had.
        reason: String,
    },
    /// More manifests than can be looked through for one chunk.
    #[error("chunk {indices:?} of '{array}' may be in more than {most} manifests")]
    Scattered {
        /// The array's path.
        array: String,
        /// The chunk's place in the array's grid of chunks.
        indices: Vec<u32>,
        /// The most that are looked through.
        most: usize,
    },
    /// The arrays together make no map.
    #[error("this store is no map that the viewer can draw: {0}")]
    Layout(String),
    /// A chunk was asked for that the dataset does not have.
    #[error("the dataset has no {0}")]
    OutsideDataset(String),
}

/// What can be wrong with a metadata object (`repo`, snapshot, manifest).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ObjectProblem {
    /// Fewer bytes than the header has.
    #[error("expected a header of {expected} bytes, found {found} bytes in all")]
    TooShort {
        /// Length of the header.
        expected: usize,
        /// Length of the object.
        found: usize,
    },
    /// It does not begin as an Icechunk object does.
    #[error("expected it to begin with Icechunk's magic bytes")]
    Magic,
    /// A format version that this reader does not know.
    #[error("expected format version 2, found {found}")]
    Version {
        /// The version.
        found: u8,
    },
    /// An object of another kind.
    #[error("expected a {expected}, found file type {found}")]
    Kind {
        /// What was expected.
        expected: &'static str,
        /// The number of the type found.
        found: u8,
    },
    /// Compressed in an unknown way.
    #[error("expected compression 0 (none) or 1 (zstd), found {found}")]
    Compression {
        /// The number of the algorithm found.
        found: u8,
    },
    /// The compressed bytes are damaged.
    #[error("its zstd frame does not decode: {0}")]
    Zstd(String),
    /// It is too large, or inflates to too much.
    #[error("expected at most {most} bytes, decompressed, found more")]
    TooLarge {
        /// The most that is read.
        most: u64,
    },
    /// Its parts are the same bytes over and over.
    #[error("its parts add up to more than {most} bytes, which it cannot hold")]
    Unfolds {
        /// The most that is kept of it.
        most: usize,
    },
    /// The decompressed bytes are damaged.
    #[error("its flatbuffer does not verify: {0}")]
    Flatbuffer(String),
    /// A field contradicts another.
    #[error("{0}")]
    Inconsistent(String),
}

/// What can be wrong with a node's `zarr.json`.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MetadataProblem {
    /// Not JSON, or a member is missing or of another type.
    #[error("its zarr.json does not parse: {0}")]
    Json(String),
    /// A member has a value that the viewer cannot work with.
    #[error("expected {member} to be {expected}, found {found}")]
    Member {
        /// The member.
        member: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The codecs.
    #[error(transparent)]
    Codec(#[from] CodecError),
}

impl StoreError {
    /// Whether trying again later may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(error) => error.is_transient(),
            Self::NoCodecs { .. } => true,
            _ => false,
        }
    }

    /// An object's path and its problem.
    pub(super) fn object(path: &str, problem: ObjectProblem) -> Self {
        Self::Object { path: path.to_owned(), problem }
    }

    /// A node's path and its problem.
    pub(super) fn metadata(path: &str, problem: impl Into<MetadataProblem>) -> Self {
        Self::Metadata { path: path.to_owned(), problem: problem.into() }
    }
}

/// A text from a store, cut where it becomes longer than anybody reads.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 300;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
