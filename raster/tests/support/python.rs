//! Runs the scripts of `tests/python` in the virtual environment that `script/bootstrap python` makes.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs a script and panics with what it says if it fails.
///
/// The interpreter is `FLOE_PYTHON`, or that of `.venv` at the top of the checkout.
pub fn run(script: &str, arguments: &[&Path]) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var_os("FLOE_PYTHON")
        .map_or_else(|| here.join("../.venv/bin/python"), PathBuf::from);
    let output = Command::new(&python)
        .arg(here.join("tests/python").join(script))
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; `script/bootstrap python` installs it", python.display())
        });
    assert!(
        output.status.success(),
        "{script} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
