//! Progress of long work: a line a row of tiles, and a bar on a terminal or a plain line now and then elsewhere.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use floe_shared::grid::TileIndex;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::amounts::{Bytes, Seconds};
use super::rows::Rows;
use crate::job::TileReport;
use crate::secret::hide;

/// How long nothing is said at most while granules arrive where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Shows how far the work has come. Clones show on the same display.
#[derive(Clone, Debug)]
pub struct Progress {
    display: Arc<Display>,
    rows: Arc<Mutex<Rows>>,
}

#[derive(Debug)]
enum Display {
    Bar { bar: ProgressBar, bytes: AtomicU64, tiles: Mutex<(u64, u64)> },
    Lines(Mutex<Lines>),
    Silent,
}

#[derive(Debug)]
struct Lines {
    started: Instant,
    last: Instant,
    granules: u64,
    granules_total: u64,
    bytes: u64,
    tiles: u64,
    tiles_total: u64,
}

impl Progress {
    /// On stderr: a bar if it is a terminal, else lines.
    pub fn on_stderr() -> Self {
        let display = if io::stderr().is_terminal() {
            let bar =
                ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
            if let Ok(style) = ProgressStyle::with_template(
                "{spinner} [{elapsed}] {wide_bar} {pos}/{len} granules  {msg}  left {eta}",
            ) {
                bar.set_style(style.progress_chars("━╸─"));
            }
            Display::Bar { bar, bytes: AtomicU64::new(0), tiles: Mutex::default() }
        } else {
            let now = Instant::now();
            Display::Lines(Mutex::new(Lines {
                started: now,
                last: now,
                granules: 0,
                granules_total: 0,
                bytes: 0,
                tiles: 0,
                tiles_total: 0,
            }))
        };
        Self { display: Arc::new(display), rows: Arc::default() }
    }

    /// Says nothing.
    pub fn silent() -> Self {
        Self { display: Arc::new(Display::Silent), rows: Arc::default() }
    }

    /// More tiles to do.
    pub fn expect_tiles(&self, expected: &[TileIndex]) {
        if let Ok(mut rows) = self.rows.lock() {
            rows.expect(expected);
        }
        let count = expected.len();
        match &*self.display {
            Display::Bar { tiles, .. } => {
                if let Ok(mut tiles) = tiles.lock() {
                    tiles.1 += count as u64;
                }
            }
            Display::Lines(lines) => {
                if let Ok(mut lines) = lines.lock() {
                    lines.tiles_total += count as u64;
                }
            }
            Display::Silent => {}
        }
    }

    /// More granules to read.
    pub fn expect_granules(&self, count: usize) {
        match &*self.display {
            Display::Bar { bar, .. } => bar.inc_length(count as u64),
            Display::Lines(lines) => {
                if let Ok(mut lines) = lines.lock() {
                    lines.granules_total += count as u64;
                }
            }
            Display::Silent => {}
        }
    }

    /// A granule has been read and reduced.
    pub fn granule_done(&self, read: u64) {
        match &*self.display {
            Display::Bar { bar, bytes, tiles } => {
                let bytes = bytes.fetch_add(read, Ordering::Relaxed) + read;
                let rate = bytes as f64 / bar.elapsed().as_secs_f64().max(1e-3);
                let (done, of) = tiles.lock().map(|tiles| *tiles).unwrap_or_default();
                bar.set_message(format!(
                    "{}  {}/s  {done}/{of} tiles",
                    Bytes(bytes),
                    Bytes(rate as u64)
                ));
                bar.inc(1);
            }
            Display::Lines(lines) => {
                if let Ok(mut lines) = lines.lock() {
                    lines.granules += 1;
                    lines.bytes += read;
                    if lines.last.elapsed() >= LINE_EVERY {
                        lines.last = Instant::now();
                        eprintln!("{}", lines.text());
                    }
                }
            }
            Display::Silent => {}
        }
    }

    /// A tile is done; where it was the last one of its row, a line says how that stands.
    pub fn tile_done(&self, report: &TileReport) {
        match &*self.display {
            Display::Bar { tiles, .. } => {
                if let Ok(mut tiles) = tiles.lock() {
                    tiles.0 += 1;
                }
            }
            Display::Lines(lines) => {
                if let Ok(mut lines) = lines.lock() {
                    lines.tiles += 1;
                }
            }
            Display::Silent => {}
        }
        let line = self.rows.lock().ok().and_then(|mut rows| rows.done(report));
        if let Some(line) = line {
            self.say(&line);
        }
    }

    /// Says something beside the display.
    pub fn say(&self, line: &str) {
        let line = hide(line);
        match &*self.display {
            Display::Bar { bar, .. } => bar.suspend(|| eprintln!("{line}")),
            Display::Lines(lines) => {
                if let Ok(mut lines) = lines.lock() {
                    lines.last = Instant::now();
                }
                eprintln!("{line}");
            }
            Display::Silent => {}
        }
    }

    /// Says how the rows stand that a failure cut short, and takes the bar away.
    pub fn finish(&self) {
        let unfinished = self.rows.lock().map(|mut rows| rows.take_unfinished());
        for line in unfinished.unwrap_or_default() {
            self.say(&line);
        }
        if let Display::Bar { bar, .. } = &*self.display {
            bar.finish_and_clear();
        }
    }
}

impl Lines {
    fn text(&self) -> String {
        let seconds = self.started.elapsed().as_secs_f64();
        format!(
            "{} of {} granules, {} at {}/s, {} of {} tiles, {}",
            self.granules,
            self.granules_total,
            Bytes(self.bytes),
            Bytes((self.bytes as f64 / seconds.max(1e-3)) as u64),
            self.tiles,
            self.tiles_total,
            Seconds(seconds),
        )
    }
}
