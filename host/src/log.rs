//! What was done, for later: a log file and syslog. Nothing is opened before there is something to say, and a log
//! that cannot be written stops nothing.

use std::cell::OnceCell;
use std::ffi::CString;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use nix::syslog::{self, Facility, LogFlags, Severity};

use crate::Root;
use crate::clock::Clock;

/// The name under which syslog has us.
pub const IDENT: &str = "cisco-hostprep";

const LONGEST_LINE: usize = 4096;

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What was done.
    Info,
    /// What is still wrong on the host.
    Warning,
    /// What went wrong with us.
    Error,
}

/// The log of one run.
pub struct Log<'a> {
    target: Option<(&'a Root, PathBuf)>,
    clock: &'a dyn Clock,
    file: OnceCell<Option<File>>,
    syslog: OnceCell<()>,
}

impl<'a> Log<'a> {
    /// A log to the file `inside` and, on the running system, to syslog.
    #[must_use]
    pub fn to(root: &'a Root, inside: PathBuf, clock: &'a dyn Clock) -> Self {
        Self { target: Some((root, inside)), clock, file: OnceCell::new(), syslog: OnceCell::new() }
    }

    /// A log that goes nowhere, for commands that only look.
    #[must_use]
    pub fn silent(clock: &'a dyn Clock) -> Self {
        Self { target: None, clock, file: OnceCell::new(), syslog: OnceCell::new() }
    }

    /// Writes one line; control characters become spaces.
    pub fn line(&self, level: Level, text: &str) {
        let Some((root, path)) = &self.target else { return };
        let text: String = text.chars().take(LONGEST_LINE).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let file = self.file.get_or_init(|| {
            let dir = root.make_dirs(path.parent()?).ok()?;
            dir.append(path.file_name()?, 0o640).ok()
        });
        if let Some(mut file) = file.as_ref() {
            let word = match level {
                Level::Info => "info",
                Level::Warning => "warning",
                Level::Error => "error",
            };
            let pid = std::process::id();
            let line = format!("{:.0} hostprep[{pid}] {word}: {text}\n", self.clock.now());
            let _ = file.write_all(line.as_bytes());
        }
        if !root.is_alternate() {
            self.to_syslog(level, &text);
        }
    }

    fn to_syslog(&self, level: Level, text: &str) {
        self.syslog.get_or_init(|| {
            let ident = CString::new(IDENT).ok();
            // Leaked once a process: openlog(3) keeps the pointer.
            let ident = ident.map(|ident| &*Box::leak(ident.into_boxed_c_str()));
            let _ = syslog::openlog(ident, LogFlags::LOG_PID, Facility::LOG_DAEMON);
        });
        let severity = match level {
            Level::Info => Severity::LOG_INFO,
            Level::Warning => Severity::LOG_WARNING,
            Level::Error => Severity::LOG_ERR,
        };
        let _ = syslog::syslog(severity, text);
    }
}
