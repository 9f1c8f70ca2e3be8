//! The figures that are kept in a document.

/// The lines between which the figures are.
const BEGIN: &str = "<!-- figures: written by `make bench UPDATE=1` -->";
const END: &str = "<!-- end of figures -->";

/// Returns the document with these figures instead of those that it has.
///
/// # Errors
/// A line that says which mark is missing.
pub fn with_figures(document: &str, figures: &str) -> Result<String, String> {
    let missing = |mark: &str| format!("there is no line {mark}");
    let (before, rest) = document.split_once(BEGIN).ok_or_else(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
    Ok(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", figures.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_around_the_figures_stays() {
        let document = format!("# Title\n{BEGIN}\nold\n{END}\n## Notes\n");
        let new = with_figures(&document, "new\n").unwrap();
        assert_eq!(new, format!("# Title\n{BEGIN}\n\nnew\n\n{END}\n## Notes\n"));
        assert_eq!(with_figures(&new, "new").unwrap(), new);
        assert!(with_figures("# Title\n", "new").unwrap_err().contains(BEGIN));
    }
}
