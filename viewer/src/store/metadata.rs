//! A node's `zarr.json`: <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html>.

use floe_shared::encoding::{DataType, Encoding, EncodingError};
use serde_json::Value;

use super::codec::{Chain, whole_numbers};
use super::error::{MetadataProblem, StoreError, shortened};
use crate::json;

/// No chunk has more bytes: a damaged shape must not exhaust the memory.
const LARGEST_CHUNK: u64 = 1 << 27;
/// No `zarr.json` is longer: read, it takes twenty times as much.
const LONGEST_JSON: usize = 4 << 20;

/// An array's metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrayMetadata {
    /// Its path.
    pub path: String,
    /// Elements per axis.
    pub shape: Vec<u64>,
    /// Elements of a chunk per axis.
    pub chunk_shape: Vec<u64>,
    /// How chunks are encoded.
    pub chain: Chain,
    /// Names of the axes; empty for an axis without a name.
    pub dimensions: Vec<String>,
    /// What its numbers are and stand for.
    pub encoding: Encoding,
    /// The user's attributes.
    pub attributes: Value,
}

impl ArrayMetadata {
    /// Reads the `zarr.json` of the array at `path`.
    pub fn parse(path: &str, zarr_json: &str) -> Result<Self, StoreError> {
        Self::read(path, zarr_json).map_err(|problem| StoreError::metadata(path, problem))
    }

    fn read(path: &str, zarr_json: &str) -> Result<Self, MetadataProblem> {
        let mut json = parse_json(zarr_json)?;
        let shape: Vec<u64> = list(&json["shape"], "shape")?;
        let grid = &json["chunk_grid"];
        if grid["name"] != "regular" {
            return Err(member("chunk_grid", "regular", grid));
        }
        let chunk_shape: Vec<u64> = list(&grid["configuration"]["chunk_shape"], "chunk_shape")?;
        let data_type = &json["data_type"];
        let data_type = data_type.as_str().and_then(DataType::from_name).ok_or_else(|| {
            member("data_type", "an integer of 8 to 64 bits, float32 or float64", data_type)
        })?;
        let most = LARGEST_CHUNK / data_type.size() as u64;
        let elements = chunk_shape.iter().try_fold(1_u64, |all, &axis| all.checked_mul(axis));
        let fits = elements.is_some_and(|elements| (1..=most).contains(&elements));
        if chunk_shape.len() != shape.len() || !fits {
            let expected = format!("{} numbers whose product is 1 to {most}", shape.len());
            return Err(member("chunk_shape", expected, &grid["configuration"]["chunk_shape"]));
        }
        if let Some(transformers) = json["storage_transformers"].as_array()
            && !transformers.is_empty()
        {
            return Err(member("storage_transformers", "empty", &json["storage_transformers"]));
        }
        let dimensions = match &json["dimension_names"] {
            Value::Array(names) if names.len() != shape.len() => {
                let expected = format!("{} names", shape.len());
                return Err(member("dimension_names", expected, &json["dimension_names"]));
            }
            Value::Array(names) => {
                names.iter().map(|name| name.as_str().unwrap_or_default().to_owned()).collect()
            }
            _ => vec![String::new(); shape.len()],
        };
        Ok(Self {
            path: path.to_owned(),
            chain: Chain::parse(&json["codecs"], &chunk_shape)?,
            shape,
            chunk_shape,
            dimensions,
            encoding: Encoding::read(data_type, &json["fill_value"], &json["attributes"])?,
            attributes: json["attributes"].take(),
        })
    }

    /// Fetches what it takes to decode its chunks, unless it is there.
    pub(crate) async fn prepare(&self) -> Result<(), StoreError> {
        self.chain
            .prepare()
            .await
            .map_err(|reason| StoreError::NoCodecs { array: self.path.clone(), reason })
    }

    /// The text of an attribute.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes[attribute].as_str()
    }

    /// An error about one of its members.
    pub(super) fn wrong(
        &self,
        name: &'static str,
        expected: impl Into<String>,
        found: impl std::fmt::Display,
    ) -> StoreError {
        let problem = MetadataProblem::Member {
            member: name,
            expected: expected.into(),
            found: shortened(&found.to_string()),
        };
        StoreError::metadata(&self.path, problem)
    }
}

impl From<EncodingError> for MetadataProblem {
    fn from(error: EncodingError) -> Self {
        Self::Member {
            member: error.member,
            expected: error.expected.to_owned(),
            found: shortened(&error.found),
        }
    }
}

/// Reads a group's `zarr.json` and gives its attributes.
pub(super) fn group_attributes(path: &str, zarr_json: &str) -> Result<Value, StoreError> {
    let mut json = parse_json(zarr_json).map_err(|problem| StoreError::metadata(path, problem))?;
    Ok(json["attributes"].take())
}

fn parse_json(zarr_json: &str) -> Result<Value, MetadataProblem> {
    if zarr_json.len() > LONGEST_JSON {
        let found = zarr_json.len();
        let problem = format!("expected at most {LONGEST_JSON} bytes, found {found}");
        return Err(MetadataProblem::Json(problem));
    }
    let json = json::parse(zarr_json).map_err(|error| MetadataProblem::Json(error.to_string()))?;
    if !json.is_object() {
        return Err(MetadataProblem::Json("expected an object".to_owned()));
    }
    if json["zarr_format"] != 3 {
        return Err(member("zarr_format", "3", &json["zarr_format"]));
    }
    Ok(json)
}

fn list(found: &Value, name: &'static str) -> Result<Vec<u64>, MetadataProblem> {
    whole_numbers(found).ok_or_else(|| member(name, "a list of whole numbers", found))
}

pub(super) fn member(
    name: &'static str,
    expected: impl Into<String>,
    found: &Value,
) -> MetadataProblem {
    let found = shortened(&found.to_string());
    MetadataProblem::Member { member: name, expected: expected.into(), found }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn zarr_json() -> Value {
        json!({
            "zarr_format": 3,
            "node_type": "array",
            "shape": [3, 20, 40],
            "data_type": "uint16",
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 10, 10]}},
            "chunk_key_encoding": {"name": "default"},
            "fill_value": 0,
            "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
            "attributes": {"units": "K", "scale_factor": 0.02},
            "dimension_names": ["year", null, "longitude"],
        })
    }

    fn with(pointer: &str, value: Value) -> String {
        let mut json = zarr_json();
        *json.pointer_mut(pointer).unwrap() = value;
        ArrayMetadata::parse("/a", &json.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn an_array_tells_its_shape_names_and_attributes() {
        let array = ArrayMetadata::parse("/a", &zarr_json().to_string()).unwrap();
        assert_eq!(array.shape, [3, 20, 40]);
        assert_eq!(array.dimensions, ["year", "", "longitude"]);
        assert_eq!(array.text("units"), Some("K"));
        assert_eq!((array.encoding.scale, array.encoding.offset), (Some(0.02), None));
    }

    #[test]
    fn what_the_viewer_cannot_read_is_named() {
        assert_eq!(
            with("/data_type", json!("float16")),
            "array or group '/a': expected data_type to be an integer of 8 to 64 bits, float32 or float64, found \"float16\""
        );
        assert_eq!(
            with("/zarr_format", json!(2)),
            "array or group '/a': expected zarr_format to be 3, found 2"
        );
        assert!(
            with("/chunk_grid/name", json!("rectilinear")).contains("chunk_grid to be regular")
        );
        assert!(
            with("/chunk_grid/configuration/chunk_shape", json!([1, 0, 10]))
                .contains("chunk_shape to be 3 numbers")
        );
        assert!(with("/chunk_grid/configuration/chunk_shape", json!([1, 10])).contains("[1,10]"));
        assert!(
            with("/dimension_names", json!(["year", "depth", "latitude", "longitude"]))
                .contains("dimension_names to be 3 names")
        );
        assert!(with("/shape", json!([3, -1, 4])).contains("shape to be a list of whole numbers"));
        assert!(
            with("/attributes/scale_factor", json!("1/50"))
                .contains("expected scale_factor to be a finite number, found \"1/50\"")
        );
        assert!(with("/codecs", json!(["bytes", "lzma"])).contains("codec 'lzma'"));
        let error = ArrayMetadata::parse("/a", "{").unwrap_err().to_string();
        assert!(error.contains("zarr.json does not parse"), "{error}");
    }
}
