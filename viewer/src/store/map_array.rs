//! A variable's array at one level: which chunk holds a plane of pixels, and where within the chunk.

use floe_shared::encoding::Decoder;
use floe_shared::flags::Flag;

use super::classes::{self, Classes};
use super::codec::{Bits, DecodeError, Serializer, Sharding};
use super::error::StoreError;
use super::metadata::ArrayMetadata;
use super::tiling;
use crate::axis::{ravel, unravel};
use crate::chunk::{Codes, Form, Pixels};

/// A code that no pixel has: of "no data" where every number is a value.
const NO_CODE: u32 = 1 << 16;

/// An array of numbers over latitude and longitude, and any other axes, in any order.
///
/// What is read and decoded in one piece is a **unit**: a chunk, or a chunk within a shard.
#[derive(Clone, Debug, PartialEq)]
pub struct MapArray {
    /// The array's metadata.
    pub metadata: ArrayMetadata,
    /// What its numbers or some of their bits mean, where it says so.
    pub flags: Vec<Flag>,
    /// The same, if its numbers are classes and nothing else.
    pub classes: Option<Classes>,
    /// The array's axes that are latitude and longitude.
    map_axes: [usize; 2],
    /// The others, in the order in which they are stored.
    further: Vec<usize>,
    /// Elements of a unit along each axis.
    unit: Vec<u64>,
    /// Distance in a decoded unit, in elements, between neighbours along each axis.
    strides: Vec<usize>,
    /// Rows and columns of a display tile.
    tile: [u64; 2],
}

/// A decoded unit: its stored numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Unit {
    /// Of 8 bits.
    U8(Vec<u8>),
    /// Of 16 bits.
    U16(Vec<u16>),
    /// Of 32 bits.
    U32(Vec<u32>),
    /// Of 64 bits.
    U64(Vec<u64>),
}

/// Where a plane of pixels of a unit lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The chunk (the shard of a sharded array), in the array's order of axes.
    pub chunk: Vec<u32>,
    /// The unit within the shard, row-major; 0 without shards.
    pub slot: usize,
    /// The pixels wanted of the unit.
    pub cut: Cut,
}

/// Part of a decoded unit: a tile of one of its planes, or as many of its rows and columns as lie within the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cut {
    /// Index of the plane among those of a unit, the last further axis fastest.
    pub plane: u32,
    /// The first row.
    pub row: u32,
    /// The first column.
    pub col: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// The code of a class as a float's bits.
fn class_bits(code: u8) -> u32 {
    if code == 0 { Codes::NAN } else { f32::from(code).to_bits() }
}

impl MapArray {
    /// Checks that an array is one that the map can draw; `map_axes` are those of its axes that are latitude and
    /// longitude.
    pub fn new(metadata: ArrayMetadata, map_axes: [usize; 2]) -> Result<Self, StoreError> {
        let rank = metadata.shape.len();
        let [row, col] = map_axes;
        if row >= rank || col >= rank || row == col {
            let found = format!("{:?}", metadata.dimensions);
            return Err(metadata.wrong("dimension_names", "latitude and longitude", found));
        }
        if metadata.shape.iter().any(|&length| length == 0 || length > u64::from(u32::MAX / 2)) {
            let found = format!("{:?}", metadata.shape);
            return Err(metadata.wrong("shape", "1 to 2147483647 along each axis", found));
        }
        let (flags, classes) = classes::read(&metadata)
            .map_err(|error| StoreError::metadata(&metadata.path, error))?;
        let further: Vec<usize> = (0..rank).filter(|axis| !map_axes.contains(axis)).collect();
        let lengths = further.iter().map(|&axis| metadata.shape[axis]);
        let planes = lengths.fold(1_u64, u64::saturating_mul);
        if planes > u64::from(u32::MAX) {
            let found = format!("{:?}", metadata.shape);
            let expected = "4294967295 steps at most along all axes beside latitude and longitude";
            return Err(metadata.wrong("shape", expected, found));
        }
        let (unit, order) = unit_and_order(&metadata);
        let mut strides = vec![0; rank];
        let mut elements = 1;
        for &axis in order.iter().rev() {
            strides[axis] = elements;
            elements *= unit[axis] as usize;
        }
        let edge = |axis: usize| {
            tiling::edge(unit[axis], metadata.shape[axis]).ok_or_else(|| {
                let expected =
                    "chunks of 2048 rows and columns at most, or such as have whole parts";
                metadata.wrong("chunk_shape", expected, unit[axis])
            })
        };
        let tile = [edge(row)?, edge(col)?];
        Ok(Self { metadata, flags, classes, map_axes, further, unit, strides, tile })
    }

    /// Those of its axes that are latitude and longitude.
    pub fn map_axes(&self) -> [usize; 2] {
        self.map_axes
    }

    /// Rows and columns of the array.
    pub fn size(&self) -> (u64, u64) {
        let [row, col] = self.map_axes;
        (self.metadata.shape[row], self.metadata.shape[col])
    }

    /// The names of the axes that are latitude and longitude.
    pub fn map_dimensions(&self) -> [&str; 2] {
        self.map_axes.map(|axis| self.metadata.dimensions[axis].as_str())
    }

    /// Names and lengths of the other axes, in the order in which they are stored.
    pub fn further(&self) -> impl DoubleEndedIterator<Item = (&str, u32)> {
        let metadata = &self.metadata;
        self.further
            .iter()
            .map(|&axis| (metadata.dimensions[axis].as_str(), metadata.shape[axis] as u32))
    }

    /// The further axes by their places among all, in the order in which they are stored, and how many steps a chunk (a shard of a
    /// sharded array) has along each.
    pub fn further_chunks(&self) -> impl Iterator<Item = (usize, u32)> {
        self.further.iter().map(|&axis| (axis, self.metadata.chunk_shape[axis] as u32))
    }

    /// Steps along a further axis (counted among those) that a unit holds.
    pub fn steps_in_unit(&self, further: usize) -> u32 {
        self.further.get(further).map_or(1, |&axis| self.unit[axis] as u32)
    }

    /// Rows and columns of a display tile: of a unit, or of one of its equal parts where that is large.
    pub fn tile_size(&self) -> (u32, u32) {
        (self.tile[0] as u32, self.tile[1] as u32)
    }

    /// Whether a unit holds more than one tile of one plane, so that it had better be decoded but once.
    pub fn is_shared(&self) -> bool {
        let [row, col] = self.map_axes;
        let planes =
            self.further.iter().any(|&axis| self.unit[axis].min(self.metadata.shape[axis]) > 1);
        let tiles = |axis: usize, tile: u64| self.unit[axis].min(self.metadata.shape[axis]) > tile;
        planes || tiles(row, self.tile[0]) || tiles(col, self.tile[1])
    }

    /// Rows and columns of a chunk (of a shard, in a sharded array): what one commit writes at least.
    pub fn chunk_size(&self) -> (u32, u32) {
        let [row, col] = self.map_axes.map(|axis| self.metadata.chunk_shape[axis] as u32);
        (row, col)
    }

    /// The shards, if it has any.
    pub fn sharding(&self) -> Option<&Sharding> {
        match &self.metadata.chain.serializer {
            Serializer::Bytes(_) => None,
            Serializer::Sharding(sharding) => Some(sharding),
        }
    }

    /// Where a tile of a plane lies; `row` and `col` count tiles. `None` outside the array.
    pub fn address(&self, plane: u32, row: u32, col: u32) -> Option<Address> {
        let [rows, cols] = self.map_axes;
        let shape = &self.metadata.shape;
        let mut element = vec![0; shape.len()];
        let steps = unravel(plane, self.further().map(|(_, length)| length))?;
        for (&axis, step) in self.further.iter().zip(steps) {
            element[axis] = u64::from(step);
        }
        element[rows] = u64::from(row).checked_mul(self.tile[0])?;
        element[cols] = u64::from(col).checked_mul(self.tile[1])?;
        if element[rows] >= shape[rows] || element[cols] >= shape[cols] {
            return None;
        }
        let chunk_shape = &self.metadata.chunk_shape;
        let chunk = element.iter().zip(chunk_shape).map(|(at, size)| (at / size) as u32).collect();
        let slot = self.sharding().map_or(0, |sharding| {
            self.metadata.chain.order.iter().enumerate().fold(0, |slot, (stored, &axis)| {
                let within = element[axis] % chunk_shape[axis] / sharding.chunk_shape[stored];
                slot * sharding.counts[stored] as usize + within as usize
            })
        });
        let within = self.further.iter().map(|&axis| {
            let unit = self.unit[axis];
            ((element[axis] % unit) as u32, unit as u32)
        });
        let [first_row, first_col] = self.map_axes.map(|axis| element[axis] % self.unit[axis]);
        let length = |axis: usize, tile: u64, first: u64| {
            tile.min(self.unit[axis] - first).min(shape[axis] - element[axis]) as u32
        };
        let cut = Cut {
            plane: ravel(within)?,
            row: first_row as u32,
            col: first_col as u32,
            width: length(cols, self.tile[1], first_col),
            height: length(rows, self.tile[0], first_row),
        };
        Some(Address { chunk, slot, cut })
    }

    /// Bytes of a decoded unit.
    pub fn unit_bytes(&self) -> u64 {
        self.elements() * self.number_bytes() as u64
    }

    /// The smallest form that has a code for each of its values.
    pub fn form(&self) -> Form {
        match self.number_bytes() {
            _ if self.classes.is_some() => Form::U8,
            1 => Form::U8,
            2 => Form::U16,
            _ => Form::Float,
        }
    }

    /// What the codes of a form, which is not smaller than its own, stand for.
    pub fn codes(&self, form: Form) -> Codes {
        if form == Form::Float {
            return Codes { missing: Codes::NAN, ..Codes::default() };
        }
        if self.classes.is_some() {
            return Codes::default();
        }
        let encoding = &self.metadata.encoding;
        let (scale, offset) = (encoding.scale.unwrap_or(1.0), encoding.offset.unwrap_or(0.0));
        let (lowest, highest) = self.valid_codes();
        Codes {
            missing: self.missing_codes().first().map_or(NO_CODE, |&code| code.into()),
            scale,
            offset: offset - f64::from(self.bias()) * scale,
            lowest,
            highest,
        }
    }

    /// Decodes a unit and cuts a tile of a plane out of it, row by row, in a form that is not smaller than its own.
    pub fn decode(&self, encoded: &[u8], cut: Cut, form: Form) -> Result<Pixels, DecodeError> {
        Ok(match self.unit(encoded)? {
            Unit::U8(values) => self.bytes(self.taken(values, cut), form),
            Unit::U16(values) => self.words(self.taken(values, cut), form),
            Unit::U32(values) => self.longs(self.taken(values, cut), form),
            Unit::U64(values) => self.wide(&self.taken(values, cut), form),
        })
    }

    /// Decodes a unit.
    pub fn unit(&self, encoded: &[u8]) -> Result<Unit, DecodeError> {
        Ok(match self.number_bytes() {
            1 => Unit::U8(self.stored(encoded)?),
            2 => Unit::U16(self.stored(encoded)?),
            4 => Unit::U32(self.stored(encoded)?),
            _ => Unit::U64(self.stored(encoded)?),
        })
    }

    /// Cuts a tile of a plane out of a decoded unit, as [`Self::decode`] does.
    pub fn pixels(&self, unit: &Unit, cut: Cut, form: Form) -> Pixels {
        match unit {
            Unit::U8(values) => self.bytes(self.part(values, cut), form),
            Unit::U16(values) => self.words(self.part(values, cut), form),
            Unit::U32(values) => self.longs(self.part(values, cut), form),
            Unit::U64(values) => self.wide(&self.part(values, cut), form),
        }
    }

    /// Stored numbers of 8 bits in a form.
    fn bytes(&self, plane: Vec<u8>, form: Form) -> Pixels {
        match form {
            _ if self.classes.is_some() => self.wide(&plane, form),
            Form::U8 => Pixels::U8(self.recoded(plane, |code| code as u8)),
            Form::U16 => {
                let plane = plane.into_iter().map(u16::from).collect();
                Pixels::U16(self.recoded(plane, |code| code))
            }
            Form::Float => self.wide(&plane, form),
        }
    }

    /// Stored numbers of 16 bits in a form.
    fn words(&self, plane: Vec<u16>, form: Form) -> Pixels {
        match form {
            Form::U8 | Form::U16 if self.classes.is_none() => {
                Pixels::U16(self.recoded(plane, |code| code))
            }
            _ => self.wide(&plane, form),
        }
    }

    /// Stored numbers of 32 bits in a form.
    fn longs(&self, mut plane: Vec<u32>, form: Form) -> Pixels {
        let encoding = &self.metadata.encoding;
        let decoder = encoding.decoder();
        if self.classes.is_some() || !decoder.is_plain_single() {
            return self.wide(&plane, form);
        }
        // The bits are the codes, but for what is no value: in place, and most often with one comparison.
        let [least, greatest] = encoding.valid_numbers();
        let is_bounded = least > f64::NEG_INFINITY || greatest < f64::INFINITY;
        if encoding.missing_numbers().is_empty() && !is_bounded {
            keep(&mut plane, |value| !value.is_nan());
        } else {
            keep(&mut plane, |value| decoder.keeps(value.into()));
        }
        Pixels::Float(plane)
    }

    /// Classes in a form, or any other stored numbers as floats.
    fn wide<T: Bits>(&self, plane: &[T], form: Form) -> Pixels {
        let Some(classes) = &self.classes else { return Pixels::Float(self.floats(plane)) };
        let codes = classes.codes(plane);
        match form {
            Form::U8 => Pixels::U8(codes),
            Form::U16 => Pixels::U16(codes.into_iter().map(u16::from).collect()),
            Form::Float => Pixels::Float(codes.into_iter().map(class_bits).collect()),
        }
    }

    /// The code of what is not stored; `None` where that is no data.
    pub fn absent(&self, form: Form) -> Option<u32> {
        let encoding = &self.metadata.encoding;
        let value = encoding.absent_value()?;
        if let Some(classes) = &self.classes {
            let code = classes.code(encoding.data_type.bits(encoding.absent));
            return Some(if form == Form::Float { class_bits(code) } else { code.into() });
        }
        Some(match form {
            Form::Float => (value as f32).to_bits(),
            Form::U8 | Form::U16 => {
                u32::from(encoding.data_type.bits(encoding.absent) as u16 ^ self.bias())
            }
        })
    }

    /// Decodes a unit and gives the physical values of a pixel of it: of a plane and, along a further axis (counted among
    /// those), so many more. `None` for no data.
    pub fn values(
        &self,
        encoded: &[u8],
        cut: Cut,
        (row, col): (u32, u32),
        (further, count): (usize, u32),
    ) -> Result<Vec<Option<f64>>, DecodeError> {
        let [by_row, by_col] = self.map_axes.map(|axis| self.strides[axis]);
        let start = self.start(cut) + row as usize * by_row + col as usize * by_col;
        let step = self.further.get(further).map_or(0, |&axis| self.strides[axis]);
        let places = (0..count as usize).map(|index| start + index * step);
        let decoder = self.metadata.encoding.decoder();
        Ok(match self.number_bytes() {
            1 => decoded(&decoder, &self.stored::<u8>(encoded)?, places),
            2 => decoded(&decoder, &self.stored::<u16>(encoded)?, places),
            4 => decoded(&decoder, &self.stored::<u32>(encoded)?, places),
            _ => decoded(&decoder, &self.stored::<u64>(encoded)?, places),
        })
    }

    /// Where in a decoded unit a tile of a plane begins.
    fn start(&self, cut: Cut) -> usize {
        let lengths = self.further.iter().map(|&axis| self.unit[axis] as u32);
        let steps = unravel(cut.plane, lengths).unwrap_or_default();
        let plane: usize = self
            .further
            .iter()
            .zip(steps)
            .map(|(&axis, step)| self.strides[axis] * step as usize)
            .sum();
        let [by_row, by_col] = self.map_axes.map(|axis| self.strides[axis]);
        plane + cut.row as usize * by_row + cut.col as usize * by_col
    }

    /// Bytes of a stored number.
    fn number_bytes(&self) -> usize {
        self.metadata.encoding.data_type.size()
    }

    /// Stored numbers in a unit.
    fn elements(&self) -> u64 {
        self.unit.iter().product()
    }

    /// What turns stored bits into codes that are ordered as the numbers, by an exclusive or: the sign's bit.
    fn bias(&self) -> u16 {
        let encoding = &self.metadata.encoding;
        if encoding.meant_type().is_signed() { 1 << (self.number_bytes() * 8 - 1) } else { 0 }
    }

    /// The codes of "no data", in a form of whole numbers.
    fn missing_codes(&self) -> Vec<u16> {
        let encoding = &self.metadata.encoding;
        let least = f64::from(self.bias());
        let codes = encoding.missing_numbers().into_iter().map(|number| number + least);
        let most = f64::from(u16::MAX >> (16 - self.number_bytes() * 8));
        let is_code = |code: &f64| code.fract() == 0.0 && (0.0..=most).contains(code);
        codes.filter(is_code).map(|code| code as u16).collect()
    }

    /// The least and the greatest code of a valid number, in a form of whole numbers. What lies beyond stays in the pixels:
    /// the shader compares, which costs nothing, whereas another look at each pixel would.
    fn valid_codes(&self) -> (u32, u32) {
        let [least, greatest] = self.metadata.encoding.valid_numbers();
        let bias = f64::from(self.bias());
        // A cast stops at the bounds of the type.
        let (lowest, highest) = (
            (least + bias).ceil() as u32,
            (greatest + bias).floor().min(f64::from(NO_CODE)) as u32,
        );
        if greatest + bias < 0.0 || lowest > highest {
            (NO_CODE, NO_CODE)
        } else {
            (lowest, highest)
        }
    }

    /// Stored numbers as codes of whole numbers, of which but one means "no data".
    fn recoded<T: Copy + Into<u64>>(&self, mut plane: Vec<T>, code: impl Fn(u16) -> T) -> Vec<T> {
        let (bias, missing) = (self.bias(), self.missing_codes());
        let others = missing.get(1..).unwrap_or_default();
        if bias != 0 || !others.is_empty() {
            for number in &mut plane {
                let found = (*number).into() as u16 ^ bias;
                *number = code(if others.contains(&found) { missing[0] } else { found });
            }
        }
        plane
    }

    /// Stored numbers as the bits of their physical values.
    fn floats<T: Bits>(&self, plane: &[T]) -> Vec<u32> {
        let decoder = self.metadata.encoding.decoder();
        let code = |&bits: &T| {
            decoder.value(bits.into()).map_or(Codes::NAN, |value| (value as f32).to_bits())
        };
        plane.iter().map(code).collect()
    }

    /// The stored numbers of a unit.
    fn stored<T: Bits>(&self, encoded: &[u8]) -> Result<Vec<T>, DecodeError> {
        let chain = match &self.metadata.chain.serializer {
            Serializer::Bytes(_) => &self.metadata.chain,
            Serializer::Sharding(sharding) => &sharding.inner,
        };
        chain.decode(encoded, self.elements() as usize)
    }

    /// The stored numbers of a tile of a plane, of a unit that nobody else needs.
    fn taken<T: Bits>(&self, mut values: Vec<T>, cut: Cut) -> Vec<T> {
        let [by_row, by_col] = self.map_axes.map(|axis| self.strides[axis]);
        let (width, height) = (cut.width as usize, cut.height as usize);
        if by_col != 1 || by_row != width {
            return self.part(&values, cut);
        }
        // They are one run; the whole unit where it holds but one plane.
        let start = self.start(cut);
        values.truncate(start + width * height);
        values.drain(..start);
        values
    }

    /// The stored numbers of a tile of a plane.
    fn part<T: Bits>(&self, values: &[T], cut: Cut) -> Vec<T> {
        let [by_row, by_col] = self.map_axes.map(|axis| self.strides[axis]);
        let (width, height) = (cut.width as usize, cut.height as usize);
        let start = self.start(cut);
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

/// Shape of a unit along the array's axes, and those axes in the order in which a unit stores them, slowest first.
fn unit_and_order(metadata: &ArrayMetadata) -> (Vec<u64>, Vec<usize>) {
    let chain = &metadata.chain;
    match &chain.serializer {
        Serializer::Bytes(_) => (metadata.chunk_shape.clone(), chain.order.clone()),
        Serializer::Sharding(sharding) => {
            let mut shape = vec![0; metadata.shape.len()];
            for (stored, &axis) in chain.order.iter().enumerate() {
                shape[axis] = sharding.chunk_shape[stored];
            }
            let inner = sharding.inner.order.iter().map(|&stored| chain.order[stored]);
            (shape, inner.collect())
        }
    }
}

/// Makes the code of "no data" of floats that are no values.
fn keep(plane: &mut [u32], is_value: impl Fn(f32) -> bool) {
    for bits in plane {
        if !is_value(f32::from_bits(*bits)) {
            *bits = Codes::NAN;
        }
    }
}

/// The physical values of stored numbers.
fn decoded<T: Bits>(
    decoder: &Decoder,
    stored: &[T],
    places: impl Iterator<Item = usize>,
) -> Vec<Option<f64>> {
    places.map(|at| decoder.value(stored.get(at).copied()?.into())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

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
        let array =
            try_array(&[2, 1500, 2100], &[2, 1500, 2100], [1, 2], &json!(["bytes"])).unwrap();
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
        let bytes: Vec<u8> =
            [0_i16, -1, 1, i16::MIN].into_iter().flat_map(i16::to_le_bytes).collect();
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
        let bytes: Vec<u8> =
            [1_i64, -500, 0, 1 << 40].into_iter().flat_map(i64::to_le_bytes).collect();
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
}
