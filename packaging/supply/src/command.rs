//! Runs the programs that know what was built: cargo, rustc, git.

use std::path::Path;
use std::process::Command;

use crate::Error;

/// Returns what a program prints, without the line's end.
///
/// # Errors
/// [`Error::Command`] if it cannot be run or fails.
pub(crate) fn output(directory: &Path, program: &str, arguments: &[&str]) -> Result<String, Error> {
    let wrong = |problem: String| Error::Command { command: format!("{program} {}", arguments.join(" ")), problem };
    let run =
        Command::new(program).args(arguments).current_dir(directory).output().map_err(|e| wrong(e.to_string()))?;
    if !run.status.success() {
        let message = String::from_utf8_lossy(&run.stderr);
        // All of it: cargo ends with the cause, git begins with it.
        return Err(wrong(match message.trim() {
            "" => format!("it says nothing ({})", run.status),
            message => message.to_owned(),
        }));
    }
    Ok(String::from_utf8_lossy(&run.stdout).trim_end().to_owned())
}

/// The cargo that runs this program, or the first in `PATH`.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}
