//! Accounts that `systemd-sysusers` creates when the system boots (`sysusers.d(5)`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::Root;
use crate::error::ReadError;
use crate::fs::{InRoot, TEXT_LIMIT, is_file};

/// Where its configuration lies. Of files with the same name, that of the first directory counts.
const DIRECTORIES: [&str; 4] =
    ["/etc/sysusers.d", "/run/sysusers.d", "/usr/local/lib/sysusers.d", "/usr/lib/sysusers.d"];

const PROGRAMS: [&str; 2] = ["/usr/bin/systemd-sysusers", "/bin/systemd-sysusers"];
const UNIT: &str = "systemd-sysusers.service";
const UNITS: [&str; 3] = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

/// What a user gets whose line names no shell.
const DEFAULT_SHELL: &str = "/usr/sbin/nologin";

/// A line of `sysusers.d` that creates a user, and the group of the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SysusersUser {
    /// The file that has the line.
    pub file: InRoot,
    /// The uid; `None` for any of the system range.
    pub uid: Option<u32>,
    /// The login shell.
    pub shell: PathBuf,
}

/// Returns the line by which the next boot of the system in `root` creates the user `name`; `None` if it does not create it, or it
/// is not known with which ids.
///
/// # Errors
/// [`ReadError`] if the configuration cannot be read.
pub fn at_next_boot(root: &Root, name: &str) -> Result<Option<SysusersUser>, ReadError> {
    if !runs_at_next_boot(root)? {
        return Ok(None);
    }
    let mut files = BTreeMap::new();
    for directory in DIRECTORIES {
        for file in
            root.names(directory)?.into_iter().filter(|name| Path::new(name).extension().is_some_and(|it| it == "conf"))
        {
            files.entry(file.clone()).or_insert_with(|| InRoot::from(directory).join(file));
        }
    }
    for file in files.into_values() {
        // A link to /dev/null switches a file off.
        if root.link_target(&file).is_some_and(|target| target == Path::new("/dev/null")) {
            continue;
        }
        // systemd passes over what it cannot use, too.
        let is_file = root.stat_followed(&file)?.is_some_and(|found| is_file(&found));
        let text = if is_file { root.read(&file, TEXT_LIMIT)? } else { Vec::new() };
        let text = String::from_utf8_lossy(&text);
        if let Some(found) = text.lines().find_map(|line| user(line, name)) {
            return Ok(found.map(|(uid, shell)| SysusersUser { file, uid, shell }));
        }
    }
    Ok(None)
}

/// What a line says of the user: the uid and the shell; `None` if its ids are taken from something that is not known here.
type Said = Option<(Option<u32>, PathBuf)>;

/// Returns what `line` says of the user `name`; `None` if it is about something else.
fn user(line: &str, name: &str) -> Option<Said> {
    let words = words(line);
    let field = |at: usize| words.get(at).map(String::as_str).filter(|word| !["", "-"].contains(word));
    if !matches!(field(0)?, "u" | "u!") || field(1)? != name {
        return None;
    }
    let shell = PathBuf::from(field(5).unwrap_or(DEFAULT_SHELL));
    Some(match field(2) {
        None => Some((None, shell)),
        Some(id) => id.parse().ok().map(|uid| (Some(uid), shell)),
    })
}

/// Returns the fields of a line. They may be in quotes (`extract_many_words` in systemd); a comment has none.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    if rest.starts_with('#') {
        return words;
    }
    while !rest.is_empty() {
        let mut word = String::new();
        let mut quote = None;
        let mut end = rest.len();
        for (at, c) in rest.char_indices() {
            match quote {
                Some(open) if c == open => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                None if c.is_whitespace() => {
                    end = at;
                    break;
                }
                _ => word.push(c),
            }
        }
        words.push(word);
        rest = rest[end..].trim_start();
    }
    words
}

/// Returns whether the next boot runs it: it is installed, not masked, and there is something new for it.
fn runs_at_next_boot(root: &Root) -> Result<bool, ReadError> {
    let wanted =
        |directory: &&str| root.stat(format!("{directory}/sysinit.target.wants/{UNIT}")).ok().flatten().is_some();
    if !PROGRAMS.iter().any(|program| root.exists(*program)) || !UNITS.iter().any(wanted) {
        return Ok(false);
    }
    let unit = UNITS.map(|directory| format!("{directory}/{UNIT}"));
    let Some(unit) = unit.iter().find(|path| matches!(root.stat(path.as_str()), Ok(Some(_)))) else { return Ok(false) };
    // Empty for a mask, which is a link to /dev/null.
    let Ok(text) = root.read_text(unit.as_str()) else { return Ok(false) };
    let needs_update = text.lines().any(|line| line.starts_with("ConditionNeedsUpdate="));
    Ok(!needs_update || is_older_than_usr(root, "/etc/.updated")?)
}

/// Returns whether `/usr` has changed since the file was written, or there is none (`condition_test_needs_update` in systemd).
fn is_older_than_usr(root: &Root, file: &str) -> Result<bool, ReadError> {
    let (Some(found), Some(usr)) = (root.stat_followed(file)?, root.stat_followed("/usr")?) else { return Ok(true) };
    // A file without a fraction of a second may be on a file system that keeps none: then the file says the time of /usr.
    if usr.st_mtime == found.st_mtime && usr.st_mtime_nsec > 0 && found.st_mtime_nsec == 0 {
        let text = root.read(file, TEXT_LIMIT).unwrap_or_default();
        let usr = i128::from(usr.st_mtime) * 1_000_000_000 + i128::from(usr.st_mtime_nsec);
        return Ok(noted_time(&text).is_none_or(|noted| usr > i128::from(noted)));
    }
    Ok((usr.st_mtime, usr.st_mtime_nsec) > (found.st_mtime, found.st_mtime_nsec))
}

/// Returns the time of `/usr` that systemd-update-done noted in the file, in nanoseconds since 1970.
fn noted_time(text: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(text);
    let noted = text.lines().filter_map(|line| line.trim().strip_prefix("TIMESTAMP_NSEC=")).next_back()?;
    noted.trim().trim_matches(['"', '\'']).parse().ok()
}

#[cfg(test)]
mod tests;
