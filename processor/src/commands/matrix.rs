//! `floe matrix`: the unprocessed tiles as job matrices.

use serde_json::json;

use super::App;
use crate::error::Error;
use crate::plan::{self, Job};
use crate::report::{self, attention, github};
use crate::store::Access;

/// Prints JSON matrices of the unprocessed land tiles.
///
/// The list of batches names the snapshot that it was taken at. Pass that to every later call with
/// --at: then all batches see one list, although tiles are being committed meanwhile. In a workflow of
/// GitHub Actions the same fields become outputs of the step.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Print {"`batch_index"`: [0, 1, ...], "snapshot": "..."}
    #[arg(long, conflicts_with = "batch_index", required_unless_present = "batch_index")]
    list_batches: bool,
    /// Print {"tile": ["R,C R,C", ...]} of one batch
    #[arg(long, value_name = "N")]
    batch_index: Option<usize>,
    /// Jobs in a batch (GitHub allows 256 in a matrix)
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=256))]
    batch_size: u16,
    /// Neighbouring tiles of one row in a job; they share granules
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=36))]
    tiles_per_job: u16,
    /// Take the list as of a snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    at: Option<String>,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let dataset = app.dataset(Access::Read).await?;
    let standing = dataset.standing(&app.covered()?, args.at.as_deref()).await?;
    let snapshot = standing.snapshot();
    let board = &standing.board;
    if let Some(warning) = attention::unaccounted(board) {
        eprintln!("{warning}");
    }
    let jobs = plan::jobs(board.open(), usize::from(args.tiles_per_job));
    let size = usize::from(args.batch_size);
    let batches = plan::batch_count(jobs.len(), size);
    let tiles: usize = jobs.iter().map(|job| job.tiles.len()).sum();
    let document = match args.batch_index {
        None => {
            let what = match board.counts().incomplete {
                0 => format!("{tiles} unprocessed tiles"),
                count => format!("{} unprocessed and {count} incomplete tiles", tiles - count),
            };
            eprintln!("{what} in {} jobs, {batches} batches, as of {snapshot}", jobs.len());
            json!({ "batch_index": (0..batches).collect::<Vec<_>>(), "snapshot": snapshot })
        }
        Some(index) => {
            if index >= batches.max(1) {
                return Err(Error::Usage {
                    message: format!(
                        "--batch-index: expected less than {batches} (the number of batches), found {index}"
                    ),
                });
            }
            let batch = plan::batch(&jobs, size, index);
            let in_batch: usize = batch.iter().map(|job| job.tiles.len()).sum();
            eprintln!(
                "batch {index} of {batches}: {in_batch} tiles in {} jobs, as of {snapshot}",
                batch.len()
            );
            json!({ "tile": batch.iter().map(Job::arguments).collect::<Vec<_>>() })
        }
    };
    github::write_outputs(&document)?;
    report::json(&document).map_err(|source| Error::Write { path: "stdout".to_owned(), source })
}
