//! A manifest object: where the chunks of arrays lie.

use std::collections::HashMap;
use std::rc::Rc;

use icechunk_format::flatbuffers::generated;
use icechunk_format::{ChunkId, ManifestId};

use super::error::{ObjectProblem, StoreError};
use super::object::{self, Budget, Kind};
use super::transport::Version;
use super::tree::NodeId;

/// Longest location that is decompressed, as in Icechunk itself.
const LONGEST_LOCATION: usize = 1024;

/// Where chunks lie.
#[derive(Debug, Default)]
pub struct Manifest {
    arrays: HashMap<NodeId, HashMap<Box<[u32]>, ChunkRef>>,
}

/// Where one chunk lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkRef {
    /// In the manifest itself.
    Inline(Rc<[u8]>),
    /// In an object of the repository.
    Native {
        /// The object's id.
        id: [u8; 12],
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
    /// In a file elsewhere.
    Virtual {
        /// The file's URL, as written.
        location: Rc<str>,
        /// What the file was then, if the writer says.
        version: Option<Version>,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        length: u64,
    },
}

/// Path of a manifest object.
pub(super) fn path(id: &str) -> String {
    format!("manifests/{id}")
}

impl Manifest {
    /// Reads the object of the manifest `id`.
    pub fn parse(id: &str, object: &[u8]) -> Result<Self, StoreError> {
        Self::read(id, object).map_err(|problem| StoreError::object(&path(id), problem))
    }

    fn read(id: &str, object: &[u8]) -> Result<Self, ObjectProblem> {
        let buffer = object::open(Kind::Manifest, object)?;
        let root = object::root::<generated::Manifest<'_>>(&buffer)?;
        let found = ManifestId::new(root.id().0).to_string();
        if found != id {
            return Err(ObjectProblem::Inconsistent(format!("it is manifest {found}")));
        }
        let mut locations = Locations::new(root.location_dictionary().map(|bytes| bytes.bytes()))?;
        let mut budget = Budget::of(&buffer);
        let mut manifest = Self::default();
        for array in root.arrays() {
            let chunks = manifest.arrays.entry(array.node_id().0).or_default();
            for chunk in array.refs() {
                let inline = chunk.inline().map_or(0, |bytes| bytes.bytes().len());
                budget.spend(100 + 4 * chunk.index().len() + inline)?;
                let indices: Box<[u32]> = chunk.index().iter().collect();
                let found = read_ref(&chunk, &mut locations).map_err(|problem| {
                    ObjectProblem::Inconsistent(format!(
                        "reference of chunk {indices:?}: {problem}"
                    ))
                })?;
                budget.spend(std::mem::take(&mut locations.kept))?;
                chunks.insert(indices, found);
            }
        }
        Ok(manifest)
    }

    /// Where a chunk of an array lies; `None` if the manifest does not have it.
    pub(super) fn chunk(&self, array: NodeId, indices: &[u32]) -> Option<&ChunkRef> {
        self.arrays.get(&array)?.get(indices)
    }
}

/// A reference is native, virtual (with a plain or a compressed location) or inline.
fn read_ref(
    chunk: &generated::ChunkRef<'_>,
    locations: &mut Locations<'_>,
) -> Result<ChunkRef, String> {
    let (offset, length) = (chunk.offset(), chunk.length());
    if offset.checked_add(length).is_none() {
        return Err(format!("{length} bytes from byte {offset} are past any end"));
    }
    if let Some(id) = chunk.chunk_id() {
        return Ok(ChunkRef::Native { id: id.0, offset, length });
    }
    let location = match (chunk.compressed_location(), chunk.location()) {
        (Some(compressed), _) => Some(locations.decompress(compressed.bytes())?),
        (None, plain) => plain.map(str::to_owned),
    };
    if let Some(location) = location {
        let location = locations.keep(location);
        return Ok(ChunkRef::Virtual { location, version: version(chunk), offset, length });
    }
    match chunk.inline() {
        Some(bytes) => Ok(ChunkRef::Inline(bytes.bytes().into())),
        None => Err("expected an id, a location or inline bytes, found none".to_owned()),
    }
}

/// What the writer says of a virtual chunk's file: its tag, or when it was modified (0 for nothing).
fn version(chunk: &generated::ChunkRef<'_>) -> Option<Version> {
    let modified = match chunk.checksum_last_modified() {
        0 => None,
        seconds => Some(Version::ModifiedBy(seconds.into())),
    };
    chunk.checksum_etag().map(|tag| Version::ETag(tag.to_owned())).or(modified)
}

/// Path of a chunk's object.
pub(super) fn chunk_path(id: [u8; 12]) -> String {
    format!("chunks/{}", ChunkId::new(id))
}

/// The locations of virtual chunks, which share one dictionary, and most of which are that of the chunk before.
struct Locations<'a> {
    decompressor: Option<zstd::bulk::Decompressor<'a>>,
    last: Rc<str>,
    /// Bytes kept since somebody looked.
    kept: usize,
}

impl<'a> Locations<'a> {
    fn new(dictionary: Option<&'a [u8]>) -> Result<Self, ObjectProblem> {
        let decompressor =
            dictionary.map(zstd::bulk::Decompressor::with_dictionary).transpose().map_err(
                |error| ObjectProblem::Inconsistent(format!("location dictionary: {error}")),
            )?;
        Ok(Self { decompressor, last: Rc::from(""), kept: 0 })
    }

    fn keep(&mut self, location: String) -> Rc<str> {
        if *self.last != location {
            self.kept += location.len();
            self.last = location.into();
        }
        Rc::clone(&self.last)
    }

    fn decompress(&mut self, compressed: &[u8]) -> Result<String, String> {
        let decompressor =
            self.decompressor.as_mut().ok_or("its location needs a dictionary, found none")?;
        let location = decompressor
            .decompress(compressed, LONGEST_LOCATION)
            .map_err(|error| format!("its location does not decompress: {error}"))?;
        String::from_utf8(location).map_err(|error| format!("its location is no text: {error}"))
    }
}
