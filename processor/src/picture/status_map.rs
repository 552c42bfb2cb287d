//! The map of tile statuses.

use floe_shared::colormap::status_color;
use floe_shared::grid::Grid;
use floe_shared::status::{StatusBoard, TileStatus};

use super::PictureError;
use super::canvas::{Canvas, Ink, Rect};
use super::sheet::{self, Chart, DARK, LABEL, MAP, MUTED};
use super::text::{Align, Style, Weight};

/// Between tiles.
const SEAM: Ink = Ink { color: [0xff, 0xff, 0xff], opacity: 0.75 };
/// Coasts, over all colours of tiles.
const COAST: Ink = Ink { color: [0x14, 0x20, 0x2a], opacity: 0.7 };
/// Tiles smaller than this, in pixels, are drawn without seams.
const MIN_SEAMED: f32 = 6.0;
/// Tiles smaller than this, in pixels, have no numbers at the frame.
const MIN_NUMBERED: f32 = 24.0;

/// The board as a map with coasts and legend, as PNG; `subtitle` stands below the heading.
pub fn status_map(board: &StatusBoard, subtitle: &str) -> Result<Vec<u8>, PictureError> {
    draw(board, subtitle).png()
}

fn draw(board: &StatusBoard, subtitle: &str) -> Canvas {
    let mut canvas = sheet::begin("Status of the tiles", subtitle);
    let chart = Chart::of(board.grid.bounds());
    for record in &board.tiles {
        let ink = Ink::solid(status_color(record.status));
        canvas.fill(chart.rect_of(board.grid.tile_bounds(record.tile)), ink);
    }
    seams(&mut canvas, board.grid, chart.rect);
    chart.coasts(&mut canvas, 1.1, COAST);
    chart.frame(&mut canvas);
    numbers(&mut canvas, board.grid, chart.rect);
    legend(&mut canvas, board);
    if chart.has_coasts() {
        sheet::footer(&mut canvas, "Coasts: Natural Earth");
    }
    canvas
}

/// Lines between the tiles.
fn seams(canvas: &mut Canvas, grid: Grid, chart: Rect) {
    let size = chart.width / grid.tile_cols() as f32;
    if size < MIN_SEAMED {
        return;
    }
    let (right, bottom) = (chart.x + chart.width, chart.y + chart.height);
    let cols = (1..grid.tile_cols()).map(|col| chart.x + col as f32 * size);
    let rows = (1..grid.tile_rows()).map(|row| chart.y + row as f32 * size);
    let lines: Vec<_> = cols
        .map(|x| vec![(x, chart.y), (x, bottom)])
        .chain(rows.map(|y| vec![(chart.x, y), (right, y)]))
        .collect();
    canvas.lines(&lines, 1.0, SEAM, chart);
}

/// Rows at the right edge and columns at the upper one.
fn numbers(canvas: &mut Canvas, grid: Grid, chart: Rect) {
    let style = Style { size: 13.0, ..LABEL };
    let size = chart.width / grid.tile_cols() as f32;
    if size < MIN_NUMBERED {
        return;
    }
    let right = chart.x + chart.width + 8.0;
    for (place, tile) in grid.row_of_tiles(0).enumerate() {
        let x = chart.x + (place as f32 + 0.5) * size;
        canvas.write((x, chart.y - 7.0), Align::Centre, &tile.col.to_string(), style);
    }
    for place in 0..grid.tile_rows() {
        let Some(tile) = grid.row_of_tiles(place).next() else { break };
        let y = style.baseline_at(chart.y + (place as f32 + 0.5) * size);
        canvas.write((right, y), Align::Left, &tile.row.to_string(), style);
    }
    canvas.write((right, chart.y - 7.0), Align::Left, "row, col", style);
}

/// A swatch, a name and a count for each status.
fn legend(canvas: &mut Canvas, board: &StatusBoard) {
    const SWATCH: f32 = 26.0;
    /// Space between a swatch and its name, and between a name and its count.
    const GAP: f32 = 11.0;
    /// Space between two entries.
    const STRIDE: f32 = 56.0;
    let name = Style { weight: Weight::Regular, size: 21.0, ink: DARK };
    let number = Style { weight: Weight::Semibold, ..name };
    let counts = board.counts();
    let top = MAP.y + MAP.height + 56.0;
    let baseline = name.baseline_at(top + SWATCH / 2.0);
    let mut x = MAP.x;
    for status in TileStatus::ALL {
        let swatch = Rect { x, y: top, width: SWATCH, height: SWATCH };
        canvas.fill(swatch, Ink::solid(status_color(status)));
        canvas.outline(swatch, 1.0, Ink { opacity: 0.45, ..MUTED });
        x += SWATCH + GAP;
        x += canvas.write((x, baseline), Align::Left, status.label(), name) + GAP;
        let count = counts.of(status).to_string();
        x += canvas.write((x, baseline), Align::Left, &count, number) + STRIDE;
    }
}

#[cfg(test)]
mod tests {
    use floe_shared::status::Commit;

    use super::*;
    use floe_raster::natural_earth::land_tiles;

    fn board(grid: Grid) -> StatusBoard {
        let note = floe_shared::message::NO_DATA_NOTE;
        let commit = |message: &str| Commit {
            snapshot: "S".to_owned(),
            message: message.to_owned(),
            committed_at: 0,
        };
        let history = [
            commit("tile_4_19: processed"),
            commit(&format!("Tile(row=17, col=3) processed. Stats: [] Special note: {note}")),
        ];
        StatusBoard::from_history(grid, &land_tiles(grid), &history)
    }

    #[test]
    fn the_picture_is_a_png_of_the_sheets_size() {
        let png = status_map(&board(Grid::default()), "2 of 381 land tiles done").unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let size = (reader.info().width as usize, reader.info().height as usize);
        assert_eq!(size, (sheet::WIDTH, sheet::HEIGHT));
        assert!(png.len() < 300_000, "{} bytes", png.len());
    }

    #[test]
    fn tiles_have_the_colours_of_their_statuses() {
        let canvas = draw(&board(Grid::default()), "");
        let at = |lon: f64, lat: f64| {
            let (x, y) = Chart::of(Grid::default().bounds()).project(lon, lat);
            canvas.pixel(x as usize, y as usize)
        };
        assert_eq!(at(13.0, 48.0), status_color(TileStatus::Processed));
        assert_eq!(at(-144.0, -88.0), status_color(TileStatus::NoData));
        assert_eq!(at(104.0, 64.0), status_color(TileStatus::Unprocessed));
        assert_eq!(at(-33.0, 33.0), status_color(TileStatus::Ocean));
    }

    #[test]
    fn the_legend_shows_every_status() {
        let canvas = draw(&board(Grid::default()), "");
        let row = (MAP.y + MAP.height) as usize + 56 + 13;
        for status in TileStatus::ALL {
            let swatch =
                (0..sheet::WIDTH).filter(|&x| canvas.pixel(x, row) == status_color(status)).count();
            assert!((20..40).contains(&swatch), "{status:?}: {swatch} pixels");
        }
    }

    #[test]
    fn small_tiles_are_drawn_without_seams() {
        let grid = Grid::new(0.1, 1.0).unwrap();
        let canvas = draw(&board(grid), "");
        let ocean = status_color(TileStatus::Ocean);
        let (x, y) = Chart::of(Grid::default().bounds()).project(-35.0, 35.0);
        assert!((0..40).all(|step| canvas.pixel(x as usize + step, y as usize + 1) == ocean));
    }
}
