//! A store opened at one snapshot: gives the map's chunks.
//!
//! Opening takes two requests (`repo`, the snapshot), and one or two more where attributes do not tell
//! the years or the grid's place; manifests that will be wanted are asked for beside them. Then one request
//! for each manifest that is needed, once, and one for each chunk (two for the first of a large shard: its
//! index).

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use floe_shared::schema::Variable;
use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, Shared, try_join_all};

use super::codec::{DecodeError, Sharding, Slot};
use super::coordinate;
use super::error::StoreError;
use super::fetcher::Fetcher;
use super::layout::Layout;
use super::manifest::{self, ChunkRef, Manifest};
use super::map_array::{Address, Cut, MapArray};
use super::metadata::ArrayMetadata;
use super::repository::{self, Repository};
use super::snapshot::{self, Node, Snapshot};
use super::transport::{Failure, Target, Transport, TransportError};
use super::virtual_url;
use crate::chunk::ChunkKey;
use crate::dataset::{Dataset, RefSpec, Sample};

/// Shards up to this length are fetched whole: a second request costs more than the bytes.
const WHOLE_SHARD: u64 = 64 << 10;

/// A manifest on its way or read.
type SharedManifest = Shared<LocalBoxFuture<'static, Result<Rc<Manifest>, StoreError>>>;

/// A store opened at one snapshot.
pub struct Store<T> {
    fetcher: Rc<Fetcher<T>>,
    snapshot: Snapshot,
    layout: Layout,
    dataset: Rc<Dataset>,
    manifests: RefCell<HashMap<String, SharedManifest>>,
}

/// A plane of pixels as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The unit that holds it.
    pub bytes: Rc<[u8]>,
    /// The pixels wanted of the unit.
    pub cut: Cut,
}

/// Where an encoded chunk lies.
enum Source {
    Inline(Rc<[u8]>),
    At { target: Target, offset: u64, length: u64 },
}

impl<T: Transport + 'static> Store<T> {
    /// Opens a store; `url` is its address for people, `cache_bytes` the memory for encoded chunks. `ahead` says of
    /// which variables at which levels chunks will be wanted: their manifests are asked for beside the years, which
    /// it cannot know yet.
    pub async fn open(
        transport: T,
        url: &str,
        reference: RefSpec,
        cache_bytes: usize,
        ahead: impl FnOnce(&Dataset) -> Vec<(Variable, u8)>,
    ) -> Result<Self, StoreError> {
        let fetcher = Rc::new(Fetcher::new(transport, cache_bytes));
        let repository = read_repository(&fetcher, url).await?;
        Self::open_at(fetcher, &repository, url, reference, HashMap::new(), ahead).await
    }

    /// Reads the repository again. Gives the store at its new snapshot, or `None` if nothing has been
    /// committed since; what has been fetched stays valid either way.
    pub async fn refresh(&self) -> Result<Option<Self>, StoreError> {
        let dataset = &self.dataset;
        let repository = read_repository(&self.fetcher, &dataset.store_url).await?;
        if repository.history(&dataset.reference)? == dataset.history {
            return Ok(None);
        }
        let (fetcher, manifests) = (Rc::clone(&self.fetcher), self.manifests.borrow().clone());
        let (url, reference) = (&dataset.store_url, dataset.reference.clone());
        let nothing = |_: &Dataset| Vec::new();
        Self::open_at(fetcher, &repository, url, reference, manifests, nothing).await.map(Some)
    }

    async fn open_at(
        fetcher: Rc<Fetcher<T>>,
        repository: &Repository,
        url: &str,
        reference: RefSpec,
        mut manifests: HashMap<String, SharedManifest>,
        ahead: impl FnOnce(&Dataset) -> Vec<(Variable, u8)>,
    ) -> Result<Self, StoreError> {
        let history = repository.history(&reference)?;
        let id = history[0].snapshot.clone();
        let object = fetcher.metadata(&snapshot::path(&id)).await?;
        let snapshot = Snapshot::parse(&id, &object)?;
        let layout = Layout::read(&snapshot)?;
        manifests.retain(|id, _| snapshot.uses_manifest(id));
        let dataset = Dataset {
            levels: layout.levels.iter().map(|level| level.info.clone()).collect(),
            years: Vec::new(),
            variables: layout.variables.clone(),
            grid: layout.grid,
            snapshot: id,
            reference,
            history,
            store_url: url.to_owned(),
        };
        let mut store = Self {
            fetcher,
            snapshot,
            layout,
            dataset: Rc::new(dataset.clone()),
            manifests: RefCell::new(manifests),
        };
        for array in ahead(&dataset) {
            if let Some(manifest) = store.only_manifest(array) {
                // This asks for it; it is waited for where it is needed.
                let _ = manifest.now_or_never();
            }
        }
        let years = store.years().await?;
        store.dataset = Rc::new(Dataset { years, ..dataset });
        Ok(store)
    }

    /// The years, once all coordinates that have to be read are those of a global grid.
    async fn years(&self) -> Result<Vec<i32>, StoreError> {
        if !self.layout.is_placed {
            self.check_coordinates().await?;
        }
        if let Some(years) = self.layout.years() {
            return Ok(years);
        }
        let values = self.coordinate(&self.layout.year).await?;
        coordinate::years(&self.layout.year, &values, self.layout.year_count)
    }

    /// What the store holds.
    pub fn dataset(&self) -> &Rc<Dataset> {
        &self.dataset
    }

    /// The array of a variable at a level.
    pub fn array(&self, variable: Variable, level: u8) -> Result<&MapArray, StoreError> {
        let outside = || StoreError::OutsideDataset(format!("{variable} at level {level}"));
        let index = self.layout.variables.iter().position(|info| info.variable == variable);
        let level = self.layout.levels.get(usize::from(level)).ok_or_else(outside)?;
        index.and_then(|index| level.arrays.get(index)).ok_or_else(outside)
    }

    /// The `zarr.json` of a variable at a level.
    pub fn zarr_json(&self, variable: Variable, level: u8) -> Result<&str, StoreError> {
        let path = &self.array(variable, level)?.metadata.path;
        Ok(&self.snapshot.array(path)?.zarr_json)
    }

    /// Fetches a chunk of the map; `None` where the store has none and every pixel is fill.
    pub async fn encoded(&self, key: ChunkKey) -> Result<Option<Encoded>, StoreError> {
        let array = self.array(key.variable, key.level)?;
        let address = array
            .address(key.year, key.row, key.col)
            .ok_or_else(|| StoreError::OutsideDataset(format!("{key:?}")))?;
        let unit = self.unit(array, &address).await?;
        Ok(unit.map(|bytes| Encoded { bytes, cut: address.cut }))
    }

    /// Decodes a chunk of the map, row by row from the north-west.
    pub fn decode(&self, key: ChunkKey, encoded: &Encoded) -> Result<Vec<u16>, StoreError> {
        let array = self.array(key.variable, key.level)?;
        array.decode(&encoded.bytes, encoded.cut).map_err(|problem| {
            let chunk = array.address(key.year, key.row, key.col).map(|address| address.chunk);
            broken(array, &chunk.unwrap_or_default(), problem)
        })
    }

    /// Fetches and decodes a chunk of the map.
    pub async fn chunk(&self, key: ChunkKey) -> Result<Option<Vec<u16>>, StoreError> {
        let encoded = self.encoded(key).await?;
        encoded.map(|encoded| self.decode(key, &encoded)).transpose()
    }

    /// What all variables hold in all years at a pixel of the finest level.
    pub async fn sample(&self, row: u32, col: u32) -> Result<Vec<Sample>, StoreError> {
        let dataset = &self.dataset;
        let level = &dataset.levels[0];
        if row >= level.rows || col >= level.cols {
            return Err(StoreError::OutsideDataset(format!("pixel in row {row}, column {col}")));
        }
        let (width, _) = level.chunk_size(row / level.chunk_rows, col / level.chunk_cols);
        let index = (row % level.chunk_rows) * width + col % level.chunk_cols;
        let samples = dataset.variables.iter().flat_map(|info| {
            dataset.years.iter().enumerate().map(move |(place, &year)| async move {
                let key = ChunkKey {
                    variable: info.variable,
                    year: place as u16,
                    level: 0,
                    row: row / level.chunk_rows,
                    col: col / level.chunk_cols,
                };
                let pixels = self.chunk(key).await?;
                let value = pixels.map(|pixels| pixels[index as usize]);
                let value = value.filter(|&value| value != info.fill);
                Ok(Sample { variable: info.variable, year, value })
            })
        });
        try_join_all(samples).await
    }

    /// The encoded unit at an address.
    async fn unit(
        &self,
        array: &MapArray,
        address: &Address,
    ) -> Result<Option<Rc<[u8]>>, StoreError> {
        let node = self.snapshot.array(&array.metadata.path)?;
        let Some(source) = self.source(node, &address.chunk).await? else {
            return Ok(None);
        };
        match array.sharding() {
            None => self.read(&source, None).await.map(Some),
            Some(sharding) => {
                let slot = self.slot(array, address, sharding, &source).await?;
                match slot {
                    Slot::Empty => Ok(None),
                    Slot::At { offset, length } => {
                        self.read(&source, Some(offset..offset + length)).await.map(Some)
                    }
                }
            }
        }
    }

    /// Where the unit at an address lies within its shard.
    async fn slot(
        &self,
        array: &MapArray,
        address: &Address,
        sharding: &Sharding,
        source: &Source,
    ) -> Result<Slot, StoreError> {
        let problem = |problem| broken(array, &address.chunk, problem);
        let shard = source.length();
        let range = sharding.index_range(shard).map_err(problem)?;
        let index = self.read(source, Some(range)).await?;
        let slots = sharding.decode_index(&index, shard).map_err(problem)?;
        slots.get(address.slot).copied().ok_or_else(|| {
            problem(DecodeError::Length {
                what: "shard index",
                expected: address.slot + 1,
                found: slots.len(),
            })
        })
    }

    /// Where a chunk lies; `None` if no manifest has it.
    async fn source(&self, node: &Node, chunk: &[u32]) -> Result<Option<Source>, StoreError> {
        for manifest_ref in node.manifests.iter().filter(|manifest| manifest.covers(chunk)) {
            let manifest = self.manifest(&manifest_ref.id).await?;
            let Some(found) = manifest.chunk(node.id, chunk) else { continue };
            return Ok(Some(match found {
                ChunkRef::Inline(bytes) => Source::Inline(Rc::clone(bytes)),
                ChunkRef::Native { id, offset, length } => Source::At {
                    target: Target::InStore(format!("chunks/{id}")),
                    offset: *offset,
                    length: *length,
                },
                ChunkRef::Virtual { location, offset, length } => Source::At {
                    target: Target::Url(virtual_url::https(location)?),
                    offset: *offset,
                    length: *length,
                },
            }));
        }
        Ok(None)
    }

    /// The manifest of an array that has just one: what chunks of it are wanted does not matter then.
    fn only_manifest(&self, (variable, level): (Variable, u8)) -> Option<SharedManifest> {
        let path = &self.array(variable, level).ok()?.metadata.path;
        match self.snapshot.array(path).ok()?.manifests.as_slice() {
            [manifest] => Some(self.shared_manifest(&manifest.id)),
            _ => None,
        }
    }

    /// A manifest, fetched and read once.
    fn shared_manifest(&self, id: &str) -> SharedManifest {
        let known = self.manifests.borrow().get(id).cloned();
        known.unwrap_or_else(|| {
            let (fetcher, owned) = (Rc::clone(&self.fetcher), id.to_owned());
            let future = async move {
                let object = fetcher.metadata(&manifest::path(&owned)).await?;
                Manifest::parse(&owned, &object).map(Rc::new)
            };
            let shared = future.boxed_local().shared();
            self.manifests.borrow_mut().insert(id.to_owned(), shared.clone());
            shared
        })
    }

    /// A manifest, awaited.
    async fn manifest(&self, id: &str) -> Result<Rc<Manifest>, StoreError> {
        let result = self.shared_manifest(id).await;
        if result.is_err() {
            // The next one who needs it tries again.
            self.manifests.borrow_mut().remove(id);
        }
        result
    }

    /// The bytes of a chunk, or a part of them.
    async fn read(
        &self,
        source: &Source,
        part: Option<Range<u64>>,
    ) -> Result<Rc<[u8]>, StoreError> {
        let (target, offset, length) = match source {
            Source::Inline(bytes) => return cut("an inline chunk", bytes, part),
            Source::At { target, offset, length } => (target, *offset, *length),
        };
        let small = length <= WHOLE_SHARD;
        let wanted = match &part {
            Some(part) if !small => part.clone(),
            _ => 0..length,
        };
        if wanted.is_empty() {
            return Ok(Rc::default());
        }
        // An object of the repository holds one chunk: asking for all of it needs no `Range` header,
        // which some servers would answer with a preflight's delay.
        let whole = matches!(target, Target::InStore(_)) && offset == 0 && wanted == (0..length);
        let range = (!whole).then(|| offset + wanted.start..offset + wanted.end);
        let bytes = self.fetcher.part(target.clone(), range).await?;
        match part {
            Some(part) if small => cut(target.name(), &bytes, Some(part)),
            Some(_) => Ok(bytes),
            None if bytes.len() as u64 == length => Ok(bytes),
            None => cut(target.name(), &bytes, Some(0..length)),
        }
    }

    /// All values of a coordinate.
    async fn coordinate(&self, metadata: &ArrayMetadata) -> Result<Vec<f64>, StoreError> {
        let node = self.snapshot.array(&metadata.path)?;
        let count = coordinate::chunk_count(metadata)?;
        let chunks = (0..count).map(|index| async move {
            match self.source(node, &[index]).await? {
                Some(source) => self.read(&source, None).await.map(Some),
                None => Ok(None),
            }
        });
        let chunks = try_join_all(chunks).await?;
        coordinate::values(metadata, &chunks)
    }

    /// Checks that the coordinates are those of a global grid with its first row in the north.
    async fn check_coordinates(&self) -> Result<(), StoreError> {
        let finest = &self.layout.levels[0];
        let [_, lat, lon] = finest.arrays[0].dimensions();
        for (name, first) in [(lat, 90.0), (lon, -180.0)] {
            let path = format!("/{name}");
            let metadata = ArrayMetadata::parse(&path, &self.snapshot.array(&path)?.zarr_json)?;
            let values = self.coordinate(&metadata).await?;
            coordinate::check(&metadata, &values, first, finest.info.degrees_per_pixel)?;
        }
        Ok(())
    }
}

impl Source {
    fn length(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
            Self::At { length, .. } => *length,
        }
    }
}

async fn read_repository<T: Transport + 'static>(
    fetcher: &Fetcher<T>,
    url: &str,
) -> Result<Repository, StoreError> {
    let object = fetcher.latest(repository::PATH).await.map_err(|error| match error.failure {
        Failure::NotFound => StoreError::NotARepository { url: url.to_owned() },
        _ => error.into(),
    })?;
    let repository = Repository::parse(&object)?;
    match repository.offline() {
        None => Ok(repository),
        Some(reason) => Err(StoreError::Offline {
            url: url.to_owned(),
            reason: if reason.is_empty() { String::new() } else { format!(": {reason}") },
        }),
    }
}

fn broken(array: &MapArray, chunk: &[u32], problem: DecodeError) -> StoreError {
    StoreError::Chunk { array: array.metadata.path.clone(), indices: chunk.to_vec(), problem }
}

/// Part of some bytes that must hold it.
fn cut(url: &str, bytes: &Rc<[u8]>, part: Option<Range<u64>>) -> Result<Rc<[u8]>, StoreError> {
    let Some(part) = part else {
        return Ok(Rc::clone(bytes));
    };
    bytes.get(part.start as usize..part.end as usize).map(Rc::from).ok_or_else(|| {
        let failure = Failure::Length { expected: part.end, received: bytes.len() as u64 };
        TransportError { url: url.to_owned(), failure }.into()
    })
}
