//! `hostprep`: prepares a host for an eBPF security agent and keeps it prepared.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
