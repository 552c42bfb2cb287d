//! What an opened store holds: grids, axes, variables and the commit history.

use floe_shared::colormap::Kind;
use floe_shared::flags::Flag;
use floe_shared::grid::Grid;
use floe_shared::message::{CREATED, CommitMessage};
use floe_shared::status::Commit;

use crate::axis::{Axis, ravel};
use crate::chunk::{Codes, Form, VariableId};
use crate::placement::Placement;
use crate::units::{Quantity, Unit};

/// A store, opened at one snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The grids of the variables.
    pub grids: Vec<GridInfo>,
    /// The axes of variables beside latitude and longitude; several may have one name.
    pub axes: Vec<Axis>,
    /// The names of the axes along columns and rows of pixels: latitude and longitude.
    pub place_axes: (String, String),
    /// What the store says of itself.
    pub texts: Texts,
    /// The variables that the store has.
    pub variables: Vec<VariableInfo>,
    /// What lies on a map but is not drawn, or not as it should be: a sentence each.
    pub left_out: Vec<String>,
    /// The form of all their codes.
    pub form: Form,
    /// The tiles of which the commits speak, where the first grid has any.
    pub tiles: Option<Grid>,
    /// Whether tiles that are no land are to be processed as well.
    pub covers_all: bool,
    /// The snapshot that is shown (Crockford base 32, as Icechunk writes it); of plain Zarr what differs where its
    /// metadata do.
    pub snapshot: String,
    /// How the snapshot was found.
    pub reference: RefSpec,
    /// The commits that led to the snapshot, newest first; none of plain Zarr.
    pub history: Vec<Commit>,
    /// The branches and tags that the store has.
    pub references: Vec<RefSpec>,
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

/// A grid and its pyramid: variables of one grid have the same levels, and the same chunks in each.
#[derive(Clone, Debug, PartialEq)]
pub struct GridInfo {
    /// Levels of the pyramid, finest first; the first one is the grid itself.
    pub levels: Vec<LevelInfo>,
}

/// One level of a pyramid.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelInfo {
    /// 0 for the grid itself.
    pub index: u8,
    /// Where its pixels lie; the last row and column may reach past those of the grid itself.
    pub placement: Placement,
    /// Rows of pixels in a chunk.
    pub chunk_rows: u32,
    /// Columns of pixels in a chunk.
    pub chunk_cols: u32,
}

/// What a store says of itself in the attributes of its root; empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// `title`.
    pub title: String,
    /// `summary`, `description` or `comment`.
    pub summary: String,
    /// `institution` and `source`.
    pub source: String,
    /// `references`: as a rule addresses, or DOIs.
    pub references: String,
    /// `license`.
    pub license: String,
}

/// How a variable is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VariableInfo {
    /// The array's path without the first slash.
    pub name: String,
    /// What it is called among the others: a word where that suffices.
    pub label: String,
    /// CF `long_name`, or what else says what it is.
    pub long_name: String,
    /// CF `units` of the physical values; empty if the store names none.
    pub units: String,
    /// The unit of temperature that these are; `None` for anything else, and for differences of temperatures.
    pub temperature: Option<Unit>,
    /// What its codes stand for.
    pub codes: Codes,
    /// The physical values between which all lie, where the store says so.
    pub valid: Option<(f64, f64)>,
    /// Its axes beside latitude and longitude, in the order in which they are stored: places in
    /// [`Dataset::axes`].
    pub axes: Vec<u16>,
    /// Its grid: the place in [`Dataset::grids`].
    pub grid: u16,
    /// The kind of colour map that suits it, as far as its attributes tell.
    pub kind: Kind,
    /// What its numbers or some of their bits mean, where the store says so.
    pub flags: Vec<Flag>,
    /// Whether its numbers are classes and nothing else: the code of each is its place among the flags, counted from 1.
    pub are_classes: bool,
}

/// What the store holds at one pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The variable.
    pub variable: VariableId,
    /// The step along the axis along which the variable plays ([`Dataset::playing`]); 0 without one.
    pub step: u32,
    /// The physical value, in the variable's units; `None` where there is no data.
    pub value: Option<f64>,
}

impl Dataset {
    /// Whether the store keeps its history: plain Zarr does not.
    pub fn is_versioned(&self) -> bool {
        !self.history.is_empty()
    }

    /// Whether its commits tell of tiles, or of the store's being made for them: those of other writers do not, and there is
    /// no status of tiles to show.
    pub fn has_tiles(&self) -> bool {
        let is_foreign =
            |text: &str| matches!(CommitMessage::parse(text), CommitMessage::Foreign(_));
        let tells = |text: &str| text.starts_with(CREATED) || !is_foreign(text);
        self.history.iter().any(|commit| tells(&commit.message))
    }

    /// How a variable is stored.
    pub fn variable(&self, variable: VariableId) -> Option<&VariableInfo> {
        self.variables.get(usize::from(variable.0))
    }

    /// The grid of a variable.
    pub fn grid(&self, variable: VariableId) -> Option<&GridInfo> {
        self.grids.get(usize::from(self.variable(variable)?.grid))
    }

    /// The variables with their places.
    pub fn ids(&self) -> impl Iterator<Item = (VariableId, &VariableInfo)> {
        self.variables.iter().enumerate().map(|(index, info)| (VariableId(index as u16), info))
    }

    /// The variable of a name.
    pub fn named(&self, name: &str) -> Option<VariableId> {
        self.ids().find(|(_, info)| info.name == name).map(|(id, _)| id)
    }

    /// The axes of a variable beside latitude and longitude, in the order in which they are stored.
    pub fn axes_of(&self, variable: VariableId) -> impl DoubleEndedIterator<Item = &Axis> {
        let own = self.variable(variable).map(|info| info.axes.as_slice());
        own.unwrap_or_default().iter().filter_map(|&axis| self.axes.get(usize::from(axis)))
    }

    /// The plane of a variable at steps along its axes; `None` where one lies past its axis.
    pub fn plane(&self, variable: VariableId, steps: &[u32]) -> Option<u32> {
        let lengths = self.axes_of(variable).map(Axis::len);
        ravel(steps.iter().copied().zip(lengths))
    }

    /// The axis along which a variable plays and its values make a series, among its own: time before years before any
    /// other, and the longer one of two alike.
    pub fn playing(&self, variable: VariableId) -> Option<usize> {
        let rank = |axis: &Axis| (axis.is_time(), axis.is_years(), axis.len());
        let mut best: Option<(usize, &Axis)> = None;
        for (at, axis) in self.axes_of(variable).enumerate() {
            if best.is_none_or(|(_, best)| rank(axis) > rank(best)) {
                best = Some((at, axis));
            }
        }
        best.map(|(at, _)| at)
    }
}

impl VariableInfo {
    /// What its values are.
    pub fn quantity(&self) -> Quantity {
        match self.temperature {
            Some(unit) => Quantity::Temperature(unit),
            None => Quantity::Other(self.units.as_str().into()),
        }
    }
}

impl GridInfo {
    /// Where the pixels of the finest level lie.
    pub fn placement(&self) -> Option<Placement> {
        self.levels.first().map(|level| level.placement)
    }
}

impl LevelInfo {
    /// Rows of chunks.
    pub const fn row_count(&self) -> u32 {
        self.placement.rows.div_ceil(self.chunk_rows)
    }

    /// Columns of chunks.
    pub const fn col_count(&self) -> u32 {
        self.placement.cols.div_ceil(self.chunk_cols)
    }

    /// Width and height in pixels of a chunk, which the level's edge may cut short; 0 outside it.
    pub fn chunk_size(&self, row: u32, col: u32) -> (u32, u32) {
        let rest = |whole: u32, chunk: u32, index: u32| {
            chunk.min(whole.saturating_sub(index.saturating_mul(chunk)))
        };
        let Placement { cols, rows, .. } = self.placement;
        (rest(cols, self.chunk_cols, col), rest(rows, self.chunk_rows, row))
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
impl Dataset {
    /// Nothing, for tests to fill.
    pub(crate) fn empty() -> Self {
        Self {
            grids: Vec::new(),
            axes: Vec::new(),
            place_axes: Default::default(),
            texts: Texts::default(),
            variables: Vec::new(),
            left_out: Vec::new(),
            form: Form::U16,
            tiles: None,
            covers_all: false,
            snapshot: String::new(),
            reference: RefSpec::default(),
            history: Vec::new(),
            references: Vec::new(),
            store_url: String::new(),
        }
    }
}

#[cfg(test)]
impl VariableInfo {
    /// A variable of which nothing is known, for tests to fill.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::axis::Steps;

    #[test]
    fn time_plays_before_years_and_those_before_any_other_axis() {
        let times = Steps::Times {
            seconds: vec![0.0],
            calendar: floe_shared::cf_time::Calendar::Standard,
            with_clock: false,
        };
        let years = Steps::Numbers { values: vec![2020.0, 2021.0], is_single: false };
        let axes = vec![
            Axis::of("member", Steps::Indices(50)),
            Axis::of("time", times),
            Axis::of("year", years),
            Axis::of("level", Steps::Indices(9)),
        ];
        let playing = |own: &[u16]| {
            let variables = vec![VariableInfo { axes: own.into(), ..VariableInfo::named("a") }];
            let dataset = Dataset { axes: axes.clone(), variables, ..Dataset::empty() };
            dataset.playing(VariableId(0))
        };
        assert_eq!(playing(&[0, 1, 2]), Some(1));
        assert_eq!(playing(&[0, 2]), Some(1));
        assert_eq!(playing(&[3, 0]), Some(1));
        assert_eq!(playing(&[0, 3]), Some(0));
        assert_eq!(playing(&[]), None);
    }

    #[test]
    fn a_plane_is_counted_along_the_axes_of_its_variable() {
        let axes = ["a", "b", "c"].map(|name| Axis::of(name, Steps::Indices(4)));
        let variables = vec![VariableInfo { axes: vec![2, 0], ..VariableInfo::named("a") }];
        let dataset = Dataset { axes: axes.into(), variables, ..Dataset::empty() };
        assert_eq!(dataset.plane(VariableId(0), &[1, 2]), Some(6));
        assert_eq!(dataset.plane(VariableId(0), &[1, 4]), None);
    }

    #[test]
    fn chunks_at_the_edge_are_cut_to_the_level() {
        let level = LevelInfo {
            index: 5,
            placement: Placement::new(-180.0, 90.0, 0.32, -0.32, 1125, 563),
            chunk_rows: 512,
            chunk_cols: 512,
        };
        assert_eq!((level.row_count(), level.col_count()), (2, 3));
        assert_eq!(level.chunk_size(0, 0), (512, 512));
        assert_eq!(level.chunk_size(1, 2), (101, 51));
        assert_eq!(level.chunk_size(2, 0), (512, 0));
    }
}
