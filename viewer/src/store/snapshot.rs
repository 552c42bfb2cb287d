//! A snapshot object: its arrays and groups, with their `zarr.json` and their manifests.

use std::collections::HashMap;
use std::ops::Range;

use icechunk_format::flatbuffers::generated;
use icechunk_format::{ManifestId, SnapshotId};

use super::error::{ObjectProblem, StoreError};
use super::object::{self, Kind};

/// Identifies an array or group within its repository.
pub(super) type NodeId = [u8; 8];

/// The arrays and groups of one commit.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// By path: `/` is the root group.
    nodes: HashMap<String, Node>,
}

/// An array or group.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its id in the manifests.
    pub(super) id: NodeId,
    /// Its `zarr.json`.
    pub zarr_json: String,
    /// Its manifests; none for a group.
    pub manifests: Vec<ManifestRef>,
    /// Whether it is an array.
    pub is_array: bool,
}

/// A manifest that holds chunks of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestRef {
    /// Its id (Crockford base 32).
    pub id: String,
    /// The chunks it may hold, per dimension; empty for all.
    pub extents: Vec<Range<u32>>,
}

/// Path of a snapshot object.
pub(super) fn path(id: &str) -> String {
    format!("snapshots/{id}")
}

impl Snapshot {
    /// Reads the object of the snapshot `id`.
    pub fn parse(id: &str, object: &[u8]) -> Result<Self, StoreError> {
        Self::read(id, object).map_err(|problem| StoreError::object(&path(id), problem))
    }

    fn read(id: &str, object: &[u8]) -> Result<Self, ObjectProblem> {
        let buffer = object::open(Kind::Snapshot, object)?;
        let root = object::root::<generated::Snapshot<'_>>(&buffer)?;
        let found = SnapshotId::new(root.id().0).to_string();
        if found != id {
            return Err(ObjectProblem::Inconsistent(format!("it is snapshot {found}")));
        }
        let nodes = root.nodes().iter().map(|node| {
            let manifests: Vec<_> = node
                .node_data_as_array()
                .map(|array| array.manifests().iter().map(manifest_ref).collect())
                .unwrap_or_default();
            let is_array = match node.node_data_type() {
                generated::NodeData::Array => true,
                generated::NodeData::Group => false,
                generated::NodeData(found) => {
                    return Err(ObjectProblem::Inconsistent(format!(
                        "expected node '{}' to be an array (1) or a group (2), found {found}",
                        node.path()
                    )));
                }
            };
            let zarr_json = std::str::from_utf8(node.user_data().bytes()).map_err(|error| {
                ObjectProblem::Inconsistent(format!("zarr.json of '{}': {error}", node.path()))
            })?;
            let node_value =
                Node { id: node.id().0, zarr_json: zarr_json.to_owned(), manifests, is_array };
            Ok((node.path().to_owned(), node_value))
        });
        Ok(Self { nodes: nodes.collect::<Result<_, _>>()? })
    }

    /// The array at an absolute path.
    pub fn array(&self, path: &str) -> Result<&Node, StoreError> {
        self.node("array", path, true)
    }

    /// The group at an absolute path.
    pub fn group(&self, path: &str) -> Result<&Node, StoreError> {
        self.node("group", path, false)
    }

    /// Whether any array has chunks in a manifest.
    pub fn uses_manifest(&self, id: &str) -> bool {
        self.nodes.values().flat_map(|node| &node.manifests).any(|manifest| manifest.id == id)
    }

    fn node(&self, kind: &'static str, path: &str, is_array: bool) -> Result<&Node, StoreError> {
        self.nodes
            .get(path)
            .filter(|node| node.is_array == is_array)
            .ok_or_else(|| StoreError::NoSuchNode { kind, path: path.to_owned() })
    }
}

fn manifest_ref(found: generated::ManifestRef<'_>) -> ManifestRef {
    ManifestRef {
        id: ManifestId::new(found.object_id().0).to_string(),
        extents: found.extents().iter().map(|range| range.from()..range.to()).collect(),
    }
}

impl ManifestRef {
    /// Whether the manifest may hold a chunk.
    pub fn covers(&self, indices: &[u32]) -> bool {
        self.extents.iter().zip(indices).all(|(range, index)| range.contains(index))
    }
}
