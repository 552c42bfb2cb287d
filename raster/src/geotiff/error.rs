//! What can be wrong with a file.

use std::fmt;

use crate::sinusoidal::Position;

/// A file that cannot be used, by name. None of these is ever taken for missing data.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{asset}: {problem}")]
pub struct GeoTiffError {
    /// The file, as its reader named it.
    pub asset: String,
    /// What is wrong with it.
    pub problem: GeoTiffProblem,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GeoTiffProblem {
    /// Another kind of file.
    #[error("expected a TIFF, found a file that begins with {found:02x?}")]
    NotTiff {
        /// Its first bytes.
        found: Vec<u8>,
    },
    /// The file ends before something that it announces.
    #[error("truncated: {what} ends at byte {expected}, the file after {found}")]
    Truncated {
        /// What lies beyond the end.
        what: String,
        /// Where that would end.
        expected: u64,
        /// Bytes that the file has.
        found: u64,
    },
    /// Bytes that the caller has not fetched, though it was told to.
    #[error("{what} (bytes {start} to {end}) was not fetched")]
    NotFetched {
        /// What was to be read.
        what: String,
        /// Its first byte.
        start: u64,
        /// The byte behind its last.
        end: u64,
    },
    /// Only overviews or masks.
    #[error("expected a full-resolution image, found none in {found} directories")]
    NoImage {
        /// Directories looked through.
        found: usize,
    },
    /// A tag or key that must be there.
    #[error("{name} is missing")]
    Missing {
        /// Its name in the TIFF or `GeoTIFF` standard.
        name: &'static str,
    },
    /// A tag or key with another value than any that is read here.
    #[error("{name}: expected {expected}, found {found}")]
    Unexpected {
        /// Its name in the TIFF or `GeoTIFF` standard, or what it means.
        name: &'static str,
        /// What is read.
        expected: String,
        /// What it holds.
        found: String,
    },
    /// A raster that lies elsewhere than its name says.
    #[error(
        "expected the raster of {position} with its corner near {expected:.3?}, found {found:?}"
    )]
    Misplaced {
        /// The position.
        position: Position,
        /// Its ideal corner in metres (x, y).
        expected: (f64, f64),
        /// The file's tie point.
        found: (f64, f64),
    },
    /// Two bands that cannot be laid upon each other.
    #[error("{what} differs from that of {other}: {found} instead of {expected}")]
    Unlike {
        /// What differs.
        what: &'static str,
        /// The other file.
        other: String,
        /// The other file's.
        expected: String,
        /// This file's.
        found: String,
    },
    /// A block whose compressed bytes make no sense.
    #[error("block {block} is corrupt: {why}")]
    Corrupt {
        /// The block, row by row from the north-west.
        block: usize,
        /// What the decompressor says.
        why: String,
    },
    /// A block that is said to lie where none can.
    #[error("block {block} is said to be {length} bytes from byte {start}: no block can lie there")]
    NoPlace {
        /// The block, row by row from the north-west.
        block: usize,
        /// Its first byte.
        start: u64,
        /// Its number of bytes.
        length: u64,
    },
    /// Two blocks that share a part of their bytes.
    #[error("block {block} begins within the bytes of block {other}")]
    Overlap {
        /// The block that begins later.
        block: usize,
        /// The one that it begins in.
        other: usize,
    },
    /// A block with more bytes than compression can make of its pixels.
    #[error("block {block}: expected at most {most} compressed bytes, found {found}")]
    Oversized {
        /// The block, row by row from the north-west.
        block: usize,
        /// What its pixels can take.
        most: u64,
        /// Its number of bytes.
        found: u64,
    },
    /// A block with too few or too many pixels.
    #[error("block {block} is corrupt: expected {expected} bytes of pixels, found {found}")]
    Length {
        /// The block, row by row from the north-west.
        block: usize,
        /// Bytes of a block.
        expected: usize,
        /// Bytes that it holds.
        found: usize,
    },
}

impl GeoTiffProblem {
    pub(crate) fn of(self, asset: &str) -> GeoTiffError {
        GeoTiffError { asset: asset.to_owned(), problem: self }
    }

    pub(crate) fn unexpected(
        name: &'static str,
        expected: &dyn fmt::Display,
        found: &dyn fmt::Display,
    ) -> Self {
        Self::Unexpected { name, expected: expected.to_string(), found: found.to_string() }
    }
}
