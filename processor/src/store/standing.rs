//! How the tiles stand: the history's word, and the chunks' where the history was cut.
//!
//! Icechunk's `expire_snapshots` takes commits off the history and leaves their chunks. It gives the oldest
//! commit that it spares the repository's very first snapshot as parent, so that the commit which
//! created the dataset never outlives a commit that came after it: while it stands next to that first snapshot,
//! nothing is missing, and no request is needed to know so.

use std::collections::BTreeSet;

use floe_shared::grid::TileIndex;
use floe_shared::message::CREATED;
use floe_shared::pyramid::ChunkIndex;
use floe_shared::status::{StatusBoard, TileStatus};
use futures::TryStreamExt;
use icechunk::format::{ChunkIndices, Path};

use super::error::{StoreError, classify, of_session};
use super::repository::{Dataset, HistoryEntry};

/// The tiles of a dataset as of one snapshot.
#[derive(Debug)]
pub struct Standing {
    /// All commits that led there, newest first.
    pub history: Vec<HistoryEntry>,
    /// One record a tile.
    pub board: StatusBoard,
}

impl Standing {
    /// The snapshot.
    pub fn snapshot(&self) -> &str {
        self.history.first().map_or("", |entry| &entry.commit.snapshot)
    }
}

impl Dataset {
    /// How the tiles stand at a snapshot, or at the tip. `is_land` holds one flag a tile, row by row.
    ///
    /// One request, and a few more where land lacks a commit and the history does not prove that it is whole.
    pub async fn standing(
        &self,
        is_land: &[bool],
        at: Option<&str>,
    ) -> Result<Standing, StoreError> {
        let history = self.history(at).await?;
        let commits = history.iter().map(|entry| &entry.commit);
        let mut board = StatusBoard::from_history(self.layout().grid, is_land, commits);
        let lacks_commits = board.tiles_that_are(TileStatus::Unprocessed).next().is_some();
        if let Some(newest) = history.first()
            && lacks_commits
            && !is_whole(&history)
        {
            let holding = self.tiles_with_chunks(&newest.commit.snapshot).await?;
            board.mark_unaccounted(|tile| holding.contains(&tile));
        }
        Ok(Standing { history, board })
    }

    /// The tiles that have a chunk on the finest level at a snapshot. Reads manifests and no chunk.
    pub async fn tiles_with_chunks(&self, at: &str) -> Result<BTreeSet<TileIndex>, StoreError> {
        const ACTION: &str = "listing its chunks";
        let session = self.reading(Some(at)).await?;
        let failed = |error| of_session(self.name(), ACTION, &error);
        let mut tiles = BTreeSet::new();
        let Some(level) = self.layout().tile_levels().next() else { return Ok(tiles) };
        for variable in self.layout().variables() {
            let path = Path::try_from(self.layout().array_path(variable, level).as_str())
                .map_err(|error| classify(self.name(), ACTION, &error))?;
            let chunks = session.chunk_coordinates(&path).await.map_err(failed)?;
            let mut chunks = std::pin::pin!(chunks);
            while let Some(ChunkIndices(indices)) = chunks.try_next().await.map_err(failed)? {
                if let [_, row, col] = indices[..] {
                    tiles.insert(self.layout().grid.tile_of_chunk(ChunkIndex { row, col }));
                }
            }
        }
        tiles.retain(|&tile| self.layout().grid.check(tile).is_ok());
        Ok(tiles)
    }
}

/// Whether a history, newest commit first, proves that no commit was taken off it.
pub fn is_whole(history: &[HistoryEntry]) -> bool {
    matches!(history, [.., created, _first] if created.commit.message.starts_with(CREATED))
}

#[cfg(test)]
mod tests {
    use floe_shared::status::Commit;
    use icechunk::format::snapshot::SnapshotProperties;

    use super::*;

    #[test]
    fn only_the_commit_that_created_the_dataset_proves_that_the_history_is_whole() {
        const FIRST: &str = "Repository initialized";
        const CREATION: &str = "Dataset created: 1800 x 3600 pixels of 0.1°, years 2021";
        const TILE: &str = "tile_4_19: processed";
        for (whole, messages) in [
            (true, &[TILE, TILE, CREATION, FIRST][..]),
            (true, &[CREATION, FIRST]),
            (false, &[TILE, TILE, FIRST]),
            (false, &[TILE, "created by xarray", FIRST]),
            (false, &[CREATION, TILE, FIRST]),
            (false, &[FIRST]),
            (false, &[]),
        ] {
            let entry = |message: &&str| HistoryEntry {
                commit: Commit {
                    snapshot: "A".to_owned(),
                    message: (*message).to_owned(),
                    committed_at: 0,
                },
                metadata: SnapshotProperties::default(),
            };
            let history: Vec<HistoryEntry> = messages.iter().map(entry).collect();
            assert_eq!(is_whole(&history), whole, "{messages:?}");
        }
    }
}
