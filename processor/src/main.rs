//! The `floe` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    floe_processor::commands::main()
}
