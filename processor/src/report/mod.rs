//! What commands say: data on stdout, everything for people on stderr.

mod amounts;
pub mod progress;
pub mod status;
pub mod summary;

pub use amounts::{Bytes, Count, Seconds};

use std::io::{self, Write};

use serde::Serialize;

/// Writes one JSON document, followed by a line end, to stdout.
pub fn json(document: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, document)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes text to stdout.
pub fn text(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        out.write_all(b"\n")?;
    }
    out.flush()
}
