//! What an opened store holds: levels, years, variables and the commit history.

use floe_shared::grid::Grid;
use floe_shared::schema::Variable;
use floe_shared::status::Commit;

/// A store, opened at one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Levels of the pyramid, finest first; the first one is the grid itself.
    pub levels: Vec<LevelInfo>,
    /// Calendar years along the year axis.
    pub years: Vec<i32>,
    /// The variables that the store has.
    pub variables: Vec<VariableInfo>,
    /// The grid of the finest level and its tiles.
    pub grid: Grid,
    /// The snapshot that is shown (Crockford base 32, as Icechunk writes it).
    pub snapshot: String,
    /// How the snapshot was found.
    pub reference: RefSpec,
    /// The commits that led to the snapshot, newest first.
    pub history: Vec<Commit>,
    /// Where the store lies.
    pub store_url: String,
}

/// How to find a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RefSpec {
    /// The tip of a branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A snapshot id (Crockford base 32).
    Snapshot(String),
}

/// One level of the pyramid.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelInfo {
    /// 0 for the grid itself.
    pub index: u8,
    /// Rows of pixels.
    pub rows: u32,
    /// Columns of pixels.
    pub cols: u32,
    /// Rows of pixels in a chunk.
    pub chunk_rows: u32,
    /// Columns of pixels in a chunk.
    pub chunk_cols: u32,
    /// Edge of a pixel in degrees, counted from 180° W and 90° N; the last row and column may
    /// reach past the globe.
    pub degrees_per_pixel: f64,
}

/// How a variable is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct VariableInfo {
    /// Which one.
    pub variable: Variable,
    /// CF `long_name`.
    pub long_name: String,
    /// CF `units` of the scaled values.
    pub units: String,
    /// Scaled value = stored value * `scale` + `offset`.
    pub scale: f64,
    /// See `scale`.
    pub offset: f64,
    /// The stored value that means "no data".
    pub fill: u16,
}

/// What the store holds at one pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The variable.
    pub variable: Variable,
    /// The calendar year.
    pub year: i32,
    /// The digital number; `None` where there is no data.
    pub value: Option<u16>,
}

impl Dataset {
    /// How a variable is stored, if the store has it.
    pub fn variable(&self, variable: Variable) -> Option<&VariableInfo> {
        self.variables.iter().find(|info| info.variable == variable)
    }

    /// A year's index along the year axis.
    pub fn year_index(&self, year: i32) -> Option<u16> {
        self.years.iter().position(|&other| other == year).map(|index| index as u16)
    }
}

impl LevelInfo {
    /// Rows of chunks.
    pub const fn row_count(&self) -> u32 {
        self.rows.div_ceil(self.chunk_rows)
    }

    /// Columns of chunks.
    pub const fn col_count(&self) -> u32 {
        self.cols.div_ceil(self.chunk_cols)
    }

    /// Width and height in pixels of a chunk, which the level's edge may cut short; 0 outside it.
    pub fn chunk_size(&self, row: u32, col: u32) -> (u32, u32) {
        let rest = |whole: u32, chunk: u32, index: u32| {
            chunk.min(whole.saturating_sub(index.saturating_mul(chunk)))
        };
        (rest(self.cols, self.chunk_cols, col), rest(self.rows, self.chunk_rows, row))
    }
}

impl RefSpec {
    /// Its name, or the snapshot id.
    pub fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) | Self::Snapshot(name) => name,
        }
    }
}

impl Default for RefSpec {
    /// The branch that the processor writes.
    fn default() -> Self {
        Self::Branch(floe_shared::schema::BRANCH.to_owned())
    }
}

impl std::fmt::Display for RefSpec {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Branch(name) => write!(formatter, "branch {name}"),
            Self::Tag(name) => write!(formatter, "tag {name}"),
            Self::Snapshot(id) => write!(formatter, "snapshot {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_at_the_edge_are_cut_to_the_level() {
        let level = LevelInfo {
            index: 5,
            rows: 563,
            cols: 1125,
            chunk_rows: 512,
            chunk_cols: 512,
            degrees_per_pixel: 0.32,
        };
        assert_eq!((level.row_count(), level.col_count()), (2, 3));
        assert_eq!(level.chunk_size(0, 0), (512, 512));
        assert_eq!(level.chunk_size(1, 2), (101, 51));
        assert_eq!(level.chunk_size(2, 0), (512, 0));
    }
}
