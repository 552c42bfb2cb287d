//! Reads a whole store of a local directory by the viewer's own reader, for comparison with others:
//! what `tests/contract` runs.
//!
//! ```text
//! read_store STORE OUT [branch:NAME | tag:NAME | snapshot:ID]
//! ```
//!
//! Writes `OUT/VARIABLE.YEAR.LEVEL`, every pixel of a level as little-endian `uint16` from the north-west,
//! and prints as JSON what the store says of itself. Exits with 65 and a message where it cannot be read.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use floe_viewer::chunk::ChunkKey;
use floe_viewer::dataset::{Dataset, RefSpec};
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
    for info in &dataset.variables {
        for (place, year) in dataset.years.iter().enumerate() {
            for level in &dataset.levels {
                let mut plane = vec![0_u16; level.rows as usize * level.cols as usize];
                for row in 0..level.row_count() {
                    for col in 0..level.col_count() {
                        let variable = info.variable;
                        let key =
                            ChunkKey { variable, year: place as u16, level: level.index, row, col };
                        let Some(pixels) = block_on(store.chunk(key))? else { continue };
                        let (width, height) = level.chunk_size(row, col);
                        let first = (row * level.chunk_rows) as usize * level.cols as usize
                            + (col * level.chunk_cols) as usize;
                        for (line, pixels) in pixels.chunks_exact(width as usize).enumerate() {
                            let at = first + line * level.cols as usize;
                            plane[at..at + pixels.len()].copy_from_slice(pixels);
                        }
                        if pixels.len() != (width * height) as usize {
                            return Err(format!("{key:?} has {} pixels", pixels.len()).into());
                        }
                    }
                }
                let bytes: Vec<u8> = plane.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
                let name = format!("{}.{year}.{}", info.variable, level.index);
                std::fs::write(Path::new(out).join(name), bytes)?;
            }
        }
    }
    writeln!(std::io::stdout(), "{}", describe(dataset))?;
    Ok(())
}

fn describe(dataset: &Dataset) -> Value {
    let levels = dataset.levels.iter().map(|level| {
        json!({
            "rows": level.rows, "cols": level.cols,
            "chunk": [level.chunk_rows, level.chunk_cols],
            "degrees": level.degrees_per_pixel,
        })
    });
    let variables = dataset.variables.iter().map(|info| {
        json!({
            "name": info.variable.name(), "units": info.units, "scale": info.scale, "offset": info.offset,
            "fill": info.fill, "long_name": info.long_name,
        })
    });
    json!({
        "years": dataset.years,
        "levels": levels.collect::<Vec<_>>(),
        "variables": variables.collect::<Vec<_>>(),
        "snapshot": dataset.snapshot,
        "messages": dataset.history.iter().map(|commit| commit.message.clone()).collect::<Vec<_>>(),
        "tiles": [dataset.grid.tile_rows(), dataset.grid.tile_cols()],
    })
}
