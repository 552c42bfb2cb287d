//! One-dimensional coordinates: the years, and the check that rows and columns span the globe.

use std::rc::Rc;

use super::codec::{DecodeError, Endian, Serializer};
use super::error::StoreError;
use super::metadata::{ArrayMetadata, DataType};

/// Deviation, in pixels, up to which a coordinate lies where it should.
const TOLERANCE: f64 = 0.01;

/// Number of chunks of a coordinate.
pub(super) fn chunk_count(metadata: &ArrayMetadata) -> Result<u32, StoreError> {
    let ([length], [chunk]) = (metadata.shape.as_slice(), metadata.chunk_shape.as_slice()) else {
        return Err(metadata.wrong("shape", "one axis", format!("{:?}", metadata.shape)));
    };
    if !matches!(metadata.chain.serializer, Serializer::Bytes(_)) {
        return Err(metadata.wrong("codecs", "no shards in a coordinate", "sharding_indexed"));
    }
    u32::try_from(length.div_ceil(*chunk))
        .map_err(|_| metadata.wrong("shape", "fewer than 2³² chunks", length))
}

/// The values, given all encoded chunks; a chunk that is not stored holds the fill value.
pub(super) fn values(
    metadata: &ArrayMetadata,
    chunks: &[Option<Rc<[u8]>>],
) -> Result<Vec<f64>, StoreError> {
    let (length, chunk_length) = (metadata.shape[0] as usize, metadata.chunk_shape[0] as usize);
    let mut values = Vec::new();
    for (index, chunk) in chunks.iter().enumerate() {
        let Some(encoded) = chunk else {
            let fill = metadata.fill_value.as_f64().unwrap_or(f64::NAN);
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
    let size = metadata.data_type.size();
    let mut bytes = metadata.chain.unfilter(encoded, count * size)?;
    if metadata.chain.endian() == Endian::Big {
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    Ok(match metadata.data_type {
        DataType::UInt16 => numbers(&bytes, |bytes| f64::from(u16::from_le_bytes(bytes))),
        DataType::Int32 => numbers(&bytes, |bytes| f64::from(i32::from_le_bytes(bytes))),
        DataType::Int64 => numbers(&bytes, |bytes| i64::from_le_bytes(bytes) as f64),
        DataType::Float32 => numbers(&bytes, |bytes| f64::from(f32::from_le_bytes(bytes))),
        DataType::Float64 => numbers(&bytes, f64::from_le_bytes),
    })
}

fn numbers<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    bytes.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()
}

/// The calendar years.
pub(super) fn years(
    metadata: &ArrayMetadata,
    values: &[f64],
    expected: u64,
) -> Result<Vec<i32>, StoreError> {
    if values.len() as u64 != expected {
        return Err(metadata.wrong("shape", format!("{expected} years"), values.len()));
    }
    let year = |&value: &f64| {
        if value.fract() == 0.0 && value.abs() < 1e6 {
            Ok(value as i32)
        } else {
            Err(metadata.wrong("values", "calendar years", value))
        }
    };
    values.iter().map(year).collect()
}

/// Checks that the values are the centres of pixels that begin at `first`: 90 for latitudes, which
/// fall, -180 for longitudes, which rise.
pub(super) fn check(
    metadata: &ArrayMetadata,
    values: &[f64],
    first: f64,
    degrees: f64,
) -> Result<(), StoreError> {
    let step = -degrees.copysign(first);
    let wrong = values.iter().enumerate().find(|(index, value)| {
        let expected = first + step * (*index as f64 + 0.5);
        let distance = (**value - expected).abs();
        distance.is_nan() || distance > TOLERANCE * degrees
    });
    match wrong {
        None => Ok(()),
        Some((index, value)) => Err(metadata.wrong(
            "values",
            format!(
                "{} at index {index} (a global grid, north up)",
                first + step * (index as f64 + 0.5)
            ),
            value,
        )),
    }
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
        assert_eq!(chunk_count(&metadata), Ok(3));
        let values = values(&metadata, &[chunk(2020, 2021), None, chunk(2024, 0)]).unwrap();
        assert_eq!(values, [2020.0, 2021.0, 9.0, 9.0, 2024.0]);
        assert_eq!(years(&metadata, &values, 5).unwrap(), [2020, 2021, 9, 9, 2024]);
        assert!(years(&metadata, &values, 4).is_err());
        assert!(years(&metadata, &[2020.5], 1).is_err());
    }

    #[test]
    fn coordinates_must_span_the_globe_from_the_north_west() {
        let metadata = metadata("float64", 4);
        assert_eq!(check(&metadata, &[67.5, 22.5, -22.5, -67.5], 90.0, 45.0), Ok(()));
        assert_eq!(check(&metadata, &[-135.0, -45.0, 45.0, 135.0], -180.0, 90.0), Ok(()));
        let error = check(&metadata, &[-67.5, -22.5, 22.5, 67.5], 90.0, 45.0).unwrap_err();
        assert_eq!(
            error.to_string(),
            "array or group '/c': expected values to be 67.5 at index 0 (a global grid, north up), found -67.5"
        );
        assert!(check(&metadata, &[f64::NAN], 90.0, 45.0).is_err());
    }
}
