//! What a run came to.

use std::io::Write as _;

use serde_json::{Value, json};

use crate::Protocol;
use crate::place::{Asked, Stored};
use crate::writers::Done;

/// What Icechunk writes for a commit besides the repository's own object.
const KINDS: [&str; 4] = ["manifests", "snapshots", "transactions", "overwritten"];

/// One run.
#[derive(Debug)]
pub(crate) struct Outcome {
    protocol: Protocol,
    writers: usize,
    commits: usize,
    landed: usize,
    attempts: u64,
    seconds: f64,
    /// Commit latency in seconds: half, 95 % and all took at most this.
    latency: [f64; 3],
    /// Objects left in the store, garbage included, without chunks.
    objects: u64,
    bytes: u64,
    asked: Option<Asked>,
}

impl Outcome {
    pub(crate) fn new(
        protocol: Protocol,
        writers: usize,
        done: Done,
        before: &Stored,
        after: &Stored,
        landed: usize,
    ) -> Self {
        let mut sorted = done.latencies;
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (sorted.len() as f64 * share).ceil() as usize;
            sorted.get(index.saturating_sub(1)).copied().unwrap_or_default()
        };
        let (mut objects, mut bytes) = (0, 0);
        for kind in KINDS {
            objects += after.of(kind).0 - before.of(kind).0;
            bytes += after.of(kind).1 - before.of(kind).1;
        }
        Self {
            protocol,
            writers,
            commits: sorted.len(),
            landed,
            attempts: done.attempts,
            seconds: done.seconds,
            latency: [at(0.5), at(0.95), at(1.0)],
            objects,
            bytes,
            asked: done.asked,
        }
    }

    fn attempts_per_commit(&self) -> f64 {
        self.attempts as f64 / self.commits.max(1) as f64
    }

    fn document(&self) -> Value {
        let mut document = json!({
            "protocol": format!("{:?}", self.protocol).to_lowercase(),
            "writers": self.writers,
            "commits": self.commits,
            "landed": self.landed,
            "attempts": self.attempts,
            "attempts_per_commit": self.attempts_per_commit(),
            "seconds": self.seconds,
            "latency_p50": self.latency[0],
            "latency_p95": self.latency[1],
            "latency_max": self.latency[2],
            "objects": self.objects,
            "bytes": self.bytes,
        });
        if let Some(asked) = self.asked {
            document["read_requests"] = asked.reads.into();
            document["write_requests"] = asked.writes.into();
            document["bytes_put"] = asked.bytes_written.into();
        }
        document
    }

    /// Its row of the table.
    pub(crate) fn row(&self) -> String {
        let requests = self.asked.map_or_else(
            || "|  | ".to_owned(),
            |asked| format!("| {} | {} ", asked.reads, asked.writes),
        );
        format!(
            "| {:?} | {} | {} | {:.2} | {:.1} / {:.1} / {:.1} | {:.0} | {} | {:.1} {requests}|",
            self.protocol,
            self.writers,
            self.landed,
            self.attempts_per_commit(),
            self.latency[0],
            self.latency[1],
            self.latency[2],
            self.seconds,
            self.objects,
            self.bytes as f64 / 1e6,
        )
    }
}

/// Prints all runs.
pub(crate) fn print(outcomes: &[Outcome], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return line(&outcomes.iter().map(Outcome::document).collect());
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| protocol | writers | landed | attempts per commit | commit p50 / p95 / max, s | total, s | objects | MB | reads | writes |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    for outcome in outcomes {
        writeln!(out, "{}", outcome.row())?;
    }
    Ok(())
}

/// Prints one document.
pub(crate) fn line(document: &Value) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{document}")?;
    Ok(())
}
