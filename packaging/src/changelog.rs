//! A changelog as keepachangelog.com has it: what releases changed, for people, and for the changelogs of the packages.

mod markdown;

use jiff::civil::Date;
use serde::Deserialize;

use markdown::plain;

/// One entry of a package's changelog.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// With the release: `1.0-1`.
    pub version: String,
    /// The day, UTC.
    pub date: Date,
    /// One sentence for each change.
    pub changes: Vec<String>,
}

/// One release of the changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Without the package's release.
    pub version: String,
    /// The day, UTC.
    pub date: Date,
    /// One line each, with its section in front: `Added: …`.
    pub changes: Vec<String>,
}

/// Returns the releases, newest first. `## [Unreleased]` is none.
///
/// # Errors
/// What is wrong, with the line's number.
pub fn releases(text: &str) -> Result<Vec<Release>, String> {
    let mut reader = Reader::default();
    for (number, line) in text.lines().enumerate() {
        reader.line(line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
    }
    reader.end_of_item();
    if let Some(release) = reader.releases.iter().find(|release| release.changes.is_empty()) {
        return Err(format!(
            "[{}] names no change below `### Added`, `### Changed` or another section",
            release.version
        ));
    }
    if reader.releases.is_empty() {
        return Err("names no release: add `## [VERSION] - YEAR-MONTH-DAY`".into());
    }
    if let Some(pair) = reader.releases.windows(2).find(|pair| pair[0].date < pair[1].date) {
        return Err(format!(
            "[{}] is older than [{}] below it; put the newest first",
            pair[0].version, pair[1].version
        ));
    }
    Ok(reader.releases)
}

/// Returns the entries of a package's changelog: the newest of this `release`, those before of the first.
pub(crate) fn changes(releases: Vec<Release>, release: &str) -> Vec<Change> {
    let entry = |(index, found): (usize, Release)| {
        let release = if index == 0 { release } else { "1" };
        Change { version: format!("{}-{release}", found.version), date: found.date, changes: found.changes }
    };
    releases.into_iter().enumerate().map(entry).collect()
}

#[derive(Default)]
struct Reader {
    releases: Vec<Release>,
    /// Of what is not released.
    passes: bool,
    section: String,
    item: Option<String>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(heading) = line.strip_prefix("## ") {
            self.end_of_item();
            self.section.clear();
            self.passes = heading.trim().eq_ignore_ascii_case("[unreleased]");
            if !self.passes {
                self.releases.push(release(heading)?);
            }
        } else if let Some(section) = line.strip_prefix("### ") {
            self.end_of_item();
            section.trim().clone_into(&mut self.section);
        } else if let Some(item) = line.strip_prefix("- ") {
            self.end_of_item();
            // A list in front of the sections is for whoever reads the file.
            self.item = Some(item.trim().to_owned()).filter(|_| !self.section.is_empty());
        } else if let (Some(item), true) = (&mut self.item, line.starts_with("  ")) {
            item.push(' ');
            item.push_str(line.trim());
        } else {
            self.end_of_item();
        }
        Ok(())
    }

    fn end_of_item(&mut self) {
        let Some(item) = self.item.take() else { return };
        if let (Some(release), false) = (self.releases.last_mut(), self.passes) {
            release.changes.push(format!("{}: {}", self.section, plain(&item)));
        }
    }
}

/// Reads `[VERSION] - DATE`, and `[YANKED]` behind it: the package's changelog names that too.
fn release(heading: &str) -> Result<Release, String> {
    let wrong = || format!("`## {heading}` must be `## [VERSION] - YEAR-MONTH-DAY`");
    let (version, date) = heading.trim().split_once(" - ").ok_or_else(wrong)?;
    let version = version.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or_else(wrong)?;
    let (date, changes) = match date.strip_suffix("[YANKED]") {
        Some(date) => (date, vec!["Yanked: this release was withdrawn.".to_owned()]),
        None => (date, Vec::new()),
    };
    let date = date.trim().parse().map_err(|_| wrong())?;
    Ok(Release { version: version.to_owned(), date, changes })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Changelog

Words about it.

- no change of any release

## [Unreleased]

### Added

- What is not released yet.

## [1.1.0] - 2026-03-02

For whom it is:

- for all

### Added

- `acme check` reads [the page](docs/page.md#part), and says
  what is *wrong*, as [0] does.

### Fixed

- Two. See [the
  page](docs/page.md).
- Three.

## [1.0.0] - 2026-03-01

### Added

- One.
";

    #[test]
    fn releases_have_their_changes_in_a_line_each() {
        let found = releases(TEXT).unwrap();
        let names: Vec<_> = found.iter().map(|release| format!("{} {}", release.version, release.date)).collect();
        assert_eq!(names, ["1.1.0 2026-03-02", "1.0.0 2026-03-01"]);
        assert_eq!(
            found[0].changes,
            ["Added: acme check reads the page, and says what is wrong, as [0] does.", "Fixed: Two.", "Fixed: Three."]
        );
        let versions: Vec<_> = changes(found, "3").into_iter().map(|change| change.version).collect();
        assert_eq!(versions, ["1.1.0-3", "1.0.0-1"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (from, to, words) in [
            ("## [1.1.0] - 2026-03-02", "## 1.1.0 - 2026-03-02", "line 13: `## 1.1.0 - 2026-03-02` must be"),
            ("## [1.1.0] - 2026-03-02", "## [1.1.0] - 2026-13-02", "line 13: "),
            ("## [1.1.0] - 2026-03-02", "## [1.1.0]", "line 13: "),
            ("2026-03-02", "2026-02-28", "[1.1.0] is older than [1.0.0] below it"),
            ("### Added\n\n- One.\n", "- One.\n", "[1.0.0] names no change below"),
            ("- One.\n", "One.\n", "[1.0.0] names no change"),
            ("2026-03-02", "2026-03-02 [PULLED]", "line 13: "),
        ] {
            let problem = releases(&TEXT.replace(from, to)).unwrap_err();
            assert!(problem.starts_with(words), "{problem}");
        }
    }

    #[test]
    fn a_yanked_release_says_so() {
        let found = releases(&TEXT.replace("2026-03-01", "2026-03-01 [YANKED]")).unwrap();
        assert_eq!((found[1].version.as_str(), found[1].date.to_string().as_str()), ("1.0.0", "2026-03-01"));
        assert_eq!(found[1].changes, ["Yanked: this release was withdrawn.", "Added: One."]);
        assert!(!found[0].changes.iter().any(|change| change.starts_with("Yanked")));
    }
}
