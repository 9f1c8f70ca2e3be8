//! `/etc/selinux/config`, as libselinux reads it.

use host::{MalformedFile, ReadError, Root};

/// The file's path.
pub const PATH: &str = "/etc/selinux/config";

/// The mode that the next boot starts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfiguredMode {
    /// Denials are in force.
    Enforcing,
    /// Denials are logged only.
    Permissive,
    /// No policy is loaded.
    Disabled,
}

/// The settings of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelinuxConfig {
    /// `SELINUX=`
    pub mode: ConfiguredMode,
    /// `SELINUXTYPE=`, a single path component.
    pub policy_type: String,
}

impl SelinuxConfig {
    /// Reads the file. Returns `None` if it does not exist.
    ///
    /// # Errors
    /// [`ReadError::Malformed`] if `SELINUXTYPE` is not a directory name.
    pub fn read(root: &Root) -> Result<Option<Self>, ReadError> {
        let Some(text) = root.read_text_if_there(PATH)? else { return Ok(None) };
        let config = Self::parse(&text).map_err(|(line, found)| MalformedFile {
            path: root.host_path(PATH),
            line: Some(line),
            problem: format!("SELINUXTYPE {found:?} is not a directory name"),
            hint: "name a directory in /etc/selinux, such as `targeted`".into(),
        })?;
        Ok(Some(config))
    }

    /// Reads `text` as libselinux does (`selinux_getenforcemode` and `init_selinux_config` in `selinux_config.c`):
    ///
    /// * `SELINUX=` is at the very start of a line, in upper case. The *first* line with a known value counts; the value's
    ///   case and the text after it are ignored. Without such a line, libselinux loads the policy and is permissive.
    /// * `SELINUXTYPE=` may be indented and in any case; blanks around its value are ignored. The *last* line counts.
    ///   Without such a line the type is `targeted`.
    ///
    /// # Errors
    /// Returns the line and the value of a `SELINUXTYPE` that is not a single path component.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut mode = None;
        let mut policy_type = "targeted".to_owned();
        for (index, line) in text.lines().enumerate() {
            if mode.is_none() {
                mode = line.strip_prefix("SELINUX=").and_then(mode_of);
            }
            if let Some(value) = after_ignoring_case(line.trim_start(), "SELINUXTYPE=") {
                let value = value.trim_matches(|c: char| c.is_ascii_whitespace() || c.is_control());
                if !is_component(value) {
                    return Err((index + 1, value.to_owned()));
                }
                policy_type = value.to_owned();
            }
        }
        Ok(Self { mode: mode.unwrap_or(ConfiguredMode::Permissive), policy_type })
    }
}

fn mode_of(value: &str) -> Option<ConfiguredMode> {
    let value = value.trim_start();
    let is = |word| after_ignoring_case(value, word).is_some();
    if is("enforcing") {
        Some(ConfiguredMode::Enforcing)
    } else if is("permissive") {
        Some(ConfiguredMode::Permissive)
    } else if is("disabled") {
        Some(ConfiguredMode::Disabled)
    } else {
        None
    }
}

fn after_ignoring_case<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    let (found, rest) = text.split_at_checked(start.len())?;
    found.eq_ignore_ascii_case(start).then_some(rest)
}

/// Distributions choose the names of policy types. A name must not lead to another directory.
pub(crate) fn is_component(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 128
        && !value.starts_with('-')
        && value != "."
        && value != ".."
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.+".contains(&byte))
}

#[cfg(test)]
mod tests;
