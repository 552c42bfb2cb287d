//! What all parts of a verification share: the chunks of one snapshot, and what is asked and promised.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use floe_shared::grid::TileIndex;
use floe_shared::pyramid::{ChunkIndex, Level};
use tokio::sync::Semaphore;

use super::compare::Pixels;
use super::progress::ChunkProgress;
use super::promise::{Promise, Promises};
use crate::error::Error;
use crate::store::{ChunkPlace, ChunkReader, Layout, StoreError};

/// A chunk as it was fetched.
#[derive(Debug)]
pub(super) enum Fetched {
    /// None is stored.
    Nothing,
    /// Its bytes.
    Bytes(Bytes),
    /// It is referred to, and cannot be read.
    Damaged(String),
    /// Its array as a whole cannot be read.
    Skipped,
}

/// What all parts share.
pub(super) struct Reading {
    pub(super) layout: Layout,
    pub(super) reader: ChunkReader,
    pub(super) promises: Promises,
    /// The only tile that is asked for, if not all are.
    pub(super) only: Option<TileIndex>,
    /// Tiles that the global levels need not show yet.
    pub(super) unseen: BTreeSet<TileIndex>,
    /// Arrays that cannot be read as a whole.
    pub(super) skipped: BTreeSet<String>,
    pub(super) progress: ChunkProgress,
    pub(super) cores: Semaphore,
    pub(super) chunks: AtomicU64,
    pub(super) bytes: AtomicU64,
}

impl Reading {
    pub(super) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Whether a tile is to be verified.
    pub(super) fn is_asked_for(&self, tile: TileIndex) -> bool {
        self.only.is_none_or(|only| only == tile)
    }

    /// Whether a chunk of a level shows a tile that is to be verified.
    pub(super) fn is_above_asked_for(&self, level: Level, chunk: ChunkIndex) -> bool {
        self.only.is_none_or(|only| {
            level.chunks_of_tile(self.layout.grid, only).any(|above| above == chunk)
        })
    }

    /// Whether the global levels need not show a tile's pixels yet.
    pub(super) fn is_unseen(&self, tile: TileIndex) -> bool {
        self.unseen.contains(&tile)
    }

    pub(super) fn promise(&self, tile: TileIndex, period: u32) -> Promise {
        self.promises.of(tile, period)
    }

    /// Fetches a chunk. A failure that may pass is an error, damage is not.
    pub(super) async fn fetch(&self, place: ChunkPlace) -> Result<Fetched, Error> {
        if self.skipped.contains(&place.array(&self.layout)) {
            return Ok(Fetched::Skipped);
        }
        let fetched = match self.reader.fetch(place).await {
            Ok(None) => return Ok(Fetched::Nothing),
            Ok(Some(bytes)) => {
                self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                Fetched::Bytes(bytes)
            }
            Err(error) => Fetched::Damaged(damage(error)?),
        };
        self.chunks.fetch_add(1, Ordering::Relaxed);
        self.progress.chunk_done();
        Ok(fetched)
    }

    /// Decodes a chunk.
    pub(super) fn decode(&self, place: ChunkPlace, fetched: Fetched) -> Pixels {
        match fetched {
            Fetched::Nothing => Pixels::Fill,
            Fetched::Skipped => Pixels::Skipped,
            Fetched::Damaged(reason) => Pixels::Damaged(reason),
            Fetched::Bytes(bytes) => match self.reader.decode(place, &bytes) {
                Ok(pixels) => Pixels::Stored(pixels),
                Err(error) => Pixels::Damaged(reason(error)),
            },
        }
    }

    /// Runs arithmetic on a thread of its own, as many at once as there are cores.
    pub(super) async fn on_a_core<T: Send + 'static>(
        self: Arc<Self>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let failed = |message: String| Error::Internal { message };
        let _permit = self.cores.acquire().await.map_err(|error| failed(error.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|error| failed(error.to_string()))
    }
}

/// What is damaged, if that is what an error says: everything else may pass, and proves nothing.
pub(super) fn damage(error: StoreError) -> Result<String, StoreError> {
    match error {
        StoreError::Failed { .. } => Ok(reason(error)),
        error => Err(error),
    }
}

fn reason(error: StoreError) -> String {
    match error {
        StoreError::Failed { action, message, .. } => format!("{action} failed: {message}"),
        error => error.to_string(),
    }
}
