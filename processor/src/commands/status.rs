//! `floe status`: how every tile stands, from the commit history alone.

use std::path::PathBuf;

use super::{App, write_file};
use crate::error::Error;
use crate::picture;
use crate::report::github;
use crate::report::status::StatusReport;
use crate::store::Access;

/// Shows counts, totals, a map and the tiles that need attention. In a workflow of GitHub Actions counts, totals and
/// what is missing are added to the step's summary.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Write status and statistics by period of every tile
    #[arg(long, value_name = "FILE")]
    geojson: Option<PathBuf>,
    /// Draw a map of the statuses
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
    /// List all tiles, not only those that need attention
    #[arg(long)]
    tiles: bool,
    /// Show how it stood at a snapshot
    #[arg(long, value_name = "SNAPSHOT")]
    at: Option<String>,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let dataset = app.dataset(Access::Read).await?;
    let standing = dataset.standing(&app.covered()?, args.at.as_deref()).await?;
    let report = StatusReport::new(dataset.name(), &standing);
    let board = &standing.board;
    if let Some(path) = &args.geojson {
        write_file(path, report.geojson(board).to_string().as_bytes())?;
    }
    if let Some(path) = &args.png {
        write_file(path, &picture::status_map(board, &report.subtitle())?)?;
    }
    github::write_summary(&report.markdown(board))?;
    app.answer(|| report.json(), || report.text(board, args.tiles))
}
