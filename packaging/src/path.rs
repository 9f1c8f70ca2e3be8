//! Checks paths and texts for scripts, file lists and package fields.

/// Accepts a path that needs no quotes in a script.
///
/// # Errors
/// A message that says what is wrong.
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
/// A message that says what is wrong.
pub(crate) fn check_path(path: &str) -> Result<(), String> {
    let mut parts = path.split('/');
    let absolute = parts.next() == Some("");
    if !absolute || path.len() < 2 || parts.any(|part| part.trim() != part || ["", ".", ".."].contains(&part)) {
        return Err(format!(
            "`{path}` must be an absolute path without . and .., and no name may begin or end with a blank"
        ));
    }
    one_line("a path", path)
}

/// Accepts one line of text.
///
/// # Errors
/// A message that says what is wrong; `what` names the text.
pub(crate) fn one_line(what: &str, text: &str) -> Result<(), String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(format!("{what} must be one line of text, not {text:?}"));
    }
    Ok(())
}
