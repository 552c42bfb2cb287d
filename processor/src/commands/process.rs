//! `floe process`: named tiles, from search to commit.

use floe_shared::grid::TileIndex;
use floe_shared::status::TileStatus;
use serde_json::json;

use super::{App, asked_to_stop};
use crate::error::Error;
use crate::job::{JobFailure, TileReport, Workshop};
use crate::plan;
use crate::report::progress::Progress;
use crate::report::{attention, summary};
use crate::shard::ShardArgument;
use crate::store::{Access, Dataset, Standing, process_environment};
use crate::usage::Meter;

/// Memory that the sums of one job may take, in bytes; bounds the tiles that share granules.
const MEMORY: u64 = 512_000_000;

/// Finds, reads and reduces the granules of tiles and commits each tile. Neighbouring tiles of one row
/// share each granule that they need.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A tile as ROW,COL; repeatable, or several between spaces
    #[arg(long = "tile", value_name = "R,C", num_args = 1.., required_unless_present = "shard")]
    tiles: Vec<String>,
    /// One part of all tiles that are to be processed: I/N (I from 0), /N with the index from Slurm, AWS Batch or
    /// Kubernetes, or auto with both from there
    #[arg(long, value_name = "I/N", conflicts_with = "tiles")]
    shard: Option<String>,
    /// Process tiles again that are committed already
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let meter = Meter::start();
    let tiles = match &args.shard {
        Some(shard) => shard_tiles(app, shard)?,
        None => parse_tiles(app, &args.tiles)?,
    };
    let dataset = app.dataset(Access::Write).await?;
    let progress = Progress::on_stderr();
    let http = app.http(&progress)?;
    let (mut reports, open) = skip_done(&dataset, &tiles, args.force, &progress).await?;
    let mut failure = None;
    progress.expect_tiles(&tiles);
    for report in &reports {
        progress.tile_done(report);
    }
    if !open.is_empty() {
        let workshop =
            Workshop::new(app.config.clone(), dataset, http.clone(), progress.clone()).await?;
        for job in plan::jobs(open, plan::tiles_within(MEMORY, app.config.grid)) {
            let done = tokio::select! {
                done = workshop.run(&job, args.force) => done,
                () = asked_to_stop() => {
                    progress.finish();
                    return Err(Error::Interrupted);
                }
            };
            match done {
                Ok(done) => reports.extend(done),
                Err(JobFailure { done, error }) => {
                    reports.extend(done);
                    failure = Some(error);
                    break;
                }
            }
        }
    }
    progress.finish();
    let usage = meter.usage(&http);
    summary::write_step_summary(app.config.grid, &reports, &usage)?;
    if let Some(error) = failure {
        return Err(error);
    }
    let mut document = json!(usage);
    document["tiles"] = json!(reports);
    app.answer(|| document, || summary::closing_line(&reports, &usage))
}

/// The tiles of one part of an array job.
fn shard_tiles(app: &App, text: &str) -> Result<Vec<TileIndex>, Error> {
    let shard = text.parse::<ShardArgument>()?.resolve(&process_environment)?;
    let covered = app.covered()?;
    let noun = if covered.contains(&false) { "land tiles" } else { "tiles" };
    let all = app.config.grid.tiles().zip(covered);
    let all: Vec<TileIndex> =
        all.filter_map(|(tile, is_covered)| is_covered.then_some(tile)).collect();
    let tiles = shard.tiles(&all).to_vec();
    eprintln!("shard {shard}: {} of {} {noun}", tiles.len(), all.len());
    Ok(tiles)
}

/// All tiles named on the command line, each once, in order.
fn parse_tiles(app: &App, texts: &[String]) -> Result<Vec<TileIndex>, Error> {
    let mut tiles = Vec::new();
    for text in texts.iter().flat_map(|text| text.split_whitespace()) {
        let tile: TileIndex = text.parse()?;
        tiles.push(app.config.grid.check(tile)?);
    }
    if tiles.is_empty() {
        return Err(Error::Usage {
            message: "expected at least one tile as ROW,COL, found none".to_owned(),
        });
    }
    tiles.sort_unstable();
    tiles.dedup();
    Ok(tiles)
}

/// Tells the tiles that are done from those that are not.
async fn skip_done(
    dataset: &Dataset,
    tiles: &[TileIndex],
    force: bool,
    progress: &Progress,
) -> Result<(Vec<TileReport>, Vec<TileIndex>), Error> {
    if force {
        return Ok((Vec::new(), tiles.to_vec()));
    }
    // What was asked for is to be processed, land or not.
    let asked: Vec<bool> =
        dataset.layout().grid.tiles().map(|tile| tiles.binary_search(&tile).is_ok()).collect();
    let Standing { board, .. } = dataset.standing(&asked, None).await?;
    if let Some(warning) = attention::unaccounted(&board) {
        progress.say(&warning);
    }
    let mut done = Vec::new();
    let mut open = Vec::new();
    for &tile in tiles {
        match board.record(tile) {
            Some(record) if record.status == TileStatus::Unaccounted => {
                done.push(TileReport::unaccounted(tile));
            }
            Some(record) if record.status.is_settled() => {
                let snapshot = record.commit.as_ref().map(|commit| commit.snapshot.clone());
                done.push(TileReport::skipped(tile, snapshot.unwrap_or_default()));
            }
            _ => open.push(tile),
        }
    }
    Ok((done, open))
}
