//! Where the bytes of chunks are, and getting them: by manifests, or by their names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, Shared};

use super::codec::{Chain, DecodeError};
use super::containers::Container;
use super::error::StoreError;
use super::fetcher::{Fetcher, Wanted};
use super::manifest::{self, ChunkRef, Manifest};
use super::object::Kind;
use super::transport::{Extent, Failure, Part, Target, Transport, TransportError, Version};
use super::tree::{Keeping, ManifestRef, Node, NodeId};
use super::virtual_url;

/// Shards up to this length are fetched whole: a second request costs more than the bytes.
const WHOLE_SHARD: u64 = 64 << 10;

/// The most manifests that are looked through for a chunk: writers put each in one.
const MOST_MANIFESTS: usize = 32;

/// A manifest on its way or read.
type SharedManifest = Shared<LocalBoxFuture<'static, Result<Rc<Manifest>, StoreError>>>;

/// The manifests that are wanted, by id. One that could not be had takes itself off.
type Manifests = Rc<RefCell<HashMap<String, SharedManifest>>>;

/// The chunks of a store.
pub(super) struct Chunks<T> {
    pub(super) fetcher: Rc<Fetcher<T>>,
    /// Where virtual chunks lie.
    containers: Vec<Container>,
    manifests: Manifests,
}

/// Where an encoded chunk lies.
pub(super) enum Source {
    Inline(Rc<[u8]>),
    At {
        target: Target,
        offset: u64,
        length: u64,
        version: Option<Version>,
    },
    /// In an object of its own, of which nothing is known, not even that it is there.
    Alone(Target),
}

impl<T: Transport + 'static> Chunks<T> {
    /// Of a store with such virtual chunks.
    pub(super) fn new(fetcher: Rc<Fetcher<T>>, containers: Vec<Container>) -> Self {
        Self { fetcher, containers, manifests: Rc::default() }
    }

    /// With the manifests of another one that are still of use.
    pub(super) fn with_manifests(self, other: &Self, is_used: impl Fn(&str) -> bool) -> Self {
        let known = other.manifests.borrow();
        let known = known.iter().filter(|(id, _)| is_used(id));
        self.manifests.borrow_mut().extend(known.map(|(id, known)| (id.clone(), known.clone())));
        self
    }

    /// Asks for the manifest of an array that has just one (what chunks of it are wanted does not matter then), without
    /// waiting for it.
    pub(super) fn ask_ahead(&self, node: &Node) {
        if let [manifest] = node.manifests() {
            let _ = self.shared_manifest(&manifest.id).now_or_never();
        }
    }

    /// Where a chunk lies; `None` if no manifest has it.
    pub(super) async fn source(
        &self,
        node: &Node,
        chunk: &[u32],
    ) -> Result<Option<Source>, StoreError> {
        match &node.chunks {
            Some(Keeping::Manifests { id, manifests }) => {
                self.listed(&node.path, *id, manifests, chunk).await
            }
            Some(Keeping::Names(naming)) => {
                Ok(Some(Source::Alone(Target::InPlace(naming.path(&node.path, chunk)))))
            }
            None => Ok(None),
        }
    }

    /// Where a chunk lies that is in one of some manifests.
    async fn listed(
        &self,
        array: &str,
        id: NodeId,
        manifests: &[ManifestRef],
        chunk: &[u32],
    ) -> Result<Option<Source>, StoreError> {
        let covering = manifests.iter().filter(|manifest| manifest.covers(chunk));
        for (place, manifest_ref) in covering.enumerate() {
            if place == MOST_MANIFESTS {
                let (array, indices) = (array.to_owned(), chunk.to_vec());
                return Err(StoreError::Scattered { array, indices, most: MOST_MANIFESTS });
            }
            let manifest = self.shared_manifest(&manifest_ref.id).await?;
            let Some(found) = manifest.chunk(id, chunk) else { continue };
            return Ok(Some(match found {
                ChunkRef::Inline(bytes) => Source::Inline(Rc::clone(bytes)),
                ChunkRef::Native { id, offset, length } => Source::At {
                    target: Target::InStore(manifest::chunk_path(*id)),
                    offset: *offset,
                    length: *length,
                    version: None,
                },
                ChunkRef::Virtual { location, version, offset, length } => Source::At {
                    target: Target::Url(virtual_url::resolve(location, &self.containers)?),
                    offset: *offset,
                    length: *length,
                    version: version.clone(),
                },
            }));
        }
        Ok(None)
    }

    /// A manifest, fetched and read once.
    fn shared_manifest(&self, id: &str) -> SharedManifest {
        let known = self.manifests.borrow().get(id).cloned();
        known.unwrap_or_else(|| {
            let (fetcher, owned) = (Rc::clone(&self.fetcher), id.to_owned());
            let manifests = Rc::downgrade(&self.manifests);
            let future = async move {
                let (path, most) = (manifest::path(&owned), Kind::Manifest.most_bytes());
                let read = |object: &[u8]| Manifest::parse(&owned, object).map(Rc::new);
                let result = fetcher.metadata(&path, most, read).await;
                if result.is_err()
                    && let Some(manifests) = manifests.upgrade()
                {
                    // Even if nobody waits any more: the next one who needs it asks anew.
                    manifests.borrow_mut().remove(&owned);
                }
                result
            };
            let shared = future.boxed_local().shared();
            self.manifests.borrow_mut().insert(id.to_owned(), shared.clone());
            shared
        })
    }

    /// All bytes of a chunk that decodes to `decoded` bytes; `None` if there is none.
    pub(super) async fn whole(
        &self,
        node: &Node,
        chunk: &[u32],
        decoded: u64,
        anew: bool,
    ) -> Result<Option<Rc<[u8]>>, StoreError> {
        let Some(source) = self.source(node, chunk).await? else { return Ok(None) };
        let target = match source {
            Source::Alone(target) => target,
            source => {
                Chain::check_length(decoded, source.length())
                    .map_err(|problem| broken(&node.path, chunk, problem))?;
                return self.read(&source, None, anew).await.map(Some);
            }
        };
        let part = Part::All { most: Chain::most_length(decoded) };
        present(self.fetcher.part(Wanted { target, part, unchanged: None }, anew).await)
    }

    /// A source whose length is known; `None` if nothing is there.
    pub(super) async fn measured(
        &self,
        source: Source,
        anew: bool,
    ) -> Result<Option<Source>, StoreError> {
        let target = match source {
            Source::Alone(target) => target,
            source => return Ok(Some(source)),
        };
        let wanted = Wanted { target: target.clone(), part: Part::Extent, unchanged: None };
        let found = present(self.fetcher.part(wanted, anew).await)?;
        Ok(found.as_deref().and_then(Extent::from_bytes).map(|Extent { length, modified }| {
            let version = modified.map(Version::ModifiedBy);
            Source::At { target, offset: 0, length, version }
        }))
    }

    /// The bytes of a chunk whose length is known, or a part of them.
    pub(super) async fn read(
        &self,
        source: &Source,
        part: Option<Range<u64>>,
        anew: bool,
    ) -> Result<Rc<[u8]>, StoreError> {
        let (target, offset, length, version) = match source {
            Source::Inline(bytes) => return cut("an inline chunk", bytes, part),
            Source::At { target, offset, length, version } => (target, *offset, *length, version),
            Source::Alone(target) => {
                let (url, failure) = (target.name().to_owned(), Failure::NoLength);
                return Err(TransportError { url, failure }.into());
            }
        };
        let small = length <= WHOLE_SHARD;
        let wanted = match &part {
            Some(part) if !small => part.clone(),
            _ => 0..length,
        };
        if wanted.is_empty() {
            return Ok(Rc::default());
        }
        // An object of the store holds one chunk: asking for all of it needs no `Range` header,
        // which some servers would answer with a preflight's delay.
        let whole = !matches!(target, Target::Url(_)) && offset == 0 && wanted == (0..length);
        let bytes = if whole {
            Part::First(length)
        } else {
            Part::Range(offset + wanted.start..offset + wanted.end)
        };
        let wanted = Wanted { target: target.clone(), part: bytes, unchanged: version.clone() };
        let bytes = self.fetcher.part(wanted, anew).await?;
        match part {
            Some(part) if small => cut(target.name(), &bytes, Some(part)),
            _ => Ok(bytes),
        }
    }
}

impl Source {
    /// Its bytes, as far as that is known.
    pub(super) fn length(&self) -> u64 {
        match self {
            Self::Inline(bytes) => bytes.len() as u64,
            Self::At { length, .. } => *length,
            Self::Alone(_) => 0,
        }
    }
}

/// An object that may be absent. Where a store does not let anybody list it, S3 answers 403 for what is absent as well:
/// that is a failure, since nothing tells it from what may not be read.
fn present<V>(result: Result<V, TransportError>) -> Result<Option<V>, StoreError> {
    match result {
        Err(error) if error.failure == Failure::NotFound => Ok(None),
        result => Ok(Some(result?)),
    }
}

/// An error about a chunk.
pub(super) fn broken(array: &str, chunk: &[u32], problem: DecodeError) -> StoreError {
    StoreError::Chunk { array: array.to_owned(), indices: chunk.to_vec(), problem }
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
