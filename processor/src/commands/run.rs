//! `floe run`: all unprocessed tiles on this machine.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, StreamExt};
use serde_json::json;

use super::{App, asked_to_stop};
use crate::error::Error;
use crate::exit::Exit;
use crate::job::{JobFailure, TileReport, Workshop};
use crate::overviews::global;
use crate::plan;
use crate::report::progress::Progress;
use crate::report::{attention, summary};
use crate::store::{Access, Standing};
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
    let covered = app.covered()?;
    let dataset = app.dataset(Access::Write).await?;
    let Standing { board, .. } = dataset.standing(&covered, None).await?;
    let open: Vec<_> = board.open().collect();
    let most = plan::tiles_within(
        u64::from(args.memory) * 1_000_000 / u64::from(args.jobs),
        app.config.grid,
    );
    let jobs = plan::jobs(open.iter().copied(), most);
    let progress = Progress::on_stderr();
    let http = app.http(&progress)?;
    let done = board.counts().done() - board.counts().incomplete;
    progress.say(&format!(
        "{} tiles to process in {} jobs, {done} done before",
        open.len(),
        jobs.len()
    ));
    if let Some(warning) = attention::unaccounted(&board) {
        progress.say(&warning);
    }
    progress.expect_tiles(&open);
    let workshop =
        Arc::new(Workshop::new(app.config.clone(), dataset, http.clone(), progress.clone()).await?);

    let mut reports: Vec<TileReport> = Vec::with_capacity(open.len());
    let mut first_failure: Option<Error> = None;
    let work = async {
        let mut results = stream::iter(&jobs)
            .map(async |job| (job, workshop.run(job, false).await))
            .buffer_unordered(usize::from(args.jobs));
        while let Some((job, result)) = results.next().await {
            match result {
                Ok(done) => reports.extend(done),
                Err(JobFailure { done, error }) => {
                    reports.extend(done);
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
    let overviews = global::update(workshop.dataset(), &BTreeSet::new()).await?;
    progress.say(&overviews.line());
    let usage = meter.usage(&http);
    summary::write_step_summary(app.config.grid, &reports, &usage)?;
    let mut document = json!(usage);
    document["tiles"] = json!(reports);
    document["overviews"] = overviews.json();
    app.answer(|| document, || summary::closing_line(&reports, &usage))?;
    first_failure.map_or(Ok(()), Err)
}
