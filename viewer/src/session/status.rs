//! How far the tiles are: reads it from the store's history, shows it on the map, and looks again now and then.

use std::sync::Arc;
use std::time::Duration;

use floe_shared::colormap::status_color;
use floe_shared::grid::{Grid, TileIndex};
use floe_shared::pyramid::ChunkIndex;
use floe_shared::status::{StatusBoard, TileStatus};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Session, opening};
use crate::browser;
use crate::dataset::Dataset;
use crate::map::{Map, Rgba, StatusOverlay};
use crate::state::page::Stage;
use crate::worker::client::Reader;

/// How often a shown tile status looks for new commits.
const LOOK_AGAIN: Duration = Duration::from_mins(1);

/// Reads the tiles' status from the history while it is shown, once the map is there.
pub fn follow_history(session: Session) {
    let page = session.page;
    let on = page.shows_status();
    Effect::new(move |_| {
        let wanted = on.get() && page.stage.get() == Stage::Whole;
        let dataset = page.dataset.get().filter(|dataset| wanted && dataset.has_tiles());
        let tiles = dataset.as_ref().and_then(|dataset| dataset.tiles);
        let Some((dataset, grid)) = dataset.zip(tiles) else { return };
        let Ok(reader) = session.reader() else { return };
        let parts = session.parts();
        parts.boards.update(|boards| boards + 1);
        spawn_local(async move {
            let board = board(&reader, &dataset, grid).await;
            parts.boards.update(|boards| boards - 1);
            let is_current = |now: &Option<Arc<Dataset>>| {
                now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &dataset))
            };
            // A newer dataset has its own board on the way.
            if page.dataset.with_untracked(is_current) {
                match board {
                    Ok(board) => page.board.set(Some(Arc::new(board))),
                    Err(message) => page.fail_softly(message),
                }
            }
        });
    });
}

/// The tiles' status by a dataset's history.
async fn board(reader: &Reader, dataset: &Dataset, grid: Grid) -> Result<StatusBoard, String> {
    let land = if dataset.covers_all {
        vec![true; grid.tile_count()]
    } else {
        reader.land_tiles(grid).await.map_err(|error| error.to_string())?
    };
    Ok(StatusBoard::from_history(grid, &land, &dataset.history))
}

/// Shows the tiles' status on the map, and looks for new commits as long as it is shown.
pub fn follow(session: Session, map: &Map) {
    let page = session.page;
    let on = page.shows_status();
    let selected = page.inspected_tile();
    let target = map.clone();
    Effect::new(move |_| {
        let board = page.board.get().filter(|_| on.get());
        target.set_status_overlay(board.map(|board| overlay(&board, selected.get())));
    });
    Effect::new(move |timer: Option<Option<IntervalHandle>>| {
        if let Some(Some(timer)) = timer {
            timer.clear();
        }
        let look = move || {
            if browser::is_visible() {
                opening::refresh(session);
            }
        };
        on.get().then(|| set_interval_with_handle(look, LOOK_AGAIN).ok()).flatten()
    });
}

/// The tiles as the map draws them, in the colours of the legend.
fn overlay(board: &StatusBoard, selected: Option<TileIndex>) -> StatusOverlay {
    let class = |status: TileStatus| {
        TileStatus::ALL.iter().position(|candidate| *candidate == status).unwrap_or(0) as u8
    };
    StatusOverlay {
        rows: board.grid.tile_rows(),
        cols: board.grid.tile_cols(),
        bounds: board.grid.bounds(),
        classes: board.tiles.iter().map(|record| class(record.status)).collect(),
        colours: TileStatus::ALL.map(fill).to_vec(),
        hovered: None,
        selected: selected.map(|tile| {
            let ChunkIndex { row, col } = board.grid.chunk_of_tile(tile);
            (row, col)
        }),
    }
}

/// See-through, so that the data stay visible beneath; what has no data the more so.
fn fill(status: TileStatus) -> Rgba {
    let [red, green, blue] = status_color(status).map(|channel| f32::from(channel) / 255.0);
    let opacity = match status {
        TileStatus::Processed => 0.45,
        TileStatus::Incomplete | TileStatus::Unaccounted => 0.6,
        TileStatus::NoData | TileStatus::Unprocessed => 0.7,
        TileStatus::Ocean => 0.15,
    };
    [red, green, blue, opacity]
}
