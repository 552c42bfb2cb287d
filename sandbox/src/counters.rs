//! Counts what a sandbox has been asked for, so that tests can tell how often each granule was read.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// Running counts.
#[derive(Debug, Default)]
pub struct Counters {
    searches: AtomicU64,
    items: AtomicU64,
    tokens: AtomicU64,
    mishaps: AtomicU64,
    blobs: Mutex<BTreeMap<String, BlobReads>>,
}

/// How often a blob was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BlobReads {
    /// Answers with bytes of it.
    pub requests: u64,
    /// Bytes given.
    pub bytes: u64,
}

/// The counts at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Pages of searches, failed ones included.
    pub searches: u64,
    /// Other catalogue documents: landing page, collections, single items.
    pub items: u64,
    /// Tokens given.
    pub tokens: u64,
    /// Answers that were made to fail (429, 503, 403 on purpose, cut bodies).
    pub mishaps: u64,
    /// Answers with bytes of blobs.
    pub blob_requests: u64,
    /// Bytes of blobs given.
    pub blob_bytes: u64,
    /// Blobs of which bytes were given.
    pub blobs_read: u64,
    /// The reads of each blob, by its path below the container.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub blobs: BTreeMap<String, BlobReads>,
}

impl Counters {
    /// The counts now.
    pub fn stats(&self) -> Stats {
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Stats {
            searches: self.searches.load(Ordering::Relaxed),
            items: self.items.load(Ordering::Relaxed),
            tokens: self.tokens.load(Ordering::Relaxed),
            mishaps: self.mishaps.load(Ordering::Relaxed),
            blob_requests: blobs.values().map(|reads| reads.requests).sum(),
            blob_bytes: blobs.values().map(|reads| reads.bytes).sum(),
            blobs_read: blobs.len() as u64,
            blobs,
        }
    }

    pub(super) fn count_search(&self) {
        self.searches.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_item(&self) {
        self.items.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_token(&self) {
        self.tokens.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_mishap(&self) {
        self.mishaps.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_blob(&self, path: &str, bytes: u64) {
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let reads = blobs.entry(path.to_owned()).or_default();
        reads.requests += 1;
        reads.bytes += bytes;
    }
}
