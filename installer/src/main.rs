//! `hostprep`: prepares a host for an eBPF security agent and keeps it prepared.

mod cli;

use std::process::ExitCode;

/// `**` in a template, which none of ours has, would be all that the C library's libm is loaded for: 0.3 MiB and a tenth of the time
/// that the program takes to start.
#[allow(unsafe_code, reason = "the symbol is only this function's, with the signature of C")]
#[unsafe(no_mangle)]
extern "C" fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

fn main() -> ExitCode {
    cli::run()
}
