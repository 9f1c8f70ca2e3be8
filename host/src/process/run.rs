//! The only place that starts processes: with empty standard input, a clean environment, programs from trusted directories, a
//! time limit, and bounded output.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{PipeWriter, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use thiserror::Error;

use crate::Root;
use crate::error::{FileError, InsideText};
use crate::fs::InRoot;
use crate::process::clock::Clock;
use crate::process::signals;

use super::command::Command;
use super::telling_line::{TRUNCATED, shown_line};

/// The directories of programs, in the order of search. `PATH` is not read.
pub const SYSTEM_DIRECTORIES: [&str; 4] = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];

const OUTPUT_KEPT: usize = 1024 * 1024;
const STDERR_KEPT: usize = 8 * 1024;
const GRACE: Duration = Duration::from_secs(5);
const OUTPUT_TIMEOUT_AFTER_EXIT: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The output of a program that succeeded.
#[derive(Debug, Clone)]
pub struct Output {
    /// The beginning of standard output, at most 1 MiB.
    pub stdout: String,
    /// The end of standard error, at most 8 KiB; the first line is `[...]` if the beginning is missing.
    pub stderr: String,
    /// The time from before its start until its end, by the monotonic clock.
    pub took: Duration,
}

/// A program did not run, or failed.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// It is in none of the trusted directories.
    #[error("{program} is not installed (looked in {})", joined(looked_in))]
    NotFound {
        /// The program's name.
        program: String,
        /// The directories looked in.
        looked_in: Vec<PathBuf>,
    },
    /// It could not be started or waited for.
    #[error("`{command}` could not be run: {}", could_not_start(source))]
    Start {
        /// The whole command.
        command: Box<Command>,
        /// The error of the system call.
        source: std::io::Error,
    },
    /// It exited with a status other than 0, or a signal killed it.
    #[error("`{command}` {status}: {}", shown_line(stderr).unwrap_or("no message on standard error".into()))]
    Failed {
        /// The whole command.
        command: Box<Command>,
        /// `exited with status 1`, `was killed by signal 9`.
        status: String,
        /// The exit status; `None` if a signal killed it.
        code: Option<i32>,
        /// The end of its standard error.
        stderr: String,
    },
    /// It exceeded its time limit and was terminated.
    #[error("`{command}` timed out after {} s; its message: {}", limit.as_secs(), shown_line(stderr).unwrap_or("none".into()))]
    TimedOut {
        /// The whole command.
        command: Box<Command>,
        /// Its time limit.
        limit: Duration,
        /// The end of its standard error.
        stderr: String,
    },
    /// hostprep was interrupted and terminated it.
    #[error("`{command}` was interrupted")]
    Interrupted {
        /// The whole command.
        command: Box<Command>,
    },
}

impl InsideText for ProcessError {
    fn inside_text(&self, root: &Root) -> String {
        let inside = |command: &Command| Box::new(command.inside());
        match self {
            Self::Failed { command, status, code, stderr } => {
                let (command, status, stderr) = (inside(command), status.clone(), paths_inside(stderr, root));
                Self::Failed { command, status, code: *code, stderr }.to_string()
            }
            Self::TimedOut { command, limit, stderr } => {
                let (command, limit, stderr) = (inside(command), *limit, paths_inside(stderr, root));
                Self::TimedOut { command, limit, stderr }.to_string()
            }
            Self::Start { command, source } => {
                format!("`{}` could not be run: {}", command.inside(), could_not_start(source))
            }
            Self::Interrupted { command } => Self::Interrupted { command: inside(command) }.to_string(),
            Self::NotFound { .. } => self.to_string(),
        }
    }
}

impl ProcessError {
    /// Returns the end of standard error; empty if the program did not run.
    #[must_use]
    pub fn stderr(&self) -> &str {
        match self {
            Self::Failed { stderr, .. } | Self::TimedOut { stderr, .. } => stderr,
            _ => "",
        }
    }
}

/// Returns a message of a tool with the paths of an alternate root as that root sees them.
fn paths_inside(text: &str, root: &Root) -> String {
    match root.path().to_str() {
        // shadow puts the prefix before `/etc/passwd`, with a slash of its own.
        Some(path) if root.is_alternate() => text.replace(&format!("{path}//"), "/").replace(&format!("{path}/"), "/"),
        _ => text.to_owned(),
    }
}

/// Describes why a program that was found did not start.
fn could_not_start(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("the loader or interpreter that it names is missing ({error})"),
        _ => error.to_string(),
    }
}

fn joined(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}

/// Observes the programs that are run: the log, and the progress line of a terminal.
pub trait Observer {
    /// A program is about to start.
    fn started(&self, _command: &Command) {}
    /// It is still running. Called several times a second.
    fn waiting(&self, _command: &Command, _so_far: Duration) {}
    /// It failed because of `obstacle`, and is tried again for at most `left`.
    fn retrying(&self, _command: &Command, _obstacle: &str, _left: Duration) {}
    /// `what` waits for `obstacle` to end before it begins, for at most `longest`.
    fn delayed(&self, _what: &str, _obstacle: &str, _longest: Duration) {}
    /// It ended, or could not be started.
    fn finished(&self, _command: &Command, _result: &Result<Output, ProcessError>, _took: Duration) {}
}

/// Observes nothing.
impl Observer for () {}

/// Runs programs.
pub struct CommandRunner<'a> {
    directories: Vec<PathBuf>,
    /// Opens the root directory in which `directories` are.
    system: fn() -> Result<Root, FileError>,
    clock: &'a dyn Clock,
    observer: &'a dyn Observer,
    /// What programs say about themselves, by their names.
    help: RefCell<BTreeMap<String, String>>,
}

impl<'a> CommandRunner<'a> {
    /// Runs programs from [`SYSTEM_DIRECTORIES`].
    #[must_use]
    pub fn new(clock: &'a dyn Clock, observer: &'a dyn Observer) -> Self {
        let directories = SYSTEM_DIRECTORIES.map(PathBuf::from).to_vec();
        Self { directories, system: Root::system, clock, observer, help: RefCell::default() }
    }

    /// Runs programs from other directories, for tests. The user who runs the tests may own them.
    #[cfg(any(test, feature = "test"))]
    #[must_use]
    pub fn with_directories(directories: Vec<PathBuf>, clock: &'a dyn Clock, observer: &'a dyn Observer) -> Self {
        let system = || Root::system().map(Root::trusting_tester);
        Self { directories, system, clock, observer, help: RefCell::default() }
    }

    /// Returns the path of `program`. Passes over programs that another user could change, directly or through a directory or
    /// symbolic link on the way.
    #[must_use]
    pub fn find(&self, program: &str) -> Option<PathBuf> {
        let path = std::env::join_paths(&self.directories).ok()?;
        let system = (self.system)().ok()?;
        which::which_in_all(program, Some(path), "/").ok()?.find(|found| system.is_trusted(InRoot::from_top(found)))
    }

    /// Runs `command` and waits for it. Ctrl-C terminates it (`SIGTERM`, then `SIGKILL`).
    ///
    /// # Errors
    /// [`ProcessError`] if it is not found, fails, times out or is interrupted.
    pub fn run(&self, command: &Command) -> Result<Output, ProcessError> {
        self.run_observed(command, true)
    }

    /// As [`CommandRunner::run`], but Ctrl-C takes effect after the program has ended.
    ///
    /// # Errors
    /// As [`CommandRunner::run`].
    pub fn run_uninterruptible(&self, command: &Command) -> Result<Output, ProcessError> {
        self.run_observed(command, false)
    }

    /// Returns what `program` prints with `--help`, whatever its exit status; `None` if it does not run. It is asked once, and the
    /// observer does not see it, because a look at a host leaves no line in the log.
    #[must_use]
    pub fn help(&self, program: &str) -> Option<String> {
        if let Some(known) = self.help.borrow().get(program) {
            return Some(known.clone());
        }
        let unobserved =
            CommandRunner { directories: self.directories.clone(), observer: &(), help: RefCell::default(), ..*self };
        let help = match unobserved.run_uninterruptible(&Command::new(program).arg("--help")) {
            Ok(output) => output.stdout + &output.stderr,
            Err(e @ ProcessError::Failed { .. }) => e.stderr().to_owned(),
            Err(_) => return None,
        };
        self.help.borrow_mut().insert(program.to_owned(), help.clone());
        Some(help)
    }

    /// Reports that `command` failed because of `obstacle`, and is tried again for at most `left`.
    pub fn retrying(&self, command: &Command, obstacle: &str, left: Duration) {
        self.observer.retrying(command, obstacle, left);
    }

    /// Reports that `what` waits for `obstacle` to end before it begins, for at most `longest`.
    pub fn delayed(&self, what: &str, obstacle: &str, longest: Duration) {
        self.observer.delayed(what, obstacle, longest);
    }

    fn run_observed(&self, command: &Command, interruptible: bool) -> Result<Output, ProcessError> {
        let start = self.clock.monotonic();
        self.observer.started(command);
        let result = self.run_unobserved(command, interruptible, start);
        self.observer.finished(command, &result, self.clock.monotonic() - start);
        result
    }

    #[expect(clippy::disallowed_methods, reason = "the only place that starts processes")]
    fn run_unobserved(&self, command: &Command, interruptible: bool, start: Duration) -> Result<Output, ProcessError> {
        let found = self.find(command.program()).ok_or_else(|| ProcessError::NotFound {
            program: command.program().to_owned(),
            looked_in: self.directories.clone(),
        })?;
        let path = std::env::join_paths(&self.directories).unwrap_or_default();
        let could_not = |source| ProcessError::Start { command: Box::new(command.clone()), source };
        signals::wait_for_children().map_err(could_not)?;
        // Before the process is started, because creating a thread can fail.
        let (stdout, to_stdout) = read_in_background(OUTPUT_KEPT, Keep::Start).map_err(could_not)?;
        let (stderr, to_stderr) = read_in_background(STDERR_KEPT, Keep::End).map_err(could_not)?;
        // A pipe that is closed at the other end: /dev/null may be missing in an image build.
        let (stdin, _) = std::io::pipe().map_err(could_not)?;
        let mut child = std::process::Command::new(found)
            .args(command.arguments())
            .env_clear()
            .env("PATH", path)
            .env("LC_ALL", "C")
            .env("HOME", "/")
            .current_dir("/")
            .stdin(stdin)
            .stdout(to_stdout)
            .stderr(to_stderr)
            // A terminal sends Ctrl-C to hostprep alone, which decides what happens to the child.
            .process_group(0)
            .spawn()
            .map_err(could_not)?;

        let ended = self.wait(&mut child, command, interruptible, start).map_err(could_not)?;
        let (stdout, stderr) = (collect(&stdout), collect(&stderr));
        match ended {
            Ended::ByItself(status) if status.success() => {
                Ok(Output { stdout, stderr, took: self.clock.monotonic() - start })
            }
            Ended::ByItself(status) => Err(ProcessError::Failed {
                command: Box::new(command.clone()),
                status: describe(status),
                code: status.code(),
                stderr,
            }),
            Ended::TimedOut => {
                Err(ProcessError::TimedOut { command: Box::new(command.clone()), limit: command.time_limit(), stderr })
            }
            Ended::Interrupted => Err(ProcessError::Interrupted { command: Box::new(command.clone()) }),
        }
    }

    fn wait(
        &self,
        child: &mut Child,
        command: &Command,
        interruptible: bool,
        start: Duration,
    ) -> std::io::Result<Ended> {
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(Ended::ByItself(status));
            }
            let so_far = self.clock.monotonic() - start;
            let asked_to_stop = interruptible && signals::interrupted();
            if asked_to_stop || so_far > command.time_limit() {
                self.end(child)?;
                return Ok(if asked_to_stop { Ended::Interrupted } else { Ended::TimedOut });
            }
            self.observer.waiting(command, so_far);
            self.clock.sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn end(&self, child: &mut Child) -> std::io::Result<()> {
        let group = Pid::from_raw(child.id().cast_signed());
        let _ = killpg(group, Signal::SIGTERM);
        let asked = self.clock.monotonic();
        while child.try_wait()?.is_none() && self.clock.monotonic() - asked <= GRACE {
            self.clock.sleep(LONGEST_PAUSE);
        }
        // Also to its own children, which may have ignored SIGTERM.
        let _ = killpg(group, Signal::SIGKILL);
        child.wait()?;
        Ok(())
    }
}

enum Ended {
    ByItself(ExitStatus),
    TimedOut,
    Interrupted,
}

#[derive(Clone, Copy)]
enum Keep {
    Start,
    End,
}

/// The data of a pipe so far, and a message at its end.
struct Collected {
    kept: Arc<Mutex<Kept>>,
    ended: mpsc::Receiver<()>,
}

#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    /// Set if the beginning was discarded, because there was more than is kept.
    is_end: bool,
}

/// Returns the data that is written into the returned pipe.
fn read_in_background(limit: usize, keep: Keep) -> std::io::Result<(Collected, PipeWriter)> {
    let (mut pipe, writer) = std::io::pipe()?;
    let (end, ended) = mpsc::channel();
    let kept = Arc::new(Mutex::new(Kept::default()));
    let all = Arc::clone(&kept);
    std::thread::Builder::new().spawn(move || {
        let mut chunk = [0; 8192];
        while let Ok(n @ 1..) = pipe.read(&mut chunk) {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            match keep {
                Keep::Start => {
                    let room = limit - all.bytes.len();
                    all.bytes.extend_from_slice(&chunk[..n.min(room)]);
                }
                Keep::End => {
                    all.bytes.extend_from_slice(&chunk[..n]);
                    let too_many = all.bytes.len().saturating_sub(limit);
                    all.bytes.drain(..too_many);
                    all.is_end |= too_many > 0;
                }
            }
        }
        let _ = end.send(());
    })?;
    Ok((Collected { kept, ended }, writer))
}

/// Returns the data. A daemon that the program started may hold the pipe open, so the wait for its end is limited.
fn collect(output: &Collected) -> String {
    let _ = output.ended.recv_timeout(OUTPUT_TIMEOUT_AFTER_EXIT);
    let kept = output.kept.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&kept.bytes);
    if !kept.is_end {
        return text.into_owned();
    }
    // Without the line that was cut.
    let whole = text.split_once('\n').map_or(&*text, |(_, rest)| rest);
    format!("{TRUNCATED}\n{whole}")
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended".into(),
    }
}

#[cfg(test)]
mod tests;
