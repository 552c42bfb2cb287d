//! Compares the coordinates that a repository holds with those of its grid and periods.

use std::sync::Arc;

use icechunk::format::{ByteRange, ChunkIndices};
use icechunk::session::{Session, SessionErrorKind};
use zarrs::array::{Array, ArrayMetadata, ElementOwned};
use zarrs::storage::WritableStorageTraits;
use zarrs::storage::store::MemoryStore;

use super::chunk::node_path;
use super::error::{StoreError, classify, of_session};
use super::layout::{self, Coordinate, Values};
use super::repository::Dataset;

/// An axis whose values are not those of the grid or the periods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoordinateFault {
    /// The array's path, such as `/1/latitude`.
    pub path: String,
    /// What is wrong.
    pub what: String,
}

impl Dataset {
    /// All axes of all levels that do not hold at a snapshot what they must. A failure that may pass is an error.
    pub async fn coordinate_faults(&self, at: &str) -> Result<Vec<CoordinateFault>, StoreError> {
        let session = self.reading(Some(at)).await?;
        let mut faults = Vec::new();
        for level in self.layout.levels() {
            for Coordinate { name, values, .. } in self.layout.coordinates(level, self.edition) {
                let path = layout::array_path(level, name);
                let found = match &values {
                    Values::Whole(numbers) => self.differs(&session, &path, numbers).await,
                    Values::Degrees(degrees) => self.differs(&session, &path, degrees).await,
                };
                let what = match found {
                    Ok(found) => found,
                    Err(StoreError::Failed { action, message, .. }) => {
                        Some(format!("{action} failed: {message}"))
                    }
                    Err(error) => return Err(error),
                };
                faults.extend(what.map(|what| CoordinateFault { path, what }));
            }
        }
        Ok(faults)
    }

    /// How an axis differs from what it must hold.
    async fn differs<T: ElementOwned + PartialEq + std::fmt::Display>(
        &self,
        session: &Session,
        path: &str,
        due: &[T],
    ) -> Result<Option<String>, StoreError> {
        // The schema's faults tell of an axis that is missing.
        let Some(found) = self.axis::<T>(session, path).await? else { return Ok(None) };
        if found.len() != due.len() {
            return Ok(Some(format!("expected {} values, found {}", due.len(), found.len())));
        }
        let differing = found.iter().zip(due).position(|(found, due)| found != due);
        Ok(differing
            .map(|index| format!("value {index}: expected {}, found {}", due[index], found[index])))
    }

    /// The values of an axis, which is one chunk; `None` where there is no such array.
    ///
    /// # Errors
    /// Those of the storage keep their kind, so that what may pass later is not taken for damage: the chunk is fetched from Icechunk, and
    /// decoded by Zarr afterwards (Zarr's own way to Icechunk makes a text of every error).
    pub(super) async fn axis<T: ElementOwned>(
        &self,
        session: &Session,
        path: &str,
    ) -> Result<Option<Vec<T>>, StoreError> {
        const ACTION: &str = "reading a coordinate";
        let of_session = |error| of_session(self.name(), ACTION, &error);
        let failed =
            |error: &(dyn std::error::Error + 'static)| classify(self.name(), ACTION, error);
        let node_path = node_path(self.name(), path)?;
        let node = match session.get_node(&node_path).await {
            Ok(node) => node,
            Err(error) if matches!(error.kind, SessionErrorKind::NodeNotFound { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(of_session(error)),
        };
        let metadata: ArrayMetadata =
            serde_json::from_slice(&node.user_data).map_err(|error| failed(&error))?;
        let memory = Arc::new(MemoryStore::new());
        let array = Array::new_with_metadata(Arc::clone(&memory), path, metadata)
            .map_err(|error| failed(&error))?;
        let first = vec![0; array.dimensionality()];
        let chunk = ChunkIndices(vec![0; array.dimensionality()]);
        let fetch = session
            .get_chunk_reader(&node_path, &chunk, &ByteRange::ALL)
            .await
            .map_err(of_session)?;
        if let Some(fetch) = fetch {
            let encoded = fetch.await.map_err(of_session)?;
            memory.set(&array.chunk_key(&first), encoded).map_err(|error| failed(&error))?;
        }
        array.retrieve_chunk(&first).map(Some).map_err(|error| failed(&error))
    }
}
