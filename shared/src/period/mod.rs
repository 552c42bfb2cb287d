//! Stretches of time that observations are reduced over, and the axis that they make.
//!
//! Days are counted from 1970-01-01 in the proleptic Gregorian calendar; a period holds its first day and ends before its `end`.
//! [`name`] has the grammar of labels, [`axis`] the periods of a dataset.

pub mod axis;
pub mod name;

pub use axis::{AxisError, PeriodAxis};
pub use name::{LabelError, PeriodLabel, PeriodName, Season};

use crate::cf_time::{Calendar, Date};
use crate::grid::Bounds;

/// How long periods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cadence {
    /// Calendar years.
    Year,
    /// Three months: December to February, and so on.
    Season,
    /// Calendar months.
    Month,
    /// Twelve months that hold one season of snow: from October in the north, from April in the south.
    WaterYear,
    /// From the first day of one composite to that of the next.
    Composite,
}

/// A half of the Earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hemisphere {
    /// North of the equator.
    North,
    /// South of it.
    South,
}

/// A stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Its first day, in days since 1970-01-01.
    pub start: i32,
    /// The first day after it.
    pub end: i32,
    /// What it is called.
    pub label: PeriodLabel,
}

impl Cadence {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Year, Self::Season, Self::Month, Self::WaterYear, Self::Composite];

    /// Its name in a recipe.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Season => "season",
            Self::Month => "month",
            Self::WaterYear => "water-year",
            Self::Composite => "composite",
        }
    }

    /// What is made over it, as a title begins.
    pub const fn adjective(self) -> &'static str {
        match self {
            Self::Year => "Annual",
            Self::Season => "Seasonal",
            Self::Month => "Monthly",
            Self::WaterYear => "Water-year",
            Self::Composite => "Composite",
        }
    }

    /// The name of its axis in a store.
    pub const fn dimension(self) -> &'static str {
        match self {
            Self::Year => "year",
            _ => "time",
        }
    }

    /// Whether a period depends on the hemisphere.
    pub const fn has_hemispheres(self) -> bool {
        matches!(self, Self::WaterYear)
    }
}

impl Hemisphere {
    /// The one that some bounds lie in; `None` for those that straddle the equator.
    pub fn of(bounds: &Bounds) -> Option<Self> {
        if bounds.south >= 0.0 {
            Some(Self::North)
        } else if bounds.north <= 0.0 {
            Some(Self::South)
        } else {
            None
        }
    }
}

impl Period {
    /// Whether a day, counted from 1970-01-01, belongs to it.
    pub const fn contains(&self, day: i32) -> bool {
        self.start <= day && day < self.end
    }
}

/// Days from 1970-01-01 to a date.
pub(crate) fn days(year: i32, month: u8, day: u8) -> i32 {
    Calendar::Proleptic.days(Date { year: year.into(), month, day }) as i32
}
