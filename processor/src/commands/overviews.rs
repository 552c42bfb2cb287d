//! `floe overviews`: the map's coarse global levels.

use std::collections::BTreeSet;

use super::App;
use crate::error::Error;
use crate::overviews::global;
use crate::store::Access;

/// Recomputes the chunks of the global levels whose tiles have been committed since the last time. May
/// run beside jobs, and beside itself.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(app: &App, _args: &Args) -> Result<(), Error> {
    let dataset = app.dataset(Access::Write).await?;
    let report = global::update(&dataset, &BTreeSet::new()).await?;
    app.answer(|| report.json(), || report.line())
}
