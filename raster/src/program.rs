//! What is made of the observations of one period: which of them count, and the statistics that are stored. Pure.

use floe_shared::encoding::{DataType, Scalar};
use floe_shared::schema::Statistic;

/// All variables of a dataset, made of one set of bands.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// How many bands an observation has; tests and outputs name them by their place.
    pub bands: usize,
    /// The variables, in the order of the schema.
    pub outputs: Vec<Output>,
    /// Whether only the first of the observations of a pixel and day that count is taken.
    pub one_per_day: bool,
}

/// One variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The band whose numbers it is made of.
    pub band: usize,
    /// An observation counts where all of these hold, and the band does not hold its file's "no data".
    pub valid: Vec<Test>,
    /// Of those that count, the ones that hit: where all of these hold. Empty for statistics of all that count.
    pub when: Vec<Test>,
    /// What is made of them.
    pub statistic: Statistic,
    /// Whether composites between two hits that have no observation belong to a run, or end it.
    pub bridges_gaps: bool,
    /// What the file's numbers stand for: value = number x scale + offset.
    pub source: Affine,
    /// How results are stored.
    pub stored: Stored,
}

/// value = number x scale + offset.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// The factor; never 0.
    pub scale: f64,
    /// What is added.
    pub offset: f64,
}

/// Numbers as they are stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stored {
    /// Their type: one of those of [`Plane`](crate::plane::Plane).
    pub data_type: DataType,
    /// What they stand for. Counts, shares and days are numbers of their own: stored = (number - offset) / scale.
    pub affine: Affine,
    /// The number of a pixel without a valid observation.
    pub fill: Scalar,
}

/// A test of an observation's number in one band, in the file's own numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// The band.
    pub band: usize,
    /// When it holds.
    pub condition: Condition,
}

/// When a test holds for a number. NaN passes none.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// It lies between two numbers; both ends count.
    Range(f64, f64),
    /// It is one of these.
    OneOf(Vec<f64>),
    /// The number in these bits, the first one lowest, is one of these. Of whole numbers only.
    Bits {
        /// The places of the bits, from 0 at the lowest.
        bits: Vec<u8>,
        /// The numbers that pass.
        values: Vec<u32>,
    },
}
