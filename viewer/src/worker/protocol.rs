//! What page, reader worker and decoder workers say to each other.
//!
//! ```text
//!  Open, Want, Allow, Sample, Refresh, Shapes, LandTiles, Ping  Define, Decode + bytes
//!   page ───────────────────────────────────> reader worker ───────────────────────────> decoder
//!        <───────────────────────────────────                                            workers
//!      Ready, Opened, Sampled, Refreshed, Chunk + pixels,                                   │
//!      Heavy, Shapes + geometry, LandTiles, Pong                                            │
//!        <─────────────────────────────────────────────────────────────────────────────────┘
//!                                    Ready, Pong, Chunk + pixels
//! ```
//!
//! A decoder tells the reader, out of the same port, which bytes did not decode (`Broken`).
//!
//! All workers run the same module. A message is an array: the bytes of a value of this module, then
//! what is transferred with it (an `ArrayBuffer`, codes in an array of their size or a `MessagePort`).

use floe_shared::cf_time::Calendar;
use floe_shared::colormap::Kind;
use floe_shared::flags::Flag;
use floe_shared::grid::{Bounds, Grid};
use floe_shared::status::Commit;

use super::wire::{Damaged, Reader, Wire, Writer, wire_enum, wire_struct};
use crate::axis::{Axis, Steps};
use crate::basemap::Scale;
use crate::chunk::{ChunkKey, Codes, Form, VariableId};
use crate::dataset::{Dataset, GridInfo, LevelInfo, RefSpec, Sample, Texts, VariableInfo};
use crate::placement::Placement;
use crate::render::{Layout, Run};
use crate::units::Unit;

/// Changes whenever a message changes: the worker's file name does not, so that a page may meet an
/// older worker in a cache.
pub const VERSION: u32 = 6;

/// From the page to a worker.
#[derive(Clone, Debug, PartialEq)]
pub enum ToWorker {
    /// Open a store. Whatever was asked of another one before is given up.
    Open {
        /// Number of the request, for its reply.
        request: u32,
        /// Address of the repository.
        url: String,
        /// What to show of it.
        reference: RefSpec,
    },
    /// All chunks that are wanted, in order of priority. A `true` asks for the chunk; a `false` says that
    /// it was asked for before. What was asked for and is not listed is given up.
    Want {
        /// The chunks.
        keys: Vec<(ChunkKey, bool)>,
    },
    /// Read a pixel of the finest level.
    Sample {
        /// Number of the request.
        request: u32,
        /// Longitude and latitude in degrees.
        place: (f64, f64),
        /// The variable on the screen.
        shown: VariableId,
        /// The plane of each variable.
        planes: Vec<u32>,
    },
    /// Look for new commits.
    Refresh {
        /// Number of the request.
        request: u32,
    },
    /// Make the geometry of the base map's shapes.
    Shapes {
        /// Number of the request.
        request: u32,
        /// Their scale.
        scale: Scale,
    },
    /// Find out which tiles of a grid are land.
    LandTiles {
        /// Number of the request.
        request: u32,
        /// The grid.
        grid: Grid,
    },
    /// Views may take so many bytes from now on.
    Allow {
        /// The bytes.
        bytes: u64,
    },
    /// Say that you are there.
    Ping {},
    /// Be the reader; a decoder waits at the port transferred.
    AddDecoder {},
    /// Be a decoder for the reader at the port transferred.
    BeDecoder {},
}

/// From a worker to the page.
#[derive(Clone, Debug, PartialEq)]
pub enum ToPage {
    /// The worker listens.
    Ready {
        /// Its [`VERSION`].
        version: u32,
    },
    /// Reply to [`ToWorker::Open`].
    Opened {
        /// Number of the request.
        request: u32,
        /// The store or why there is none.
        result: Result<Dataset, Problem>,
        /// Chunks whose answers follow although the page has not asked for them: the worker foresees
        /// that it will.
        foreseen: Vec<ChunkKey>,
    },
    /// Reply to [`ToWorker::Sample`].
    Sampled {
        /// Number of the request.
        request: u32,
        /// The values or why there are none.
        result: Result<Vec<Sample>, Problem>,
    },
    /// Reply to [`ToWorker::Refresh`].
    Refreshed {
        /// Number of the request.
        request: u32,
        /// The store at its new snapshot, nothing if there is none, or why nobody knows.
        result: Result<Option<Dataset>, Problem>,
    },
    /// Reply to [`ToWorker::Shapes`]; their buffer is transferred.
    Shapes {
        /// Number of the request.
        request: u32,
        /// What lies where in the buffer, or why there is none.
        result: Result<Layout, Problem>,
    },
    /// Reply to [`ToWorker::LandTiles`].
    LandTiles {
        /// Number of the request.
        request: u32,
        /// Whether each tile is land, in row-major order.
        tiles: Vec<bool>,
    },
    /// What became of a chunk; pixels are transferred.
    Chunk {
        /// The chunk.
        key: ChunkKey,
        /// What became of it.
        outcome: Outcome,
    },
    /// The view takes so many bytes, for which the visitor has to be asked; 0 if it takes few.
    Heavy {
        /// The bytes.
        bytes: u64,
    },
    /// Reply to [`ToWorker::Ping`].
    Pong {},
}

/// From the reader to a decoder.
#[derive(Clone, Debug, PartialEq)]
pub enum ToDecoder {
    /// How the chunks of an array are encoded.
    Define {
        /// The array's number from now on.
        array: u64,
        /// Its path.
        path: String,
        /// Its `zarr.json`.
        zarr_json: String,
        /// Those of its axes that are latitude and longitude.
        map_axes: (u32, u32),
        /// The form in which its pixels are wanted.
        form: Form,
    },
    /// Decode the bytes transferred, or the unit that is kept, and send the pixels to the page.
    Decode {
        /// The chunk.
        key: ChunkKey,
        /// The array's number.
        array: u64,
        /// Which plane of the bytes is wanted ...
        plane: u32,
        /// ... from which row ...
        row: u32,
        /// ... and column on.
        col: u32,
        /// Columns wanted.
        width: u32,
        /// Rows wanted.
        height: u32,
        /// The number of a unit of which more will be wanted: it is kept, and comes without bytes the next time; 0 for
        /// one of which this is all.
        unit: u32,
    },
}

/// From a decoder to the reader.
#[derive(Clone, Debug, PartialEq)]
pub enum ToReader {
    /// The bytes of a chunk do not decode: not to be given out again.
    Broken {
        /// The chunk.
        key: ChunkKey,
    },
}

/// What became of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Pixels.
    Data {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Not stored.
    Absent {},
    /// Not read: the visitor has to be asked.
    Held {},
    /// Not readable.
    Failed {
        /// Why.
        problem: Problem,
    },
}

/// An error of the store, told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What was expected and what was found.
    pub message: String,
    /// Whether asking again may help.
    pub transient: bool,
}

impl ToWorker {
    /// Whether only a reader with an open store can do it.
    pub fn needs_store(&self) -> bool {
        matches!(self, Self::Want { .. } | Self::Sample { .. } | Self::Refresh { .. })
    }
}

wire_enum!(ToWorker {
    0 => Open { request, url, reference },
    1 => Want { keys },
    2 => Sample { request, place, shown, planes },
    3 => Refresh { request },
    4 => AddDecoder {},
    5 => BeDecoder {},
    6 => Shapes { request, scale },
    7 => LandTiles { request, grid },
    8 => Ping {},
    9 => Allow { bytes },
});

wire_enum!(ToPage {
    0 => Ready { version },
    1 => Opened { request, result, foreseen },
    2 => Sampled { request, result },
    3 => Refreshed { request, result },
    4 => Chunk { key, outcome },
    5 => Shapes { request, result },
    6 => LandTiles { request, tiles },
    7 => Pong {},
    8 => Heavy { bytes },
});

wire_enum!(ToDecoder {
    0 => Define { array, path, zarr_json, map_axes, form },
    1 => Decode { key, array, plane, row, col, width, height, unit },
});

wire_enum!(ToReader {
    0 => Broken { key },
});

wire_enum!(Outcome {
    0 => Data { width, height },
    1 => Absent {},
    2 => Failed { problem },
    3 => Held {},
});

wire_struct!(Problem { message, transient });
wire_struct!(ChunkKey { variable, plane, level, row, col });
wire_struct!(Sample { variable, step, value });
wire_struct!(Axis { name, long_name, units, steps, stored });
wire_struct!(Commit { snapshot, message, committed_at });
wire_struct!(VariableInfo {
    name,
    label,
    long_name,
    units,
    temperature,
    codes,
    valid,
    axes,
    grid,
    kind,
    flags,
    are_classes
});
wire_struct!(Flag { value, mask, meaning, color });
wire_struct!(Codes { missing, scale, offset, lowest, highest });
wire_struct!(GridInfo { levels });
wire_struct!(LevelInfo { index, placement, chunk_rows, chunk_cols });
wire_struct!(Placement { west, first_lat, dlon, dlat, cols, rows, wraps, is_mercator });
wire_struct!(Texts { title, summary, source, references, license });
wire_struct!(Dataset {
    grids,
    axes,
    place_axes,
    texts,
    variables,
    left_out,
    form,
    tiles,
    covers_all,
    snapshot,
    reference,
    history,
    references,
    store_url
});

wire_struct!(Layout { lines, land });
wire_struct!(Run { least, most });

impl Wire for Scale {
    fn write(&self, writer: &mut Writer) {
        (*self == Self::Fine).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(if bool::read(reader)? { Self::Fine } else { Self::Coarse })
    }
}

impl Wire for Form {
    fn write(&self, writer: &mut Writer) {
        (self.bytes() as u8).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        match u8::read(reader)? {
            1 => Ok(Self::U8),
            2 => Ok(Self::U16),
            4 => Ok(Self::Float),
            _ => Err(Damaged),
        }
    }
}

impl Wire for Steps {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Numbers { values, is_single } => {
                0_u8.write(writer);
                values.write(writer);
                is_single.write(writer);
            }
            Self::Times { seconds, calendar, with_clock } => {
                1_u8.write(writer);
                seconds.write(writer);
                calendar.write(writer);
                with_clock.write(writer);
            }
            Self::Texts(texts) => {
                2_u8.write(writer);
                texts.write(writer);
            }
            Self::Indices(count) => {
                3_u8.write(writer);
                count.write(writer);
            }
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Ok(match u8::read(reader)? {
            0 => Self::Numbers { values: Wire::read(reader)?, is_single: Wire::read(reader)? },
            1 => Self::Times {
                seconds: Wire::read(reader)?,
                calendar: Wire::read(reader)?,
                with_clock: Wire::read(reader)?,
            },
            2 => Self::Texts(Wire::read(reader)?),
            3 => Self::Indices(Wire::read(reader)?),
            _ => return Err(Damaged),
        })
    }
}

impl Wire for Calendar {
    fn write(&self, writer: &mut Writer) {
        (*self as u8).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let number = u8::read(reader)?;
        Self::ALL.into_iter().find(|calendar| *calendar as u8 == number).ok_or(Damaged)
    }
}

impl Wire for Kind {
    fn write(&self, writer: &mut Writer) {
        (*self as u8).write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Self::ALL.get(usize::from(u8::read(reader)?)).copied().ok_or(Damaged)
    }
}

impl Wire for Unit {
    fn write(&self, writer: &mut Writer) {
        writer.bytes(self.code().as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let code = char::from(u8::read(reader)?);
        Self::ALL.into_iter().find(|unit| unit.code().starts_with(code)).ok_or(Damaged)
    }
}

impl Wire for VariableId {
    fn write(&self, writer: &mut Writer) {
        self.0.write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        u16::read(reader).map(Self)
    }
}

impl Wire for RefSpec {
    fn write(&self, writer: &mut Writer) {
        let kind = match self {
            Self::Branch(_) => 0_u8,
            Self::Tag(_) => 1,
            Self::Snapshot(_) => 2,
        };
        kind.write(writer);
        self.name().to_owned().write(writer);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let kind = u8::read(reader)?;
        let name = String::read(reader)?;
        match kind {
            0 => Ok(Self::Branch(name)),
            1 => Ok(Self::Tag(name)),
            2 => Ok(Self::Snapshot(name)),
            _ => Err(Damaged),
        }
    }
}

impl Wire for Grid {
    fn write(&self, writer: &mut Writer) {
        self.resolution().write(writer);
        self.tile_degrees().write(writer);
        let Bounds { west, south, east, north } = self.bounds();
        for side in [west, south, east, north] {
            side.write(writer);
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let globe = Self::new(f64::read(reader)?, f64::read(reader)?);
        let bounds = Bounds {
            west: f64::read(reader)?,
            south: f64::read(reader)?,
            east: f64::read(reader)?,
            north: f64::read(reader)?,
        };
        globe.and_then(|globe| globe.within(bounds)).map_err(|_| Damaged)
    }
}

#[cfg(test)]
mod tests;
