//! What the map asks the reader for, and what it gets back.

use floe_shared::schema::Variable;
use js_sys::Uint16Array;

/// One rectangle of stored pixels: a variable in a year, at a level of the pyramid.
///
/// `row` and `col` count the level's chunks as [`LevelInfo`](crate::dataset::LevelInfo) gives
/// their size, row 0 in the north and column 0 at 180° W.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkKey {
    /// The variable.
    pub variable: Variable,
    /// Index along the year axis, into [`Dataset::years`](crate::dataset::Dataset::years).
    pub year: u16,
    /// Index of the level, 0 the finest.
    pub level: u8,
    /// Row of chunks.
    pub row: u32,
    /// Column of chunks.
    pub col: u32,
}

/// What became of a chunk that was asked for.
#[derive(Clone, Debug)]
pub enum ChunkAnswer {
    /// Its pixels, row by row from the north-west. Chunks at the southern and eastern edge of a
    /// level are cut to the level: `width` and `height` are those of [`LevelInfo::chunk_size`].
    ///
    /// [`LevelInfo::chunk_size`]: crate::dataset::LevelInfo::chunk_size
    Data {
        /// Columns of pixels.
        width: u32,
        /// Rows of pixels.
        height: u32,
        /// `width * height` digital numbers.
        values: Uint16Array,
    },
    /// The store holds no such chunk: every pixel is fill. Nothing was fetched for it.
    Absent,
    /// It could not be read.
    Failed {
        /// What was expected and what was found.
        message: String,
        /// Whether asking again may help (network, overload), after the reader's own retries.
        transient: bool,
    },
}
