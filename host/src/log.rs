//! The log: a file, and the journal or syslog. They are opened with the first line. A log that cannot be written is not an
//! error.

use std::cell::OnceCell;
use std::ffi::CString;
use std::fs::File;
use std::io::Write;

use nix::syslog::{self, Facility, LogFlags, Severity};
use systemd_journal_logger::JournalLog;

use crate::Root;
use crate::fs::InRoot;
use crate::process::clock::Clock;
use crate::process::names;

const LONGEST_LINE: usize = 4096;

/// The level of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A change was made.
    Info,
    /// A problem of the host remains.
    Warning,
    /// hostprep itself failed.
    Error,
}

/// The log of one run.
pub struct Log<'a> {
    target: Option<(&'a Root, InRoot)>,
    clock: &'a dyn Clock,
    file: OnceCell<Option<File>>,
    syslog: OnceCell<()>,
}

impl<'a> Log<'a> {
    /// Returns a log to the file `path` and, on the running system, to the journal or syslog.
    #[must_use]
    pub fn to(root: &'a Root, path: InRoot, clock: &'a dyn Clock) -> Self {
        Self { target: Some((root, path)), clock, file: OnceCell::new(), syslog: OnceCell::new() }
    }

    /// Returns a log that discards its lines, for commands that change nothing.
    #[must_use]
    pub fn silent(clock: &'a dyn Clock) -> Self {
        Self { target: None, clock, file: OnceCell::new(), syslog: OnceCell::new() }
    }

    /// Writes one line. Control characters become spaces.
    pub fn line(&self, level: Level, text: &str) {
        let Some(text) = self.to_file(level, text) else { return };
        self.to_syslog(level, &text);
    }

    /// Writes one line with fields for programs: fields of the journal entry, or `NAME=value` after the line in syslog. Names are
    /// upper case (`systemd.journal-fields(7)`). `message_id` is the entry's `MESSAGE_ID=`, which only the journal has.
    pub fn event(&self, level: Level, text: &str, message_id: Option<&str>, fields: &[(&str, String)]) {
        let Some(text) = self.to_file(level, text) else { return };
        if to_journal(level, &text, message_id, fields).is_err() {
            let fields: String = fields.iter().map(|(name, value)| format!(" {name}={}", one_line(value))).collect();
            self.to_syslog(level, &format!("{text}{fields}"));
        }
    }

    /// Writes the line to the file. Returns it if it goes to the system's own log too.
    fn to_file(&self, level: Level, text: &str) -> Option<String> {
        let (root, path) = self.target.as_ref()?;
        let text = one_line(text);
        let file = self.file.get_or_init(|| {
            let dir = root.create_private_dir(path.parent()?).ok()?;
            dir.append(path.file_name()?, 0o640).ok()
        });
        if let Some(mut file) = file.as_ref() {
            let word = match level {
                Level::Info => "info",
                Level::Warning => "warning",
                Level::Error => "error",
            };
            let pid = std::process::id();
            let line = format!("{:.0} {}[{pid}] {word}: {text}\n", self.clock.now(), names::command());
            let _ = file.write_all(line.as_bytes());
        }
        (!root.is_alternate()).then_some(text)
    }

    fn to_syslog(&self, level: Level, text: &str) {
        self.syslog.get_or_init(|| {
            let ident = CString::new(names::ident()).ok();
            // Leaked once per process: openlog(3) keeps the pointer.
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

fn one_line(text: &str) -> String {
    text.chars().take(LONGEST_LINE).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn to_journal(level: Level, text: &str, message_id: Option<&str>, fields: &[(&str, String)]) -> std::io::Result<()> {
    let journal = JournalLog::new()?.with_syslog_identifier(names::ident().to_owned());
    let level = match level {
        Level::Info => log::Level::Info,
        Level::Warning => log::Level::Warn,
        Level::Error => log::Level::Error,
    };
    let message_id = message_id.map(|id| ("MESSAGE_ID", id.as_bytes()));
    let fields = fields.iter().map(|(name, value)| (*name, value.as_bytes())).chain(message_id);
    let journal = journal.with_extra_fields(fields);
    journal
        .journal_send(&log::Record::builder().level(level).target(names::ident()).args(format_args!("{text}")).build())
}
