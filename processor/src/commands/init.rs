//! `floe init`: the tile list and the empty repository.

use std::path::Path;

use serde_json::json;

use super::App;
use crate::error::Error;
use crate::store::{Access, Initialized};
use crate::tile_list::{self, Written};

/// Writes the tile list and creates the empty repository: full shape declared, no chunk written. On an
/// initialized store it changes nothing and says so.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(app: &App, _args: &Args) -> Result<(), Error> {
    let layout = app.layout();
    let store = app.store(Access::Write).await?;
    let initialized = store.initialize(&layout).await?;
    let path = Path::new(&app.config.tile_list);
    let list = tile_list::write_if_needed(path, layout.grid)?;
    let land = app.land()?.iter().filter(|land| **land).count();
    let (created, snapshot) = match &initialized {
        Initialized::Created { snapshot } => (true, snapshot),
        Initialized::Already { snapshot } => (false, snapshot),
    };
    app.answer(
        || {
            json!({
                "store": store.name(),
                "created": created,
                "snapshot": snapshot,
                "tile_list": path,
                "tile_list_written": list == Written::New,
                "tiles": layout.grid.tile_count(),
                "land_tiles": land,
            })
        },
        || {
            let tiles = layout.grid.tile_count();
            let list = match list {
                Written::New => {
                    format!("{}: written, {tiles} tiles, {land} of them land", path.display())
                }
                Written::Kept => {
                    format!("{}: kept, {tiles} tiles, {land} of them land", path.display())
                }
            };
            let periods = layout.periods.text();
            let grid = layout.grid;
            let repository = if created {
                format!(
                    "{}: created, {} x {} pixels of {}°, {periods}, snapshot {snapshot}",
                    store.name(),
                    grid.rows(),
                    grid.cols(),
                    grid.resolution()
                )
            } else {
                format!(
                    "{}: already initialized (snapshot {snapshot}), nothing changed",
                    store.name()
                )
            };
            format!("{list}\n{repository}")
        },
    )
}
