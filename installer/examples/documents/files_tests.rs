//! What manual pages name exists: the paths under FILES, and the options anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Command;
use installer::kernels_file;
use installer::profile::Profile;

use super::page::called;
use super::{command, documents};

/// Options of other programs, with a word that stands shortly before each.
const OF_OTHERS: [(&str, &str); 2] = [("useradd", "--user-group"), ("systemctl", "--now")];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn acme() -> Profile {
    super::profile_in(&top().join("packaging/example/profile.toml")).unwrap()
}

/// The English pages of a section, by their names, as plain text of the source's lines.
fn pages(profile: &Profile, section: &str) -> BTreeMap<String, String> {
    let is_page = |path: &Path| {
        path.parent() == Some(Path::new("man")) && path.extension().is_some_and(|extension| extension == section)
    };
    let all = documents(profile, "").unwrap().into_iter().filter(|(path, _)| is_page(path));
    all.map(|(path, page)| {
        let mut text = String::from_utf8(page).unwrap();
        for (escape, plain) in [("\\-", "-"), ("\\fB", ""), ("\\fI", ""), ("\\fR", ""), ("\\&", "")] {
            text = text.replace(escape, plain);
        }
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), text)
    })
    .collect()
}

/// The tags under FILES.
fn files(page: &str) -> Vec<&str> {
    let Some((_, rest)) = page.split_once("\n.SH FILES\n") else { return Vec::new() };
    let section = rest.split("\n.SH ").next().unwrap_or_default();
    section.split(".TP\n").skip(1).flat_map(|it| it.lines().next().unwrap_or_default().split(", ")).collect()
}

/// What packages install or make on a host, by the suite `packages`.
fn installed(cases: &[&str]) -> BTreeSet<String> {
    let read = |case: &&str| {
        let file = top().join(format!("tests/cases/packages/{case}.txt"));
        std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    };
    let texts: Vec<String> = cases.iter().map(read).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let added = lines.filter_map(|line| line.strip_prefix("+ ")?.split_once(" ("));
    added.map(|(path, _)| path.to_owned()).collect()
}

/// The program's sources without their tests.
fn sources(directory: &Path, into: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            let text = std::fs::read_to_string(&path).unwrap();
            into.push_str(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        }
    }
}

fn of_profile(profile: &Profile) -> BTreeSet<String> {
    let (names, paths) = (&profile.names, &profile.paths);
    let [of_administrator, of_vendor] = kernels_file::paths(profile);
    let own = [names.configuration.clone(), names.vendor_configuration(), names.drop_ins(), names.data()];
    let places = [&paths.faults, &paths.state, &paths.lock, &paths.log, &paths.build_dir].map(Clone::clone);
    let all = own.into_iter().chain(places).chain([of_administrator, of_vendor]);
    all.map(|path| path.to_string()).collect()
}

#[test]
fn every_path_under_files_is_one_that_is_used() {
    let mut code = String::new();
    for directory in ["installer/src", "installer/login-defs/src", "host/src", "policy/src", "faults/src"] {
        sources(&top().join(directory), &mut code);
    }
    let cases = [
        (Profile::built_in(), ["debian-installed", "redhat-installed"]),
        (acme(), ["vendor-debian-installed", "vendor-redhat-installed"]),
    ];
    for (profile, cases) in cases {
        let (known, installed) = (of_profile(&profile), installed(&cases));
        assert!(installed.len() > 50, "{cases:?}");
        let (mut seen, mut wrong) = (0, Vec::new());
        for (name, page) in pages(&profile, "8") {
            for path in files(&page) {
                // What the caller gives, in capitals or as a pattern.
                if !path.starts_with('/') {
                    let is_form = path.contains('*')
                        || path.split(['/', '.', '-']).any(|it| it.len() > 1 && it.to_uppercase() == it);
                    wrong.extend((!is_form).then(|| format!("{name}: {path} has no directory")));
                    continue;
                }
                seen += 1;
                let plain = path.trim_end_matches("/*.toml").trim_end_matches('/');
                let is_known =
                    known.contains(plain) || installed.contains(plain) || code.contains(&format!("\"{plain}\""));
                wrong.extend((!is_known).then(|| format!("{name}: {path}")));
            }
        }
        assert!(seen > 60 && wrong.is_empty(), "{}: {seen} paths, of which wrong:\n{}", profile.name, wrong.join("\n"));
    }
}

/// Each command with its options, and those that go with every command.
fn options<'a>(command: &'a Command, into: &mut BTreeMap<&'a str, BTreeSet<String>>) {
    let own = command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?)));
    into.insert(called(command), own.chain(["--help".to_owned()]).collect());
    command.get_subcommands().for_each(|below| options(below, into));
}

/// The options of the command that the words begin with, the longest that there is, and how many words its name has.
fn named<'a>(words: &[&str], known: &'a BTreeMap<&str, BTreeSet<String>>) -> Option<(&'a BTreeSet<String>, usize)> {
    let plain = |word: &&str| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned();
    let words: Vec<String> = words.iter().take(3).map(plain).collect();
    (1..=words.len()).rev().find_map(|count| Some((known.get(words[..count].join(" ").as_str())?, count)))
}

/// An option right after a command is that command's; another is that of the page's command, or of the one named last before it.
#[test]
fn pages_name_only_options_that_there_are() {
    let mut cli = command();
    cli.build();
    let mut known = BTreeMap::new();
    options(&cli, &mut known);
    assert!(known.len() > 25, "{known:?}");
    let (mut seen, mut wrong) = (0, Vec::new());
    for (name, page) in ["5", "8"].iter().flat_map(|section| pages(&Profile::built_in(), section)) {
        let own = known.iter().find(|(command, _)| command.replace(' ', "-") == name).map(|(_, options)| options);
        let own = own.unwrap_or(&known["hostprep"]);
        let words: Vec<&str> = page.split_whitespace().collect();
        for (index, word) in words.iter().enumerate() {
            let option = word.trim_start_matches(|c: char| "([`'\"".contains(c));
            let end = option.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(option.len());
            let option = &option[..end];
            if !option.starts_with("--") || option.len() < 4 {
                continue;
            }
            seen += 1;
            let before = &words[index.saturating_sub(8)..index];
            let last = (0..before.len()).rev().find_map(|at| Some((at, named(&before[at..], &known)?)));
            let of_last = last.is_some_and(|(_, (options, _))| options.contains(option));
            let follows = last.is_some_and(|(at, (_, count))| at + count == before.len());
            let of_others = OF_OTHERS.iter().any(|(program, theirs)| *theirs == option && before.contains(program));
            if !of_last && !of_others && (follows || !own.contains(option)) {
                wrong.push(format!("{name}: {} {option}", before.join(" ")));
            }
        }
    }
    assert!(seen > 200 && wrong.is_empty(), "{seen} options, of which wrong:\n{}", wrong.join("\n"));
}
