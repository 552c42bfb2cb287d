//! S3 for those who may not list the bucket: it then answers 403 in place of 404 for what is absent.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
//!
//! Two objects are asked for that a sound store need not have: where the first version of Icechunk's format kept
//! its branch, which opening a repository looks for, and Floe's claim. For these two "refused" is taken for
//! "absent"; for all others it stays a refusal, since a failed read is no missing object.

use std::fmt;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::Stream;
use futures::stream::BoxStream;
use icechunk::Storage;
use icechunk::storage::{
    DeleteObjectsResult, GetModifiedResult, ListInfo, RepositoryCreation, Settings, StorageContext,
    StorageError, StorageErrorKind, StorageInfo, VersionInfo, VersionedUpdateResult,
};
use serde::{Deserialize, Serialize};

use super::claim::CLAIM_FILE;
use super::error::{Cause, cause};

const FIRST_FORMATS_BRANCH: &str = "refs/branch.main/ref.json";

type Result<T> = std::result::Result<T, StorageError>;
type Bodies = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// A storage whose refusals of some objects mean that they are absent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Unlisted {
    storage: Arc<dyn Storage + Send + Sync>,
}

impl Unlisted {
    pub(super) fn over(storage: Arc<dyn Storage + Send + Sync>) -> Arc<dyn Storage + Send + Sync> {
        Arc::new(Self { storage })
    }
}

fn absent_if_refused(path: &str, error: StorageError) -> StorageError {
    let may_be_absent = [FIRST_FORMATS_BRANCH, CLAIM_FILE].contains(&path);
    if may_be_absent && cause(&error) == Cause::Permission {
        StorageError::capture(StorageErrorKind::ObjectNotFound)
    } else {
        error
    }
}

impl fmt::Display for Unlisted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.storage.fmt(formatter)
    }
}

impl icechunk_storage::sealed::Sealed for Unlisted {}

#[async_trait]
#[typetag::serde]
impl Storage for Unlisted {
    fn storage_info(&self) -> StorageInfo {
        self.storage.storage_info()
    }

    async fn default_settings(&self) -> Result<Settings> {
        self.storage.default_settings().await
    }

    async fn can_write(&self) -> Result<bool> {
        self.storage.can_write().await
    }

    async fn can_create_repository(&self) -> Result<RepositoryCreation> {
        self.storage.can_create_repository().await
    }

    async fn get_object_range(
        &self,
        context: &StorageContext<'_>,
        path: &str,
        range: Option<&Range<u64>>,
    ) -> Result<(Bodies, VersionInfo)> {
        self.storage
            .get_object_range(context, path, range)
            .await
            .map_err(|error| absent_if_refused(path, error))
    }

    async fn get_object_conditional(
        &self,
        context: &StorageContext<'_>,
        path: &str,
        previous_version: Option<&VersionInfo>,
    ) -> Result<GetModifiedResult> {
        self.storage
            .get_object_conditional(context, path, previous_version)
            .await
            .map_err(|error| absent_if_refused(path, error))
    }

    async fn get_object_last_modified(
        &self,
        context: &StorageContext<'_>,
        path: &str,
    ) -> Result<DateTime<Utc>> {
        self.storage.get_object_last_modified(context, path).await
    }

    async fn put_object(
        &self,
        context: &StorageContext<'_>,
        path: &str,
        bytes: Bytes,
        content_type: Option<&str>,
        metadata: Vec<(String, String)>,
        previous_version: Option<&VersionInfo>,
    ) -> Result<VersionedUpdateResult> {
        self.storage
            .put_object(context, path, bytes, content_type, metadata, previous_version)
            .await
    }

    async fn copy_object(
        &self,
        context: &StorageContext<'_>,
        from: &str,
        to: &str,
        content_type: Option<&str>,
        version: &VersionInfo,
    ) -> Result<VersionedUpdateResult> {
        self.storage.copy_object(context, from, to, content_type, version).await
    }

    async fn delete_batch(
        &self,
        context: &StorageContext<'_>,
        prefix: &str,
        batch: Vec<(String, u64)>,
    ) -> Result<DeleteObjectsResult> {
        self.storage.delete_batch(context, prefix, batch).await
    }

    async fn list_objects<'a>(
        &'a self,
        context: &StorageContext<'_>,
        prefix: &str,
    ) -> Result<BoxStream<'a, Result<ListInfo<String>>>> {
        self.storage.list_objects(context, prefix).await
    }

    async fn list_objects_with_id_prefixes<'a>(
        &'a self,
        context: &StorageContext<'_>,
        prefix: &str,
        id_prefixes: &[String],
    ) -> Result<BoxStream<'a, Result<ListInfo<String>>>> {
        self.storage.list_objects_with_id_prefixes(context, prefix, id_prefixes).await
    }

    fn lists_id_prefixes_natively(&self) -> bool {
        self.storage.lists_id_prefixes_natively()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> StorageError {
        StorageError::capture(StorageErrorKind::ObjectStore(Box::new(
            object_store::Error::PermissionDenied { path: String::new(), source: "403".into() },
        )))
    }

    #[test]
    fn only_what_a_sound_store_may_lack_is_absent_where_it_is_refused() {
        let is_absent = |path: &str| {
            matches!(absent_if_refused(path, refused()).kind, StorageErrorKind::ObjectNotFound)
        };
        assert!(is_absent(FIRST_FORMATS_BRANCH) && is_absent(CLAIM_FILE));
        assert!(!is_absent("repo") && !is_absent("chunks/ABC"));
        let broken = StorageError::capture(StorageErrorKind::Other("broken".to_owned()));
        assert!(matches!(absent_if_refused(CLAIM_FILE, broken).kind, StorageErrorKind::Other(_)));
    }
}
