//! The envelope of Icechunk's metadata objects: a header of 39 bytes, then a compressed flatbuffer.
//!
//! Magic bytes (12), name of the writing program (24), format version, file type, compression, body:
//! <https://icechunk.io/en/latest/reference/spec/#file-layout>.

use std::io::Read as _;

use flatbuffers::{Follow, Verifiable, VerifierOptions};
use icechunk_format::format_constants::{
    CompressionAlgorithmBin, FileTypeBin, ICECHUNK_COMPRESSION_OFFSET, ICECHUNK_FILE_HEADER_LEN,
    ICECHUNK_FILE_TYPE_OFFSET, ICECHUNK_FORMAT_MAGIC_BYTES, ICECHUNK_SPEC_VERSION_OFFSET,
    SpecVersionBin,
};
use zstd::zstd_safe;

use super::error::ObjectProblem;

/// No metadata object decodes to more than this: a damaged length must not exhaust the memory.
const LARGEST_BODY: u64 = 512 << 20;

/// The kinds of metadata objects that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `repo`: branches, tags and all commits.
    Repository,
    /// `snapshots/ID`: arrays, groups and their attributes.
    Snapshot,
    /// `manifests/ID`: where chunks lie.
    Manifest,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Repository => "repository object",
            Self::Snapshot => "snapshot",
            Self::Manifest => "manifest",
        }
    }

    const fn code(self) -> FileTypeBin {
        match self {
            Self::Repository => FileTypeBin::RepoInfo,
            Self::Snapshot => FileTypeBin::Snapshot,
            Self::Manifest => FileTypeBin::Manifest,
        }
    }
}

/// Checks the header and gives the decompressed flatbuffer.
///
/// A repository of version 2 may hold snapshots and manifests of version 1, whose layout is the
/// same; the repository object itself exists since version 2.
pub(super) fn open(kind: Kind, object: &[u8]) -> Result<Vec<u8>, ObjectProblem> {
    if object.len() < ICECHUNK_FILE_HEADER_LEN {
        return Err(ObjectProblem::TooShort {
            expected: ICECHUNK_FILE_HEADER_LEN,
            found: object.len(),
        });
    }
    let (header, body) = object.split_at(ICECHUNK_FILE_HEADER_LEN);
    if !header.starts_with(ICECHUNK_FORMAT_MAGIC_BYTES) {
        return Err(ObjectProblem::Magic);
    }
    let version = header[ICECHUNK_SPEC_VERSION_OFFSET];
    let oldest = if kind == Kind::Repository { SpecVersionBin::V2 } else { SpecVersionBin::V1 };
    if !(oldest as u8..=SpecVersionBin::V2 as u8).contains(&version) {
        return Err(ObjectProblem::Version { found: version });
    }
    let found = header[ICECHUNK_FILE_TYPE_OFFSET];
    if found != kind.code() as u8 {
        return Err(ObjectProblem::Kind { expected: kind.word(), found });
    }
    match header[ICECHUNK_COMPRESSION_OFFSET] {
        code if code == CompressionAlgorithmBin::None as u8 => Ok(body.to_vec()),
        code if code == CompressionAlgorithmBin::Zstd as u8 => {
            decompress(body).map_err(ObjectProblem::Zstd)
        }
        found => Err(ObjectProblem::Compression { found }),
    }
}

/// Verifies a flatbuffer and gives its root table.
pub(super) fn root<'a, T>(buffer: &'a [u8]) -> Result<T::Inner, ObjectProblem>
where
    T: Follow<'a> + Verifiable + 'a,
{
    let options = VerifierOptions {
        max_depth: 64,
        // A table takes 8 bytes or more, and the verifier counts each at most twice.
        max_tables: buffer.len(),
        max_apparent_size: buffer.len().saturating_mul(4),
        ignore_missing_null_terminator: true,
    };
    flatbuffers::root_with_opts::<T>(&options, buffer)
        .map_err(|error| ObjectProblem::Flatbuffer(error.to_string()))
}

/// Decompresses a zstd frame of unknown size.
fn decompress(frame: &[u8]) -> Result<Vec<u8>, String> {
    let declared = zstd_safe::get_frame_content_size(frame)
        .map_err(|_| "expected a zstd frame header".to_owned())?;
    let limit = declared.unwrap_or(LARGEST_BODY).min(LARGEST_BODY);
    let mut body = Vec::new();
    zstd::stream::read::Decoder::with_buffer(frame)
        .and_then(|decoder| decoder.take(limit + 1).read_to_end(&mut body))
        .map_err(|error| error.to_string())?;
    match declared {
        Some(size) if size != body.len() as u64 => {
            Err(format!("it declares {size} bytes and holds {}", body.len()))
        }
        None if body.len() as u64 > limit => Err(format!("it holds more than {limit} bytes")),
        _ => Ok(body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(version: u8, kind: u8, compression: u8, body: &[u8]) -> Vec<u8> {
        let mut object = ICECHUNK_FORMAT_MAGIC_BYTES.to_vec();
        object.extend_from_slice(b"a test                  ");
        object.extend_from_slice(&[version, kind, compression]);
        object.extend_from_slice(body);
        object
    }

    #[test]
    fn the_header_decides_what_is_read() {
        let body = zstd::bulk::compress(b"body", 3).unwrap();
        assert_eq!(open(Kind::Snapshot, &object(2, 1, 1, &body)).unwrap(), b"body");
        assert_eq!(open(Kind::Snapshot, &object(1, 1, 0, b"plain")).unwrap(), b"plain");
    }

    #[test]
    fn each_wrong_header_byte_has_its_own_error() {
        let text = |kind, object: &[u8]| open(kind, object).unwrap_err().to_string();
        assert_eq!(
            text(Kind::Snapshot, b"ICE"),
            "expected a header of 39 bytes, found 3 bytes in all"
        );
        assert_eq!(
            text(Kind::Snapshot, &[b'<'; 60]),
            "expected it to begin with Icechunk's magic bytes"
        );
        assert_eq!(
            text(Kind::Manifest, &object(3, 2, 1, b"")),
            "expected format version 2, found 3"
        );
        assert_eq!(
            text(Kind::Repository, &object(1, 6, 1, b"")),
            "expected format version 2, found 1"
        );
        assert_eq!(
            text(Kind::Manifest, &object(2, 1, 1, b"")),
            "expected a manifest, found file type 1"
        );
        assert_eq!(
            text(Kind::Manifest, &object(2, 2, 9, b"")),
            "expected compression 0 (none) or 1 (zstd), found 9"
        );
        let body = zstd::bulk::compress(&[7; 1000], 3).unwrap();
        let cut = object(2, 2, 1, &body[..body.len() - 3]);
        assert!(matches!(open(Kind::Manifest, &cut), Err(ObjectProblem::Zstd(_))));
    }
}
