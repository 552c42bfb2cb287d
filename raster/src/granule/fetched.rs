//! A granule's files as far as they have been fetched.

use std::ops::Range;

use bytes::Bytes;

use super::cog::Directory;
use super::error::{CogError, CogProblem};
use super::id::GranuleId;

/// Bytes of a file, from some offset on.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Where in the file they begin.
    pub start: u64,
    /// The bytes.
    pub bytes: Bytes,
}

/// A file: its directory and the pieces that were fetched of it.
#[derive(Clone, Debug)]
pub struct FetchedLayer {
    /// What the file holds.
    pub directory: Directory,
    /// Where its blocks' bytes are looked up; in any order, they may overlap.
    pub pieces: Vec<Piece>,
}

/// Temperatures and quality of one granule, laid out alike.
#[derive(Clone, Debug)]
pub struct FetchedGranule {
    id: GranuleId,
    lst: FetchedLayer,
    qc: FetchedLayer,
}

impl FetchedLayer {
    /// A file that was fetched as a whole.
    pub fn whole(directory: Directory, bytes: Bytes) -> Self {
        Self { directory, pieces: vec![Piece { start: 0, bytes }] }
    }

    /// A block's bytes.
    pub fn stored(&self, block: usize) -> Result<&[u8], CogError> {
        let Range { start, end } = self.directory.block(block);
        self.pieces
            .iter()
            .find_map(|piece| {
                let from = start.checked_sub(piece.start)?;
                piece.bytes.get(from as usize..(end - piece.start) as usize)
            })
            .ok_or_else(|| {
                let what = format!("block {block}");
                CogProblem::NotFetched { what, start, end }.of(&self.directory.asset)
            })
    }
}

impl FetchedGranule {
    /// Puts both layers together; refuses them where they do not lie at the granule's position or
    /// not upon each other, pixel by pixel and block by block.
    pub fn new(id: GranuleId, lst: FetchedLayer, qc: FetchedLayer) -> Result<Self, CogError> {
        check_alike(id, &lst.directory, &qc.directory)?;
        Ok(Self { id, lst, qc })
    }

    /// Its name.
    pub const fn id(&self) -> GranuleId {
        self.id
    }

    /// Daytime temperatures.
    pub const fn lst(&self) -> &FetchedLayer {
        &self.lst
    }

    /// Their quality.
    pub const fn qc(&self) -> &FetchedLayer {
        &self.qc
    }
}

/// Whether the two files of a granule belong together; can be asked before any block is fetched.
pub fn check_alike(id: GranuleId, lst: &Directory, qc: &Directory) -> Result<(), CogError> {
    lst.check_position(id.key.position)?;
    if lst.transform != qc.transform {
        let problem = CogProblem::transforms_differ(&lst.asset, lst.transform, qc.transform);
        return Err(problem.of(&qc.asset));
    }
    if lst.layout != qc.layout {
        let problem = CogProblem::Unlike {
            what: "the layout of blocks",
            other: lst.asset.clone(),
            expected: format!("{:?}", lst.layout),
            found: format!("{:?}", qc.layout),
        };
        return Err(problem.of(&qc.asset));
    }
    Ok(())
}
