//! `floe gc`: housekeeping.

use std::time::Duration;

use serde_json::json;

use super::App;
use crate::error::Error;
use crate::report::{Bytes, Count};
use crate::store::{Access, LEAST_AGE_BESIDE_JOBS};

/// Counts (and with --delete removes) objects that no snapshot of the history refers to: what killed
/// jobs and lost races have left. Safe beside running jobs. The history stays whole, and with it every
/// tile's status and every snapshot that a branch or tag leads to.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Remove them; without this they are only counted
    #[arg(long)]
    delete: bool,
    /// Leave objects alone that are younger: jobs upload chunks before they commit
    #[arg(long, value_name = "HOURS", default_value_t = 24.0)]
    older_than: f64,
    /// No job is running: lets --delete remove objects younger than 12 hours
    #[arg(long)]
    idle: bool,
}

pub(super) async fn run(app: &App, args: &Args) -> Result<(), Error> {
    let age = age(args)?;
    let dataset = app.dataset(if args.delete { Access::Write } else { Access::Read }).await?;
    let collected = dataset.collect_garbage(age, args.delete).await?;
    app.answer(
        || {
            let mut document = json!(collected);
            document["objects"] = collected.objects().into();
            document["deleted"] = args.delete.into();
            document["older_than_hours"] = args.older_than.into();
            document
        },
        || {
            let what = format!(
                "{} unreferenced objects older than {} h, {} ({} chunks, {} manifests, {} snapshots, {} transaction logs)",
                Count(collected.objects()),
                args.older_than,
                Bytes(collected.bytes),
                Count(collected.chunks),
                Count(collected.manifests),
                Count(collected.snapshots),
                Count(collected.transaction_logs),
            );
            match (args.delete, collected.objects()) {
                (_, 0) => format!("nothing to remove: no unreferenced object is older than {} h", args.older_than),
                (false, _) => format!("{what}\nNothing was removed; floe gc --delete removes them."),
                (true, _) => format!("removed {what}"),
            }
        },
    )
}

fn age(args: &Args) -> Result<Duration, Error> {
    let age = Duration::try_from_secs_f64(args.older_than * 3600.0).map_err(|_| Error::Usage {
        message: format!("--older-than: expected hours from 0 on, found {}", args.older_than),
    })?;
    // Younger objects may belong to a job that has not committed yet.
    if args.delete && !args.idle && age < LEAST_AGE_BESIDE_JOBS {
        return Err(Error::Usage {
            message: format!(
                "--older-than: expected at least {} hours, found {}: a running job may still commit what is younger; add --idle where no job is running",
                LEAST_AGE_BESIDE_JOBS.as_secs() / 3600,
                args.older_than
            ),
        });
    }
    Ok(age)
}
