//! A plain Zarr store of format 3, whose root `zarr.json` lists all arrays and groups (`consolidated_metadata`).
//!
//! Arrays cannot be listed over HTTP, so that without the list nothing tells what there is. zarr-python writes it into the
//! root group: <https://zarr.readthedocs.io/en/stable/user-guide/consolidated_metadata.html>.

use serde_json::Value;

use super::error::{MetadataProblem, StoreError};
use super::metadata::member;
use super::tree::{Keeping, Naming, Node, Tree};
use crate::json;

/// Path of the root's metadata.
pub(super) const PATH: &str = "zarr.json";
/// What a group of format 2 has instead.
pub(super) const FORMAT_2: &str = ".zgroup";
/// No list is longer: read, it takes twenty times as much.
pub(super) const MOST_BYTES: u64 = 8 << 20;

/// What the root's metadata say.
#[derive(Clone, Debug)]
pub(super) struct Plain {
    /// The arrays and groups.
    pub(super) tree: Tree,
    /// Differs where the metadata do.
    pub(super) fingerprint: String,
}

impl Plain {
    /// Reads the root's `zarr.json`.
    pub(super) fn parse(object: &[u8]) -> Result<Self, StoreError> {
        let tree = read(object).map_err(|(path, problem)| StoreError::metadata(&path, problem))?;
        Ok(Self { tree, fingerprint: fingerprint(object) })
    }
}

type Problem = (String, MetadataProblem);

fn read(object: &[u8]) -> Result<Tree, Problem> {
    let at_root = |problem| ("/".to_owned(), problem);
    let text = std::str::from_utf8(object)
        .map_err(|error| at_root(MetadataProblem::Json(error.to_string())))?;
    let mut root =
        json::parse(text).map_err(|error| at_root(MetadataProblem::Json(error.to_string())))?;
    if root["zarr_format"] != 3 {
        return Err(at_root(member("zarr_format", "3", &root["zarr_format"])));
    }
    if root["node_type"] != "group" {
        return Err(at_root(member("node_type", "\"group\" at the root", &root["node_type"])));
    }
    let list = root["consolidated_metadata"]["metadata"].take();
    let Value::Object(list) = list else {
        let expected = "the list of all arrays and groups, as zarr.consolidate_metadata writes it";
        return Err(at_root(member("consolidated_metadata", expected, &list)));
    };
    let members = list.into_iter().map(|(path, json)| {
        let path = format!("/{}", path.trim_matches('/'));
        node(&path, &json).map_err(|problem| (path, problem))
    });
    let mut nodes = members.collect::<Result<Vec<_>, _>>()?;
    nodes.push(Node { path: "/".to_owned(), zarr_json: root.to_string(), chunks: None });
    Ok(Tree::new(nodes))
}

fn node(path: &str, json: &Value) -> Result<Node, MetadataProblem> {
    let chunks = match json["node_type"].as_str() {
        Some("array") => Some(Keeping::Names(naming(&json["chunk_key_encoding"])?)),
        Some("group") => None,
        _ => return Err(member("node_type", "array or group", &json["node_type"])),
    };
    Ok(Node { path: path.to_owned(), zarr_json: json.to_string(), chunks })
}

/// How chunks are called: <https://zarr-specs.readthedocs.io/en/latest/v3/chunk-key-encodings/index.html>.
fn naming(encoding: &Value) -> Result<Naming, MetadataProblem> {
    let wrong = |expected| Err(member("chunk_key_encoding", expected, encoding));
    let (has_prefix, usual) = match encoding.as_str().or_else(|| encoding["name"].as_str()) {
        Some("default") => (true, '/'),
        Some("v2") => (false, '.'),
        _ => return wrong("default or v2"),
    };
    match encoding["configuration"]["separator"].as_str() {
        None => Ok(Naming { has_prefix, separator: usual }),
        Some("/") => Ok(Naming { has_prefix, separator: '/' }),
        Some(".") => Ok(Naming { has_prefix, separator: '.' }),
        Some(_) => wrong("one with the separator / or ."),
    }
}

/// FNV-1a of 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fingerprint(object: &[u8]) -> String {
    let hash = object.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("{:08x}{:08x}", (hash >> 32) as u32, hash as u32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn root(list: &Value) -> Value {
        json!({
            "zarr_format": 3, "node_type": "group", "attributes": {"title": "Snow"},
            "consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": list},
        })
    }

    fn refused(json: &Value) -> String {
        Plain::parse(json.to_string().as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn the_list_gives_the_tree() {
        let array = json!({"node_type": "array", "zarr_format": 3, "shape": [4], "chunk_key_encoding": {"name": "v2"}});
        let list =
            json!({"3": {"node_type": "group", "zarr_format": 3}, "3/snow": array, "lat": array});
        let object = root(&list).to_string();
        let plain = Plain::parse(object.as_bytes()).unwrap();
        let names: Vec<&str> = plain.tree.members("/").map(|(name, _)| name).collect();
        assert_eq!(names, ["lat"]);
        assert!(plain.tree.group("/3").is_ok() && plain.tree.array("/3").is_err());
        let snow = plain.tree.array("/3/snow").unwrap();
        assert_eq!(serde_json::from_str::<Value>(&snow.zarr_json).unwrap(), array);
        let named = |node: &Node| match node.chunks {
            Some(Keeping::Names(naming)) => naming.path(&node.path, &[7]),
            _ => String::new(),
        };
        assert_eq!(named(snow), "3/snow/7");
        let attributes = super::super::metadata::group_attributes(
            "/",
            &plain.tree.group("/").unwrap().zarr_json,
        );
        assert_eq!(attributes.unwrap()["title"], "Snow");
        assert_eq!(plain.fingerprint, Plain::parse(object.as_bytes()).unwrap().fingerprint);
        let other = root(&json!({})).to_string();
        assert_ne!(plain.fingerprint, Plain::parse(other.as_bytes()).unwrap().fingerprint);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(
            refused(&json!({"zarr_format": 3, "node_type": "group"})),
            "array or group '/': expected consolidated_metadata to be the list of all arrays and groups, as zarr.consolidate_metadata writes it, found null"
        );
        assert_eq!(
            refused(&json!({"zarr_format": 2})),
            "array or group '/': expected zarr_format to be 3, found 2"
        );
        assert_eq!(
            refused(&json!({"zarr_format": 3, "node_type": "array"})),
            "array or group '/': expected node_type to be \"group\" at the root, found \"array\""
        );
        let with = |encoding: Value| {
            refused(&root(&json!({"a": {"node_type": "array", "chunk_key_encoding": encoding}})))
        };
        assert_eq!(
            with(json!({"name": "hashed"})),
            "array or group '/a': expected chunk_key_encoding to be default or v2, found {\"name\":\"hashed\"}"
        );
        assert!(
            with(json!({"name": "v2", "configuration": {"separator": "-"}}))
                .contains("the separator / or .")
        );
        assert!(
            refused(&root(&json!({"a": 1})))
                .contains("'/a': expected node_type to be array or group, found null")
        );
        let error = Plain::parse(b"<!doctype html>").unwrap_err().to_string();
        assert!(error.starts_with("array or group '/': its zarr.json does not parse"), "{error}");
    }
}
