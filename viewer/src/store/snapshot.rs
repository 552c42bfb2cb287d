//! A snapshot object: its arrays and groups, with their `zarr.json` and their manifests.

use icechunk_format::flatbuffers::generated;
use icechunk_format::{ManifestId, SnapshotId};

use super::error::{ObjectProblem, StoreError};
use super::object::{self, Budget, Kind};
use super::tree::{Keeping, ManifestRef, Node, Tree};

/// Path of a snapshot object.
pub(super) fn path(id: &str) -> String {
    format!("snapshots/{id}")
}

/// Reads the object of the snapshot `id`.
pub(super) fn parse(id: &str, object: &[u8]) -> Result<Tree, StoreError> {
    read(id, object).map_err(|problem| StoreError::object(&path(id), problem))
}

fn read(id: &str, object: &[u8]) -> Result<Tree, ObjectProblem> {
    let buffer = object::open(Kind::Snapshot, object)?;
    let root = object::root::<generated::Snapshot<'_>>(&buffer)?;
    let found = SnapshotId::new(root.id().0).to_string();
    if found != id {
        return Err(ObjectProblem::Inconsistent(format!("it is snapshot {found}")));
    }
    let mut budget = Budget::of(&buffer);
    let nodes = root.nodes().iter().map(|node| {
        let refs = node.node_data_as_array().map(|array| array.manifests());
        let extents = refs.iter().flatten().map(|manifest| 60 + 8 * manifest.extents().len()).sum();
        budget.spend(extents)?;
        budget.spend(100 + node.path().len() + node.user_data().bytes().len())?;
        let chunks = match node.node_data_type() {
            generated::NodeData::Array => {
                let manifests = refs.iter().flatten().map(manifest_ref).collect();
                Some(Keeping::Manifests { id: node.id().0, manifests })
            }
            generated::NodeData::Group => None,
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
        Ok(Node { path: node.path().to_owned(), zarr_json: zarr_json.to_owned(), chunks })
    });
    Ok(Tree::new(nodes.collect::<Result<Vec<_>, _>>()?))
}

fn manifest_ref(found: generated::ManifestRef<'_>) -> ManifestRef {
    ManifestRef {
        id: ManifestId::new(found.object_id().0).to_string(),
        extents: found.extents().iter().map(|range| range.from()..range.to()).collect(),
    }
}
