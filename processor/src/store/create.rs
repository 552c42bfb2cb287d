//! Creating the empty dataset: full shape declared, coordinates written, no data chunk.

use std::sync::Arc;

use icechunk::Repository;
use icechunk::session::Session;
use zarrs::array::ArrayBuilder;
use zarrs::group::GroupBuilder;
use zarrs_icechunk::AsyncIcechunkStore;

use super::error::{StoreError, classify, of_repository, of_session};
use super::layout::{self, Coordinate, Layout, Values};
use super::repository::Store;
use floe_shared::message::CREATED;
use floe_shared::schema::{BRANCH, Edition};

/// What `floe init` found or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Initialized {
    /// The repository was created; its schema is in this snapshot.
    Created {
        /// The snapshot.
        snapshot: String,
    },
    /// It was there already, with this very schema, and was left as it is.
    Already {
        /// The tip of the branch.
        snapshot: String,
    },
}

impl Store {
    /// Creates the repository and its schema where they are missing.
    ///
    /// # Errors
    /// [`StoreError::Schema`] where a repository of another schema is there already.
    pub async fn initialize(&self, layout: &Layout) -> Result<Initialized, StoreError> {
        let name = self.name();
        if let Some(directory) = self.directory() {
            std::fs::create_dir_all(directory)
                .map_err(|error| classify(name, "creating its directory", &error))?;
        }
        let _lock = self.lock().await?;
        let repository = match self.open_repository().await {
            Ok(repository) => repository,
            Err(StoreError::NotInitialized { .. }) => self.create_repository().await?,
            Err(error) => return Err(error),
        };
        let session = repository
            .writable_session(BRANCH)
            .await
            .map_err(|error| of_repository(name, "opening its branch", &error))?;
        if !Self::is_blank(name, &session).await? {
            let snapshot = session.snapshot_id().to_string();
            drop(session);
            self.open(layout).await?;
            return Ok(Initialized::Already { snapshot });
        }
        let snapshot = write_schema(name, session, layout).await?;
        Ok(Initialized::Created { snapshot })
    }

    /// Whether nothing but Icechunk's own first snapshot is there: a new repository, or one whose
    /// creation was cut off.
    async fn is_blank(name: &str, session: &Session) -> Result<bool, StoreError> {
        let root = icechunk::format::Path::root();
        let mut nodes = session
            .list_nodes(&root)
            .await
            .map_err(|error| of_session(name, "listing its arrays", &error))?;
        Ok(nodes.next().is_none())
    }

    async fn create_repository(&self) -> Result<Repository, StoreError> {
        // The lock file would make a local directory look used, so a local place is looked at here.
        let local = match self.directory() {
            Some(directory) => {
                if super::repository::holds_foreign_files(directory)
                    .map_err(|error| classify(self.name(), "looking into its directory", &error))?
                {
                    return Err(StoreError::NotEmpty { store: self.name().to_owned() });
                }
                true
            }
            None => false,
        };
        Repository::create(Arc::clone(self.storage()))
            .config(super::connect::persisted_config())
            .check_clean_root(!local)
            .execute()
            .await
            .map_err(|error| of_repository(self.name(), "creating it", &error))?;
        self.open_repository().await
    }
}

async fn write_schema(name: &str, session: Session, layout: &Layout) -> Result<String, StoreError> {
    const ACTION: &str = "writing its schema";
    let edition = Edition::Checked;
    let zarr = Arc::new(AsyncIcechunkStore::new(session));
    for level in layout.levels() {
        let mut group = GroupBuilder::new()
            .build(Arc::clone(&zarr), &layout::group_path(level))
            .map_err(|error| classify(name, ACTION, &error))?;
        group.attributes_mut().extend(layout.group_attributes(level, edition));
        group.async_store_metadata().await.map_err(|error| classify(name, ACTION, &error))?;
        for Coordinate { name: coordinate, array, values } in layout.coordinates(level, edition) {
            let path = layout::array_path(level, coordinate);
            let array = array
                .build(Arc::clone(&zarr), &path)
                .map_err(|error| classify(name, ACTION, &error))?;
            array.async_store_metadata().await.map_err(|error| classify(name, ACTION, &error))?;
            let first = vec![0; array.dimensionality()];
            match values {
                Values::Whole(numbers) => array.async_store_chunk(&first, numbers.as_slice()).await,
                Values::Degrees(degrees) => {
                    array.async_store_chunk(&first, degrees.as_slice()).await
                }
            }
            .map_err(|error| classify(name, ACTION, &error))?;
        }
        let variables = layout.variables().map(|variable| {
            (layout.array_path(variable, level), layout.variable(variable, level, edition))
        });
        let mapping = (layout::grid_mapping_path(level), layout.grid_mapping(level, edition));
        for (path, builder) in variables.chain([mapping]) {
            declare(name, &zarr, &path, &builder).await?;
        }
    }
    let session = zarr.session();
    let mut session = session.write().await;
    let message = format!(
        "{CREATED}{} x {} pixels of {}°, {}",
        layout.grid.rows(),
        layout.grid.cols(),
        layout.grid.resolution(),
        layout.periods.text(),
    );
    let snapshot = session
        .commit(message)
        .execute()
        .await
        .map_err(|error| of_session(name, "committing its schema", &error))?;
    Ok(snapshot.to_string())
}

async fn declare(
    name: &str,
    zarr: &Arc<AsyncIcechunkStore>,
    path: &str,
    builder: &ArrayBuilder,
) -> Result<(), StoreError> {
    const ACTION: &str = "declaring its arrays";
    let array =
        builder.build(Arc::clone(zarr), path).map_err(|error| classify(name, ACTION, &error))?;
    array.async_store_metadata().await.map_err(|error| classify(name, ACTION, &error))
}
