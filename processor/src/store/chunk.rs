//! Chunks: encoding, uploading and reading them.
//!
//! A chunk is uploaded once, before its commit is tried. A lost race therefore costs neither its pixels
//! nor its bytes again: only the reference to it is attached anew.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use floe_raster::plane::{Plane, PlaneError};
use floe_raster::with_plane;
use floe_shared::pyramid::{ChunkIndex, Level};
use floe_shared::schema::VariableId;
use futures::TryStreamExt as _;
use icechunk::format::manifest::ChunkPayload;
use icechunk::format::{ChunkIndices, Path};
use icechunk::session::Session;
use zarrs::array::{ArrayBytes, ArrayToBytesCodecTraits, CodecChain, CodecOptions, IntoArrayBytes};

use super::error::{StoreError, classify, of_session};
use super::layout::{Layout, zarr_fill, zarr_type};
use super::repository::Dataset;

/// The place of one chunk in the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChunkPlace {
    /// The level.
    pub level: Level,
    /// The variable.
    pub variable: VariableId,
    /// Index along the axis of periods.
    pub period: u32,
    /// Row and column within the level.
    pub chunk: ChunkIndex,
}

impl ChunkPlace {
    /// The path of the array that holds it.
    pub fn array(&self, layout: &Layout) -> String {
        layout.array_path(self.variable, self.level)
    }

    pub(super) fn indices(&self) -> ChunkIndices {
        ChunkIndices(vec![self.period, self.chunk.row, self.chunk.col])
    }
}

/// A chunk that is uploaded, but belongs to no commit yet.
#[derive(Clone, Debug)]
pub struct StagedChunk {
    /// Where it belongs.
    pub place: ChunkPlace,
    /// The uploaded bytes; `None` where every pixel is fill, so that nothing is stored.
    pub(super) payload: Option<ChunkPayload>,
    /// When the upload ended, by the clock on the wall: a suspended machine's time counts.
    pub(super) at: SystemTime,
}

impl StagedChunk {
    /// A chunk of nothing but fill, of which nothing is stored.
    pub fn fill(place: ChunkPlace) -> Self {
        Self { place, payload: None, at: SystemTime::now() }
    }
}

/// The codec chains of all arrays: by variable, then by level.
type Codecs = Vec<Vec<Arc<CodecChain>>>;

/// Encodes and uploads chunks of one dataset.
#[derive(Clone)]
pub struct ChunkWriter {
    session: Arc<Session>,
    codecs: Codecs,
    layout: Layout,
    name: String,
}

impl Dataset {
    /// A writer of chunks.
    pub async fn chunk_writer(&self) -> Result<ChunkWriter, StoreError> {
        Ok(ChunkWriter {
            session: Arc::new(self.reading(None).await?),
            codecs: self.codecs()?,
            layout: self.layout.clone(),
            name: self.name().to_owned(),
        })
    }

    fn codecs(&self) -> Result<Codecs, StoreError> {
        let levels = self.layout.levels();
        let chain = |variable: VariableId, level: Level| {
            self.layout
                .variable(variable, level, self.edition)
                .build(Arc::new(()), "/")
                .map(|array| array.codecs())
                .map_err(|error| classify(self.name(), "forming its codecs", &error))
        };
        self.layout
            .variables()
            .map(|variable| levels.iter().map(|&level| chain(variable, level)).collect())
            .collect()
    }

    /// Reads one chunk as it stood at a snapshot (or the tip): `chunk` x `chunk` pixels of the variable's type, row 0 in the
    /// north. `None` where nothing is stored, which means fill.
    pub async fn read_chunk(
        &self,
        reader: &ChunkReader,
        place: ChunkPlace,
    ) -> Result<Option<Plane>, StoreError> {
        let bytes = reader.fetch(place).await?;
        bytes.map(|bytes| reader.decode(place, &bytes)).transpose()
    }

    /// A reader of chunks as they stood at a snapshot, or at the tip.
    pub async fn chunk_reader(&self, at: Option<&str>) -> Result<ChunkReader, StoreError> {
        Ok(ChunkReader {
            session: self.reading(at).await?,
            codecs: self.codecs()?,
            layout: self.layout.clone(),
            name: self.name().to_owned(),
        })
    }
}

/// Reads chunks of one snapshot.
pub struct ChunkReader {
    session: Session,
    codecs: Codecs,
    layout: Layout,
    name: String,
}

impl ChunkReader {
    /// The snapshot that it reads.
    pub fn snapshot(&self) -> String {
        self.session.snapshot_id().to_string()
    }

    /// The periods, rows and columns, by place, of a variable's chunks that are stored at a level.
    pub async fn stored(
        &self,
        variable: VariableId,
        level: Level,
    ) -> Result<Vec<Vec<u32>>, StoreError> {
        let path = node_path(&self.name, &self.layout.array_path(variable, level))?;
        self.session
            .array_chunk_iterator(&path)
            .await
            .map_ok(|chunk| chunk.coord.0)
            .try_collect()
            .await
            .map_err(|error| of_session(&self.name, "reading a manifest", &error))
    }

    /// The encoded bytes of a chunk; `None` where nothing is stored, which means fill.
    pub async fn fetch(&self, place: ChunkPlace) -> Result<Option<Bytes>, StoreError> {
        let failed = |error| of_session(&self.name, "reading a chunk", &error);
        let path = node_path(&self.name, &place.array(&self.layout))?;
        let fetch = self
            .session
            .get_chunk_reader(&path, &place.indices(), &icechunk::format::ByteRange::ALL)
            .await
            .map_err(failed)?;
        match fetch {
            Some(fetch) => fetch.await.map(Some).map_err(failed),
            None => Ok(None),
        }
    }

    /// The pixels of an encoded chunk, of the variable's type, row 0 in the north.
    pub fn decode(&self, place: ChunkPlace, bytes: &[u8]) -> Result<Plane, StoreError> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            classify(&self.name, "decoding a chunk", error)
        };
        let encoding = &self.layout.schema.variable(place.variable).encoding;
        let edge = place.level.chunk;
        let bytes = chain(&self.codecs, place)
            .decode(
                bytes.into(),
                &shape(edge),
                &zarr_type(encoding),
                &zarr_fill(encoding),
                &CodecOptions::default(),
            )
            .map_err(|error| failed(&error))?
            .into_fixed()
            .map_err(|error| failed(&error))?;
        Plane::read(encoding.data_type, (edge as usize, edge as usize), &bytes)
            .map_err(|error| failed(&error))
    }
}

impl ChunkWriter {
    /// Encodes a chunk, whose pixels are of the variable's type. They may be fewer than the level's chunk has at the grid's
    /// southern and eastern edge; the rest is fill. `None` where every pixel is fill.
    pub fn encode(&self, place: ChunkPlace, pixels: &Plane) -> Result<Option<Bytes>, StoreError> {
        let failed = |error: &(dyn std::error::Error + 'static)| {
            classify(&self.name, "encoding a chunk", error)
        };
        let encoding = &self.layout.schema.variable(place.variable).encoding;
        let (expected, found) = (encoding.data_type, pixels.data_type());
        if found != expected {
            return Err(failed(&PlaneError::OtherType { expected, found }));
        }
        if pixels.is_all(encoding.absent) {
            return Ok(None);
        }
        let edge = place.level.chunk as usize;
        let mut padded: Plane;
        let whole = if pixels.dim() == (edge, edge) {
            pixels
        } else {
            padded = Plane::filled(encoding.data_type, (edge, edge), encoding.absent)
                .map_err(|error| failed(&error))?;
            let (rows, cols) = pixels.dim();
            padded.put(ndarray::s![..rows, ..cols], pixels).map_err(|error| failed(&error))?;
            &padded
        };
        let data_type = zarr_type(encoding);
        with_plane!(whole, pixels => {
            let pixels = pixels.as_standard_layout();
            let values = pixels.as_slice().unwrap_or_default();
            let bytes: ArrayBytes<'_> =
                values.into_array_bytes(&data_type).map_err(|error| failed(&error))?;
            chain(&self.codecs, place)
                .encode(
                    bytes,
                    &shape(place.level.chunk),
                    &data_type,
                    &zarr_fill(encoding),
                    &CodecOptions::default(),
                )
                .map(|encoded| Some(Bytes::from(encoded.into_owned())))
                .map_err(|error| failed(&error))
        })
    }

    /// Uploads an encoded chunk; the result can be attached to any number of commits that are tried.
    pub async fn stage(
        &self,
        place: ChunkPlace,
        encoded: Option<Bytes>,
    ) -> Result<StagedChunk, StoreError> {
        let Some(encoded) = encoded else {
            return Ok(StagedChunk::fill(place));
        };
        let failed = |error| of_session(&self.name, "uploading a chunk", &error);
        let path = node_path(&self.name, &place.array(&self.layout))?;
        let upload = self.session.get_chunk_writer(&path, &place.indices()).map_err(failed)?;
        let payload = upload(encoded).await.map_err(failed)?;
        Ok(StagedChunk { place, payload: Some(payload), at: SystemTime::now() })
    }
}

fn chain(codecs: &[Vec<Arc<CodecChain>>], place: ChunkPlace) -> &CodecChain {
    &codecs[usize::from(place.variable.0)][place.level.index as usize]
}

pub(super) fn node_path(store: &str, path: &str) -> Result<Path, StoreError> {
    Path::new(path).map_err(|error| classify(store, "naming an array", &error))
}

fn shape(edge: u32) -> [NonZeroU64; 3] {
    let edge = NonZeroU64::new(u64::from(edge)).unwrap_or(NonZeroU64::MIN);
    [NonZeroU64::MIN, edge, edge]
}
