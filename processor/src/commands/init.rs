//! `floe init`: the tile list and the empty repository.

use std::path::Path;

use floe_shared::land::Cover;
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
    // A list that does not fit the grid is refused before anything is made.
    let covered = app.covered()?.iter().filter(|is_covered| **is_covered).count();
    let store = app.store(Access::Write).await?;
    let initialized = store.initialize(&layout).await?;
    // Where all tiles are processed nobody would read a list of those that are land.
    let path =
        Some(Path::new(&app.config.tile_list)).filter(|_| layout.schema.cover == Cover::Land);
    let list = path.map(|path| tile_list::write_if_needed(path, layout.grid)).transpose()?;
    let land = path.map(|_| covered);
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
                "tile_list_written": list == Some(Written::New),
                "tiles": layout.grid.tile_count(),
                "land_tiles": land,
            })
        },
        || {
            let tiles = layout.grid.tile_count();
            let list = match path.zip(list) {
                Some((path, written)) => {
                    let written = if written == Written::New { "written" } else { "kept" };
                    format!("{}: {written}, {tiles} tiles, {covered} of them land", path.display())
                }
                None => format!("{tiles} tiles, each to be processed, land or not"),
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
