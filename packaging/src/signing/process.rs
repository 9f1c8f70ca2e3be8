//! The only place of this crate that starts processes.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use host::process::clock::{Clock, SystemClock};
use host::process::shown_line;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::Error;

/// More than any signature.
const LONGEST: u64 = 1024 * 1024;
const PAUSE: Duration = Duration::from_millis(10);
/// For the end of the output after that of the command.
const GRACE: Duration = Duration::from_secs(5);

/// Runs `sh -c COMMAND` with `content` on its standard input and returns its standard output.
///
/// # Errors
/// A message that continues "the signing command …".
pub fn sign(command: &str, content: &[u8], limit: Duration) -> Result<Vec<u8>, String> {
    // At a terminal the command stays in its foreground, so that it can ask there, and Ctrl-C reaches it.
    let own_group = !std::io::IsTerminal::is_terminal(&std::io::stderr());
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command).stdin(Stdio::piped()).stdout(Stdio::piped());
    if own_group {
        shell.process_group(0);
    }
    let mut child = shell.spawn().map_err(|e| format!("could not be started: {e}"))?;
    let (to_us, output) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = stdout.take(LONGEST).read_to_end(&mut bytes);
            let _ = to_us.send(read.map(|_| bytes));
        });
    }
    if let Some(mut stdin) = child.stdin.take() {
        let content = content.to_vec();
        // A command that does not read to the end is judged by its signature.
        std::thread::spawn(move || {
            let _ = stdin.write_all(&content);
        });
    }
    let ended = wait(&mut child, limit);
    let Some(status) = ended.map_err(|e| format!("could not be waited for: {e}"))? else {
        stop(&mut child, own_group);
        return Err(format!("took longer than {} s and was ended; --sign-timeout gives it more time", limit.as_secs()));
    };
    match status.code() {
        Some(0) => {}
        Some(127) => return Err("was not found (exit status 127)".into()),
        Some(126) => return Err("cannot be executed (exit status 126)".into()),
        _ => return Err(format!("{}; its own message is above", described(status))),
    }
    match output.recv_timeout(GRACE) {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(e)) => Err(format!("has an output that cannot be read: {e}")),
        Err(_) => {
            stop(&mut child, own_group);
            Err("ended, but left a process behind that holds its standard output".into())
        }
    }
}

fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let start = SystemClock.monotonic();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if SystemClock.monotonic() - start >= limit {
            return Ok(None);
        }
        SystemClock.sleep(PAUSE);
    }
}

/// Kills the command, and all that it started if it has a process group of its own.
fn stop(child: &mut Child, own_group: bool) {
    if let (true, Ok(group)) = (own_group, i32::try_from(child.id())) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}

fn described(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "did not exit".into(),
    }
}

/// A tool of the distribution, with the environment of the caller but for the locale.
#[derive(Debug)]
pub struct Tool {
    name: &'static str,
    command: Command,
}

/// The output of a tool that ran, whatever its status.
#[derive(Debug)]
pub struct Finished {
    /// Whether its status is 0.
    pub success: bool,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
    status: ExitStatus,
}

impl Tool {
    /// Returns a tool from `PATH`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let mut command = Command::new(name);
        command.stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").env("TZ", "UTC0");
        Self { name, command }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<I: IntoIterator<Item: AsRef<std::ffi::OsStr>>>(mut self, args: I) -> Self {
        self.command.args(args);
        self
    }

    /// Sets its working directory.
    #[must_use]
    pub fn within(mut self, directory: &Path) -> Self {
        self.command.current_dir(directory);
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// [`Error::Tool`] if it cannot be run.
    pub fn finish(mut self) -> Result<Finished, Error> {
        let output = self.command.output().map_err(|e| Error::Tool {
            tool: self.name,
            problem: match e.kind() {
                std::io::ErrorKind::NotFound => {
                    "is not installed; tests/setup/install-build-needs.sh installs it".into()
                }
                _ => format!("cannot be run: {e}"),
            },
        })?;
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Finished { success: output.status.success(), stdout: output.stdout, stderr, status: output.status })
    }

    /// Runs it and returns its standard output.
    ///
    /// # Errors
    /// [`Error::Tool`] if it cannot be run, or fails.
    pub fn run(self) -> Result<Vec<u8>, Error> {
        let tool = self.name;
        let done = self.finish()?;
        if done.success {
            return Ok(done.stdout);
        }
        let said = shown_line(&done.stderr).unwrap_or("no message".into());
        Err(Error::Tool { tool, problem: format!("{}: {said}", described(done.status)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_tells_why_a_tool_failed() {
        for (script, problem) in [
            (
                "echo 'Critical: x: No space left on device' >&2; echo 'C_CREATEREPOLIB: Warning: y' >&2; exit 2",
                "exited with status 2: Critical: x: No space left on device",
            ),
            ("exit 1", "exited with status 1: no message"),
        ] {
            let error = Tool::new("sh").args(["-c", script]).run().unwrap_err().to_string();
            assert!(error.ends_with(problem), "{error}");
        }
    }
}
