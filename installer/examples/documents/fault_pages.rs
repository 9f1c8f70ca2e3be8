//! What the pages of `docs/faults` have from the catalogue: the heading, and of each reason its word and its meaning. The rest of a
//! page, and what to do about each reason, is written by hand and kept.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use faults::catalogue::{self, Entry};
use faults::texts::Texts;

use super::reference::table;

const DIRECTORY: &str = "docs/faults";
const HEADING: &str = "\n## Reasons\n";
const NOTE: &str = "\n<!-- Reasons and meanings are made by `make reference`; what to do is written here. -->\n";

/// Returns each page, by its path in the repository `top`.
///
/// # Errors
/// If a page is missing, or does not say what to do about each reason.
pub fn all(top: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let texts = Texts::for_language("en")?;
    let page = |entry: &Entry| {
        let path = Path::new(DIRECTORY).join(format!("fault-{}.md", entry.id));
        let text = std::fs::read_to_string(top.join(&path));
        let text = text.with_context(|| format!("{}: write the page about fault {}", path.display(), entry.id))?;
        let text = made(&text, entry, &texts).with_context(|| path.display().to_string())?;
        Ok((path, text))
    };
    catalogue::entries().iter().map(page).collect()
}

/// Returns `page` with what the catalogue says now.
fn made(page: &str, entry: &Entry, texts: &Texts) -> Result<String> {
    let title = texts.summary(entry.id).with_context(|| format!("fault {} has no text", entry.id))?;
    let (before, after) = page.split_once(HEADING).context("has no heading `## Reasons`")?;
    let (_, body) = before.split_once('\n').context("has no text")?;
    let mut advice = BTreeMap::new();
    let mut rest = String::new();
    for line in after.lines() {
        match row(line) {
            Some((reason, what_to_do)) if advice.insert(reason, what_to_do).is_some() => {
                bail!("has two rows for `{reason}`")
            }
            Some(_) => {}
            None if line.starts_with('|') || line.trim() == NOTE.trim() => {}
            None if line.is_empty() && rest.is_empty() => {}
            None => rest.extend([line, "\n"]),
        }
    }
    let mut rows: Vec<[String; 3]> = Vec::new();
    for reason in entry.reasons.iter() {
        let word = reason.as_str();
        let what_to_do = advice.get(word).copied().filter(|text| !text.is_empty());
        let what_to_do = what_to_do.with_context(|| {
            format!("does not say what to do about `{word}`: add a row | `{word}` | | WHAT TO DO |")
        })?;
        rows.push([format!("`{word}`"), texts.reason(reason), what_to_do.to_owned()]);
    }
    let rows = table(["reason", "meaning", "what to do"], rows);
    let rest = if rest.is_empty() { rest } else { format!("\n{rest}") };
    Ok(format!("# Fault {}: {title}\n{body}{HEADING}{NOTE}{rows}{rest}", entry.id))
}

/// Returns the reason of a row and what to do about it.
fn row(line: &str) -> Option<(&str, &str)> {
    let cells = line.strip_prefix("| `")?.strip_suffix(" |")?;
    let (reason, cells) = cells.split_once("` |")?;
    let (_, what_to_do) = cells.split_once('|')?;
    Some((reason, what_to_do.trim()))
}

#[cfg(test)]
mod tests {
    use faults::Reason;

    use super::*;

    fn changed(page: &str) -> Result<String> {
        let entry = catalogue::entries().iter().find(|entry| entry.reasons.check.contains(&Reason::KernelUnsupported));
        made(page, entry.unwrap(), &Texts::for_language("en").unwrap())
    }

    const PAGE: &str = "# Old title\n\nText.\n\n## Reasons\n\n| reason | meaning | what to do |\n|---|---|---|\n\
        | `raised-by-hand` | old | clear it |\n| `kernel-gone` | old | nothing |\n| `kernel-option` | | build it |\n\
        | `kernel-unsupported` | old | boot another |\n\nLogs: some.\n";

    #[test]
    fn what_is_written_by_hand_is_kept() {
        let made = changed(PAGE).unwrap();
        assert!(made.starts_with("# Fault 16: Incompatible Kernel\n\nText.\n\n## Reasons\n"), "{made}");
        let unsupported =
            "| `kernel-unsupported` | the connector does not support the running kernel | boot another |\n";
        let option =
            "| `kernel-option` | the kernel was built without an option that eBPF programs need | build it |\n";
        assert!(made.contains(&format!("{unsupported}{option}")), "{made}");
        assert!(made.ends_with("| clear it |\n\nLogs: some.\n"), "{made}");
        assert!(!made.contains("kernel-gone") && !made.contains("old"), "{made}");
        assert_eq!(changed(&made).unwrap(), made);
    }

    #[test]
    fn a_reason_without_advice_is_named() {
        let without = |row: &str| format!("{:#}", changed(&PAGE.replace(row, "")).unwrap_err());
        assert!(without("| `kernel-option` | | build it |\n").contains("what to do about `kernel-option`"));
        assert!(without("boot another").contains("what to do about `kernel-unsupported`"));
        assert!(without("## Reasons").contains("## Reasons"));
        let twice = PAGE.replace("`kernel-gone`", "`kernel-option`");
        assert!(format!("{:#}", changed(&twice).unwrap_err()).contains("two rows for `kernel-option`"));
    }
}
