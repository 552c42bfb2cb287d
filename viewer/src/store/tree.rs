//! The arrays and groups of a store at one time, whatever keeps them: an Icechunk snapshot, or plain Zarr.

use std::collections::HashMap;
use std::ops::Range;

use floe_shared::table::Table;

use super::error::StoreError;

/// Identifies an array or group within its repository.
pub(super) type NodeId = [u8; 8];

/// Arrays and groups.
#[derive(Clone, Debug)]
pub struct Tree {
    /// By path: `/` is the root group.
    nodes: HashMap<String, Node>,
}

/// An array or group.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its path.
    pub(super) path: String,
    /// Its `zarr.json`.
    pub zarr_json: String,
    /// Where its chunks are; `None` for a group.
    pub(super) chunks: Option<Keeping>,
}

/// How the place of a chunk is found.
#[derive(Clone, Debug)]
pub(super) enum Keeping {
    /// It stands in one of these manifests, or nowhere.
    Manifests {
        /// The array's id in them.
        id: NodeId,
        /// The manifests.
        manifests: Vec<ManifestRef>,
    },
    /// The chunk's indices are the name of its object.
    Names(Naming),
}

/// A manifest that holds chunks of an array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ManifestRef {
    /// Its id (Crockford base 32).
    pub(super) id: String,
    /// The chunks it may hold, per dimension; empty for all.
    pub(super) extents: Vec<Range<u32>>,
}

/// How a chunk's object is called, which `zarr.json` has as `chunk_key_encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Naming {
    /// Whether names begin with `c`, as format 3 has them; else they are those of format 2.
    pub(super) has_prefix: bool,
    /// What stands between indices: `/` or `.`.
    pub(super) separator: char,
}

impl Tree {
    /// Of these arrays and groups.
    pub(super) fn new(nodes: impl IntoIterator<Item = Node>) -> Self {
        Self { nodes: nodes.into_iter().map(|node| (node.path.clone(), node)).collect() }
    }

    /// The array at an absolute path.
    pub fn array(&self, path: &str) -> Result<&Node, StoreError> {
        self.node("array", path, true)
    }

    /// The group at an absolute path.
    pub fn group(&self, path: &str) -> Result<&Node, StoreError> {
        self.node("group", path, false)
    }

    /// The arrays of a group, by their names within it, in no order.
    pub fn members(&self, group: &str) -> impl Iterator<Item = (&str, &Node)> {
        let prefix = format!("{}/", group.trim_end_matches('/'));
        let arrays = self.nodes.values().filter(|node| node.chunks.is_some());
        arrays.filter_map(move |node| {
            let name = node.path.strip_prefix(&prefix)?;
            (!name.is_empty() && !name.contains('/')).then_some((name, node))
        })
    }

    /// The paths of all groups, in order.
    pub(super) fn groups(&self) -> Table<&str, ()> {
        let mut groups = Table::new();
        for node in self.nodes.values().filter(|node| node.chunks.is_none()) {
            groups.insert(node.path.as_str(), ());
        }
        groups
    }

    /// The array that has a dimension's name, in a group or the nearest one around it: its coordinate.
    pub(super) fn coordinate(&self, group: &str, dimension: &str) -> Option<&Node> {
        let mut group = group.trim_end_matches('/');
        loop {
            let path = format!("{group}/{dimension}");
            match self.nodes.get(&path).filter(|node| node.chunks.is_some()) {
                Some(node) => return Some(node),
                None => group = group.rsplit_once('/')?.0,
            }
        }
    }

    /// Whether any array has chunks in a manifest.
    pub(super) fn uses_manifest(&self, id: &str) -> bool {
        self.nodes.values().flat_map(Node::manifests).any(|manifest| manifest.id == id)
    }

    fn node(&self, kind: &'static str, path: &str, is_array: bool) -> Result<&Node, StoreError> {
        self.nodes
            .get(path)
            .filter(|node| node.chunks.is_some() == is_array)
            .ok_or_else(|| StoreError::NoSuchNode { kind, path: path.to_owned() })
    }
}

impl Node {
    /// Its manifests, if chunks stand in such.
    pub(super) fn manifests(&self) -> &[ManifestRef] {
        match &self.chunks {
            Some(Keeping::Manifests { manifests, .. }) => manifests,
            Some(Keeping::Names(_)) | None => &[],
        }
    }

    /// Between which indices of chunks along an axis there are any, as far as is known without reading a manifest.
    pub(super) fn chunks_along(&self, axis: usize) -> Range<u32> {
        let of_manifest = |manifest: &ManifestRef| match manifest.extents.get(axis) {
            Some(extent) => extent.clone(),
            None => 0..u32::MAX,
        };
        match &self.chunks {
            Some(Keeping::Manifests { manifests, .. }) => {
                let first = manifests.iter().map(|manifest| of_manifest(manifest).start).min();
                let end = manifests.iter().map(|manifest| of_manifest(manifest).end).max();
                first.unwrap_or_default()..end.unwrap_or_default()
            }
            _ => 0..u32::MAX,
        }
    }
}

impl ManifestRef {
    /// Whether the manifest may hold a chunk.
    pub(super) fn covers(&self, indices: &[u32]) -> bool {
        self.extents.iter().zip(indices).all(|(range, index)| range.contains(index))
    }
}

impl Naming {
    /// The path of a chunk's object below the store.
    pub(super) fn path(self, array: &str, indices: &[u32]) -> String {
        let mut name = array.trim_start_matches('/').to_owned();
        let mut between = if name.is_empty() { "" } else { "/" };
        let separator = self.separator.to_string();
        if self.has_prefix {
            name += between;
            name.push('c');
            between = &separator;
        } else if indices.is_empty() {
            name += between;
            name.push('0');
        }
        for index in indices {
            name += between;
            name += &index.to_string();
            between = &separator;
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_called_as_both_formats_have_it() {
        let path = |has_prefix, separator, array: &str, indices: &[u32]| {
            Naming { has_prefix, separator }.path(array, indices)
        };
        assert_eq!(path(true, '/', "/3/tas", &[0, 12, 2]), "3/tas/c/0/12/2");
        assert_eq!(path(true, '.', "/tas", &[0, 1]), "tas/c.0.1");
        assert_eq!(path(false, '.', "/tas", &[0, 1]), "tas/0.1");
        assert_eq!(path(false, '/', "/tas", &[0, 1]), "tas/0/1");
        assert_eq!(
            (path(true, '/', "/crs", &[]), path(false, '.', "/crs", &[])),
            ("crs/c".to_owned(), "crs/0".to_owned())
        );
        assert_eq!(path(true, '/', "/", &[5]), "c/5");
    }
}
