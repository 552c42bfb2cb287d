//! What page, reader worker and decoder workers say to each other.
//!
//! ```text
//!     Open, Want, Sample, Refresh, Shapes, LandTiles            Define, Decode + bytes
//!   page ───────────────────────────────────> reader worker ───────────────────────────> decoder
//!        <───────────────────────────────────                                            workers
//!      Ready, Opened, Sampled, Refreshed, Chunk + pixels,                                   │
//!      Shapes + geometry, LandTiles                                                         │
//!        <─────────────────────────────────────────────────────────────────────────────────┘
//!                                       Ready, Chunk + pixels
//! ```
//!
//! All workers run the same module. A message is an array: the bytes of a value of this module, then
//! what is transferred with it (an `ArrayBuffer`, a `Uint16Array` or a `MessagePort`).

use floe_shared::grid::Grid;
use floe_shared::schema::Variable;
use floe_shared::status::Commit;

use super::wire::{Damaged, Reader, Wire, Writer, wire_enum, wire_struct};
use crate::basemap::Scale;
use crate::chunk::ChunkKey;
use crate::dataset::{Dataset, LevelInfo, RefSpec, Sample, VariableInfo};
use crate::render::{Layout, Run};

/// Changes whenever a message changes: the worker's file name does not, so that a page may meet an
/// older worker in a cache.
pub const VERSION: u32 = 3;

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
        /// Row.
        row: u32,
        /// Column.
        col: u32,
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
}

/// From the reader to a decoder.
#[derive(Clone, Debug, PartialEq)]
pub enum ToDecoder {
    /// How the chunks of an array are encoded.
    Define {
        /// The array's number from now on.
        array: u32,
        /// Its path.
        path: String,
        /// Its `zarr.json`.
        zarr_json: String,
    },
    /// Decode the bytes transferred and send the pixels to the page.
    Decode {
        /// The chunk.
        key: ChunkKey,
        /// The array's number.
        array: u32,
        /// Which year of the bytes is wanted.
        year: u32,
        /// Columns wanted.
        width: u32,
        /// Rows wanted.
        height: u32,
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

wire_enum!(ToWorker {
    0 => Open { request, url, reference },
    1 => Want { keys },
    2 => Sample { request, row, col },
    3 => Refresh { request },
    4 => AddDecoder {},
    5 => BeDecoder {},
    6 => Shapes { request, scale },
    7 => LandTiles { request, grid },
});

wire_enum!(ToPage {
    0 => Ready { version },
    1 => Opened { request, result, foreseen },
    2 => Sampled { request, result },
    3 => Refreshed { request, result },
    4 => Chunk { key, outcome },
    5 => Shapes { request, result },
    6 => LandTiles { request, tiles },
});

wire_enum!(ToDecoder {
    0 => Define { array, path, zarr_json },
    1 => Decode { key, array, year, width, height },
});

wire_enum!(Outcome {
    0 => Data { width, height },
    1 => Absent {},
    2 => Failed { problem },
});

wire_struct!(Problem { message, transient });
wire_struct!(ChunkKey { variable, year, level, row, col });
wire_struct!(Sample { variable, year, value });
wire_struct!(Commit { snapshot, message, committed_at });
wire_struct!(VariableInfo { variable, long_name, units, scale, offset, fill });
wire_struct!(LevelInfo { index, rows, cols, chunk_rows, chunk_cols, degrees_per_pixel });
wire_struct!(Dataset { levels, years, variables, grid, snapshot, reference, history, store_url });

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

impl Wire for Variable {
    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Average => 0_u8.write(writer),
            Self::Maximum => 1_u8.write(writer),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        match u8::read(reader)? {
            0 => Ok(Self::Average),
            1 => Ok(Self::Maximum),
            _ => Err(Damaged),
        }
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
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        Self::new(f64::read(reader)?, f64::read(reader)?).map_err(|_| Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<T: Wire + PartialEq + std::fmt::Debug>(message: &T) {
        let bytes = message.to_bytes();
        assert_eq!(&T::from_bytes(&bytes).unwrap(), message);
        for length in 0..bytes.len() {
            assert_eq!(T::from_bytes(&bytes[..length]), Err(Damaged), "{length} bytes");
        }
        assert_eq!(T::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(Damaged));
    }

    fn key(row: u32) -> ChunkKey {
        ChunkKey { variable: Variable::Maximum, year: 2, level: 5, row, col: u32::MAX }
    }

    fn dataset() -> Dataset {
        Dataset {
            levels: vec![LevelInfo {
                index: 0,
                rows: 18000,
                cols: 36000,
                chunk_rows: 1000,
                chunk_cols: 1000,
                degrees_per_pixel: 0.01,
            }],
            years: vec![2020, -1],
            variables: vec![VariableInfo {
                variable: Variable::Average,
                long_name: "Température".to_owned(),
                units: "K".to_owned(),
                scale: 0.02,
                offset: 0.0,
                fill: 0,
            }],
            grid: Grid::new(0.05, 10.0).unwrap(),
            snapshot: "1CECHNKREP0F1RSTCMT0".to_owned(),
            reference: RefSpec::Tag("v1".to_owned()),
            history: vec![Commit {
                snapshot: "A".to_owned(),
                message: "tile_1_2: processed".to_owned(),
                committed_at: i64::MIN,
            }],
            store_url: "https://example.org/store".to_owned(),
        }
    }

    #[test]
    fn every_message_round_trips_and_no_shorter_one_passes() {
        let problem = Problem { message: "no".to_owned(), transient: true };
        for message in [
            ToPage::Ready { version: VERSION },
            ToPage::Opened { request: 1, result: Ok(dataset()), foreseen: vec![key(0), key(1)] },
            ToPage::Opened { request: 1, result: Err(problem.clone()), foreseen: Vec::new() },
            ToPage::Refreshed { request: 3, result: Ok(None) },
            ToPage::Sampled {
                request: 2,
                result: Ok(vec![Sample {
                    variable: Variable::Average,
                    year: 2020,
                    value: Some(15000),
                }]),
            },
            ToPage::Shapes {
                request: 4,
                result: Ok(Layout {
                    lines: vec![(1, vec![Run { least: [-1.0; 3], most: [0.5; 3] }]), (2, vec![])],
                    land: (1024, 512),
                }),
            },
            ToPage::Shapes { request: 4, result: Err(problem.clone()) },
            ToPage::LandTiles { request: 5, tiles: vec![true, false] },
            ToPage::Chunk { key: key(0), outcome: Outcome::Data { width: 1000, height: 512 } },
            ToPage::Chunk { key: key(1), outcome: Outcome::Absent {} },
            ToPage::Chunk { key: key(1), outcome: Outcome::Failed { problem } },
        ] {
            round_trip(&message);
        }
        for message in [
            ToWorker::Open { request: 7, url: "a".to_owned(), reference: RefSpec::default() },
            ToWorker::Want { keys: vec![(key(0), true), (key(1), false)] },
            ToWorker::Sample { request: 8, row: 1, col: 2 },
            ToWorker::Refresh { request: 9 },
            ToWorker::AddDecoder {},
            ToWorker::BeDecoder {},
            ToWorker::Shapes { request: 10, scale: Scale::Coarse },
            ToWorker::Shapes { request: 10, scale: Scale::Fine },
            ToWorker::LandTiles { request: 11, grid: Grid::default() },
        ] {
            round_trip(&message);
        }
        round_trip(&ToDecoder::Define {
            array: 1,
            path: "/a".to_owned(),
            zarr_json: "{}".to_owned(),
        });
        round_trip(&ToDecoder::Decode { key: key(3), array: 1, year: 0, width: 3, height: 4 });
    }
}
