//! Addresses, tiles and numbers of arrays of any shape.

use serde_json::{Value, json};

use super::*;
use crate::chunk::{Form, Pixels};

fn try_array(
    shape: &[u64],
    chunks: &[u64],
    map_axes: [usize; 2],
    codecs: &Value,
) -> Result<MapArray, StoreError> {
    let json = json!({
        "zarr_format": 3, "shape": shape, "data_type": "uint16", "fill_value": 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
        "codecs": codecs,
    });
    MapArray::new(ArrayMetadata::parse("/a", &json.to_string()).unwrap(), map_axes)
}

fn array(shape: &[u64], chunks: &[u64], map_axes: [usize; 2], codecs: &Value) -> MapArray {
    try_array(shape, chunks, map_axes, codecs).unwrap()
}

/// Latitude and longitude behind one more axis.
const USUAL: [usize; 2] = [1, 2];

/// The unit at an address, encoded, of an array whose element (p, r, c) is 100 p + 10 r + c.
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
    let array = array(&[2, 5, 7], &[1, 3, 4], USUAL, &json!(["bytes"]));
    let address = array.address(1, 1, 1).unwrap();
    assert_eq!(address.chunk, [1, 1, 1]);
    assert_eq!(address.cut, Cut { plane: 0, row: 0, col: 0, width: 3, height: 2 });
    let bytes = encode([1, 3, 4], |[_, r, c]| (10 * r + c) as u16);
    assert_eq!(
        array.decode(&bytes, address.cut, Form::U16).unwrap(),
        Pixels::U16(vec![0, 1, 2, 10, 11, 12])
    );
    assert_eq!(array.address(2, 0, 0), None);
    assert_eq!(array.address(0, 2, 0), None);
    assert_eq!(array.address(0, u32::MAX, u32::MAX), None);
}

#[test]
fn a_chunk_may_hold_several_planes() {
    let array = array(&[3, 2, 2], &[3, 2, 2], USUAL, &json!(["bytes"]));
    let address = array.address(2, 0, 0).unwrap();
    assert_eq!((address.chunk.as_slice(), address.cut.plane), ([0, 0, 0].as_slice(), 2));
    let bytes = encode([3, 2, 2], |[y, r, c]| (100 * y + 10 * r + c) as u16);
    assert_eq!(
        array.decode(&bytes, address.cut, Form::U16).unwrap(),
        Pixels::U16(vec![200, 201, 210, 211])
    );
    let first = array.address(0, 0, 0).unwrap().cut;
    let along = |cut, count| array.values(&bytes, cut, (1, 0), (0, count)).unwrap();
    assert_eq!(along(first, 3), [10.0, 110.0, 210.0].map(Some));
    assert_eq!(along(address.cut, 1), [Some(210.0)]);
}

#[test]
fn an_array_may_have_no_further_axis_or_several() {
    let flat = array(&[2, 3], &[2, 2], [0, 1], &json!(["bytes"]));
    let address = flat.address(0, 0, 1).unwrap();
    assert_eq!((address.chunk.as_slice(), address.cut.width), ([0, 1].as_slice(), 1));
    assert_eq!(flat.address(1, 0, 0), None);
    let bytes: Vec<u8> = [0_u16, 1, 10, 11].into_iter().flat_map(u16::to_le_bytes).collect();
    assert_eq!(flat.decode(&bytes, address.cut, Form::U16), Ok(Pixels::U16(vec![0, 10])));
    assert_eq!(flat.values(&bytes, address.cut, (1, 0), (0, 1)), Ok(vec![Some(10.0)]));

    // Time, latitude, depth, longitude.
    let deep = array(&[4, 2, 3, 2], &[2, 2, 2, 2], [1, 3], &json!(["bytes"]));
    assert_eq!(deep.further().map(|(_, length)| length).collect::<Vec<_>>(), [4, 3]);
    // Time 3, depth 1: in the second chunk along time.
    let address = deep.address(3 * 3 + 1, 0, 0).unwrap();
    assert_eq!(address.chunk, [1, 0, 0, 0]);
    assert_eq!(address.cut, Cut { plane: 3, row: 0, col: 0, width: 2, height: 2 });
    let numbers = (0..16_u16).map(|at| {
        let (time, lat, depth, lon) = (at / 8, at / 4 % 2, at / 2 % 2, at % 2);
        1000 * time + 100 * depth + 10 * lat + lon
    });
    let bytes: Vec<u8> = numbers.flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        deep.decode(&bytes, address.cut, Form::U16),
        Ok(Pixels::U16(vec![1100, 1101, 1110, 1111]))
    );
    let cut = deep.address(2 * 3 + 1, 0, 0).unwrap().cut;
    assert_eq!(deep.values(&bytes, cut, (1, 1), (0, 2)), Ok(vec![Some(111.0), Some(1111.0)]));
    assert_eq!(deep.address(12, 0, 0), None);
}

#[test]
fn axes_may_have_any_order() {
    let array = array(&[4, 3, 2], &[2, 3, 1], [1, 0], &json!(["bytes"]));
    assert_eq!((array.size(), array.tile_size()), ((3, 4), (3, 2)));
    let address = array.address(1, 0, 1).unwrap();
    assert_eq!(address.chunk, [1, 0, 1]);
    let bytes = encode([2, 3, 1], |[c, r, _]| (10 * r + c) as u16);
    assert_eq!(
        array.decode(&bytes, address.cut, Form::U16).unwrap(),
        Pixels::U16(vec![0, 1, 10, 11, 20, 21])
    );
}

#[test]
fn a_transposed_chunk_is_turned_back() {
    let codecs = json!([{"name": "transpose", "configuration": {"order": [2, 1, 0]}}, "bytes"]);
    let array = array(&[1, 2, 3], &[1, 2, 3], USUAL, &codecs);
    let bytes = encode([3, 2, 1], |[c, r, _]| (10 * r + c) as u16);
    let cut = array.address(0, 0, 0).unwrap().cut;
    assert_eq!(
        array.decode(&bytes, cut, Form::U16).unwrap(),
        Pixels::U16(vec![0, 1, 2, 10, 11, 12])
    );
}

#[test]
fn a_large_unit_is_cut_into_tiles() {
    let array = try_array(&[2, 1500, 2100], &[2, 1500, 2100], [1, 2], &json!(["bytes"])).unwrap();
    assert_eq!(array.tile_size(), (750, 700));
    assert!(array.is_shared());
    let address = array.address(1, 1, 2).unwrap();
    assert_eq!((address.chunk.as_slice(), address.slot), ([0, 0, 0].as_slice(), 0));
    assert_eq!(address.cut, Cut { plane: 1, row: 750, col: 1400, width: 700, height: 750 });
    let value = |y: usize, r: usize, c: usize| (y * 31 + r * 7 + c) as u16;
    let bytes = (0..2).flat_map(|y| {
        (0..1500).flat_map(move |r| (0..2100).flat_map(move |c| value(y, r, c).to_le_bytes()))
    });
    let bytes: Vec<u8> = bytes.collect();
    let expected: Vec<u16> =
        (750..1500).flat_map(|r| (1400..2100).map(move |c| value(1, r, c))).collect();
    let decoded = array.decode(&bytes, address.cut, Form::U16).unwrap();
    assert_eq!(decoded, Pixels::U16(expected));
    let unit = array.unit(&bytes).unwrap();
    assert_eq!(array.pixels(&unit, address.cut, Form::U16), decoded);
    assert_eq!(array.address(0, 2, 0), None);
}

#[test]
fn tiles_of_several_large_units_lie_in_one_each() {
    let array = try_array(&[1800, 3600], &[1200, 1800], [0, 1], &json!(["bytes"])).unwrap();
    assert_eq!(array.tile_size(), (600, 900));
    let address = array.address(0, 2, 3).unwrap();
    assert_eq!(address.chunk, [1, 1]);
    assert_eq!(address.cut, Cut { plane: 0, row: 0, col: 900, width: 900, height: 600 });
    // What lies past the array's end is no tile.
    assert_eq!(array.address(0, 3, 0), None);
    let plain = try_array(&[1800, 3600], &[900, 900], [0, 1], &json!(["bytes"])).unwrap();
    assert!(!plain.is_shared() && plain.tile_size() == (900, 900));
    let prime = try_array(&[9000, 9000], &[2099, 900], [0, 1], &json!(["bytes"]));
    let error = prime.unwrap_err().to_string();
    assert!(error.ends_with("or such as have whole parts, found 2099"), "{error}");
}

#[test]
fn units_of_a_sharded_array_are_the_chunks_within() {
    let codecs = json!([{"name": "sharding_indexed", "configuration": {"chunk_shape": [1, 2, 3], "codecs": ["bytes"], "index_codecs": ["bytes", "crc32c"]}}]);
    let array = array(&[4, 8, 12], &[2, 4, 6], USUAL, &codecs);
    assert_eq!((array.tile_size(), array.chunk_size()), ((2, 3), (4, 6)));
    let address = array.address(3, 3, 2).unwrap();
    assert_eq!(address.chunk, [1, 1, 1]);
    // Plane 1 of 2, row 1 of 2, column 0 of 2 within the shard.
    assert_eq!(address.slot, 6);
}

#[test]
fn more_planes_than_can_be_counted_are_refused() {
    let codecs = json!(["bytes"]);
    let error = try_array(&[1, 1, 1 << 20, 1 << 20], &[1, 1, 1, 1], [0, 1], &codecs);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("4294967295 steps at most"), "{error}");
    let error = try_array(&[1, 1], &[1, 1], [0, 2], &codecs).unwrap_err().to_string();
    assert!(error.contains("dimension_names to be latitude and longitude"), "{error}");
}

/// An array of one row.
fn row(data_type: &str, fill_value: &Value, attributes: &Value) -> MapArray {
    let json = json!({
        "zarr_format": 3, "shape": [1, 1, 4], "data_type": data_type, "fill_value": fill_value,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 1, 4]}},
        "codecs": ["bytes"], "attributes": attributes,
    });
    MapArray::new(ArrayMetadata::parse("/a", &json.to_string()).unwrap(), USUAL).unwrap()
}

/// The values that codes of a form stand for, and those that are read one by one.
fn values(array: &MapArray, bytes: &[u8], form: Form) -> [Vec<Option<f64>>; 2] {
    let (cut, codes) = (array.address(0, 0, 0).unwrap().cut, array.codes(form));
    let numbers: Vec<u32> = match array.decode(bytes, cut, form).unwrap() {
        Pixels::U8(numbers) => numbers.into_iter().map(u32::from).collect(),
        Pixels::U16(numbers) => numbers.into_iter().map(u32::from).collect(),
        Pixels::Float(numbers) => numbers,
    };
    let one = |col| array.values(bytes, cut, (0, col), (0, 1)).unwrap();
    [
        numbers.into_iter().map(|code| codes.value(form, code)).collect(),
        (0..4).flat_map(one).collect(),
    ]
}

#[test]
fn codes_stand_for_the_same_values_in_each_form() {
    let attributes = json!({"scale_factor": 0.5, "add_offset": -10, "_FillValue": -128, "missing_value": [5, 999]});
    let array = row("int8", &json!(-128), &attributes);
    let bytes = [0x80, 5, 0xFF, 127];
    let expected = vec![None, None, Some(-10.5), Some(53.5)];
    assert_eq!(array.form(), Form::U8);
    for form in [Form::U8, Form::U16, Form::Float] {
        assert_eq!(values(&array, &bytes, form), [expected.clone(), expected.clone()]);
        assert_eq!(array.absent(form), None);
    }
    let array = row("int16", &json!(-1), &json!({"_Unsigned": "true", "_FillValue": 0}));
    let bytes: Vec<u8> = [0_i16, -1, 1, i16::MIN].into_iter().flat_map(i16::to_le_bytes).collect();
    let expected = vec![None, Some(65535.0), Some(1.0), Some(32768.0)];
    for form in [Form::U16, Form::Float] {
        assert_eq!(values(&array, &bytes, form), [expected.clone(), expected.clone()]);
        let absent = array.absent(form).unwrap();
        assert_eq!(array.codes(form).value(form, absent), Some(65535.0));
    }
}

#[test]
fn what_is_not_valid_is_no_data_in_each_form() {
    let array = row("int8", &json!(0), &json!({"valid_range": [-2, 5], "_FillValue": 5}));
    let bytes = [0xFD, 0xFE, 5, 6];
    let expected = vec![None, Some(-2.0), None, None];
    for form in [Form::U8, Form::U16, Form::Float] {
        assert_eq!(values(&array, &bytes, form), [expected.clone(), expected.clone()]);
    }
    let beyond = row("uint8", &json!(0), &json!({"valid_min": 300}));
    assert_eq!(values(&beyond, &[0, 1, 2, 255], Form::U8), [vec![None; 4], vec![None; 4]]);
    let before = row("uint8", &json!(0), &json!({"valid_max": -1}));
    assert_eq!(values(&before, &[0, 1, 2, 255], Form::U8), [vec![None; 4], vec![None; 4]]);
    assert_eq!(before.absent(Form::U8), None);
}

#[test]
fn classes_have_their_places_as_codes_in_each_form() {
    let attributes = json!({
        "flag_values": [20, 10, 99], "flag_meanings": "grass trees none", "_FillValue": 99,
    });
    let array = row("int16", &json!(10), &attributes);
    assert_eq!(array.flags.len(), 2, "what is missing is no class");
    let bytes: Vec<u8> = [10_i16, 20, 99, 30].into_iter().flat_map(i16::to_le_bytes).collect();
    let drawn = vec![Some(2.0), Some(1.0), None, Some(3.0)];
    let read = vec![Some(10.0), Some(20.0), None, Some(30.0)];
    assert_eq!(array.form(), Form::U8);
    for form in [Form::U8, Form::U16, Form::Float] {
        assert_eq!(values(&array, &bytes, form), [drawn.clone(), read.clone()]);
        let absent = array.absent(form).unwrap();
        assert_eq!(array.codes(form).value(form, absent), Some(2.0));
    }
}

#[test]
fn numbers_that_are_measured_are_no_classes() {
    let snow = json!({
        "valid_range": [0, 100], "flag_values": [200, 201], "flag_meanings": "missing night",
    });
    let array = row("uint8", &json!(0), &snow);
    assert!(array.classes.is_none() && array.flags.is_empty());
    let bits = json!({"flag_masks": [1, 2], "flag_meanings": "cloud snow"});
    let array = row("uint8", &json!(0), &bits);
    assert!(array.classes.is_none() && array.flags.len() == 2);
    let float = json!({"flag_values": [1, 2], "flag_meanings": "a b"});
    assert!(row("float32", &json!(0), &float).classes.is_none());
    let unsigned = json!({
        "_Unsigned": "true", "flag_values": [-1, 1], "flag_meanings": "ice water",
    });
    let array = row("int8", &json!(0), &unsigned);
    assert!(array.flags[0].is_of(255.0));
    assert_eq!(values(&array, &[0xFF, 1, 2, 0], Form::U8)[0], [1.0, 2.0, 3.0, 3.0].map(Some));
}

#[test]
fn what_has_no_small_code_is_a_float() {
    let floats = row("float32", &json!("NaN"), &json!({"missing_value": -9999.0}));
    let bytes: Vec<u8> =
        [1.5, f32::NAN, -9999.0, 0.1].into_iter().flat_map(f32::to_le_bytes).collect();
    let expected = vec![Some(1.5), None, None, Some(f64::from(0.1_f32))];
    assert_eq!(floats.form(), Form::Float);
    assert_eq!(values(&floats, &bytes, Form::Float), [expected.clone(), expected]);
    assert_eq!(floats.absent(Form::Float), None);
    let wide = row("int64", &json!(0), &json!({"scale_factor": 0.001}));
    let bytes: Vec<u8> = [1_i64, -500, 0, 1 << 40].into_iter().flat_map(i64::to_le_bytes).collect();
    let [drawn, read] = values(&wide, &bytes, Form::Float);
    assert_eq!(read, [0.001, -0.5, 0.0, (1_i64 << 40) as f64 * 0.001].map(Some));
    assert_eq!(
        drawn,
        read.iter().map(|value| value.map(|v| f64::from(v as f32))).collect::<Vec<_>>()
    );
    assert_eq!(wide.absent(Form::Float), Some(0));
}

#[test]
fn every_nan_is_no_data_and_an_infinity_is_a_value() {
    let bytes: Vec<u8> = [0xFFC0_0001, 0x7F80_0001, 0x7F80_0000, 0xFF80_0000]
        .into_iter()
        .flat_map(u32::to_le_bytes)
        .collect();
    let expected = vec![None, None, Some(f64::INFINITY), Some(f64::NEG_INFINITY)];
    for attributes in [json!({}), json!({"missing_value": 7.0})] {
        let array = row("float32", &json!("NaN"), &attributes);
        assert_eq!(values(&array, &bytes, Form::Float), [expected.clone(), expected.clone()]);
    }
}

#[test]
fn every_number_is_a_value_where_none_is_missing() {
    let array = row("uint16", &json!(0), &json!({"_FillValue": 70_000}));
    let bytes = [0, 0, 255, 255, 1, 0, 2, 0];
    let expected = vec![Some(0.0), Some(65535.0), Some(1.0), Some(2.0)];
    assert_eq!(values(&array, &bytes, Form::U16), [expected.clone(), expected]);
    assert_eq!(array.absent(Form::U16), Some(0));
}
