//! os-release, read as systemd reads it (`parse_env_file_internal` in `src/basic/env-file.c`): what is no assignment is passed
//! over, and an open quote ends with the file.

use crate::Root;
use crate::error::FileError;
use crate::fs::TEXT_LIMIT;

/// The paths of os-release, in the order of search (`os-release(5)`).
pub const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// What hostprep reads of an os-release file. A value that is not assigned is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OsRelease {
    /// `ID`; `linux` if it is not assigned (`os-release(5)`).
    pub id: String,
    /// `VERSION_ID`, if it is assigned.
    pub version: Option<String>,
    /// `ID_LIKE`.
    pub like: String,
    /// `PLATFORM_ID`: `platform:el9`.
    pub platform: String,
    /// `RHEL_VERSION`, which Red Hat's distributions with numbers of their own have.
    pub rhel_version: String,
    /// `UBUNTU_CODENAME`, which Ubuntu's relatives have too.
    pub ubuntu_codename: String,
    /// `IMAGE_ID`: the image that the system was made from.
    pub image_id: String,
    /// `IMAGE_VERSION`.
    pub image_version: String,
    /// `OSTREE_VERSION`.
    pub ostree_version: String,
}

impl OsRelease {
    /// Reads the os-release of `root`; `None` if it has none.
    ///
    /// # Errors
    /// [`FileError`] if it cannot be read.
    pub fn of(root: &Root) -> Result<Option<Self>, FileError> {
        for path in OS_RELEASE {
            match root.read(path, TEXT_LIMIT) {
                Ok(content) => return Ok(Some(Self::parse(&content))),
                Err(e) if e.is_missing() => {}
                Err(e) => return Err(e),
            }
        }
        Ok(None)
    }

    /// Parses the content of a file. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn parse(content: &[u8]) -> Self {
        let mut found = Self { id: "linux".into(), ..Self::default() };
        for (key, value) in assignments(&String::from_utf8_lossy(content)) {
            match key.as_str() {
                "ID" => found.id = if value.is_empty() { "linux".into() } else { value },
                "VERSION_ID" => found.version = Some(value).filter(|value| !value.is_empty()),
                "ID_LIKE" => found.like = value,
                "PLATFORM_ID" => found.platform = value,
                "RHEL_VERSION" => found.rhel_version = value,
                "UBUNTU_CODENAME" => found.ubuntu_codename = value,
                "IMAGE_ID" => found.image_id = value,
                "IMAGE_VERSION" => found.image_version = value,
                "OSTREE_VERSION" => found.ostree_version = value,
                _ => {}
            }
        }
        found
    }

    /// Returns the version of Enterprise Linux that this distribution says to be like, whatever its own version is.
    #[must_use]
    pub fn enterprise_linux(&self) -> Option<u32> {
        let platform = self.platform.strip_prefix("platform:el").and_then(major);
        // Platforms came with 8; some relatives count theirs from 1.
        platform.filter(|&major| major >= 7).or_else(|| major(&self.rhel_version))
    }
}

/// Returns the number before the first dot.
pub fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// Where the reader is.
#[derive(Clone, Copy)]
enum State {
    BeforeKey,
    Key,
    BeforeValue,
    Value,
    ValueEscape,
    SingleQuotes,
    DoubleQuotes,
    DoubleQuotesEscape,
    Comment,
    CommentEscape,
}

/// Returns the assignments of a file, in its order.
fn assignments(text: &str) -> Vec<(String, String)> {
    let is_space = |c: char| " \t\n\r".contains(c);
    let is_newline = |c: char| "\n\r".contains(c);
    let (mut found, mut key, mut value) = (Vec::new(), String::new(), String::new());
    let mut state = State::BeforeKey;
    let mut finish = |key: &mut String, value: &mut String, trims: bool| {
        let taken = std::mem::take(value);
        let taken = if trims { taken.trim_end_matches(is_space).to_owned() } else { taken };
        found.push((std::mem::take(key).trim_end_matches(is_space).to_owned(), taken));
    };
    for c in text.chars().take_while(|&c| c != '\0') {
        state = match state {
            State::BeforeKey if "#;".contains(c) => State::Comment,
            State::BeforeKey if is_space(c) => State::BeforeKey,
            State::BeforeKey => {
                key.push(c);
                State::Key
            }
            // A line without an assignment.
            State::Key if is_newline(c) => {
                key.clear();
                State::BeforeKey
            }
            State::Key if c == '=' => State::BeforeValue,
            State::Key => {
                key.push(c);
                State::Key
            }
            State::BeforeValue | State::Value if is_newline(c) => {
                finish(&mut key, &mut value, matches!(state, State::Value));
                State::BeforeKey
            }
            State::BeforeValue | State::Value if c == '\\' => State::ValueEscape,
            State::BeforeValue if c == '\'' => State::SingleQuotes,
            State::BeforeValue if c == '"' => State::DoubleQuotes,
            State::BeforeValue if is_space(c) => State::BeforeValue,
            State::BeforeValue | State::Value => {
                value.push(c);
                State::Value
            }
            State::ValueEscape => {
                value.extend((!is_newline(c)).then_some(c));
                State::Value
            }
            State::SingleQuotes if c == '\'' => State::BeforeValue,
            State::DoubleQuotes if c == '"' => State::BeforeValue,
            State::DoubleQuotes if c == '\\' => State::DoubleQuotesEscape,
            State::SingleQuotes | State::DoubleQuotes => {
                value.push(c);
                state
            }
            State::DoubleQuotesEscape => {
                if "\"\\`$".contains(c) {
                    value.push(c);
                } else if c != '\n' {
                    value.extend(['\\', c]);
                }
                State::DoubleQuotes
            }
            State::Comment if c == '\\' => State::CommentEscape,
            State::Comment | State::CommentEscape if is_newline(c) => State::BeforeKey,
            State::Comment | State::CommentEscape => State::Comment,
        };
    }
    match state {
        State::BeforeKey | State::Key | State::Comment | State::CommentEscape => {}
        State::Value => finish(&mut key, &mut value, true),
        _ => finish(&mut key, &mut value, false),
    }
    found
}

#[cfg(test)]
mod tests;
