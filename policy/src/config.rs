//! `/etc/selinux/config`, as libselinux reads it.

use host::{MalformedFile, ReadError, Root};

/// Its path.
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

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelinuxConfig {
    /// `SELINUX=`
    pub mode: ConfiguredMode,
    /// `SELINUXTYPE=`, a single path component.
    pub policy_type: String,
}

impl SelinuxConfig {
    /// Reads the file; `None` where there is none.
    ///
    /// # Errors
    /// [`ReadError`], malformed where `SELINUXTYPE` is no name of a directory.
    pub fn read(root: &Root) -> Result<Option<Self>, ReadError> {
        let Some(text) = root.read_text_if_there(PATH)? else { return Ok(None) };
        let config = Self::parse(&text).map_err(|(line, found)| MalformedFile {
            path: root.shown(PATH),
            line: Some(line),
            problem: format!("SELINUXTYPE {found:?} is no name of a directory"),
            hint: "name a directory in /etc/selinux, such as `targeted`".into(),
        })?;
        Ok(Some(config))
    }

    /// Reads `text` as libselinux does (`selinux_getenforcemode` and `init_selinux_config` in `selinux_config.c`):
    ///
    /// * `SELINUX=` stands at the very start of a line, case matters; the *first* one with a known value wins, whose
    ///   case does not matter, nor what follows it. With none, libselinux loads the policy and is permissive.
    /// * `SELINUXTYPE=` may be indented, its case does not matter, blanks around its value do not count; the *last* one wins.
    ///   With none it is `targeted`.
    ///
    /// # Errors
    /// The line and the value of a `SELINUXTYPE` that is not a single path component.
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

/// Names of policy types are chosen by distributions; what matters is that they lead nowhere else.
fn is_component(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 128
        && !value.starts_with('-')
        && value != "."
        && value != ".."
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.+".contains(&byte))
}

#[cfg(test)]
mod tests;
