use std::collections::BTreeSet;
use std::path::Path;

use clap::Command;
use installer::profile::Profile;

use super::help_text::{self, Example, ExitCode};
use super::{command, documents};

const MACROS: [&str; 11] = [".TH", ".nh", ".ad", ".SH", ".PP", ".TP", ".br", ".nf", ".fi", ".ie", ".el"];

/// The pages of commands.
fn pages() -> Vec<(String, String)> {
    let all = documents(&Profile::built_in(), "2026-01-02").unwrap();
    let pages = all.into_iter().filter(|(path, _)| path.extension().is_some_and(|section| section == "8"));
    pages.map(|(path, it)| (path.display().to_string(), String::from_utf8(it).unwrap())).collect()
}

fn names(command: &Command, above: &str, into: &mut BTreeSet<String>) {
    let name = format!("{above}{}", command.get_name());
    into.insert(format!("man/{name}.8"));
    for below in command.get_subcommands() {
        names(below, &format!("{name}-"), into);
    }
}

#[test]
fn every_command_has_a_page_and_nothing_else_has() {
    let mut expected = BTreeSet::new();
    names(&command(), "", &mut expected);
    assert!(expected.contains("man/hostprep-faults-list.8"));
    let there = pages().into_iter().map(|(path, _)| path).collect::<BTreeSet<_>>();
    assert_eq!(there, expected);
}

#[test]
fn only_macros_start_with_a_control_character() {
    for (path, page) in pages() {
        for line in page.lines() {
            let word = line.split(' ').next().unwrap_or_default();
            let is_text = !line.starts_with(['.', '\'']);
            assert!(is_text || MACROS.contains(&word), "{path}: {line}");
            // A long list of alternatives has no place to break.
            let fits = line.len() <= 80 || !line.contains(' ');
            assert!(line.is_ascii() && (!is_text || fits), "{path}: {line}");
        }
    }
}

#[test]
fn every_page_has_its_sections_in_order() {
    let main = ["SYNOPSIS", "COMMANDS", "OPTIONS", "\"EXIT STATUS\"", "FILES", "EXAMPLES", "\"SEE ALSO\""];
    let rest = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "\"EXIT STATUS\"", "FILES", "EXAMPLES", "\"SEE ALSO\""];
    for (path, page) in pages() {
        let wanted = if path == "man/hostprep.8" { main.as_slice() } else { &rest };
        let mut left = page.as_str();
        for section in wanted {
            let heading = format!("\n.SH {section}\n");
            let at = left.find(&heading).unwrap_or_else(|| panic!("{path}: {section}"));
            left = &left[at + heading.len() - 1..];
        }
    }
}

#[test]
fn two_runs_are_the_same() {
    assert_eq!(documents(&Profile::built_in(), "").unwrap(), documents(&Profile::built_in(), "").unwrap());
}

#[test]
fn a_page_without_a_date_keeps_its_source() {
    let all = documents(&Profile::built_in(), "").unwrap();
    let page = String::from_utf8_lossy(&all[Path::new("man/hostprep-check.8")]);
    assert!(page.contains(concat!(".TH HOSTPREP-CHECK 8 \"\" \"hostprep ", env!("CARGO_PKG_VERSION"), "\" \"System")));
}

#[test]
fn shells_complete_steps() {
    let all = documents(&Profile::built_in(), "").unwrap();
    for name in ["hostprep.bash", "_hostprep", "hostprep.fish"] {
        let script = String::from_utf8_lossy(&all[&Path::new("completions").join(name)]);
        assert!(script.contains("selinux-module"), "{name}");
    }
}

#[test]
fn help_is_taken_apart() {
    let help =
        "Examples:\n  one       first\n  one --two second\n  one | three --four\n\nExit codes:\n  0 well   1 not\n";
    let example = |command: &str, purpose: Option<&str>| Example {
        command: command.to_owned(),
        purpose: purpose.map(str::to_owned),
    };
    let code = |code, meaning: &str| ExitCode { code, meaning: meaning.to_owned() };
    let parsed = help_text::parse(help).unwrap();
    assert_eq!(
        parsed.examples,
        [example("one", Some("first")), example("one --two", Some("second")), example("one | three --four", None)]
    );
    assert_eq!(parsed.exit_codes, [code(0, "well"), code(1, "not")]);
    assert!(help_text::parse("Notes:\n  none\n").is_err());
}

/// The real journalctl takes the catalog, and finds each fault in each language.
#[test]
fn journalctl_finds_every_fault_in_every_language() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("usr/lib/systemd/catalog");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::create_dir_all(root.path().join("var/lib/systemd/catalog")).unwrap();
    let all = documents(&Profile::built_in(), "").unwrap();
    std::fs::write(folder.join("hostprep.catalog"), &all[Path::new("catalog/hostprep.catalog")]).unwrap();
    let journalctl = |locale: &str, args: &[&str]| {
        let mut command = std::process::Command::new("journalctl");
        let output = command.arg("--root").arg(root.path()).args(args).env("LC_ALL", locale).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    journalctl("C", &["--update-catalog"]);
    let listed = journalctl("C", &["--list-catalog"]);
    for entry in faults::catalogue::entries() {
        let texts = faults::Texts::for_language("en").unwrap();
        let line = format!("{} hostprep: {} ({})", entry.message_id, texts.summary(entry.id).unwrap(), entry.id);
        assert!(listed.contains(&line), "{line}\n{listed}");
        let words = journalctl("C", &["--dump-catalog", &entry.message_id]);
        assert!(words.contains(&format!("hostprep explain {}", entry.id)), "{words}");
    }
    let words = journalctl("C", &["--dump-catalog", faults::catalogue::cleared_message_id()]);
    assert!(words.contains("Fault @FAULT_ID@ is cleared"), "{words}");
    let file = String::from_utf8_lossy(&all[Path::new("catalog/hostprep.catalog")]);
    for tag in faults::texts::languages().filter(|tag| *tag != "en") {
        let heads =
            file.lines().filter(|line| line.starts_with("-- ") && line.ends_with(&tag.replace('-', "_"))).count();
        assert_eq!(heads, faults::catalogue::entries().len() + 1, "{tag}");
    }
}

/// A page, a completion and a catalog for the vendor's command, and none that names ours.
#[test]
fn a_vendors_documents_name_the_vendors_command() {
    let text = include_str!("../../../packaging/example/profile.toml");
    let acme = Profile::parse(text, Path::new("profile.toml")).unwrap();
    let (ours, theirs) = (documents(&Profile::built_in(), "").unwrap(), documents(&acme, "").unwrap());
    assert_eq!(ours.len(), theirs.len());
    assert!(theirs.contains_key(Path::new("man/acme-hostprep-faults-list.8")), "{:?}", theirs.keys());
    // Those lie in a directory of the command; all but their titles is that of the format.
    let is_schema = |path: &&std::path::PathBuf| path.starts_with("schema");
    let shared: Vec<_> = ours.keys().filter(|path| theirs.contains_key(*path) && !is_schema(path)).collect();
    assert!(shared.is_empty(), "{shared:?}");
    for (path, content) in theirs.iter().filter(|(path, _)| is_schema(path)) {
        let schema: serde_json::Value = serde_json::from_slice(content).unwrap();
        let title = schema["title"].as_str().unwrap();
        assert!(title.contains("acme-hostprep ") || title.contains("/acme/"), "{}: {title}", path.display());
    }
    for (path, content) in theirs.iter().filter(|(path, _)| !is_schema(path)) {
        // A file in the vendor's directory; its name is that of the format.
        let text = String::from_utf8_lossy(content).replace("\\-", "-").replace("acme-hostprep/hostprep.toml", "");
        let text =
            text.replace("acme__subcmd__hostprep", "").replace("acme__hostprep", "").replace("acme_hostprep", "");
        let left = text.replace("acme-hostprep", "").replace("/acme/hostprep", "").replace("ACME-HOSTPREP", "");
        // What only our own agent has: the reference of the keys has none of it as an example either.
        let of_our_agent = ["ampfsm", "ampnetworkflow", "Monitor File Copies", "Device Flow Correlation"];
        for word in ["hostprep", "HOSTPREP", "/cisco/", "Cisco Secure"].into_iter().chain(of_our_agent) {
            assert_eq!(left.lines().find(|line| line.contains(word)), None, "{}", path.display());
        }
    }
    // The journal has no entry of one that the catalog of the other explains.
    let ids = |all: &std::collections::BTreeMap<std::path::PathBuf, Vec<u8>>, name: &str| {
        let catalog = String::from_utf8_lossy(&all[Path::new(name)]).into_owned();
        let ids = catalog.lines().filter_map(|line| line.strip_prefix("-- ")).map(|line| line[..32].to_owned());
        ids.collect::<BTreeSet<_>>()
    };
    let (ours, theirs) = (ids(&ours, "catalog/hostprep.catalog"), ids(&theirs, "catalog/acme-hostprep.catalog"));
    assert!(ours.len() == theirs.len() && ours.is_disjoint(&theirs), "{ours:?} {theirs:?}");
}

#[test]
fn each_language_has_a_page_about_all_faults() {
    let acme =
        super::profile_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging/example/profile.toml")).unwrap();
    for profile in [Profile::built_in(), acme] {
        let all = documents(&profile, "2026-01-02").unwrap();
        let command = &profile.names.command;
        for language in ["", "ja/", "ko/", "zh_TW/"] {
            let path = format!("man/{language}{command}-faults.7");
            let page = String::from_utf8_lossy(&all[Path::new(&path)]);
            let head = format!("\n.TH {}-FAULTS 7 2026-01-02 \"{command} ", command.to_uppercase());
            assert!(page.contains(&head), "{path}: {}", &page[..200]);
            let headings: Vec<&str> = page.lines().filter(|line| line.starts_with(".SS ")).collect();
            let entries = faults::catalogue::entries();
            assert_eq!(headings.len(), entries.len(), "{path}");
            for (heading, entry) in headings.iter().zip(entries) {
                assert!(heading.contains(&format!(" {}", entry.id)), "{path}: {heading}");
                for reason in entry.reasons.iter() {
                    let reason = reason.to_string().replace('-', "\\-");
                    assert!(page.contains(&format!("\n{reason}: ")), "{path}: {reason}");
                }
            }
            assert!(page.contains(&profile.scan_user.name.replace('-', "\\-")), "{path}");
        }
    }
}
