//! Dependencies on other packages in the syntax of RPM and Debian.

use crate::path::check_path;

const RPM_OPERATORS: [&str; 5] = ["=", "<", "<=", ">", ">="];
const DEB_OPERATORS: [&str; 5] = ["<<", "<=", "=", ">=", ">>"];

/// Accepts `NAME` or `NAME OP VERSION`.
pub fn check_rpm(text: &str) -> Result<(), String> {
    if text.trim_start().starts_with('(') {
        return Err(format!("`{text}` is a rich dependency, which rpm 4.11 refuses; name one package"));
    }
    let words: Vec<&str> = text.split(' ').collect();
    match words.as_slice() {
        [name] if is_word(name) => Ok(()),
        [name, operator, version] if is_word(name) && RPM_OPERATORS.contains(operator) && is_word(version) => Ok(()),
        _ => Err(format!("`{text}` must be NAME or NAME OP VERSION, OP one of {}", RPM_OPERATORS.join(" "))),
    }
}

/// Accepts a `NAME` without a version.
pub fn check_rpm_name(text: &str) -> Result<(), String> {
    check_rpm(text)?;
    if text.contains(' ') { Err(format!("`{text}` must be a name without a version")) } else { Ok(()) }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control())
}

/// Accepts `NAME` or `NAME (OP VERSION)`, with `|` between alternatives (Debian Policy 7.1).
pub fn check_deb(text: &str) -> Result<(), String> {
    if text.split('|').all(|one| is_debian_dependency(one.trim_matches(' '))) {
        return Ok(());
    }
    Err(format!(
        "`{text}` must be NAME or NAME (OP VERSION), OP one of {}; one in each string",
        DEB_OPERATORS.join(" ")
    ))
}

fn is_debian_dependency(text: &str) -> bool {
    let (name, version) = match text.split_once(" (") {
        Some((name, rest)) => (name, rest.strip_suffix(')').and_then(|inside| inside.split_once(' '))),
        None => (text, Some(("=", "0"))),
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".+~:-".contains(c);
    let is_right = |(operator, version): (&str, &str)| {
        DEB_OPERATORS.contains(&operator)
            && version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(allowed)
    };
    is_debian_name(name.strip_suffix(":any").unwrap_or(name)) && version.is_some_and(is_right)
}

/// Returns whether `name` is a package name by Debian Policy 5.6.1, which is stricter than RPM.
pub fn is_debian_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
    name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(allowed)
}

/// Accepts a path for a file trigger: a line of dpkg's `triggers`, or a word behind rpm's `%transfiletriggerin --`. A space ends it.
pub fn check_file_trigger(path: &str) -> Result<(), String> {
    check_path(path)?;
    if path.contains(' ') { Err(format!("`{path}` cannot be a file trigger: it has a space")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{check_deb, check_rpm, check_rpm_name};

    #[test]
    fn valid_dependencies_pass() {
        for text in ["policycoreutils", "libc.so.6(GLIBC_2.17)(64bit)", "/usr/sbin/useradd", "glibc >= 2.17"] {
            assert_eq!(check_rpm(text), Ok(()));
        }
        for text in ["libc6 (>= 2.17)", "libselinux1", "a1 | b2 (<< 1:2~rc1-1) | python3:any"] {
            assert_eq!(check_deb(text), Ok(()));
        }
    }

    #[test]
    fn invalid_dependencies_are_refused() {
        for text in ["", " ", "(a or b)", " (a or b)", "a >> 1", "a 1", "a >=", "a  >= 1", "a\n", "a >= 1 b"] {
            assert!(check_rpm(text).is_err(), "{text:?}");
        }
        assert!(check_rpm_name("shadow-utils >= 4").is_err());
        for text in ["", "a, b", "ab, bc", "ab (> 2)", "ab (>= )", "ab (>= 2", "Ab", "ab | ", "ab\n", "ab (>= x y)"] {
            assert!(check_deb(text).is_err(), "{text:?}");
        }
    }
}
