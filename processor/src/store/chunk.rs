//! Chunks: encoding, uploading and reading them.
//!
//! A chunk is uploaded once, before its commit is tried. A lost race therefore costs neither its pixels
//! nor its bytes again: only the reference to it is attached anew.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use floe_shared::pyramid::{ChunkIndex, Level};
use floe_shared::schema::Variable;
use icechunk::format::manifest::ChunkPayload;
use icechunk::format::{ChunkIndices, Path};
use icechunk::session::Session;
use ndarray::Array2;
use zarrs::array::{
    ArrayBytes, ArrayToBytesCodecTraits, CodecChain, CodecOptions, DataType, FillValue,
    IntoArrayBytes, data_type,
};

use super::error::{StoreError, classify};
use super::layout::array_path;
use super::repository::{Dataset, session_error};

/// The place of one chunk in the dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChunkPlace {
    /// The level.
    pub level: Level,
    /// The variable.
    pub variable: Variable,
    /// Index along the year axis.
    pub year: u32,
    /// Row and column within the level.
    pub chunk: ChunkIndex,
}

impl ChunkPlace {
    /// The array that holds it.
    pub fn array(&self) -> String {
        array_path(self.level, self.variable.name())
    }

    pub(super) fn indices(&self) -> ChunkIndices {
        ChunkIndices(vec![self.year, self.chunk.row, self.chunk.col])
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

/// Encodes and uploads chunks of one dataset.
#[derive(Clone)]
pub struct ChunkWriter {
    session: Arc<Session>,
    /// By level.
    codecs: Vec<Arc<CodecChain>>,
    name: String,
}

impl Dataset {
    /// A writer of chunks.
    pub async fn chunk_writer(&self) -> Result<ChunkWriter, StoreError> {
        Ok(ChunkWriter {
            session: Arc::new(self.reading(None).await?),
            codecs: self.codecs()?,
            name: self.name().to_owned(),
        })
    }

    /// The codec chains of the levels, finest first; all variables share them.
    fn codecs(&self) -> Result<Vec<Arc<CodecChain>>, StoreError> {
        let chain = |level: Level| {
            self.layout
                .variable(Variable::Average, level)
                .build(Arc::new(()), "/")
                .map(|array| array.codecs())
                .map_err(|error| classify(self.name(), "forming its codecs", &error))
        };
        self.layout.levels().into_iter().map(chain).collect()
    }

    /// Reads one chunk as it stood at a snapshot (or the tip): `chunk` x `chunk` pixels, row 0 in the
    /// north. `None` where nothing is stored, which means fill.
    pub async fn read_chunk(
        &self,
        reader: &ChunkReader,
        place: ChunkPlace,
    ) -> Result<Option<Array2<u16>>, StoreError> {
        const ACTION: &str = "reading a chunk";
        let path = node_path(self.name(), &place.array())?;
        let fetch = reader
            .session
            .get_chunk_reader(&path, &place.indices(), &icechunk::format::ByteRange::ALL)
            .await
            .map_err(session_error(self, ACTION))?;
        let Some(fetch) = fetch else { return Ok(None) };
        let bytes = fetch.await.map_err(session_error(self, ACTION))?;
        let edge = place.level.chunk;
        let options = CodecOptions::default();
        let decoded = reader.codecs[place.level.index as usize]
            .decode(
                bytes.to_vec().into(),
                &shape(edge),
                &data_type::uint16(),
                &FillValue::from(0_u16),
                &options,
            )
            .map_err(|error| classify(self.name(), "decoding a chunk", &error))?;
        let pixels = decoded
            .into_fixed()
            .map_err(|error| classify(self.name(), "decoding a chunk", &error))?
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        Array2::from_shape_vec((edge as usize, edge as usize), pixels)
            .map(Some)
            .map_err(|error| classify(self.name(), "decoding a chunk", &error))
    }

    /// A reader of chunks as they stood at a snapshot, or at the tip.
    pub async fn chunk_reader(&self, at: Option<&str>) -> Result<ChunkReader, StoreError> {
        Ok(ChunkReader { session: self.reading(at).await?, codecs: self.codecs()? })
    }
}

/// Reads chunks of one snapshot.
pub struct ChunkReader {
    session: Session,
    /// By level.
    codecs: Vec<Arc<CodecChain>>,
}

impl ChunkReader {
    /// The snapshot that it reads.
    pub fn snapshot(&self) -> String {
        self.session.snapshot_id().to_string()
    }
}

impl ChunkWriter {
    /// Encodes a chunk. `pixels` may be smaller than the level's chunk at the grid's southern and
    /// eastern edge; the rest is fill. `None` where every pixel is fill.
    pub fn encode(&self, level: Level, pixels: &Array2<u16>) -> Result<Option<Bytes>, StoreError> {
        if pixels.iter().all(|&pixel| pixel == 0) {
            return Ok(None);
        }
        let edge = level.chunk as usize;
        let mut padded: Array2<u16>;
        let view = if pixels.dim() == (edge, edge) {
            pixels.view()
        } else {
            padded = Array2::zeros((edge, edge));
            padded.slice_mut(ndarray::s![..pixels.nrows(), ..pixels.ncols()]).assign(pixels);
            padded.view()
        };
        let pixels = view.as_standard_layout();
        let values = pixels.as_slice().unwrap_or_default();
        let failed = |error: &(dyn std::error::Error + 'static)| {
            classify(&self.name, "encoding a chunk", error)
        };
        let data_type: DataType = data_type::uint16();
        let bytes: ArrayBytes<'_> =
            values.into_array_bytes(&data_type).map_err(|error| failed(&error))?;
        self.codecs[level.index as usize]
            .encode(
                bytes,
                &shape(level.chunk),
                &data_type,
                &FillValue::from(0_u16),
                &CodecOptions::default(),
            )
            .map(|encoded| Some(Bytes::from(encoded.into_owned())))
            .map_err(|error| failed(&error))
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
        let failed = |error: icechunk::session::SessionError| {
            super::error::of_session(&self.name, "uploading a chunk", &error)
        };
        let path = node_path(&self.name, &place.array())?;
        let upload = self.session.get_chunk_writer(&path, &place.indices()).map_err(failed)?;
        let payload = upload(encoded).await.map_err(failed)?;
        Ok(StagedChunk { place, payload: Some(payload), at: SystemTime::now() })
    }
}

pub(super) fn node_path(store: &str, path: &str) -> Result<Path, StoreError> {
    Path::new(path).map_err(|error| classify(store, "naming an array", &error))
}

fn shape(edge: u32) -> [NonZeroU64; 3] {
    let edge = NonZeroU64::new(u64::from(edge)).unwrap_or(NonZeroU64::MIN);
    [NonZeroU64::MIN, edge, edge]
}
