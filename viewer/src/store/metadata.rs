//! A node's `zarr.json`: <https://zarr-specs.readthedocs.io/en/latest/v3/core/index.html>.

use serde_json::Value;

use super::codec::Chain;
use super::error::{MetadataProblem, StoreError};

/// No chunk has more elements: a damaged shape must not exhaust the memory.
const LARGEST_CHUNK: u64 = 1 << 26;

/// An array's metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrayMetadata {
    /// Its path.
    pub path: String,
    /// Elements per axis.
    pub shape: Vec<u64>,
    /// Elements of a chunk per axis.
    pub chunk_shape: Vec<u64>,
    /// Type of the elements.
    pub data_type: DataType,
    /// How chunks are encoded.
    pub chain: Chain,
    /// Names of the axes; empty for an axis without a name.
    pub dimensions: Vec<String>,
    /// The value of elements that are not stored.
    pub fill_value: Value,
    /// The user's attributes.
    pub attributes: Value,
}

/// The types of elements that the viewer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// `uint16`
    UInt16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
}

impl DataType {
    fn parse(found: &Value) -> Option<Self> {
        match found.as_str()? {
            "uint16" => Some(Self::UInt16),
            "int32" => Some(Self::Int32),
            "int64" => Some(Self::Int64),
            "float32" => Some(Self::Float32),
            "float64" => Some(Self::Float64),
            _ => None,
        }
    }

    /// Bytes of an element.
    pub const fn size(self) -> usize {
        match self {
            Self::UInt16 => 2,
            Self::Int32 | Self::Float32 => 4,
            Self::Int64 | Self::Float64 => 8,
        }
    }
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
        let elements = chunk_shape.iter().try_fold(1_u64, |all, &axis| all.checked_mul(axis));
        let fits = elements.is_some_and(|elements| (1..=LARGEST_CHUNK).contains(&elements));
        if chunk_shape.len() != shape.len() || !fits {
            let expected = format!("{} numbers whose product is 1 to {LARGEST_CHUNK}", shape.len());
            return Err(member("chunk_shape", expected, &grid["configuration"]["chunk_shape"]));
        }
        let data_type = &json["data_type"];
        let data_type = DataType::parse(data_type).ok_or_else(|| {
            member("data_type", "uint16, int32, int64, float32 or float64", data_type)
        })?;
        if let Some(transformers) = json["storage_transformers"].as_array()
            && !transformers.is_empty()
        {
            return Err(member("storage_transformers", "empty", &json["storage_transformers"]));
        }
        let dimensions = match &json["dimension_names"] {
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
            data_type,
            dimensions,
            fill_value: json["fill_value"].take(),
            attributes: json["attributes"].take(),
        })
    }

    /// The text of an attribute.
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.attributes[attribute].as_str()
    }

    /// A number in an attribute, or a default.
    pub fn number(&self, attribute: &'static str, default: f64) -> Result<f64, StoreError> {
        match &self.attributes[attribute] {
            Value::Null => Ok(default),
            found => found.as_f64().ok_or_else(|| {
                StoreError::metadata(&self.path, member(attribute, "a number", found))
            }),
        }
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
            found: found.to_string(),
        };
        StoreError::metadata(&self.path, problem)
    }
}

/// Reads a group's `zarr.json` and gives its attributes.
pub(super) fn group_attributes(path: &str, zarr_json: &str) -> Result<Value, StoreError> {
    let mut json = parse_json(zarr_json).map_err(|problem| StoreError::metadata(path, problem))?;
    Ok(json["attributes"].take())
}

fn parse_json(zarr_json: &str) -> Result<Value, MetadataProblem> {
    let json: Value = serde_json::from_str(zarr_json)
        .map_err(|error| MetadataProblem::Json(error.to_string()))?;
    if !json.is_object() {
        return Err(MetadataProblem::Json("expected an object".to_owned()));
    }
    if json["zarr_format"] != 3 {
        return Err(member("zarr_format", "3", &json["zarr_format"]));
    }
    Ok(json)
}

fn list(found: &Value, name: &'static str) -> Result<Vec<u64>, MetadataProblem> {
    found
        .as_array()
        .and_then(|list| list.iter().map(Value::as_u64).collect())
        .ok_or_else(|| member(name, "a list of whole numbers", found))
}

fn member(name: &'static str, expected: impl Into<String>, found: &Value) -> MetadataProblem {
    let found = found.to_string();
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
        assert_eq!(array.number("scale_factor", 1.0), Ok(0.02));
        assert_eq!(array.number("add_offset", 0.0), Ok(0.0));
    }

    #[test]
    fn what_the_viewer_cannot_read_is_named() {
        assert_eq!(
            with("/data_type", json!("float16")),
            "array or group '/a': expected data_type to be uint16, int32, int64, float32 or float64, found \"float16\""
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
        assert!(with("/shape", json!([3, -1, 4])).contains("shape to be a list of whole numbers"));
        assert!(with("/codecs", json!(["bytes", "gzip"])).contains("codec 'gzip'"));
        let error = ArrayMetadata::parse("/a", "{").unwrap_err().to_string();
        assert!(error.contains("zarr.json does not parse"), "{error}");
    }
}
