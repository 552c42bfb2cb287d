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

    /// The most bytes of a decompressed body: what a header or a frame claims must not exhaust the memory of a page. A
    /// commit takes about 700 bytes of the repository's object, a chunk some 70 of a manifest, so that these are tens of
    /// thousands of commits and a million chunks and more in each of an array's manifests.
    const fn most_body(self) -> u64 {
        match self {
            Self::Repository => 32 << 20,
            Self::Snapshot => 64 << 20,
            Self::Manifest => 128 << 20,
        }
    }

    /// The most bytes of an object: one that is not compressed, with its header.
    pub(super) const fn most_bytes(self) -> u64 {
        self.most_body() + ICECHUNK_FILE_HEADER_LEN as u64
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
        code if code == CompressionAlgorithmBin::None as u8 => match kind.most_body() {
            most if body.len() as u64 > most => Err(ObjectProblem::TooLarge { most }),
            _ => Ok(body.to_vec()),
        },
        code if code == CompressionAlgorithmBin::Zstd as u8 => decompress(body, kind.most_body()),
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

/// Decompresses a zstd frame, piece by piece, as far as `most` bytes.
fn decompress(frame: &[u8], most: u64) -> Result<Vec<u8>, ObjectProblem> {
    let damaged = |problem: String| Err(ObjectProblem::Zstd(problem));
    let Ok(declared) = zstd_safe::get_frame_content_size(frame) else {
        return damaged("expected a zstd frame header".to_owned());
    };
    if declared.is_some_and(|size| size > most) {
        return Err(ObjectProblem::TooLarge { most });
    }
    let limit = declared.unwrap_or(most);
    let mut body = Vec::new();
    let read = zstd::stream::read::Decoder::with_buffer(frame)
        .and_then(|decoder| decoder.take(limit + 1).read_to_end(&mut body));
    if let Err(error) = read {
        return damaged(error.to_string());
    }
    match declared {
        Some(size) if size != body.len() as u64 => {
            damaged(format!("it declares {size} bytes and holds {}", body.len()))
        }
        None if body.len() as u64 > most => Err(ObjectProblem::TooLarge { most }),
        _ => Ok(body),
    }
}

/// How much may be made of an object: its parts may be said to be the same bytes over and over.
pub(super) struct Budget {
    left: usize,
    most: usize,
}

impl Budget {
    /// What an object of these bytes can honestly hold.
    pub(super) fn of(buffer: &[u8]) -> Self {
        // A reference takes about twice as much in memory, a short location four times.
        let most = buffer.len().saturating_mul(4).saturating_add(64 << 10);
        Self { left: most, most }
    }

    /// Takes so many bytes off.
    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), ObjectProblem> {
        let left = self.left.checked_sub(bytes);
        self.left = left.ok_or(ObjectProblem::Unfolds { most: self.most })?;
        Ok(())
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
    #[test]
    fn what_inflates_to_gigabytes_is_refused_by_name() {
        // 4 GiB of zeros: a window of 1 MiB, and blocks that each repeat one byte 128 KiB long (RFC 8878, 3.1.1).
        let mut bomb = vec![0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50];
        for block in 0..(1 << 15) {
            let last = u32::from(block == (1 << 15) - 1);
            bomb.extend_from_slice(&(last | 1 << 1 | (128 << 10) << 3).to_le_bytes()[..3]);
            bomb.push(0);
        }
        for (kind, code) in [(Kind::Repository, 6), (Kind::Snapshot, 1), (Kind::Manifest, 2)] {
            let most = kind.most_body();
            assert_eq!(
                open(kind, &object(2, code, 1, &bomb)),
                Err(ObjectProblem::TooLarge { most })
            );
            // The same, said beforehand.
            let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0xE0];
            frame.extend_from_slice(&(4_u64 << 30).to_le_bytes());
            frame.extend_from_slice(&bomb[6..]);
            assert_eq!(
                open(kind, &object(2, code, 1, &frame)),
                Err(ObjectProblem::TooLarge { most })
            );
        }
    }

    #[test]
    fn parts_cannot_add_up_to_many_times_the_whole() {
        let mut budget = Budget::of(&[0; 1000]);
        assert_eq!(budget.spend(60_000), Ok(()));
        let error = budget.spend(60_000).unwrap_err().to_string();
        assert_eq!(error, "its parts add up to more than 69536 bytes, which it cannot hold");
    }
}
