//! A store opened at one snapshot: gives the map's chunks.
//!
//! Opening a repository takes two requests (`repo`, the snapshot), plain Zarr as many (`repo`, `zarr.json`), and a few more where
//! attributes do not tell the steps of axes or the grid's place; manifests that will be wanted are asked for beside them. Then one request
//! for each manifest that is needed, once, and one for each chunk (two for the first of a large shard: its
//! index).

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use floe_shared::message;
use futures::future::try_join_all;

use super::axes::{AxisSource, Coordinate};
use super::chunks::{Chunks, Source, broken};
use super::codec::{Chain, DecodeError, Sharding, Slot};
use super::coordinate;
use super::detect::{self, Found, State};
use super::error::StoreError;
use super::fetcher::Fetcher;
use super::kept::KeptUnit;
use super::layout::{self, Layout, Level};
use super::map_array::{Address, Cut, MapArray};
use super::metadata::ArrayMetadata;
use super::placing;
use super::sampling::{self, Run};
use super::transport::{Failure, Transport};
use super::tree::Tree;
use crate::axis::Axis;
use crate::chunk::{ChunkKey, Pixels, VariableId};
use crate::dataset::{Dataset, GridInfo, LevelInfo, RefSpec, Sample};
use crate::placement::Placement;
use crate::visible::Pyramid;

/// A store opened at one snapshot.
pub struct Store<T> {
    tree: Tree,
    chunks: Chunks<T>,
    layout: Layout,
    dataset: Rc<Dataset>,
    /// Chunks whose bytes did not decode: they are asked for anew.
    suspects: RefCell<HashSet<ChunkKey>>,
    /// What was decoded last of units with several chunks of the map.
    kept: KeptUnit<UnitId>,
}

/// A unit of one of the variables at one of its levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitId {
    variable: VariableId,
    level: u8,
    chunk: Vec<u32>,
    slot: usize,
}

/// What is fetched in one piece: a chunk of an array, or of a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    array: (VariableId, u8),
    chunk: Vec<u32>,
    slot: usize,
}

/// A plane of pixels as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The unit that holds it.
    pub bytes: Rc<[u8]>,
    /// The pixels wanted of the unit.
    pub cut: Cut,
}

impl<T: Transport + 'static> Store<T> {
    /// Opens a store; `url` is its address for people, `cache_bytes` the memory for encoded chunks. `ahead` says of
    /// which variables at which levels chunks will be wanted: their manifests are asked for beside the steps of
    /// axes, which it cannot know yet.
    pub async fn open(
        transport: T,
        url: &str,
        reference: RefSpec,
        cache_bytes: usize,
        ahead: impl FnOnce(&Dataset) -> Vec<(VariableId, u8)>,
    ) -> Result<Self, StoreError> {
        let fetcher = Rc::new(Fetcher::new(transport, cache_bytes));
        let found = detect::look(&fetcher, url).await?;
        Self::open_at(fetcher, found, url, reference, None, ahead).await
    }

    /// Looks at the store again. Gives it as it is now, or `None` if nothing has been committed since (of plain Zarr: if
    /// its metadata are the same); what has been fetched of a repository stays valid either way.
    pub async fn refresh(&self) -> Result<Option<Self>, StoreError> {
        let dataset = &self.dataset;
        let (url, reference) = (&dataset.store_url, dataset.reference.clone());
        let found = detect::look(&self.chunks.fetcher, url).await?;
        if found.is_as(dataset)? {
            return Ok(None);
        }
        let nothing = |_: &Dataset| Vec::new();
        let (fetcher, known) = match found {
            Found::Repository(_) => (Rc::clone(&self.chunks.fetcher), Some(&self.chunks)),
            Found::Plain(_) => (Rc::new(self.chunks.fetcher.anew()), None),
        };
        Self::open_at(fetcher, found, url, reference, known, nothing).await.map(Some)
    }

    async fn open_at(
        fetcher: Rc<Fetcher<T>>,
        found: Found,
        url: &str,
        reference: RefSpec,
        known: Option<&Chunks<T>>,
        ahead: impl FnOnce(&Dataset) -> Vec<(VariableId, u8)>,
    ) -> Result<Self, StoreError> {
        let state = found.at(&fetcher, url, &reference).await?;
        let State { tree, snapshot, history, references, containers } = state;
        let layout = Layout::read(&tree)?;
        let mut chunks = Chunks::new(fetcher, containers);
        if let Some(known) = known {
            chunks = chunks.with_manifests(known, |id| tree.uses_manifest(id));
        }
        let dataset = Dataset {
            grids: layout
                .grids
                .iter()
                .map(|grid| GridInfo { levels: infos(&grid.levels) })
                .collect(),
            axes: layout.axes.iter().map(AxisSource::unread).collect(),
            place_axes: layout.place_axes(),
            texts: layout.texts.clone(),
            variables: layout.variables.clone(),
            left_out: layout.left_out.clone(),
            form: layout.form,
            tiles: None,
            covers_all: layout.covers_all,
            snapshot,
            reference,
            history,
            references,
            store_url: url.to_owned(),
        };
        let mut store = Self {
            tree,
            chunks,
            layout,
            dataset: Rc::new(dataset.clone()),
            suspects: RefCell::default(),
            kept: KeptUnit::default(),
        };
        // Of what is not placed yet nobody can tell.
        let levels = store.layout.grids.iter().flat_map(|grid| &grid.levels);
        let is_placed = levels.into_iter().all(|level| level.is_placed);
        for (variable, level) in if is_placed { ahead(&dataset) } else { Vec::new() } {
            if let Ok(array) = store.array(variable, level)
                && let Ok(node) = store.tree.array(&array.metadata.path)
            {
                store.chunks.ask_ahead(node);
            }
        }
        let dataset = store.placed_dataset(dataset).await?;
        let axes = try_join_all(store.layout.axes.iter().map(|source| store.axis(source))).await?;
        let (axes, complaints): (Vec<_>, Vec<_>) = axes.into_iter().unzip();
        let mut left_out = dataset.left_out.clone();
        left_out.extend(complaints.into_iter().flatten());
        store.dataset = Rc::new(Dataset { axes, left_out, ..dataset });
        Ok(store)
    }

    /// A dataset with its grids where they lie, without the variables of those of which nobody can tell.
    async fn placed_dataset(&mut self, dataset: Dataset) -> Result<Dataset, StoreError> {
        let mut outcomes = Vec::new();
        for grid in &self.layout.grids {
            let levels = match self.placements(&grid.levels).await {
                Ok(placements) => {
                    let mut levels = infos(&grid.levels);
                    for (level, placement) in levels.iter_mut().zip(placements) {
                        level.placement = placement;
                    }
                    levels
                }
                // What may pass, or is an error of bytes, is not the grid's.
                Err(error @ (StoreError::Metadata { .. } | StoreError::Layout(_))) => {
                    outcomes.push(Err(error));
                    continue;
                }
                Err(error) => return Err(error),
            };
            let drawn =
                Pyramid::new(&levels).map_err(|error| StoreError::Layout(error.to_string()));
            outcomes.push(drawn.map(|_| levels));
        }
        self.keep_grids(dataset, outcomes)
    }

    /// Takes off the variables of grids that cannot be shown; fails where none is left.
    fn keep_grids(
        &mut self,
        mut dataset: Dataset,
        outcomes: Vec<Result<Vec<LevelInfo>, StoreError>>,
    ) -> Result<Dataset, StoreError> {
        let (mut grids, mut places, mut failure) = (Vec::new(), Vec::new(), None);
        for (grid, outcome) in outcomes.into_iter().enumerate() {
            match outcome {
                Ok(levels) => {
                    places.push(Some(grids.len() as u16));
                    if grids.is_empty() {
                        let chunk = self.layout.grids[grid].chunk;
                        dataset.tiles = layout::tiles(&levels[0].placement, chunk);
                    }
                    grids.push(GridInfo { levels });
                }
                Err(error) => {
                    let of_grid =
                        dataset.variables.iter().filter(|info| usize::from(info.grid) == grid);
                    let names: Vec<_> = of_grid.map(|info| format!("'{}'", info.name)).collect();
                    dataset.left_out.push(format!("{}: {error}", names.join(", ")));
                    places.push(None);
                    failure.get_or_insert(error);
                }
            }
        }
        if grids.is_empty()
            && let Some(error) = failure
        {
            return Err(error);
        }
        let arrays = std::mem::take(&mut self.layout.arrays);
        let variables = std::mem::take(&mut dataset.variables);
        for (mut info, arrays) in variables.into_iter().zip(arrays) {
            if let Some(grid) = places[usize::from(info.grid)] {
                info.grid = grid;
                dataset.variables.push(info);
                self.layout.arrays.push(arrays);
            }
        }
        Ok(Dataset { grids, ..dataset })
    }

    /// Where the levels of a grid lie. Attributes alone tell that where nobody but the processor has ever written: others change
    /// coordinates and leave what they copied of attributes behind.
    async fn placements(&self, levels: &[Level]) -> Result<Vec<Placement>, StoreError> {
        let told: Vec<Placement> = levels.iter().map(|level| level.info.placement).collect();
        let is_own = match self.dataset.history.as_slice() {
            [commits @ .., _first] => commits.iter().all(|commit| message::is_own(&commit.message)),
            [] => false,
        };
        if is_own && levels.iter().all(|level| level.is_placed) {
            return Ok(told);
        }
        let finest = &levels[0];
        let first = match self.placed(finest).await? {
            Some(placement) => placement,
            None if finest.is_placed => return Ok(told),
            None => return Err(not_placed(finest)),
        };
        let is_stale = finest.is_placed && !placing::agree(&first, &told[0]);
        let mut placements = vec![first];
        for level in &levels[1..] {
            let placement = if level.is_placed && !is_stale {
                level.info.placement
            } else {
                self.placed(level).await?.ok_or_else(|| not_placed(level))?
            };
            placements.push(placement);
        }
        Ok(placements)
    }

    /// Where the coordinates of a level say that it lies; `None` where it has none.
    async fn placed(&self, level: &Level) -> Result<Option<Placement>, StoreError> {
        let [Some(lat), Some(lon)] = &level.coordinates else { return Ok(None) };
        let metadata = |path: &str| ArrayMetadata::parse(path, &self.tree.array(path)?.zarr_json);
        let (lat, lon) = (metadata(lat)?, metadata(lon)?);
        let LevelInfo { placement: Placement { rows, cols, .. }, .. } = level.info;
        let rows = self.coordinate(&lat, rows.into()).await?;
        let cols = self.coordinate(&lon, cols.into()).await?;
        placing::from_coordinates((&lat, &rows), (&lon, &cols), level.crs).map(Some)
    }

    /// An axis with what its coordinate says of its steps; and why not, where it cannot be understood.
    async fn axis(&self, source: &AxisSource) -> Result<(Axis, Option<String>), StoreError> {
        if let Some(axis) = source.told() {
            return Ok((axis, None));
        }
        Ok(match &source.coordinate {
            Coordinate::None => (source.unread(), None),
            Coordinate::Unread(error) => (source.unread(), Some(source.complaint(error))),
            Coordinate::Numbers(metadata) => {
                let values = self.coordinate(metadata, source.length.into()).await?;
                (source.numbers(values), None)
            }
            Coordinate::Texts(texts) => {
                let most = texts.most_bytes() as u64;
                let count = coordinate::chunk_count(texts.metadata(), source.length.into())?;
                let read = |chunks: &[_]| texts.texts(chunks);
                (source.texts(self.whole(texts.metadata(), count, most, read).await?), None)
            }
        })
    }

    /// What the store holds.
    pub fn dataset(&self) -> &Rc<Dataset> {
        &self.dataset
    }

    /// The array of a variable at a level.
    pub fn array(&self, variable: VariableId, level: u8) -> Result<&MapArray, StoreError> {
        let VariableId(index) = variable;
        let outside = || StoreError::OutsideDataset(format!("variable {index} at level {level}"));
        let levels = self.layout.arrays.get(usize::from(index)).ok_or_else(outside)?;
        levels.get(usize::from(level)).ok_or_else(outside)
    }

    /// The `zarr.json` of a variable at a level.
    pub fn zarr_json(&self, variable: VariableId, level: u8) -> Result<&str, StoreError> {
        let path = &self.array(variable, level)?.metadata.path;
        Ok(&self.tree.array(path)?.zarr_json)
    }

    /// What is fetched for a chunk of the map, and its bytes unpacked. Several chunks may be parts of one unit.
    pub fn unpacked(&self, key: ChunkKey) -> Result<(Unit, u64), StoreError> {
        let array = self.array(key.variable, key.level)?;
        let address = array
            .address(key.plane, key.row, key.col)
            .ok_or_else(|| StoreError::OutsideDataset(format!("{key:?}")))?;
        let unit =
            Unit { array: (key.variable, key.level), chunk: address.chunk, slot: address.slot };
        Ok((unit, array.unit_bytes()))
    }

    /// The bytes that are fetched for a chunk of the map, as far as a manifest says; else those of it unpacked.
    pub async fn packed(&self, key: ChunkKey) -> Result<(Unit, u64), StoreError> {
        let (unit, unpacked) = self.unpacked(key)?;
        let array = self.array(key.variable, key.level)?;
        let node = self.tree.array(&array.metadata.path)?;
        let packed = match self.chunks.source(node, &unit.chunk).await? {
            Some(Source::Alone(_)) => unpacked,
            Some(source) => unpacked.min(source.length()),
            None => 0,
        };
        Ok((unit, packed))
    }

    /// Fetches a chunk of the map; `None` where the store has none and every pixel is fill.
    pub async fn encoded(&self, key: ChunkKey) -> Result<Option<Encoded>, StoreError> {
        let array = self.array(key.variable, key.level)?;
        let address = array
            .address(key.plane, key.row, key.col)
            .ok_or_else(|| StoreError::OutsideDataset(format!("{key:?}")))?;
        array.metadata.prepare().await?;
        let anew = self.suspects.borrow().contains(&key);
        let mut unit = self.unit(array, &address, anew).await;
        if !self.dataset.is_versioned() && unit.as_ref().is_err_and(has_changed) {
            // A shard that was written anew since its index was read.
            unit = self.unit(array, &address, true).await;
        }
        let unit = unit?;
        if anew {
            self.suspects.borrow_mut().remove(&key);
        }
        Ok(unit.map(|bytes| Encoded { bytes, cut: address.cut }))
    }

    /// Says that a chunk's bytes did not decode, wherever that was tried: the next time they are asked of the server
    /// itself.
    pub fn distrust(&self, key: ChunkKey) {
        self.suspects.borrow_mut().insert(key);
    }

    /// Decodes a chunk of the map, row by row, in the form of the dataset.
    pub fn decode(&self, key: ChunkKey, encoded: &Encoded) -> Result<Pixels, StoreError> {
        let (Encoded { bytes, cut }, form) = (encoded, self.dataset.form);
        self.decode_by(key, |array| match self.shared_unit(key) {
            None => array.decode(bytes, *cut, form),
            Some(unit) => match self.kept.pixels(&unit, array, *cut, form) {
                Some(pixels) => Ok(pixels),
                None => self.kept.decode(unit, array, bytes, (*cut, form)),
            },
        })
    }

    /// The unit that holds a chunk of the map, where it holds others as well.
    pub fn shared_unit(&self, key: ChunkKey) -> Option<UnitId> {
        let array = self.array(key.variable, key.level).ok().filter(|array| array.is_shared())?;
        let Address { chunk, slot, .. } = array.address(key.plane, key.row, key.col)?;
        Some(UnitId { variable: key.variable, level: key.level, chunk, slot })
    }

    /// Keeps no decoded unit any more: from now on others decode.
    pub fn decode_no_more(&self) {
        self.kept.forget();
    }

    /// The pixels of a chunk that is not stored, unless that means no data.
    pub fn absent(&self, key: ChunkKey) -> Option<(Cut, Pixels)> {
        let (array, form) = (self.array(key.variable, key.level).ok()?, self.dataset.form);
        let code = array.absent(form)?;
        let cut = array.address(key.plane, key.row, key.col)?.cut;
        Some((cut, Pixels::filled(form, code, cut.width as usize * cut.height as usize)))
    }

    /// Fetches and decodes a chunk of the map; `None` where all of it is no data.
    pub async fn chunk(&self, key: ChunkKey) -> Result<Option<Pixels>, StoreError> {
        let pixels = self.fetched(key, |encoded| self.decode(key, encoded)).await?;
        Ok(pixels.or_else(|| self.absent(key).map(|(_, pixels)| pixels)))
    }

    /// What variables hold at a place (longitude and latitude in degrees), in pixels of their finest level: along the axis along which
    /// each plays, within [bounds](super::sampling), at the given steps of the other axes. `planes` are those that are shown of each
    /// variable, of which `shown` is on the screen. Outside a grid it is no data, for which nothing is asked.
    pub async fn sample(
        &self,
        (lon, lat): (f64, f64),
        shown: VariableId,
        planes: &[u32],
    ) -> Result<Vec<Sample>, StoreError> {
        let runs = sampling::runs(&self.dataset, &self.layout.arrays, shown, planes);
        let samples = runs.into_iter().map(|run| self.sample_run(run, lon, lat));
        Ok(try_join_all(samples).await?.concat())
    }

    /// The samples of a unit.
    async fn sample_run(&self, run: Run, lon: f64, lat: f64) -> Result<Vec<Sample>, StoreError> {
        let Run { variable, plane, axis, first, count } = run;
        let samples = |values: Vec<Option<f64>>| {
            let sample = |(value, step)| Sample { variable, step, value };
            values.into_iter().zip(first..).map(sample).collect()
        };
        let level = self.dataset.grid(variable).and_then(|grid| grid.levels.first());
        let pixel = level.and_then(|level| Some((level, level.placement.pixel_at(lon, lat)?)));
        let Some((level, (row, col))) = pixel else {
            return Ok(samples(vec![None; count as usize]));
        };
        let within = (row % level.chunk_rows, col % level.chunk_cols);
        let (row, col) = (row / level.chunk_rows, col / level.chunk_cols);
        let key = ChunkKey { variable, plane, level: 0, row, col };
        let read = |encoded: &Encoded| {
            self.decode_by(key, |array| {
                array.values(&encoded.bytes, encoded.cut, within, (axis, count))
            })
        };
        let values = self.fetched(key, read).await?;
        let absent = self.array(key.variable, 0)?.metadata.encoding.absent_value();
        Ok(samples(values.unwrap_or_else(|| vec![absent; count as usize])))
    }

    /// Decodes something of a chunk; one that does not decode is asked for anew the next time.
    fn decode_by<R>(
        &self,
        key: ChunkKey,
        decode: impl FnOnce(&MapArray) -> Result<R, DecodeError>,
    ) -> Result<R, StoreError> {
        let array = self.array(key.variable, key.level)?;
        decode(array).map_err(|problem| {
            self.distrust(key);
            let chunk = array.address(key.plane, key.row, key.col).map(|address| address.chunk);
            broken(&array.metadata.path, &chunk.unwrap_or_default(), problem)
        })
    }

    /// Fetches a chunk of the map and decodes something of it; one that does not decode is fetched once more. `None` if
    /// it is not stored.
    async fn fetched<R>(
        &self,
        key: ChunkKey,
        decode: impl Fn(&Encoded) -> Result<R, StoreError>,
    ) -> Result<Option<R>, StoreError> {
        let is_suspect = self.suspects.borrow().contains(&key);
        let Some(encoded) = self.encoded(key).await? else { return Ok(None) };
        match decode(&encoded) {
            Err(_) if !is_suspect => {
                let encoded = self.encoded(key).await?;
                encoded.as_ref().map(decode).transpose()
            }
            result => result.map(Some),
        }
    }

    /// The encoded unit at an address.
    async fn unit(
        &self,
        array: &MapArray,
        address: &Address,
        anew: bool,
    ) -> Result<Option<Rc<[u8]>>, StoreError> {
        let node = self.tree.array(&array.metadata.path)?;
        let Some(sharding) = array.sharding() else {
            return self.chunks.whole(node, &address.chunk, array.unit_bytes(), anew).await;
        };
        let Some(source) = self.chunks.source(node, &address.chunk).await? else { return Ok(None) };
        let Some(source) = self.chunks.measured(source, anew).await? else { return Ok(None) };
        match self.slot(array, address, sharding, &source, anew).await? {
            Slot::Empty => Ok(None),
            Slot::At { offset, length } => {
                Chain::check_length(array.unit_bytes(), length)
                    .map_err(|problem| broken(&node.path, &address.chunk, problem))?;
                let part = offset..offset + length;
                self.chunks.read(&source, Some(part), anew).await.map(Some)
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
        anew: bool,
    ) -> Result<Slot, StoreError> {
        let problem = |problem| broken(&array.metadata.path, &address.chunk, problem);
        let shard = source.length();
        let range = sharding.index_range(shard).map_err(problem)?;
        let index = self.chunks.read(source, Some(range), anew).await?;
        let slots = sharding.decode_index(&index, shard).map_err(problem)?;
        slots.get(address.slot).copied().ok_or_else(|| {
            problem(DecodeError::Length {
                what: "shard index",
                expected: address.slot + 1,
                found: slots.len(),
            })
        })
    }

    /// All values of a coordinate.
    async fn coordinate(
        &self,
        metadata: &ArrayMetadata,
        count: u64,
    ) -> Result<Vec<f64>, StoreError> {
        let count = coordinate::chunk_count(metadata, count)?;
        let most = metadata.chunk_shape[0] * metadata.encoding.data_type.size() as u64;
        self.whole(metadata, count, most, |chunks| coordinate::values(metadata, chunks)).await
    }

    /// What is read of all chunks of an array with one axis; once more from the server itself if that fails.
    async fn whole<R>(
        &self,
        metadata: &ArrayMetadata,
        count: u32,
        most: u64,
        read: impl Fn(&[Option<Rc<[u8]>>]) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let node = self.tree.array(&metadata.path)?;
        metadata.prepare().await?;
        let mut anew = false;
        loop {
            let chunk = |index| async move { self.chunks.whole(node, &[index], most, anew).await };
            let result = read(&try_join_all((0..count).map(chunk)).await?);
            if result.is_ok() || anew {
                return result;
            }
            anew = true;
        }
    }
}

/// The levels as they are told, before they are placed.
fn infos(levels: &[Level]) -> Vec<LevelInfo> {
    levels.iter().map(|level| level.info.clone()).collect()
}

/// Why a level cannot be shown: nothing tells where it lies.
fn not_placed(level: &Level) -> StoreError {
    StoreError::Layout(format!(
        "expected group '{}' to have coordinates of latitude and longitude, or a spatial:transform, found neither",
        level.group
    ))
}

/// Whether an object was another one than was looked up.
fn has_changed(error: &StoreError) -> bool {
    matches!(error, StoreError::Transport(error) if matches!(error.failure, Failure::Changed { .. }))
}
