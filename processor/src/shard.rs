//! One part of the work of an array job: which part, and which tiles it holds. Pure.
//!
//! Every array-job engine tells its tasks their index, most of them the count too. The parts are cut
//! from the fixed list of land tiles, not from what is unprocessed, so that they stay the same while
//! tasks commit; a task skips what is done.

use std::fmt;
use std::str::FromStr;

use floe_shared::grid::TileIndex;

use crate::store::Environment;

/// Part `index` (from 0) of `count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// From 0.
    pub index: usize,
    /// At least 1.
    pub count: usize,
}

/// What `--shard` says: all, the count alone, or nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShardArgument {
    /// `I/N`.
    Both(Shard),
    /// `/N`: the index comes from the engine.
    Count(usize),
    /// `auto`: both come from the engine.
    Engine,
}

/// Why there is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// Not one of the three forms.
    #[error("--shard: expected I/N with I from 0 to N-1, /N, or auto, found '{found}'")]
    Syntax {
        /// The argument.
        found: String,
    },
    /// No engine's variable is set.
    #[error(
        "--shard: no array job's index in the environment: expected SLURM_ARRAY_TASK_ID, AWS_BATCH_JOB_ARRAY_INDEX or JOB_COMPLETION_INDEX"
    )]
    NoIndex,
    /// The engine tells no count.
    #[error("--shard: the environment has no count beside {variable}: give it as --shard /N")]
    NoCount {
        /// The variable with the index.
        variable: &'static str,
    },
    /// A variable that is no number.
    #[error("--shard: expected a whole number in {variable}, found '{found}'")]
    NotNumber {
        /// The variable.
        variable: &'static str,
        /// What it holds.
        found: String,
    },
    /// An index beyond the count.
    #[error("--shard: expected an index below {count}, found {index}")]
    TooLarge {
        /// The index.
        index: usize,
        /// The count.
        count: usize,
    },
}

/// The variables of one engine.
struct Engine {
    index: &'static str,
    /// The index of the first task, where that is not 0.
    first: Option<&'static str>,
    count: Option<&'static str>,
}

/// Slurm's job arrays, AWS Batch's array jobs, Kubernetes' indexed jobs.
const ENGINES: [Engine; 3] = [
    Engine {
        index: "SLURM_ARRAY_TASK_ID",
        first: Some("SLURM_ARRAY_TASK_MIN"),
        count: Some("SLURM_ARRAY_TASK_COUNT"),
    },
    Engine {
        index: "AWS_BATCH_JOB_ARRAY_INDEX",
        first: None,
        count: Some("AWS_BATCH_JOB_ARRAY_SIZE"),
    },
    Engine { index: "JOB_COMPLETION_INDEX", first: None, count: None },
];

impl FromStr for ShardArgument {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ShardError::Syntax { found: text.to_owned() };
        if text == "auto" {
            return Ok(Self::Engine);
        }
        let (index, count) = text.split_once('/').ok_or_else(error)?;
        let count: usize = count.parse().ok().filter(|&count| count > 0).ok_or_else(error)?;
        if index.is_empty() {
            return Ok(Self::Count(count));
        }
        let index: usize = index.parse().map_err(|_| error())?;
        if index < count { Ok(Self::Both(Shard { index, count })) } else { Err(error()) }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

impl ShardArgument {
    /// Completes the argument from the engine's variables.
    pub fn resolve(self, environment: Environment<'_>) -> Result<Shard, ShardError> {
        let wanted = match self {
            Self::Both(shard) => return Ok(shard),
            Self::Count(count) => Some(count),
            Self::Engine => None,
        };
        let number = |variable: &'static str| -> Result<Option<usize>, ShardError> {
            let Some(found) = environment(variable) else { return Ok(None) };
            found.trim().parse().map(Some).map_err(|_| ShardError::NotNumber { variable, found })
        };
        for engine in &ENGINES {
            let Some(index) = number(engine.index)? else { continue };
            let first = engine.first.map_or(Ok(None), number)?.unwrap_or(0);
            let index = index.saturating_sub(first);
            let told = engine.count.map_or(Ok(None), number)?;
            let count = wanted.or(told).ok_or(ShardError::NoCount { variable: engine.index })?;
            return if index < count {
                Ok(Shard { index, count })
            } else {
                Err(ShardError::TooLarge { index, count })
            };
        }
        Err(ShardError::NoIndex)
    }
}

impl Shard {
    /// This part's tiles: neighbours stay together, and parts differ by at most one tile.
    pub fn tiles(self, land: &[TileIndex]) -> &[TileIndex] {
        let bound = |index: usize| index * land.len() / self.count;
        &land[bound(self.index)..bound(self.index + 1)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resolve(text: &str, variables: &[(&str, &str)]) -> Result<Shard, ShardError> {
        text.parse::<ShardArgument>()?.resolve(&|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn every_engine_tells_its_part() {
        let shard = |index, count| Ok(Shard { index, count });
        assert_eq!(resolve("3/8", &[]), shard(3, 8));
        let slurm = [
            ("SLURM_ARRAY_TASK_ID", "5"),
            ("SLURM_ARRAY_TASK_MIN", "1"),
            ("SLURM_ARRAY_TASK_COUNT", "9"),
        ];
        assert_eq!(resolve("auto", &slurm), shard(4, 9));
        let batch = [("AWS_BATCH_JOB_ARRAY_INDEX", "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", "10")];
        assert_eq!(resolve("auto", &batch), shard(2, 10));
        assert_eq!(resolve("/20", &[("JOB_COMPLETION_INDEX", "7")]), shard(7, 20));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let message = |text: &str, variables: &[(&str, &str)]| {
            resolve(text, variables).unwrap_err().to_string()
        };
        for text in ["8/8", "3", "a/b", "1/0", "-1/3"] {
            assert!(message(text, &[]).contains("expected I/N"), "{text}");
        }
        assert!(message("auto", &[]).contains("JOB_COMPLETION_INDEX"));
        assert!(message("auto", &[("JOB_COMPLETION_INDEX", "0")]).contains("--shard /N"));
        assert!(message("/2", &[("JOB_COMPLETION_INDEX", "2")]).contains("below 2"));
        assert!(message("/2", &[("JOB_COMPLETION_INDEX", "x")]).contains("found 'x'"));
    }

    proptest! {
        #[test]
        fn parts_hold_every_tile_once_and_are_even(tiles in 0..700_u32, count in 1..400_usize) {
            let land: Vec<_> = (0..tiles).map(|n| TileIndex { row: n / 36, col: n % 36 }).collect();
            let parts: Vec<_> =
                (0..count).map(|index| Shard { index, count }.tiles(&land)).collect();
            prop_assert_eq!(parts.concat(), land.clone());
            let even = land.len() / count;
            prop_assert!(parts.iter().all(|part| part.len() == even || part.len() == even + 1));
        }
    }
}
