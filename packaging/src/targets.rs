//! What is built: a package for each architecture, and from which of the caller's files.

use std::path::PathBuf;
use std::str::FromStr;

use crate::architecture::Architecture;

/// A directory with files to package, for every architecture or for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The only architecture that has them.
    pub only: Option<Architecture>,
    /// Its top becomes `/`.
    pub directory: PathBuf,
}

impl FromStr for Payload {
    type Err = String;

    /// Parses `DIR` or `ARCHITECTURE=DIR`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (only, directory) = match text.split_once('=') {
            Some((name, rest)) => match name.parse() {
                Ok(only) => (Some(only), rest),
                Err(problem) if Architecture::of_debian(name).is_some() => return Err(problem),
                Err(_) => (None, text),
            },
            None => (None, text),
        };
        if directory.is_empty() {
            Err("name a directory".into())
        } else {
            Ok(Self { only, directory: directory.into() })
        }
    }
}

/// What one package is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The package's architecture.
    pub architecture: Architecture,
    /// The program that the hooks call, if one was given.
    pub hostprep: Option<PathBuf>,
    /// The payloads that it has.
    pub payload: Vec<PathBuf>,
}

/// A program for the hooks, and the architecture that it is for if it tells ([`Architecture::of_program`]).
pub type Program = (PathBuf, Option<Architecture>);

/// Returns what to build: a package for each of `wanted`; if nothing is wanted, for each that a program was given for; if no
/// program tells, for each that the manifest lists.
///
/// # Errors
/// A message if an architecture is not `listed`, if a program is missing for one, or if there are two.
pub fn targets(
    listed: &[Architecture],
    wanted: &[Architecture],
    programs: &[Program],
    payload: &[Payload],
) -> Result<Vec<Target>, String> {
    let told = || programs.iter().filter_map(|(_, of)| *of).collect::<Vec<_>>();
    let mut chosen = if wanted.is_empty() { told() } else { wanted.to_vec() };
    if chosen.is_empty() {
        chosen = listed.to_vec();
    }
    if let Some(other) = chosen.iter().find(|one| !listed.contains(one)) {
        let names: Vec<&str> = listed.iter().map(|one| one.name()).collect();
        let asks = match programs.iter().find(|(_, of)| wanted.is_empty() && *of == Some(*other)) {
            Some((path, _)) => format!("{} is a program for {other}", path.display()),
            None => format!("{other} is asked for"),
        };
        return Err(format!("{asks}, but `architecture` is {}", names.join(" and ")));
    }
    let mut targets = Vec::new();
    for &architecture in listed.iter().filter(|one| chosen.contains(one)) {
        let is_its = |payload: &&Payload| payload.only.is_none_or(|only| only == architecture);
        targets.push(Target {
            architecture,
            hostprep: program_for(architecture, programs)?,
            payload: payload.iter().filter(is_its).map(|payload| payload.directory.clone()).collect(),
        });
    }
    Ok(targets)
}

/// Returns the one program that is for `architecture`, or does not tell what it is for. `None` if no program was given at all.
fn program_for(architecture: Architecture, programs: &[Program]) -> Result<Option<PathBuf>, String> {
    let fits = |(_, of): &&Program| of.is_none_or(|of| of == architecture);
    let fitting: Vec<&PathBuf> = programs.iter().filter(fits).map(|(path, _)| path).collect();
    match (fitting.as_slice(), programs) {
        ([], []) => Ok(None),
        ([], [(path, of), ..]) => {
            let of = of.map_or_else(String::new, |of| format!("; {} is for {of}", path.display()));
            Err(format!("no --hostprep is a program for {architecture}{of}"))
        }
        ([one], _) => Ok(Some((*one).clone())),
        ([first, second, ..], _) => {
            let (first, second) = (first.display(), second.display());
            Err(format!("both {first} and {second} are given as the program for {architecture}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_may_be_one_architectures() {
        let of = |text: &str| text.parse::<Payload>().map(|one| (one.only, one.directory.display().to_string()));
        assert_eq!(of("files"), Ok((None, "files".into())));
        assert_eq!(of("aarch64=files=1"), Ok((Some(Architecture::Aarch64), "files=1".into())));
        assert_eq!(of("a=b"), Ok((None, "a=b".into())));
        assert!(of("").is_err() && of("x86_64=").is_err());
        assert!(of("arm64=files").is_err_and(|problem| problem.contains("Debian's name of aarch64")));
    }

    #[test]
    fn what_is_built() {
        use Architecture::{Aarch64, X86_64};
        let program = |name: &&str| {
            let of = [("x86", X86_64), ("arm", Aarch64)].into_iter().find(|(start, _)| name.starts_with(start));
            (PathBuf::from(name), of.map(|(_, of)| of))
        };
        let both = [X86_64, Aarch64];
        let built = |listed: &[Architecture], wanted: &[Architecture], programs: &[&str]| {
            let programs: Vec<Program> = programs.iter().map(program).collect();
            let payload = ["common", "aarch64=own"].map(|text| text.parse().unwrap());
            targets(listed, wanted, &programs, &payload).map(|all| {
                let line = |one: &Target| {
                    let program = one.hostprep.as_ref().map_or("-".into(), |path| path.display().to_string());
                    format!("{} {program} {}", one.architecture, one.payload.len())
                };
                all.iter().map(line).collect::<Vec<_>>().join(", ")
            })
        };
        for (listed, wanted, programs, expected) in [
            (&both[..], &[][..], &["arm", "x86"][..], Ok("x86_64 x86 1, aarch64 arm 2")),
            (&both, &[], &["arm"], Ok("aarch64 arm 2")),
            (&both, &[], &["script"], Ok("x86_64 script 1, aarch64 script 2")),
            (&both, &[], &[], Ok("x86_64 - 1, aarch64 - 2")),
            (&both, &[X86_64, X86_64], &["script"], Ok("x86_64 script 1")),
            (&both, &[X86_64], &["arm", "x86"], Ok("x86_64 x86 1")),
            (&both, &[X86_64], &["arm"], Err("no --hostprep is a program for x86_64; arm is for aarch64")),
            (&both, &[], &["x86", "x86-2"], Err("both x86 and x86-2 are given")),
            (&both, &[], &["x86", "script"], Err("both x86 and script are given")),
            (&[X86_64], &[], &["arm"], Err("arm is a program for aarch64, but `architecture` is x86_64")),
            (&[X86_64], &[Aarch64], &[], Err("aarch64 is asked for, but `architecture` is x86_64")),
        ] {
            let found = built(listed, wanted, programs);
            match expected {
                Ok(line) => assert_eq!(found.as_deref(), Ok(line)),
                Err(words) => assert!(found.as_ref().is_err_and(|text| text.contains(words)), "{found:?}"),
            }
        }
    }
}
