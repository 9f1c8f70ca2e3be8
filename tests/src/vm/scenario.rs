//! A scenario's directory, and how what was seen is judged.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// What is expected after every scenario, whatever else it is about.
const ALWAYS: [&str; 2] = ["denials of our own: none", "labels: as the policy has them"];

/// A directory below `tests/vm/scenarios`.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The directory's name.
    pub name: String,
    /// What is added to the kernel's command line; scenarios with the same share a boot.
    pub boot: String,
    /// Whether the machine is rebooted between `act` and `verify`.
    pub reboots: bool,
    /// The facts that are to be seen.
    pub expected: Vec<String>,
}

/// What came of one.
#[derive(Debug, Default)]
pub struct Seen {
    /// The facts, in order.
    pub facts: Vec<String>,
    /// Denials that are not ours.
    pub others: Vec<String>,
    /// All that was printed.
    pub transcript: String,
    /// What kept it from being run to its end.
    pub broken_off: Option<String>,
    /// Wall time.
    pub took: Duration,
}

impl Scenario {
    /// All of `directory`, or those named, in the order of their names.
    ///
    /// # Errors
    /// A line that says what is wrong.
    pub fn all(directory: &Path, named: &[&str]) -> Result<Vec<Self>, String> {
        let names = fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
        let mut names: Vec<_> = names.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        if let Some(unknown) = named.iter().find(|named| !names.iter().any(|name| name == *named)) {
            return Err(format!("there is no scenario {unknown} in {}", directory.display()));
        }
        names.retain(|name| named.is_empty() || named.contains(&name.as_str()));
        names.sort();
        names.iter().map(|name| Self::read(&directory.join(name), name)).collect()
    }

    fn read(directory: &Path, name: &str) -> Result<Self, String> {
        let expected = directory.join("expected");
        let text = fs::read_to_string(&expected).map_err(|e| format!("{}: {e}", expected.display()))?;
        let expected = text.lines().chain(ALWAYS).map(str::to_owned).collect();
        let boot = fs::read_to_string(directory.join("boot")).unwrap_or_default().trim().to_owned();
        Ok(Self { name: name.to_owned(), boot, reboots: directory.join("reboot").exists(), expected })
    }
}

/// A fact, as it was to be and as it was.
#[derive(Debug, PartialEq, Eq)]
pub struct Fact<'a> {
    /// Before the colon.
    pub name: &'a str,
    /// What was expected of it.
    pub expected: Option<&'a str>,
    /// What was seen.
    pub seen: Option<&'a str>,
}

impl Fact<'_> {
    /// Whether it is as it should be.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.expected == self.seen
    }
}

/// Each fact once, the expected ones first.
#[must_use]
pub fn judge<'a>(expected: &'a [String], seen: &'a [String]) -> Vec<Fact<'a>> {
    let parts = |line: &'a String| line.split_once(": ").unwrap_or((line, ""));
    let value =
        |lines: &'a [String], name: &str| lines.iter().map(parts).find(|fact| fact.0 == name).map(|fact| fact.1);
    let mut facts: Vec<Fact<'a>> = Vec::new();
    for (name, _) in expected.iter().chain(seen).map(parts) {
        if !facts.iter().any(|fact| fact.name == name) {
            facts.push(Fact { name, expected: value(expected, name), seen: value(seen, name) });
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_is_missing_surplus_or_different_is_wrong() {
        let expected = lines("faults: none\nprobe: ok\nmodule: 300");
        let seen = lines("probe: EACCES\nfaults: none\nextra: 1");
        let facts = judge(&expected, &seen);
        let wrong: Vec<_> = facts.iter().filter(|fact| !fact.is_right()).map(|fact| fact.name).collect();
        assert_eq!(wrong, ["probe", "module", "extra"]);
        assert_eq!(facts[0], Fact { name: "faults", expected: Some("none"), seen: Some("none") });
    }
}
