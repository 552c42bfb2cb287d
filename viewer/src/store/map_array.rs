//! A variable's array at one level: which chunk holds a plane of pixels, and where within the chunk.

mod decoding;

use floe_shared::flags::Flag;

use super::classes::{self, Classes};
use super::codec::{Serializer, Sharding};
use super::error::StoreError;
use super::metadata::ArrayMetadata;
use super::tiling;
use crate::axis::{ravel, unravel};

pub use decoding::Unit;

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

#[cfg(test)]
mod tests;
