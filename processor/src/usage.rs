//! What a command has used: processor time, wall time, memory, requests.

use std::time::Instant;

use serde::Serialize;

use crate::http::Http;

/// Measures a command from its start.
#[derive(Debug)]
pub struct Meter {
    started: Instant,
}

/// What a command has used so far.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    /// Processor time of all threads, user and system; absent where the system does not tell.
    pub cpu_seconds: Option<f64>,
    /// Time since the start.
    pub wall_seconds: f64,
    /// Bytes of bodies received from catalogue and blobs.
    pub bytes_read: u64,
    /// Requests to catalogue and blobs, repeated ones included.
    pub requests: u64,
    /// Largest resident set; absent where the system does not tell.
    pub peak_memory_bytes: Option<u64>,
}

impl Meter {
    /// Starts the clock.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// What has been used since.
    pub fn usage(&self, http: &Http) -> Usage {
        let (cpu_seconds, peak_memory_bytes) = process_resources();
        Usage {
            cpu_seconds,
            wall_seconds: self.started.elapsed().as_secs_f64(),
            bytes_read: http.bytes(),
            requests: http.requests(),
            peak_memory_bytes,
        }
    }
}

/// Processor seconds and peak resident bytes of this process.
#[cfg(unix)]
fn process_resources() -> (Option<f64>, Option<u64>) {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    // macOS counts bytes, the others kibibytes (getrusage(2)).
    const UNIT: u64 = if cfg!(target_os = "macos") { 1 } else { 1024 };
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return (None, None) };
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    let peak = u64::try_from(usage.max_rss()).ok().map(|rss| rss * UNIT);
    (Some(microseconds as f64 / 1e6), peak)
}

#[cfg(not(unix))]
fn process_resources() -> (Option<f64>, Option<u64>) {
    (None, None)
}
