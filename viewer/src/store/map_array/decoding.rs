//! From the bytes of a unit to what is drawn (codes in a form) and what is told (physical values).

use floe_shared::encoding::Decoder;

use super::{Cut, MapArray};
use crate::axis::unravel;
use crate::chunk::{Codes, Form, Pixels};
use crate::store::codec::{Bits, DecodeError, Serializer};

/// A code that no pixel has: of "no data" where every number is a value.
const NO_CODE: u32 = 1 << 16;

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

impl MapArray {
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
    pub(super) fn number_bytes(&self) -> usize {
        self.metadata.encoding.data_type.size()
    }

    /// Stored numbers in a unit.
    pub(super) fn elements(&self) -> u64 {
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

/// The code of a class as a float's bits.
fn class_bits(code: u8) -> u32 {
    if code == 0 { Codes::NAN } else { f32::from(code).to_bits() }
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
