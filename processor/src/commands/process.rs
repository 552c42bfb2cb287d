//! `floe process`: named tiles, from search to commit.

use floe_shared::grid::TileIndex;
use floe_shared::status::{StatusBoard, TileStatus};
use serde_json::json;

use super::{App, asked_to_stop};
use crate::error::Error;
use crate::job::{TileReport, Workshop};
use crate::plan;
use crate::report::summary;
use crate::store::{Access, Dataset};
use crate::usage::Meter;

/// Finds, reads and reduces the granules of tiles and commits each tile. Neighbouring tiles of one row
/// share each granule that they need.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A tile as ROW,COL; repeatable, or several between spaces
    #[arg(long = "tile", value_name = "R,C", num_args = 1.., required = true)]
    tiles: Vec<String>,
    /// Process tiles again that are committed already
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let meter = Meter::start();
    let tiles = parse_tiles(app, &args.tiles)?;
    let dataset = app.dataset(Access::Write).await?;
    let http = app.http()?;
    let progress = app.progress();
    let (mut reports, open) = skip_done(&dataset, &tiles, args.force).await?;
    for report in &reports {
        progress.say(&report.line());
    }
    progress.expect_tiles(open.len());
    if !open.is_empty() {
        let workshop =
            Workshop::new(app.config.clone(), dataset, http.clone(), progress.clone()).await?;
        for job in plan::jobs(open, usize::MAX) {
            tokio::select! {
                done = workshop.run(&job, args.force) => reports.extend(done?),
                () = asked_to_stop() => {
                    progress.finish();
                    return Err(Error::Interrupted);
                }
            }
        }
    }
    progress.finish();
    let usage = meter.usage(&http);
    summary::write_step_summary(app.config.grid, &reports, &usage)?;
    let mut document = json!(usage);
    document["tiles"] = json!(reports);
    app.answer(|| document, || summary::closing_line(&reports, &usage))
}

/// All tiles named on the command line, each once, in order.
fn parse_tiles(app: &App, texts: &[String]) -> Result<Vec<TileIndex>, Error> {
    let mut tiles = Vec::new();
    for text in texts.iter().flat_map(|text| text.split_whitespace()) {
        let tile: TileIndex = text.parse()?;
        tiles.push(app.config.grid.check(tile)?);
    }
    if tiles.is_empty() {
        return Err(Error::Usage { message: "expected at least one tile as ROW,COL, found none".to_owned() });
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
) -> Result<(Vec<TileReport>, Vec<TileIndex>), Error> {
    if force {
        return Ok((Vec::new(), tiles.to_vec()));
    }
    let history = dataset.history(None).await?;
    let commits = history.iter().map(|entry| &entry.commit);
    let board = StatusBoard::from_history(dataset.layout().grid, &[], commits);
    let mut done = Vec::new();
    let mut open = Vec::new();
    for &tile in tiles {
        match board.record(tile) {
            Some(record) if matches!(record.status, TileStatus::Processed | TileStatus::NoData) => {
                let snapshot = record.commit.as_ref().map(|commit| commit.snapshot.clone());
                done.push(TileReport::skipped(tile, snapshot.unwrap_or_default()));
            }
            _ => open.push(tile),
        }
    }
    Ok((done, open))
}
