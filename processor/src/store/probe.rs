//! Trying out what a store lets these credentials do, for `floe doctor`.

use bytes::Bytes;
use icechunk::format::ChunkId;
use icechunk::storage::{StorageContext, VersionInfo, VersionedUpdateResult};

use super::error::{StoreError, of_storage};
use super::repository::Store;

/// What was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// Whether the store refuses to overwrite an object that has changed, which commits rely on.
    /// `None` on a local disk, where a lock stands for it.
    pub conditional: Option<bool>,
    /// Whether the object could be removed again.
    pub removed: bool,
}

impl Store {
    /// Writes a small object where Icechunk keeps its chunks, over itself under conditions, and removes it
    /// again. Its name is a chunk's, so that `floe gc` removes what may be left.
    pub async fn probe(&self) -> Result<Probed, StoreError> {
        const CHUNKS: &str = "chunks";
        let failed = |error: &_| of_storage(&self.name, "writing an object", error);
        let settings = self.storage.default_settings().await.map_err(|error| failed(&error))?;
        let context = StorageContext::unattributed(&settings);
        let id = ChunkId::random().to_string();
        let path = format!("{CHUNKS}/{id}");
        // The contents differ because some stores derive an object's version from them.
        let put = async |content: &'static [u8], over: Option<&VersionInfo>| {
            self.storage
                .put_object(&context, &path, Bytes::from_static(content), None, Vec::new(), over)
                .await
                .map_err(|error| failed(&error))
        };
        let first = put(b"1", None).await?;
        let conditional = match (self.directory(), first) {
            (None, VersionedUpdateResult::Updated { new_version: first }) => {
                let second = put(b"2", Some(&first)).await?;
                let third = put(b"3", Some(&first)).await?;
                Some(
                    matches!(second, VersionedUpdateResult::Updated { .. })
                        && matches!(third, VersionedUpdateResult::NotOnLatestVersion),
                )
            }
            _ => None,
        };
        let removed = self
            .storage
            .delete_batch(&context, CHUNKS, vec![(id, 1)])
            .await
            .is_ok_and(|result| result.deleted_objects == 1);
        Ok(Probed { conditional, removed })
    }
}
