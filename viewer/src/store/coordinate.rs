//! One-dimensional coordinates: their numbers, and the years.

use std::rc::Rc;

use super::codec::{DecodeError, Endian, Serializer};
use super::error::StoreError;
use super::metadata::ArrayMetadata;

/// The most values of a coordinate, and of a chunk of it: columns of a 4000th of a degree.
const MOST_VALUES: u64 = 1 << 21;
/// The most chunks of a coordinate: each takes a request, unless it stands in the manifest.
const MOST_CHUNKS: u64 = 1 << 14;

/// Number of chunks of a coordinate that has to have `expected` values.
pub(super) fn chunk_count(metadata: &ArrayMetadata, expected: u64) -> Result<u32, StoreError> {
    let ([length], [chunk]) = (metadata.shape.as_slice(), metadata.chunk_shape.as_slice()) else {
        return Err(metadata.wrong("shape", "one axis", format!("{:?}", metadata.shape)));
    };
    if *length != expected {
        return Err(metadata.wrong("shape", format!("{expected} values"), length));
    }
    if *length.max(chunk) > MOST_VALUES || length.div_ceil(*chunk) > MOST_CHUNKS {
        let expected = format!("at most {MOST_VALUES} values in at most {MOST_CHUNKS} chunks");
        return Err(metadata.wrong("shape", expected, format!("{length} in chunks of {chunk}")));
    }
    if !matches!(metadata.chain.serializer, Serializer::Bytes(_)) {
        return Err(metadata.wrong("codecs", "no shards in a coordinate", "sharding_indexed"));
    }
    Ok(length.div_ceil(*chunk) as u32)
}

/// The values, given all encoded chunks; a chunk that is not stored holds the fill value. What is missing is NaN.
pub(super) fn values(
    metadata: &ArrayMetadata,
    chunks: &[Option<Rc<[u8]>>],
) -> Result<Vec<f64>, StoreError> {
    let (length, chunk_length) = (metadata.shape[0] as usize, metadata.chunk_shape[0] as usize);
    let mut values = Vec::new();
    for (index, chunk) in chunks.iter().enumerate() {
        let Some(encoded) = chunk else {
            let fill = metadata.encoding.absent_value().unwrap_or(f64::NAN);
            values.extend(std::iter::repeat_n(fill, chunk_length));
            continue;
        };
        let decoded = decode(metadata, encoded, chunk_length);
        values.extend(decoded.map_err(|problem| StoreError::Chunk {
            array: metadata.path.clone(),
            indices: vec![index as u32],
            problem,
        })?);
    }
    values.truncate(length);
    Ok(values)
}

fn decode(metadata: &ArrayMetadata, encoded: &[u8], count: usize) -> Result<Vec<f64>, DecodeError> {
    let size = metadata.encoding.data_type.size();
    let mut bytes = metadata.chain.unfilter(encoded, count * size)?;
    if metadata.chain.endian() == Endian::Big {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    let decoder = metadata.encoding.decoder();
    let value = |bytes: &[u8]| {
        let mut bits = [0; 8];
        bits[..size].copy_from_slice(bytes);
        decoder.value(u64::from_le_bytes(bits)).unwrap_or(f64::NAN)
    };
    Ok(bytes.chunks_exact(size).map(value).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(data_type: &str, length: u64) -> ArrayMetadata {
        let json = json!({
            "zarr_format": 3, "shape": [length], "data_type": data_type, "fill_value": 9,
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
            "codecs": [{"name": "bytes", "configuration": {"endian": "big"}}],
        });
        ArrayMetadata::parse("/c", &json.to_string()).unwrap()
    }

    #[test]
    fn chunks_add_up_to_the_coordinate() {
        let metadata = metadata("int32", 5);
        let chunk = |a: i32, b: i32| -> Option<Rc<[u8]>> {
            Some([a.to_be_bytes(), b.to_be_bytes()].concat().into())
        };
        assert_eq!(chunk_count(&metadata, 5), Ok(3));
        assert!(chunk_count(&metadata, 6).unwrap_err().to_string().contains("to be 6 values"));
        let values = values(&metadata, &[chunk(2020, 2021), None, chunk(2024, 0)]).unwrap();
        assert_eq!(values, [2020.0, 2021.0, 9.0, 9.0, 2024.0]);
    }

    #[test]
    fn coordinates_of_billions_of_values_or_chunks_are_refused() {
        let billions = 1 << 32;
        let error = chunk_count(&metadata("float64", billions), billions).unwrap_err().to_string();
        assert!(error.contains("at most 2097152 values in at most 16384 chunks"), "{error}");
        let error = chunk_count(&metadata("float64", 100_000), 100_000).unwrap_err().to_string();
        assert!(error.ends_with("found 100000 in chunks of 2"), "{error}");
    }
}
