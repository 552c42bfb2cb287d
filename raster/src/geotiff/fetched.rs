//! Files as far as they have been fetched.

use std::ops::Range;

use bytes::Bytes;

use super::directory::Directory;
use super::error::{GeoTiffError, GeoTiffProblem};

/// Bytes of a file, from some offset on.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where in the file they begin.
    pub start: u64,
    /// The bytes.
    pub bytes: Bytes,
}

impl Piece {
    /// Some bytes of the file, if they all lie in the piece.
    pub fn get(&self, range: &Range<u64>) -> Option<&[u8]> {
        part(self.start, &self.bytes, range)
    }

    /// The byte of the file behind the last of the piece.
    pub fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

/// A file: the directory of one of its bands, and the pieces that were fetched of it.
#[derive(Clone, Debug)]
pub struct FetchedFile {
    /// What the file says of the band.
    pub directory: Directory,
    /// Where its blocks' bytes are looked up; in any order, they may overlap.
    pub pieces: Vec<Piece>,
}

impl FetchedFile {
    /// A file that was fetched as a whole.
    pub fn whole(directory: Directory, bytes: Bytes) -> Self {
        Self { directory, pieces: vec![Piece { start: 0, bytes }] }
    }

    /// A block's bytes: none of one that is not stored.
    pub fn stored(&self, block: usize) -> Result<&[u8], GeoTiffError> {
        let Range { start, end } = self.directory.block(block);
        if start == end {
            return Ok(&[]);
        }
        self.pieces.iter().find_map(|piece| piece.get(&(start..end))).ok_or_else(|| {
            let what = format!("block {block}");
            GeoTiffProblem::NotFetched { what, start, end }.of(&self.directory.asset)
        })
    }
}

/// Some bytes of a file, if they all lie within `bytes`, which begin at `start` in it.
pub(super) fn part<'a>(start: u64, bytes: &'a [u8], range: &Range<u64>) -> Option<&'a [u8]> {
    let [from, to] = [range.start, range.end].map(|at| at.checked_sub(start));
    bytes.get(from? as usize..to? as usize)
}
