//! Names, types and attributes of the stored groups and arrays.
//!
//! The root group follows CF-1.8, so that `xarray.open_zarr` decodes it as it is, and carries the
//! GeoZarr conventions (`multiscales`, `proj:`, `spatial:`), so that map clients find the overviews.
//! Stores that were created before some of this was written are still read and written: an [`Edition`]
//! says which metadata a store has.

mod crs;
mod groups;

use serde_json::{Map, Value, json};

pub use crs::grid_mapping_attributes;
pub use groups::group_attributes;

use crate::encoding::Encoding;
use crate::flags::{self, Flag};
use crate::land::Cover;
use crate::period::{Cadence, Hemisphere, PeriodAxis};
use crate::pyramid::Level;

/// The branch that holds the dataset.
pub const BRANCH: &str = "main";
/// Names of the last two dimensions of the data variables; that of the periods is [`Cadence::dimension`].
pub const MAP_DIMENSIONS: [&str; 2] = ["latitude", "longitude"];
/// Name of the array that says where periods begin and end, other than years (CF-1.8, section 7.1).
pub const TIME_BOUNDS: &str = "time_bnds";
/// Name of the dimension of a period's first day and the day after its last.
pub const BOUNDS_DIMENSION: &str = "bnds";
/// Attribute of `time` with the bounds of periods in the southern hemisphere, where they differ: as `time_bnds` has those of
/// the northern, in the same units, one period after the other.
pub const SOUTHERN_BOUNDS: &str = "southern_time_bnds";
/// Attribute of the root group with what no convention has a place for: a table whose member `cover` is `all` where
/// tiles other than land are to be processed as well.
pub const OWN_ATTRIBUTE: &str = "floe";
/// Name of the CF grid mapping variable.
pub const GRID_MAPPING: &str = "spatial_ref";
/// The attributes of a data variable that decide which numbers a reader sees. Every command insists on
/// them; on the others only `floe verify` does.
pub const DECISIVE_ATTRIBUTES: [&str; 6] =
    ["scale_factor", "add_offset", "_FillValue", "missing_value", "valid_range", "units"];

/// Which metadata a store was created with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// What is written today.
    Checked,
    /// What was written before: chunks have no checksum, overviews of the maximum claim to be maxima and declare a
    /// layout of levels that they do not have, the coarsest level's box ends at the poles, the coordinate
    /// system is well-known text of the first kind, and the years announce no range.
    Plain,
}

impl Edition {
    /// All editions, newest first.
    pub const ALL: [Self; 2] = [Self::Checked, Self::Plain];

    /// Whether chunks carry zstd's content checksum.
    pub const fn has_checksums(self) -> bool {
        matches!(self, Self::Checked)
    }
}

/// What a dataset is, besides its grid and periods: its texts and its variables. The metadata of every group and array follow from
/// the three.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// CF `title`.
    pub title: String,
    /// CF `source`.
    pub source: Option<String>,
    /// CF `references`.
    pub references: Option<String>,
    /// The variables, in the order in which they are written.
    pub variables: Vec<VariableSpec>,
    /// Which tiles are to be processed.
    pub cover: Cover,
}

/// A variable: its place in [`Schema::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub u16);

/// A stored variable: digital numbers of shape (period, latitude, longitude).
#[derive(Clone, Debug, PartialEq)]
pub struct VariableSpec {
    /// The array's name.
    pub name: String,
    /// CF `long_name`.
    pub long_name: String,
    /// CF `standard_name`.
    pub standard_name: Option<String>,
    /// How the numbers stand for physical values.
    pub encoding: Encoding,
    /// What a pixel is of the period's observations.
    pub statistic: Statistic,
    /// What a pixel of an overview is of those of the finer level.
    pub overview: Overview,
    /// Whether a pixel of a tile that counts as valid may be without a number: days of a pixel that was never hit, and
    /// where other variables count other observations.
    pub may_lack: bool,
    /// What single numbers mean, where they are classes.
    pub flags: Vec<Flag>,
}

/// What a pixel is of a period's observations that count, or of those that hit a test besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistic {
    /// Their mean, rounded once, halves to the even neighbour.
    Mean,
    /// The greatest.
    Maximum,
    /// The least.
    Minimum,
    /// Their sum.
    Sum,
    /// How many there are; with a test, how many hit it.
    Count,
    /// The middle one, of an even number the mean of the middle two.
    Median,
    /// Linear between ranks: at rank (n - 1) x share, counted from 0 at the least.
    Percentile(Percent),
    /// Their standard deviation, of the population.
    StandardDeviation,
    /// The first in time.
    First,
    /// The last in time.
    Last,
    /// The share that hit a test, 0 to 1.
    Share,
    /// Day of the period, from 1, on which the first composite that hits begins.
    FirstDay,
    /// Day of the period on which the last composite that hits begins.
    LastDay,
    /// Composites from the first to the last hit of the longest unbroken run; of equals the latest.
    RunLength,
    /// Day of the period on which that run's first composite begins.
    RunFirstDay,
    /// Day of the period on which the first composite after that run begins; the day after the period where there is none.
    RunEndDay,
}

/// A share of a whole, exact to the millionth: `percent` with up to four decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent {
    /// Millionths of the whole, 0 to 1,000,000.
    pub millionths: u32,
}

/// What a pixel of an overview is of the up to four pixels with data of the finer level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Overview {
    /// Their mean, rounded, halves to the even neighbour.
    Mean,
    /// The greatest.
    Maximum,
    /// The least.
    Minimum,
    /// The most frequent, of equals the lowest.
    Mode,
    /// The north-western one, with data or without.
    Nearest,
}

/// A name that is no variable of the dataset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown variable '{found}': expected {expected}")]
pub struct UnknownVariable {
    /// The name.
    pub found: String,
    /// Those that there are.
    pub expected: String,
}

impl Schema {
    /// The variables with their places.
    pub fn ids(&self) -> impl Iterator<Item = (VariableId, &VariableSpec)> {
        self.variables.iter().enumerate().map(|(index, spec)| (VariableId(index as u16), spec))
    }

    /// A variable.
    ///
    /// # Panics
    /// Where it is one of another schema.
    pub fn variable(&self, id: VariableId) -> &VariableSpec {
        &self.variables[usize::from(id.0)]
    }

    /// The variable of a name.
    pub fn named(&self, name: &str) -> Result<VariableId, UnknownVariable> {
        self.ids().find(|(_, spec)| spec.name == name).map(|(id, _)| id).ok_or_else(|| {
            let names: Vec<&str> = self.variables.iter().map(|spec| spec.name.as_str()).collect();
            UnknownVariable { found: name.to_owned(), expected: names.join(" or ") }
        })
    }
}

impl Percent {
    /// A percentage from 0 to 100 with at most four decimals; `None` for any other.
    pub fn new(percent: f64) -> Option<Self> {
        let millionths = (percent * 10_000.0).round();
        let is_exact = (millionths / 10_000.0).total_cmp(&percent).is_eq();
        (is_exact && (0.0..=1e6).contains(&millionths))
            .then_some(Self { millionths: millionths as u32 })
    }

    /// The percentage.
    pub fn percent(self) -> f64 {
        f64::from(self.millionths) / 10_000.0
    }
}

impl Statistic {
    /// All of them; a percentile stands for those of every share.
    pub const ALL: [Self; 16] = [
        Self::Mean,
        Self::Maximum,
        Self::Minimum,
        Self::Sum,
        Self::Count,
        Self::Median,
        Self::Percentile(Percent { millionths: 0 }),
        Self::StandardDeviation,
        Self::First,
        Self::Last,
        Self::Share,
        Self::FirstDay,
        Self::LastDay,
        Self::RunLength,
        Self::RunFirstDay,
        Self::RunEndDay,
    ];

    /// Its name in a recipe.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Median => "median",
            Self::Percentile(_) => "percentile",
            Self::StandardDeviation => "standard-deviation",
            Self::First => "first",
            Self::Last => "last",
            Self::Share => "share",
            Self::FirstDay => "first-day",
            Self::LastDay => "last-day",
            Self::RunLength => "run-length",
            Self::RunFirstDay => "run-first-day",
            Self::RunEndDay => "run-end-day",
        }
    }

    /// Whether it is one of values: in their units, with their scale and offset. The others are numbers of their own.
    pub const fn is_of_values(self) -> bool {
        matches!(
            self,
            Self::Mean
                | Self::Maximum
                | Self::Minimum
                | Self::Sum
                | Self::Median
                | Self::Percentile(_)
                | Self::StandardDeviation
                | Self::First
                | Self::Last
        )
    }

    /// Whether it asks for a test that observations hit.
    pub const fn needs_hits(self) -> bool {
        matches!(
            self,
            Self::Share
                | Self::FirstDay
                | Self::LastDay
                | Self::RunLength
                | Self::RunFirstDay
                | Self::RunEndDay
        )
    }

    /// Whether it is a day of the period.
    pub const fn is_day(self) -> bool {
        matches!(self, Self::FirstDay | Self::LastDay | Self::RunFirstDay | Self::RunEndDay)
    }

    /// Its method in CF `cell_methods` (appendix E), with a comment where CF has none of that name.
    fn cell_method(self) -> String {
        match self {
            Self::Mean | Self::Maximum | Self::Minimum | Self::Sum | Self::Median => {
                self.name().to_owned()
            }
            Self::StandardDeviation => "standard_deviation".to_owned(),
            // That of observations is a sum of ones.
            Self::Count => "sum (comment: number of observations)".to_owned(),
            Self::Percentile(percent) => {
                format!("point (comment: percentile {})", percent.percent())
            }
            Self::First => "point (comment: first observation)".to_owned(),
            Self::Last => "point (comment: last observation)".to_owned(),
            Self::Share => "mean (comment: share of observations)".to_owned(),
            Self::FirstDay => "point (comment: first day)".to_owned(),
            Self::LastDay => "point (comment: last day)".to_owned(),
            Self::RunLength => "sum (comment: composites of the longest run)".to_owned(),
            Self::RunFirstDay => "point (comment: first day of the longest run)".to_owned(),
            Self::RunEndDay => "point (comment: day after the longest run)".to_owned(),
        }
    }
}

impl Overview {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Mean, Self::Maximum, Self::Minimum, Self::Mode, Self::Nearest];

    /// Its name in a recipe.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
            Self::Mode => "mode",
            Self::Nearest => "nearest",
        }
    }

    /// Its method in CF `cell_methods`.
    const fn cell_method(self) -> &'static str {
        match self {
            Self::Nearest => "point",
            other => other.name(),
        }
    }

    /// Its `resampling_method` among those of the GeoZarr convention `multiscales`.
    const fn resampling_method(self) -> &'static str {
        match self {
            Self::Mean => "average",
            Self::Maximum => "max",
            Self::Minimum => "min",
            Self::Mode => "mode",
            Self::Nearest => "nearest",
        }
    }
}

impl VariableSpec {
    /// CF `cell_methods` (section 7.3), in the order in which the methods were applied: a pixel of an
    /// overview is made of the finer level's pixels, whatever those are.
    fn cell_methods(&self, level: Level, cadence: Cadence, edition: Edition) -> String {
        let over_time = format!("{}: {}", cadence.dimension(), self.statistic.cell_method());
        match edition {
            Edition::Checked if level.index > 0 => {
                format!("{over_time} area: {}", self.overview.cell_method())
            }
            _ => over_time,
        }
    }

    /// The array's attributes at a level. `_FillValue` is both here and Zarr's `fill_value`, because readers
    /// differ in which one they look at.
    pub fn attributes(&self, level: Level, cadence: Cadence, edition: Edition) -> Value {
        let text = |(name, text): (&str, &str)| (name.to_owned(), Value::from(text));
        let methods = self.cell_methods(level, cadence, edition);
        // The order is kept where stores are written.
        let mut attributes: Map<String, Value> =
            [text(("long_name", &self.long_name))].into_iter().collect();
        attributes.extend(self.standard_name.as_deref().map(|name| text(("standard_name", name))));
        attributes.extend(self.encoding.attributes());
        attributes.extend(flags::attributes(&self.flags, self.encoding.data_type));
        attributes
            .extend([("cell_methods", methods.as_str()), ("grid_mapping", GRID_MAPPING)].map(text));
        attributes.into()
    }
}

/// Attributes of the `year` coordinate. Where the years follow one another, `actual_range` (CF, section 2.5.1)
/// tells all of them to who has not read the coordinate.
pub fn year_attributes(years: &[i32], edition: Edition) -> Value {
    let mut attributes = json!({ "long_name": "calendar year", "units": "1", "axis": "T" });
    if let (Edition::Checked, [first, ..], [.., last]) = (edition, years, years) {
        attributes["actual_range"] = json!([first, last]);
    }
    attributes
}

/// Attributes of the `time` coordinate, which has the first day of each period, in the northern hemisphere where it matters.
pub fn time_attributes(periods: &PeriodAxis) -> Value {
    let mut attributes = json!({
        "standard_name": "time",
        "long_name": "first day of the period",
        "units": "days since 1970-01-01",
        "calendar": "standard",
        "axis": "T",
        "bounds": TIME_BOUNDS,
    });
    if periods.cadence().has_hemispheres() {
        attributes["comment"] = format!(
            "In the northern hemisphere; {SOUTHERN_BOUNDS} has the bounds in the southern."
        )
        .into();
        attributes[SOUTHERN_BOUNDS] = json!(periods.of_hemisphere(Hemisphere::South).bounds());
    }
    attributes
}

/// Attributes of the `latitude` coordinate.
pub fn latitude_attributes() -> Value {
    json!({
        "standard_name": "latitude",
        "long_name": "latitude of the cell centre",
        "units": "degrees_north",
        "axis": "Y",
    })
}

/// Attributes of the `longitude` coordinate.
pub fn longitude_attributes() -> Value {
    json!({
        "standard_name": "longitude",
        "long_name": "longitude of the cell centre",
        "units": "degrees_east",
        "axis": "X",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::DataType;
    use crate::grid::Grid;

    fn schema() -> Schema {
        let variable = |name: &str, statistic| VariableSpec {
            name: name.to_owned(),
            long_name: format!("What {name} is"),
            standard_name: None,
            encoding: Encoding { scale: Some(0.02), ..Encoding::plain(DataType::U16) },
            statistic,
            overview: Overview::Mean,
            may_lack: false,
            flags: Vec::new(),
        };
        Schema {
            title: "Test".to_owned(),
            source: None,
            references: None,
            cover: Cover::Land,
            variables: vec![variable("a", Statistic::Mean), variable("b", Statistic::Maximum)],
        }
    }

    fn level(index: usize) -> Level {
        crate::pyramid::levels(Grid::default())[index]
    }

    #[test]
    fn variables_are_found_by_name() {
        let schema = schema();
        for (id, spec) in schema.ids() {
            assert_eq!(schema.named(&spec.name), Ok(id));
            assert_eq!(schema.variable(id), spec);
        }
        let error = schema.named("lst").unwrap_err().to_string();
        assert_eq!(error, "unknown variable 'lst': expected a or b");
    }

    #[test]
    fn the_scale_factor_is_written_as_a_short_number() {
        let text =
            schema().variables[0].attributes(level(0), Cadence::Year, Edition::Checked).to_string();
        assert!(text.contains(r#""scale_factor":0.02"#), "{text}");
    }

    #[test]
    fn overviews_say_that_they_are_means_of_maxima() {
        let schema = schema();
        let methods = |variable: usize, index, edition| {
            let variable = &schema.variables[variable];
            let attributes = variable.attributes(level(index), Cadence::Year, edition);
            attributes["cell_methods"].clone()
        };
        let seasonal = schema.variables[1].attributes(level(1), Cadence::Season, Edition::Checked);
        assert_eq!(seasonal["cell_methods"], "time: maximum area: mean");
        assert_eq!(methods(1, 0, Edition::Checked), "year: maximum");
        assert_eq!(methods(1, 1, Edition::Checked), "year: maximum area: mean");
        assert_eq!(methods(0, 5, Edition::Checked), "year: mean area: mean");
        assert_eq!(methods(1, 1, Edition::Plain), "year: maximum");
    }

    #[test]
    fn the_years_announce_their_first_and_last() {
        let range =
            |years: &[i32], edition| year_attributes(years, edition)["actual_range"].clone();
        assert_eq!(range(&[2020, 2021, 2022], Edition::Checked), json!([2020, 2022]));
        assert_eq!(range(&[2021], Edition::Checked), json!([2021, 2021]));
        assert_eq!(range(&[2020, 2021, 2022], Edition::Plain), Value::Null);
    }

    #[test]
    fn water_years_tell_the_southern_ones_besides() {
        let axis = |cadence| PeriodAxis::new(cadence, &[2021], &[], Hemisphere::North).unwrap();
        let attributes = time_attributes(&axis(Cadence::WaterYear));
        // 2021-04-01 and 2022-04-01.
        assert_eq!(attributes[SOUTHERN_BOUNDS], json!([18_718, 19_083]));
        assert!(time_attributes(&axis(Cadence::Season)).get(SOUTHERN_BOUNDS).is_none());
    }
}
