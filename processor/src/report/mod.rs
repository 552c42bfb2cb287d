//! What commands say: data on stdout, everything for people on stderr.

mod amounts;
pub mod attention;
pub mod github;
pub mod progress;
mod rows;
pub mod status;
pub mod summary;

pub use amounts::{Bytes, Count, Seconds};

use std::io::{self, Write};

use serde::Serialize;

use crate::secret::hide;

/// Writes one JSON document, followed by a line end, to stdout.
pub fn json(document: &impl Serialize) -> io::Result<()> {
    text(&serde_json::to_string(document)?)
}

/// Writes text to stdout. A reader that has seen enough (`floe status | head`) is no failure.
pub fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(out, "{}{end}", hide(text)).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
