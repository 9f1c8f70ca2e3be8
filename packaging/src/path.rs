//! Paths and texts that a script, a list of files or a field of a package can hold.

/// Accepts a path that needs no quotes in a script.
///
/// # Errors
/// What is wrong, for people.
pub(crate) fn check_script_path(path: &str) -> Result<(), String> {
    check_path(path)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if path.chars().all(plain) {
        return Ok(());
    }
    Err(format!("`{path}` is used in scripts: use letters, digits, / . _ - only"))
}

/// Accepts an absolute path in its shortest form.
///
/// # Errors
/// What is wrong, for people.
pub(crate) fn check_path(path: &str) -> Result<(), String> {
    let mut parts = path.split('/');
    let absolute = parts.next() == Some("");
    if !absolute || path.len() < 2 || parts.any(|part| part.trim() != part || ["", ".", ".."].contains(&part)) {
        return Err(format!("`{path}` must be an absolute path without . and .., and without blanks around a name"));
    }
    one_line("a path", path)
}

/// Accepts one line of text.
///
/// # Errors
/// What is wrong, for people; `what` names the text.
pub(crate) fn one_line(what: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(format!("{what} must be one line of text, not {text:?}"));
    }
    Ok(())
}
