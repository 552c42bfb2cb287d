//! What the benchmarks share: running the built processor, and medians.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// A built `floe`, with the options that all its calls get.
#[derive(Clone, Debug)]
pub struct Floe {
    program: PathBuf,
    options: Vec<String>,
}

impl Floe {
    /// The processor that lies beside this benchmark, as `cargo build --release --workspace` leaves it.
    ///
    /// # Errors
    /// Where there is none.
    pub fn beside_this_program() -> anyhow::Result<Self> {
        let this = std::env::current_exe().context("looking for this program")?;
        let program = this.with_file_name(format!("floe{}", std::env::consts::EXE_SUFFIX));
        ensure!(
            program.exists(),
            "expected the processor at {}: build it with cargo build --release --bin floe",
            program.display()
        );
        Ok(Self { program, options: Vec::new() })
    }

    /// The program's path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The same processor with further options for every call.
    #[must_use]
    pub fn with<S: Into<String>>(mut self, options: impl IntoIterator<Item = S>) -> Self {
        self.options.extend(options.into_iter().map(Into::into));
        self
    }

    /// A call, ready to be started; nothing of the caller's own settings reaches it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.options).args(arguments);
        for name in ["FLOE_STORE", "GITHUB_STEP_SUMMARY"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs a verb and reads the document that it prints with `--json`.
    ///
    /// # Errors
    /// Where it fails, or prints something else.
    pub fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = self.command(arguments).arg("--json").output().context("starting floe")?;
        ensure!(
            output.status.success(),
            "floe {} ended with {}: {}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).context("reading what floe printed")
    }
}

/// The middle one of some measurements (of an even number the lower one); 0 of none.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < 1e-12);
        assert!((median(&[4.0, 1.0, 2.0, 3.0]) - 2.0).abs() < 1e-12);
        assert!(median(&[]).abs() < 1e-12);
    }
}
