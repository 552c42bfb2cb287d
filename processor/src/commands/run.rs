//! `floe run`: all unprocessed tiles on this machine.

use std::sync::Arc;

use floe_shared::status::StatusBoard;
use futures::stream::{self, StreamExt};
use serde_json::json;

use super::{App, asked_to_stop};
use crate::error::Error;
use crate::exit::Exit;
use crate::job::{TileReport, Workshop};
use crate::overviews::global;
use crate::plan;
use crate::report::summary;
use crate::store::Access;
use crate::usage::Meter;

/// Processes all unprocessed land tiles, each granule read once a row of tiles as far as memory
/// allows, and brings the overviews up to date. Ctrl-C stops; the same command continues.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Runs of neighbouring tiles that are processed at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// Memory that the sums of all jobs together may take, in MB; bounds the tiles of a job
    #[arg(long, value_name = "MB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..))]
    memory: u32,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let meter = Meter::start();
    let land = app.land()?;
    let dataset = app.dataset(Access::Write).await?;
    let history = dataset.history(None).await?;
    let board =
        StatusBoard::from_history(app.config.grid, &land, history.iter().map(|entry| &entry.commit));
    let open: Vec<_> = board.unprocessed().collect();
    let most = plan::tiles_within(u64::from(args.memory) * 1_000_000 / u64::from(args.jobs), app.config.grid);
    let jobs = plan::jobs(open.iter().copied(), most);
    let http = app.http()?;
    let progress = app.progress();
    let done = board.counts().processed + board.counts().nodata;
    progress.say(&format!("{} tiles to process in {} jobs, {done} done before", open.len(), jobs.len()));
    progress.expect_tiles(open.len());
    let workshop =
        Arc::new(Workshop::new(app.config.clone(), dataset, http.clone(), progress.clone()).await?);

    let mut reports: Vec<TileReport> = Vec::with_capacity(open.len());
    let mut first_failure: Option<Error> = None;
    let work = async {
        let mut results = stream::iter(&jobs)
            .map(|job| async { (job, workshop.run(job, false).await) })
            .buffer_unordered(usize::from(args.jobs));
        while let Some((job, result)) = results.next().await {
            match result {
                Ok(done) => reports.extend(done),
                Err(error) => {
                    progress.say(&format!("floe: tiles {}: {error}", job.arguments()));
                    let hopeless = matches!(error.exit(), Exit::Permission | Exit::Configuration);
                    first_failure.get_or_insert(error);
                    if hopeless {
                        break;
                    }
                }
            }
        }
    };
    let stopped = tokio::select! {
        () = work => false,
        () = asked_to_stop() => true,
    };
    progress.finish();
    if stopped {
        return Err(Error::Interrupted);
    }
    let overviews = global::update(workshop.dataset()).await?;
    progress.say(&overviews.line());
    let usage = meter.usage(&http);
    summary::write_step_summary(app.config.grid, &reports, &usage)?;
    let mut document = json!(usage);
    document["tiles"] = json!(reports);
    document["overviews"] = overviews.json();
    app.answer(|| document, || summary::closing_line(&reports, &usage))?;
    first_failure.map_or(Ok(()), Err)
}
