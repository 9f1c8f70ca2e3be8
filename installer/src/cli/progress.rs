//! Reports the running command to the log and, on a terminal, to the user.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::time::Duration;

use host::log::{Level, Log};
use host::process::{Command, Observer, Output, ProcessError};

const WORTH_SHOWING: Duration = Duration::from_millis(700);

/// Follows every process.
pub struct Follower<'a> {
    log: &'a Log<'a>,
    is_terminal: bool,
    shown_seconds: Cell<Option<u64>>,
    /// What the user was last told is waited for.
    reported: RefCell<String>,
}

impl<'a> Follower<'a> {
    pub fn new(log: &'a Log<'a>) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self { log, is_terminal, shown_seconds: Cell::new(None), reported: RefCell::default() }
    }

    /// Says what is waited for: each time in the log, once to the user.
    fn report(&self, obstacle: &str, text: &str) {
        self.log.line(Level::Info, text);
        if self.is_terminal && self.reported.replace(obstacle.to_owned()) != obstacle {
            super::output::print_error(text);
        }
    }

    /// Logs all that a program said: a report has only the line that tells most, and a warning may explain a later failure.
    fn log_messages(&self, command: &Command, stderr: &str) {
        for line in stderr.lines().filter(|line| !line.trim().is_empty()) {
            self.log.line(Level::Info, &format!("{} said: {line}", command.program()));
        }
    }
}

impl Observer for Follower<'_> {
    fn waiting(&self, command: &Command, so_far: Duration) {
        if !self.is_terminal || so_far < WORTH_SHOWING || self.shown_seconds.get() == Some(so_far.as_secs()) {
            return;
        }
        self.shown_seconds.set(Some(so_far.as_secs()));
        let _ = write!(std::io::stderr(), "\r{} is running, {} s \x1b[K", command.program(), so_far.as_secs());
    }

    fn finished(&self, command: &Command, result: &Result<Output, ProcessError>, took: Duration) {
        if self.shown_seconds.take().is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
        let seconds = took.as_secs_f64();
        match result {
            Ok(output) => {
                self.log.line(Level::Info, &format!("ran in {seconds:.2} s: {command}"));
                self.log_messages(command, &output.stderr);
            }
            // Nothing ran. Whether it is needed shows in what is reported.
            Err(e @ ProcessError::NotFound { .. }) => self.log.line(Level::Info, &e.to_string()),
            Err(e) => {
                self.log.line(Level::Warning, &format!("failed after {seconds:.2} s: {e}"));
                self.log_messages(command, e.stderr());
            }
        }
    }

    fn retrying(&self, command: &Command, obstacle: &str, left: Duration) {
        self.report(
            obstacle,
            &format!("{obstacle}; {} is tried again for up to {} s", command.program(), left.as_secs()),
        );
    }

    fn delayed(&self, what: &str, obstacle: &str, longest: Duration) {
        self.report(obstacle, &format!("{obstacle}; {what} waits for it, for up to {} s", longest.as_secs()));
    }
}

/// Says once that another hostprep is waited for.
pub fn notify_waiting() {
    if std::io::stderr().is_terminal() {
        let command = host::process::names::command();
        let seconds = installer::engine::recover::LOCK_TIMEOUT.as_secs();
        super::output::print_error(&format!("another {command} is running; waiting for up to {seconds} s"));
    }
}
