//! Reads a store against itself.
//!
//! What a store says of itself in several ways must agree: metadata with the schema, coordinates with the grid, references with
//! objects, pixels with the counts of the commits' messages, overviews with the level below. One snapshot is read, each
//! of its chunks once, from north to south (`plane`); what is compared is pure (`compare`, `band`, `promise`).

mod band;
mod compare;
mod plane;
mod problem;
mod progress;
mod promise;
mod reading;
mod repair;
mod report;
mod totals;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use floe_shared::grid::TileIndex;
use floe_shared::pyramid::{Level, Owner};
use floe_shared::schema::VariableId;
use floe_shared::status::StatusBoard;
use tokio::sync::Semaphore;

pub use problem::{Problem, Remedy};
pub use progress::ChunkProgress;
pub use repair::Repair;
pub use report::Report;

use crate::error::Error;
use crate::overviews::global;
use crate::store::{ChunkReader, Dataset, HistoryEntry, SchemaFault};
use plane::{Found, Plane};
use promise::Promises;
use reading::{Reading, damage};
use totals::Totals;

/// Verifies a dataset at the tip of its branch, or only what concerns one tile.
///
/// # Errors
/// Failures that may pass: what cannot be read now is neither sound nor damaged.
pub async fn verify(
    dataset: &Dataset,
    only: Option<TileIndex>,
    progress: ChunkProgress,
) -> Result<Report, Error> {
    let layout = dataset.layout().clone();
    let history = dataset.history(None).await?;
    let snapshot = history.first().map(|entry| entry.commit.snapshot.clone()).unwrap_or_default();
    let faults = dataset.schema_faults(Some(&snapshot)).await?;
    let mut problems: Vec<Problem> = faults.iter().map(of_schema).collect();
    for fault in dataset.coordinate_faults(&snapshot).await? {
        problems.push(Problem::new(None, &fault.path, fault.what, Remedy::Nothing));
    }
    let commits = history.iter().map(|entry| &entry.commit);
    let board = StatusBoard::from_history(layout.grid, &[], commits);
    let (promises, contradictions) = Promises::read(&board, &layout);
    let is_asked_for = |tile: Option<TileIndex>| only.is_none() || tile == only;
    problems.extend(contradictions.into_iter().filter(|problem| is_asked_for(problem.tile)));

    let reader = dataset.chunk_reader(Some(&snapshot)).await?;
    let mut skipped: BTreeSet<String> = faults
        .iter()
        .filter(|fault| fault.is_of_members())
        .map(|fault| fault.path.clone())
        .collect();
    let mut expected = 0;
    for level in layout.levels() {
        for variable in layout.variables() {
            let path = layout.array_path(variable, level);
            if skipped.contains(&path) {
                continue;
            }
            match references(&reader, dataset, level, variable, only).await? {
                Ok((chunks, outside)) => {
                    expected += chunks;
                    problems.extend(outside);
                }
                Err(what) => {
                    problems.push(Problem::new(None, &path, what, Remedy::Nothing));
                    skipped.insert(path);
                }
            }
        }
    }
    progress.expect(expected);

    let unseen = unseen(dataset, &history).await?;
    let tiles = match only {
        Some(_) => 1,
        None => promises.committed().count() as u64,
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let reading = Arc::new(Reading {
        layout,
        reader,
        promises,
        only,
        unseen,
        skipped,
        progress,
        cores: Semaphore::new(cores),
        chunks: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
    });
    let mut unaccounted = BTreeSet::new();
    let mut totals = Totals::default();
    for period in 0..reading.layout.periods.count() {
        for variable in reading.layout.variables() {
            let Found { problems: found, unaccounted: tiles, counted } =
                Plane::new(&reading, variable, period).verify().await?;
            problems.extend(found);
            unaccounted.extend(tiles);
            totals.add(variable, counted);
        }
    }
    problems.extend(totals.problems(&reading));
    reading.progress.finish();
    problems.sort();
    problems.dedup();
    Ok(Report {
        store: dataset.name().to_owned(),
        snapshot,
        checked: reading.chunks.load(Ordering::Relaxed),
        bytes: reading.bytes.load(Ordering::Relaxed),
        tiles,
        problems,
        unseen: reading.unseen.iter().copied().filter(|&tile| is_asked_for(Some(tile))).collect(),
        unaccounted,
    })
}

fn of_schema(fault: &SchemaFault) -> Problem {
    Problem::new(None, &fault.path, fault.what(), Remedy::Nothing)
}

/// Tiles that the global levels need not show yet.
async fn unseen(dataset: &Dataset, history: &[HistoryEntry]) -> Result<BTreeSet<TileIndex>, Error> {
    let has_global = dataset.layout().levels().iter().any(|level| level.owner == Owner::Global);
    if !has_global {
        return Ok(BTreeSet::new());
    }
    Ok(global::unseen_tiles(dataset, history).await?)
}

/// The number of an array's chunks that are asked for, and those that lie outside of it; or why its manifest cannot be read.
async fn references(
    reader: &ChunkReader,
    dataset: &Dataset,
    level: Level,
    variable: VariableId,
    only: Option<TileIndex>,
) -> Result<Result<(u64, Vec<Problem>), String>, Error> {
    let stored = match reader.stored(variable, level).await {
        Ok(stored) => stored,
        Err(error) => return Ok(Err(damage(error)?)),
    };
    let layout = dataset.layout();
    let size = [layout.periods.count(), level.chunk_rows(), level.chunk_cols()];
    let asked_for: Option<BTreeSet<_>> =
        only.map(|tile| level.chunks_of_tile(layout.grid, tile).collect());
    let (mut chunks, mut outside) = (0, Vec::new());
    for place in stored {
        let is_inside =
            place.len() == size.len() && place.iter().zip(size).all(|(at, size)| *at < size);
        if !is_inside {
            let what = format!("it has a chunk at {place:?}, outside of its {size:?} chunks");
            let path = layout.array_path(variable, level);
            outside.push(Problem::new(None, &path, what, Remedy::Nothing));
        } else if asked_for.as_ref().is_none_or(|asked_for| {
            asked_for.iter().any(|chunk| [chunk.row, chunk.col] == place[1..])
        }) {
            chunks += 1;
        }
    }
    Ok(Ok((chunks, outside)))
}
