//! Reads a whole store of a local directory by the viewer's own reader, for comparison with others:
//! what `tests/contract` runs.
//!
//! ```text
//! read_store STORE OUT [branch:NAME | tag:NAME | snapshot:ID]
//! ```
//!
//! Writes `OUT/VARIABLE.PLANE.LEVEL`, the code of every pixel of a level row by row, little-endian and as wide as the form
//! says (the variable by its place, the plane by its index over all further axes), and prints as JSON what the store says
//! of itself. Exits with 65 and a message where it cannot be read.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use floe_viewer::axis::Axis;
use floe_viewer::chunk::{ChunkKey, Pixels};
use floe_viewer::dataset::{Dataset, LevelInfo, RefSpec};
use floe_viewer::placement::Placement;
use floe_viewer::store::Store;
use floe_viewer::store::transport::LocalDirectory;
use futures::executor::block_on;
use serde_json::{Value, json};

/// Memory for encoded chunks.
const CACHE: usize = 16 << 20;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(65)
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, out, reference @ ..] = arguments.as_slice() else {
        return Err("expected: read_store STORE OUT [REFERENCE]".into());
    };
    let reference =
        reference.first().map_or_else(RefSpec::default, |text| match text.split_once(':') {
            Some(("tag", name)) => RefSpec::Tag(name.to_owned()),
            Some(("snapshot", id)) => RefSpec::Snapshot(id.to_owned()),
            Some((_, name)) => RefSpec::Branch(name.to_owned()),
            None => RefSpec::Branch(text.clone()),
        });
    let transport = LocalDirectory { root: PathBuf::from(store) };
    let store = block_on(Store::open(transport, store, reference, CACHE, |_| Vec::new()))?;
    let dataset = store.dataset();
    for (variable, info) in dataset.ids() {
        for plane in 0..dataset.axes_of(variable).map(Axis::len).product() {
            for level in dataset.grid(variable).iter().flat_map(|grid| &grid.levels) {
                let Placement { rows, cols, .. } = level.placement;
                let mut pixels_of_level = vec![info.codes.missing; rows as usize * cols as usize];
                for row in 0..level.row_count() {
                    for col in 0..level.col_count() {
                        let key = ChunkKey { variable, plane, level: level.index, row, col };
                        let Some(pixels) = block_on(store.chunk(key))? else { continue };
                        let pixels: Vec<u32> = match pixels {
                            Pixels::U8(codes) => codes.into_iter().map(u32::from).collect(),
                            Pixels::U16(codes) => codes.into_iter().map(u32::from).collect(),
                            Pixels::Float(codes) => codes,
                        };
                        let (width, height) = level.chunk_size(row, col);
                        let first = (row * level.chunk_rows) as usize * cols as usize
                            + (col * level.chunk_cols) as usize;
                        for (line, pixels) in pixels.chunks_exact(width as usize).enumerate() {
                            let at = first + line * cols as usize;
                            pixels_of_level[at..at + pixels.len()].copy_from_slice(pixels);
                        }
                        if pixels.len() != (width * height) as usize {
                            return Err(format!("{key:?} has {} pixels", pixels.len()).into());
                        }
                    }
                }
                let bytes = dataset.form.bytes();
                let bytes: Vec<u8> = pixels_of_level
                    .iter()
                    .flat_map(|code| code.to_le_bytes()[..bytes].to_vec())
                    .collect();
                let name = format!("{}.{plane}.{}", variable.0, level.index);
                std::fs::write(Path::new(out).join(name), bytes)?;
            }
        }
    }
    writeln!(std::io::stdout(), "{}", describe(dataset))?;
    Ok(())
}

fn describe(dataset: &Dataset) -> Value {
    let level = |level: &LevelInfo| {
        let Placement { west, first_lat, dlon, dlat, cols, rows, wraps, is_mercator } =
            level.placement;
        json!({
            "rows": rows, "cols": cols, "chunk": [level.chunk_rows, level.chunk_cols],
            "degrees": dlon, "dlat": dlat, "west": west, "first_lat": first_lat, "wraps": wraps,
            "mercator": is_mercator,
        })
    };
    let grids = dataset.grids.iter();
    let grids: Vec<Vec<Value>> =
        grids.map(|grid| grid.levels.iter().map(level).collect()).collect();
    let variables = dataset.variables.iter().map(|info| {
        let classes = info.flags.iter().filter(|_| info.are_classes).map(|flag| flag.value);
        json!({
            "classes": classes.collect::<Vec<_>>(), "label": info.label,
            "name": info.name, "units": info.units, "scale": info.codes.scale,
            "offset": info.codes.offset, "missing": info.codes.missing,
            "lowest": info.codes.lowest, "highest": info.codes.highest, "long_name": info.long_name,
            "axes": info.axes, "grid": info.grid,
        })
    });
    let axes = dataset.axes.iter().map(|axis| {
        json!({
            "name": axis.name, "units": axis.units, "long_name": axis.long_name,
            "labels": (0..axis.len()).map(|step| axis.label(step)).collect::<Vec<_>>(),
        })
    });
    json!({
        "axes": axes.collect::<Vec<_>>(),
        "left_out": dataset.left_out,
        "code_bytes": dataset.form.bytes(),
        "levels": grids.first(),
        "grids": grids,
        "variables": variables.collect::<Vec<_>>(),
        "snapshot": dataset.snapshot,
        "messages": dataset.history.iter().map(|commit| commit.message.clone()).collect::<Vec<_>>(),
        "tiles": dataset.tiles.map(|grid| [grid.tile_rows(), grid.tile_cols()]),
    })
}
