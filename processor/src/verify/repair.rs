//! Mends what processing and overviews can mend.

use std::collections::BTreeSet;

use floe_shared::grid::TileIndex;

use super::problem::Remedy;
use super::report::Report;
use crate::error::Error;
use crate::job::Workshop;
use crate::overviews::global;
use crate::plan;

/// Memory that the sums of one job may take, in bytes; bounds the tiles that share granules.
const MEMORY: u64 = 512_000_000;

/// What was done.
#[derive(Clone, Debug, Default)]
pub struct Repair {
    /// Tiles that were processed again.
    pub processed: BTreeSet<TileIndex>,
    /// Tiles above which the global levels were made anew, because something was wrong there.
    pub overviews: BTreeSet<TileIndex>,
}

impl Repair {
    /// What a report asks for.
    pub fn plan(report: &Report) -> Self {
        Self {
            processed: report.tiles_to(Remedy::Process),
            overviews: report.tiles_to(Remedy::Overviews),
        }
    }

    /// Whether nothing can be done.
    pub fn is_empty(&self) -> bool {
        self.processed.is_empty() && self.overviews.is_empty()
    }

    /// Does it.
    pub async fn execute(&self, workshop: &Workshop) -> Result<(), Error> {
        let dataset = workshop.dataset();
        let most = plan::tiles_within(MEMORY, dataset.layout().grid);
        for job in plan::jobs(self.processed.iter().copied(), most) {
            workshop.run(&job, true).await?;
        }
        global::update(dataset, &self.overviews).await?;
        Ok(())
    }
}
