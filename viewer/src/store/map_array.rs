//! A variable's array at one level: which chunk holds a plane of pixels, and where within the chunk.

use super::codec::{DecodeError, Serializer, Sharding};
use super::error::StoreError;
use super::metadata::{ArrayMetadata, DataType};

/// Names under which an axis goes, for year, latitude and longitude.
const AXIS_NAMES: [&[&str]; 3] =
    [&["year", "time"], &["latitude", "lat", "y"], &["longitude", "lon", "x"]];

/// A `uint16` array over year, latitude and longitude, in any order of axes.
///
/// What is read and decoded in one piece is a **unit**: a chunk, or a chunk within a shard.
#[derive(Clone, Debug, PartialEq)]
pub struct MapArray {
    /// The array's metadata.
    pub metadata: ArrayMetadata,
    /// The array's axes that are year, latitude and longitude.
    axes: [usize; 3],
    /// Years, rows and columns of a unit.
    unit: [u64; 3],
    /// Distance in a decoded unit, in elements, between neighbours along year, row and column.
    strides: [usize; 3],
}

/// Where a plane of pixels (one year of a unit) lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The chunk (the shard of a sharded array), in the array's order of axes.
    pub chunk: Vec<u32>,
    /// The unit within the shard, row-major; 0 without shards.
    pub slot: usize,
    /// The pixels wanted of the unit.
    pub cut: Cut,
}

/// Part of a decoded unit: one of its years, and as many rows and columns as lie within the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cut {
    /// Index of the year within the unit.
    pub year: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl MapArray {
    /// Checks that an array is one that the map can draw.
    pub fn new(metadata: ArrayMetadata) -> Result<Self, StoreError> {
        if metadata.data_type != DataType::UInt16 {
            return Err(metadata.wrong("data_type", "uint16", format!("{:?}", metadata.data_type)));
        }
        let position = |names: &[&str]| {
            metadata.dimensions.iter().position(|name| names.contains(&name.as_str()))
        };
        let (3, [Some(year), Some(row), Some(col)]) =
            (metadata.shape.len(), AXIS_NAMES.map(position))
        else {
            let found = format!("{:?}", metadata.dimensions);
            return Err(metadata.wrong("dimension_names", "year, latitude, longitude", found));
        };
        let axes = [year, row, col];
        if metadata.shape.iter().any(|&length| length == 0 || length > u64::from(u32::MAX / 2)) {
            let found = format!("{:?}", metadata.shape);
            return Err(metadata.wrong("shape", "1 to 2147483647 along each axis", found));
        }
        let chain = &metadata.chain;
        // Axes of the array in the order in which a unit stores them, slowest first.
        let (shape, order): (Vec<u64>, Vec<usize>) = match &chain.serializer {
            Serializer::Bytes(_) => (metadata.chunk_shape.clone(), chain.order.clone()),
            Serializer::Sharding(sharding) => {
                let mut shape = vec![0; 3];
                for (stored, &axis) in chain.order.iter().enumerate() {
                    shape[axis] = sharding.chunk_shape[stored];
                }
                let inner = sharding.inner.order.iter().map(|&stored| chain.order[stored]);
                (shape, inner.collect())
            }
        };
        let mut distance = [0; 3];
        let mut elements = 1;
        for &axis in order.iter().rev() {
            distance[axis] = elements;
            elements *= shape[axis] as usize;
        }
        Ok(Self {
            axes,
            unit: axes.map(|axis| shape[axis]),
            strides: axes.map(|axis| distance[axis]),
            metadata,
        })
    }

    /// Years, rows and columns of the array.
    pub fn shape(&self) -> [u64; 3] {
        self.axes.map(|axis| self.metadata.shape[axis])
    }

    /// The names of the axes that are year, latitude and longitude.
    pub fn dimensions(&self) -> [&str; 3] {
        self.axes.map(|axis| self.metadata.dimensions[axis].as_str())
    }

    /// Rows and columns of a unit.
    pub fn unit_size(&self) -> (u32, u32) {
        (self.unit[1] as u32, self.unit[2] as u32)
    }

    /// Rows and columns of a chunk (of a shard, in a sharded array): what one commit writes at least.
    pub fn chunk_size(&self) -> (u32, u32) {
        let size = self.axes.map(|axis| self.metadata.chunk_shape[axis] as u32);
        (size[1], size[2])
    }

    /// The shards, if it has any.
    pub fn sharding(&self) -> Option<&Sharding> {
        match &self.metadata.chain.serializer {
            Serializer::Bytes(_) => None,
            Serializer::Sharding(sharding) => Some(sharding),
        }
    }

    /// Where a year of a unit lies; `row` and `col` count units. `None` outside the array.
    pub fn address(&self, year: u16, row: u32, col: u32) -> Option<Address> {
        let [years, rows, cols] = self.shape();
        let first = [
            u64::from(year),
            u64::from(row).checked_mul(self.unit[1])?,
            u64::from(col).checked_mul(self.unit[2])?,
        ];
        if first[0] >= years || first[1] >= rows || first[2] >= cols {
            return None;
        }
        let mut element = [0; 3];
        for (which, axis) in self.axes.into_iter().enumerate() {
            element[axis] = first[which];
        }
        let chunk_shape = &self.metadata.chunk_shape;
        let chunk = element.iter().zip(chunk_shape).map(|(at, size)| (at / size) as u32).collect();
        let slot = self.sharding().map_or(0, |sharding| {
            self.metadata.chain.order.iter().enumerate().fold(0, |slot, (stored, &axis)| {
                let within = element[axis] % chunk_shape[axis] / sharding.chunk_shape[stored];
                slot * sharding.counts[stored] as usize + within as usize
            })
        });
        let cut = Cut {
            year: (first[0] % self.unit[0]) as u32,
            width: self.unit[2].min(cols - first[2]) as u32,
            height: self.unit[1].min(rows - first[1]) as u32,
        };
        Some(Address { chunk, slot, cut })
    }

    /// Decodes a unit and cuts a plane out of it, row by row from the north-west.
    pub fn decode(&self, encoded: &[u8], cut: Cut) -> Result<Vec<u16>, DecodeError> {
        let chain = match &self.metadata.chain.serializer {
            Serializer::Bytes(_) => &self.metadata.chain,
            Serializer::Sharding(sharding) => &sharding.inner,
        };
        let elements: u64 = self.unit.iter().product();
        let values = chain.decode_u16(encoded, elements as usize)?;
        Ok(self.cut(values, cut))
    }

    fn cut(&self, mut values: Vec<u16>, cut: Cut) -> Vec<u16> {
        let [by_year, by_row, by_col] = self.strides;
        let (width, height) = (cut.width as usize, cut.height as usize);
        let start = cut.year as usize * by_year;
        if by_col == 1 && by_row == width {
            // The plane is one run; the whole unit where it holds but one year.
            values.truncate(start + width * height);
            values.drain(..start);
            return values;
        }
        let mut plane = Vec::with_capacity(width * height);
        for row in 0..height {
            let start = start + row * by_row;
            if by_col == 1 {
                plane.extend_from_slice(&values[start..start + width]);
            } else {
                plane.extend((0..width).map(|col| values[start + col * by_col]));
            }
        }
        plane
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn array(shape: [u64; 3], chunks: [u64; 3], names: [&str; 3], codecs: &Value) -> MapArray {
        let json = json!({
            "zarr_format": 3, "shape": shape, "data_type": "uint16", "fill_value": 0,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
            "codecs": codecs, "dimension_names": names,
        });
        MapArray::new(ArrayMetadata::parse("/a", &json.to_string()).unwrap()).unwrap()
    }

    const USUAL: [&str; 3] = ["year", "latitude", "longitude"];

    /// The unit at an address, encoded, of an array whose element (y, r, c) is 100 y + 10 r + c.
    fn encode(stored_shape: [usize; 3], value: impl Fn([usize; 3]) -> u16) -> Vec<u8> {
        let mut bytes = Vec::new();
        for a in 0..stored_shape[0] {
            for b in 0..stored_shape[1] {
                for c in 0..stored_shape[2] {
                    bytes.extend_from_slice(&value([a, b, c]).to_le_bytes());
                }
            }
        }
        bytes
    }

    #[test]
    fn chunks_at_the_edge_are_cut() {
        let array = array([2, 5, 7], [1, 3, 4], USUAL, &json!(["bytes"]));
        let address = array.address(1, 1, 1).unwrap();
        assert_eq!(address.chunk, [1, 1, 1]);
        assert_eq!(address.cut, Cut { year: 0, width: 3, height: 2 });
        let bytes = encode([1, 3, 4], |[_, r, c]| (10 * r + c) as u16);
        assert_eq!(array.decode(&bytes, address.cut).unwrap(), [0, 1, 2, 10, 11, 12]);
        assert_eq!(array.address(2, 0, 0), None);
        assert_eq!(array.address(0, 2, 0), None);
        assert_eq!(array.address(0, u32::MAX, u32::MAX), None);
    }

    #[test]
    fn a_chunk_may_hold_several_years() {
        let array = array([3, 2, 2], [3, 2, 2], USUAL, &json!(["bytes"]));
        let address = array.address(2, 0, 0).unwrap();
        assert_eq!((address.chunk.as_slice(), address.cut.year), ([0, 0, 0].as_slice(), 2));
        let bytes = encode([3, 2, 2], |[y, r, c]| (100 * y + 10 * r + c) as u16);
        assert_eq!(array.decode(&bytes, address.cut).unwrap(), [200, 201, 210, 211]);
    }

    #[test]
    fn axes_are_found_by_their_names() {
        let array = array([4, 3, 2], [2, 3, 1], ["lon", "lat", "time"], &json!(["bytes"]));
        assert_eq!((array.shape(), array.unit_size()), ([2, 3, 4], (3, 2)));
        let address = array.address(1, 0, 1).unwrap();
        assert_eq!(address.chunk, [1, 0, 1]);
        let bytes = encode([2, 3, 1], |[c, r, _]| (10 * r + c) as u16);
        assert_eq!(array.decode(&bytes, address.cut).unwrap(), [0, 1, 10, 11, 20, 21]);
    }

    #[test]
    fn a_transposed_chunk_is_turned_back() {
        let codecs = json!([{"name": "transpose", "configuration": {"order": [2, 1, 0]}}, "bytes"]);
        let array = array([1, 2, 3], [1, 2, 3], USUAL, &codecs);
        let bytes = encode([3, 2, 1], |[c, r, _]| (10 * r + c) as u16);
        let cut = array.address(0, 0, 0).unwrap().cut;
        assert_eq!(array.decode(&bytes, cut).unwrap(), [0, 1, 2, 10, 11, 12]);
    }

    #[test]
    fn units_of_a_sharded_array_are_the_chunks_within() {
        let codecs = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 2, 3], "codecs": ["bytes"], "index_codecs": ["bytes", "crc32c"]}}]);
        let array = array([4, 8, 12], [2, 4, 6], USUAL, &codecs);
        assert_eq!((array.unit_size(), array.chunk_size()), ((2, 3), (4, 6)));
        let address = array.address(3, 3, 2).unwrap();
        assert_eq!(address.chunk, [1, 1, 1]);
        // Year 1 of 2, row 1 of 2, column 0 of 2 within the shard.
        assert_eq!(address.slot, 6);
    }

    #[test]
    fn other_axes_and_types_are_named() {
        let wrong = |names: [&str; 3], data_type: &str| {
            let json = json!({
                "zarr_format": 3, "shape": [1, 1, 1], "data_type": data_type, "fill_value": 0,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1, 1]}},
                "codecs": ["bytes"], "dimension_names": names,
            });
            let metadata = ArrayMetadata::parse("/a", &json.to_string()).unwrap();
            MapArray::new(metadata).unwrap_err().to_string()
        };
        assert_eq!(
            wrong(["year", "depth", "longitude"], "uint16"),
            "array or group '/a': expected dimension_names to be year, latitude, longitude, found [\"year\", \"depth\", \"longitude\"]"
        );
        assert!(wrong(USUAL, "float32").contains("expected data_type to be uint16, found Float32"));
    }
}
