//! Why observations cannot be reduced.

use floe_shared::encoding::{DataType, Scalar};

/// At most so many observations of a pixel: counts then fit 16 bits, and no sum overflows.
pub const MAX_OBSERVATIONS: usize = u16::MAX as usize;
/// At most so many composites in a period.
pub const MAX_COMPOSITES: usize = u16::MAX as usize - 1;

/// A program or an observation that does not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ReduceError {
    /// A test or an output of a band that there is not.
    #[error("output {output}: expected a band below {bands}, found band {band}")]
    UnknownBand {
        /// Place of the output in the program.
        output: usize,
        /// The band.
        band: usize,
        /// How many bands the program has.
        bands: usize,
    },
    /// A statistic that needs `when` has none, or one that takes none has it.
    #[error("output {output}: expected {statistic} {expected} tests in `when`, found {found}")]
    When {
        /// Place of the output in the program.
        output: usize,
        /// Name of the statistic.
        statistic: &'static str,
        /// `with` or `without`.
        expected: &'static str,
        /// How many tests there are.
        found: usize,
    },
    /// A type that no plane has.
    #[error("output {output}: expected an integer type of up to 32 bits or float32, found {}", found.name())]
    StoredType {
        /// Place of the output in the program.
        output: usize,
        /// The type.
        found: DataType,
    },
    /// A fill value that the stored type has not.
    #[error("output {output}: expected a fill value that {} has, found {found:?}", data_type.name())]
    Fill {
        /// Place of the output in the program.
        output: usize,
        /// The stored type.
        data_type: DataType,
        /// The fill value.
        found: Scalar,
    },
    /// A scale of 0, or a factor that is no finite number.
    #[error("output {output}: expected finite factors and scales other than 0")]
    Factors {
        /// Place of the output in the program.
        output: usize,
    },
    /// Composites that do not begin one after the other within the period.
    #[error(
        "expected up to {MAX_COMPOSITES} composites that begin on ascending days from 1 to \
         {days_in_period}, found {found} of which number {index} begins on day {day}"
    )]
    Composites {
        /// Days of the period.
        days_in_period: u16,
        /// How many composites there are.
        found: usize,
        /// The first that is wrong, from 0.
        index: usize,
        /// The day on which it begins.
        day: u16,
    },
    /// An observation of a composite that there is not, or of one before that of the last observation.
    #[error(
        "expected an observation of composites {first} to {last} by order, found one of {found}"
    )]
    Composite {
        /// The composite of the last observation.
        first: usize,
        /// The last composite of the period.
        last: usize,
        /// The composite of the observation.
        found: usize,
    },
    /// An observation of an earlier date than the last, where one a day is taken.
    #[error(
        "expected an observation of day {last} since 1970 or a later one, found one of day {found}"
    )]
    Date {
        /// Date of the last observation.
        last: i32,
        /// Date of the observation.
        found: i32,
    },
    /// Sums could overflow.
    #[error("expected at most {MAX_OBSERVATIONS} observations of a pixel in a period, found more")]
    TooMany,
    /// Lists of another length than the program has bands.
    #[error("expected {bands} bands with their \"no data\", found {found} and {nodata}")]
    Bands {
        /// How many bands the program has.
        bands: usize,
        /// How many there are.
        found: usize,
        /// How many entries of "no data" there are.
        nodata: usize,
    },
    /// A band with more or fewer numbers than the runs have pixels.
    #[error(
        "band {band}: expected {pixels} numbers, one for each pixel of the runs, found {found}"
    )]
    Length {
        /// The band.
        band: usize,
        /// Pixels of the runs.
        pixels: usize,
        /// Numbers of the band.
        found: usize,
    },
    /// A run that leaves the window.
    #[error(
        "expected runs within the window's {pixels} pixels, found one of {length} from {target}"
    )]
    Run {
        /// Pixels of the window.
        pixels: usize,
        /// First pixel of the run.
        target: u32,
        /// Its length.
        length: u32,
    },
    /// A band whose numbers had another type before.
    #[error("band {band}: expected {} as in the observations before, found {}", expected.name(), found.name())]
    Type {
        /// The band.
        band: usize,
        /// The type of its numbers before.
        expected: DataType,
        /// The type of its numbers now.
        found: DataType,
    },
    /// A test of bits of numbers that have none.
    #[error("band {band}: expected whole numbers for a test of bits, found {}", found.name())]
    BitsOfFloats {
        /// The band.
        band: usize,
        /// The type of its numbers.
        found: DataType,
    },
}
