//! Standard output and standard error.

use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context as _;
use host::Root;
use host::fs::InRoot;
use host::process::names;

/// The mode of a new file.
const MODE: u32 = 0o644;

/// Longer lines are hard to read.
const WIDEST: usize = 100;

/// Why a command ended without an exit code of its own.
pub enum Failure {
    /// The command line is not valid.
    Usage(String),
    /// An internal error, or one of the environment.
    Error(anyhow::Error),
    /// Standard output is closed.
    BrokenPipe,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

/// The exit code of a command, or why it failed.
pub type Outcome = Result<u8, Failure>;

/// Writes to standard output; colours are left out where it takes none (`NO_COLOR`, no terminal). For people.
pub fn print(text: &str) -> Result<(), Failure> {
    write_out(&mut anstream::stdout().lock(), text)
}

/// Writes to standard output, byte for byte. For programs: what looks like a colour is a part of a value, which would be another
/// without it.
pub fn print_exactly(text: &str) -> Result<(), Failure> {
    write_out(&mut std::io::stdout().lock(), text)
}

fn write_out(stdout: &mut impl Write, text: &str) -> Result<(), Failure> {
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Err(Failure::BrokenPipe),
        Err(e) => Err(anyhow::Error::new(e).context("cannot write to standard output").into()),
    }
}

/// Replaces the content of a file of this machine, also with `--root`. Other users may read a new file, as monitoring does.
pub fn replace(file: &Path, text: &str) -> anyhow::Result<()> {
    // No temporary file is left if a timer's job is stopped.
    host::process::signals::note_interruptions().context("cannot set a signal handler")?;
    let file = std::path::absolute(file).with_context(|| format!("cannot find {}", file.display()))?;
    let (dir, name) = Root::system()?.parent(InRoot::from_top(&file))?;
    Ok(dir.replace_preserving_metadata(&name, text.as_bytes(), MODE)?)
}

/// Writes `object` to standard output, on one line.
pub fn print_json(object: &impl serde::Serialize) -> Result<(), Failure> {
    print_exactly(&(serde_json::to_string(object)? + "\n"))
}

/// Returns the width of text for reading, in cells; `None` if standard output is not a terminal.
pub fn width() -> Option<usize> {
    let (columns, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(columns.0).min(WIDEST))
}

/// Writes a line about ourselves to standard error; names of files may hold what a terminal obeys.
pub fn print_error(message: &str) {
    let mut stderr = anstream::stderr().lock();
    for line in message.lines() {
        let _ = writeln!(stderr, "{}: {}", names::command(), line.replace(char::is_control, " "));
    }
}

/// An error and its causes, leaving out those that its own text has already.
pub fn one_line_chain(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |line, cause| {
        let cause = cause.to_string();
        match line.as_str() {
            "" => cause,
            said if said.contains(&cause) => line,
            said => format!("{said}: {cause}"),
        }
    })
}
