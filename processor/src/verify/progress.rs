//! Progress of a verification: a bar on a terminal, a plain line now and then elsewhere.

use std::io::{self, IsTerminal};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::Count;

/// How often a line appears where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(15);

/// Counts chunks.
#[derive(Debug)]
pub struct ChunkProgress {
    bar: ProgressBar,
    /// When the last line was written, where there is no bar.
    last: Option<Mutex<Instant>>,
}

impl ChunkProgress {
    /// On stderr.
    pub fn on_stderr() -> Self {
        if !io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden(), last: Some(Mutex::new(Instant::now())) };
        }
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        let template = "{spinner} [{elapsed}] {wide_bar} {pos}/{len} chunks  left {eta}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { bar, last: None }
    }

    /// So many chunks in all.
    pub(super) fn expect(&self, chunks: u64) {
        self.bar.set_length(chunks);
    }

    /// A chunk has been read.
    pub(super) fn chunk_done(&self) {
        self.bar.inc(1);
        let Some(Ok(mut last)) = self.last.as_ref().map(Mutex::lock) else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let (done, all) = (self.bar.position(), self.bar.length().unwrap_or_default());
            eprintln!("{} of {} chunks verified", Count(done), Count(all));
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
