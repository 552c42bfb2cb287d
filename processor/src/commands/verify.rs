//! `floe verify`: reads a store against itself.

use floe_shared::grid::TileIndex;
use serde_json::json;

use super::{App, asked_to_stop};
use crate::error::Error;
use crate::job::Workshop;
use crate::report::progress::Progress;
use crate::store::{Access, StoreError};
use crate::verify::{ChunkProgress, Repair, Report, verify};

/// Reads every chunk once and compares all that must agree: metadata with the schema, pixels with the counts in the commits'
/// messages, overviews with the level below. Exits with 0 where all holds, else with 65 and names what does not.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Verify one tile, and what lies above it
    #[arg(long, value_name = "R,C")]
    tile: Option<TileIndex>,
    /// Process again what does not hold, make overviews anew, and verify again
    #[arg(long)]
    repair: bool,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let only = args.tile.map(|tile| app.config.grid.check(tile)).transpose()?;
    let access = if args.repair { Access::Write } else { Access::Read };
    let mut report = inspect(app, access, only).await?;
    let mut document = json!({});
    if args.repair && !report.is_sound() {
        for problem in &report.problems {
            eprintln!("{}", problem.line());
        }
        let repair = Repair::plan(&report);
        if mend(app, &repair).await? {
            report = inspect(app, access, only).await?;
            let texts = |tiles: &std::collections::BTreeSet<TileIndex>| -> Vec<String> {
                tiles.iter().map(ToString::to_string).collect()
            };
            document = json!({ "processed": texts(&repair.processed), "overviews": texts(&repair.overviews) });
        }
    }
    app.answer(
        || {
            let mut all = report.json();
            if args.repair {
                all["repaired"] = document;
            }
            all
        },
        || report.text(),
    )?;
    if report.is_sound() { Ok(()) } else { Err(Error::Unsound { problems: report.problems.len() }) }
}

async fn inspect(app: &App, access: Access, only: Option<TileIndex>) -> Result<Report, Error> {
    let dataset = app.store(access).await?.open_for_inspection(&app.layout()).await?;
    verify(&dataset, only, ChunkProgress::on_stderr()).await
}

/// Mends what can be mended; tells whether anything was done.
async fn mend(app: &App, repair: &Repair) -> Result<bool, Error> {
    if repair.is_empty() {
        return Ok(false);
    }
    let dataset = match app.dataset(Access::Write).await {
        Ok(dataset) => dataset,
        // Nothing may be written into arrays whose numbers mean something else.
        Err(Error::Store(StoreError::Schema { .. })) => return Ok(false),
        Err(error) => return Err(error),
    };
    let progress = Progress::on_stderr();
    progress.expect_tiles(&repair.processed.iter().copied().collect::<Vec<_>>());
    let workshop =
        Workshop::new(app.config.clone(), dataset, app.http(&progress)?, progress.clone()).await?;
    let done = tokio::select! {
        done = repair.execute(&workshop) => done,
        () = asked_to_stop() => Err(Error::Interrupted),
    };
    progress.finish();
    done.map(|()| true)
}
