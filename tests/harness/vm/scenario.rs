//! A scenario's directory, and what came of playing it.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// A directory below `tests/vm/scenarios`.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The directory's name.
    pub name: String,
    /// Additional words of the kernel's command line; scenarios with the same words may share a boot.
    pub boot: String,
    /// Whether the machine reboots between `act` and `verify`.
    pub reboots: bool,
    /// The kernels of the image that the machine boots one after the other after `act`, with `verify` on each.
    pub kernels: Vec<String>,
    /// The images that it is about, by kinds of `tests/vm/build-image.sh`; such a guest is used once. None: the usual one.
    pub images: Vec<String>,
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
            return Err(format!("{} has no scenario {unknown}", directory.display()));
        }
        names.retain(|name| named.is_empty() || named.contains(&name.as_str()));
        names.sort();
        names.iter().map(|name| Self::read(&directory.join(name), name)).collect()
    }

    fn read(directory: &Path, name: &str) -> Result<Self, String> {
        let expected = directory.join("expected");
        if !expected.is_file() {
            return Err(format!("{}: a scenario without it expects nothing", expected.display()));
        }
        let boot = fs::read_to_string(directory.join("boot")).unwrap_or_default().trim().to_owned();
        let lines = |file| {
            let text = fs::read_to_string(directory.join(file)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        let reboots = directory.join("reboot").exists();
        Ok(Self { name: name.to_owned(), boot, reboots, kernels: lines("kernels"), images: lines("image") })
    }
}

/// A fact, expected and actual, from a line of `tests/vm/judge.awk`.
#[derive(Debug, PartialEq, Eq)]
pub struct Fact {
    /// Before the colon.
    pub name: String,
    /// The expected value; `-` for none.
    pub expected: String,
    /// The actual value; `-` for none.
    pub seen: String,
    /// Whether the two agree.
    pub right: bool,
}

impl Fact {
    /// Parses a line of a phase's output; `None` if it is not a row. A row that lacks a part is still a row.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.strip_prefix("row\t")?.split('\t').map(str::to_owned);
        let right = parts.next().is_some_and(|judgement| judgement == "right");
        let mut part = || parts.next().unwrap_or_default();
        Some(Self { right, name: part(), expected: part(), seen: part() })
    }
}

/// The result of a scenario.
#[derive(Debug, Default)]
pub struct Seen {
    /// The facts, in order.
    pub facts: Vec<Fact>,
    /// Denials of other programs.
    pub others: Vec<String>,
    /// All that was printed.
    pub transcript: String,
    /// What the scenario needs and the host lacks.
    pub skipped: Option<String>,
    /// Why the scenario was not completed.
    pub broken_off: Option<String>,
    /// Wall time, with the boot if there was one.
    pub took: Duration,
}

impl Seen {
    /// Returns whether all facts are as expected. A scenario that was not judged is not green.
    #[must_use]
    pub fn is_green(&self) -> bool {
        self.broken_off.is_none() && !self.facts.is_empty() && self.facts.iter().all(|fact| fact.right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_judged_or_is_wrong_in_one_fact_is_not_green() {
        let fact = |line| Fact::parse(line).unwrap();
        let right = || fact("row\tright\tfaults\tnone\tnone");
        let wrong = fact("row\twrong\tprobe\tmap_create ok\t-");
        assert_eq!((wrong.name.as_str(), wrong.seen.as_str()), ("probe", "-"));
        assert!(Fact::parse("row of houses").is_none());
        assert!(!fact("row\twrong\tfamily\tdebian").right);
        assert!(!Seen::default().is_green());
        assert!(Seen { facts: vec![right()], ..Seen::default() }.is_green());
        assert!(!Seen { facts: vec![right(), wrong], ..Seen::default() }.is_green());
        assert!(!Seen { facts: vec![right()], broken_off: Some("QEMU ended".into()), ..Seen::default() }.is_green());
    }
}
