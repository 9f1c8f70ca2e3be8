use std::collections::BTreeSet;

use super::*;
use crate::catalogue::{entries, values};

/// The messages that the catalogue and the reasons ask for, `message` or `message.attribute`.
fn wanted() -> BTreeSet<String> {
    let reasons = Reason::KNOWN.iter().map(|reason| format!("reason-{reason}"));
    let scopes = entries().iter().flat_map(|entry| &entry.since).map(|since| format!("scope-{}", since.scope));
    let parts = entries().iter().flat_map(|entry| {
        let resolutions = entry.resolutions.iter().map(|key| format!(".resolution-{key}"));
        let all = ["", ".condition", ".degraded"].map(str::to_owned).into_iter().chain(resolutions);
        all.map(|part| format!("fault-{}{part}", entry.id))
    });
    reasons.chain(scopes).chain(parts).collect()
}

#[test]
fn every_language_has_every_message_and_no_other() {
    for (language, file) in FILES {
        FluentResource::try_new((*file).to_owned()).expect("well-formed Fluent");
        let (mut found, mut message) = (BTreeSet::new(), "");
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, _)) = line.split_once(" = ") else { continue };
            let name = match name.strip_prefix("    .") {
                Some(attribute) => format!("{message}.{attribute}"),
                None => {
                    message = name;
                    name.to_owned()
                }
            };
            assert!(found.insert(name.clone()), "{language}: {name} twice");
        }
        assert_eq!(found, wanted(), "{language}");
    }
}

#[test]
fn every_message_of_every_language_can_be_formatted() {
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        for entry in entries() {
            let explained = texts.explain(entry.id, &Values::default()).unwrap();
            assert_eq!(texts.summary(entry.id).as_ref(), Some(&explained.summary));
            let Explanation { summary, condition, degraded, resolutions, since } = explained;
            assert_eq!((resolutions.len(), since.len()), (entry.resolutions.len(), entry.since.len()));
            let since = since.into_iter().map(|(scope, _)| scope);
            for text in [summary, condition, degraded].into_iter().chain(resolutions).chain(since) {
                assert!(!text.trim().is_empty() && !text.contains(['\n', '\u{2068}']), "{language}: {text}");
            }
        }
        for reason in Reason::KNOWN {
            assert_ne!(texts.reason(reason), reason.as_str());
        }
    }
}

#[test]
fn the_titles_are_the_connectors_own() {
    let texts = Texts::for_language("EN").unwrap();
    assert_eq!(texts.language(), "en");
    let titles: Vec<_> = entries().iter().map(|entry| texts.summary(entry.id).unwrap()).collect();
    assert_eq!(
        titles,
        [
            "Scan Service User Unavailable",
            "Required Kernel-Devel Package Is Missing",
            "SELinux Policy Is Missing Or Disabled",
        ]
    );
}

#[test]
fn every_value_can_be_given_and_is_used() {
    let own = |name: &str| Some(format!("<{name}>"));
    let given = Values {
        user: own("user"),
        directory: own("directory"),
        kernel: own("kernel"),
        package: own("package"),
        module: own("module"),
        domain: own("domain"),
        tools: own("tools"),
    };
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        let all: String = entries().iter().map(|entry| format!("{:?}", texts.explain(entry.id, &given))).collect();
        let usual: String =
            entries().iter().map(|entry| format!("{:?}", texts.explain(entry.id, &Values::default()))).collect();
        for (name, value) in values() {
            assert_eq!(given.get(name), own(name).as_deref(), "a value that nobody can give");
            assert!(all.contains(&format!("<{name}>")), "{language}: {name} is in no text");
            assert!(!all.contains(value) || name == "directory", "{language}: {value} is fixed in a text");
            assert!(usual.contains(value), "{language}: {value}");
        }
    }
}

#[test]
fn an_unknown_language_is_told_which_there_are() {
    let error = Texts::for_language("xx").unwrap_err().to_string();
    assert_eq!(error, "there are no texts in language `xx`; the languages are en");
}

#[test]
fn what_only_a_newer_version_knows_has_no_text() {
    let texts = Texts::for_language("en").unwrap();
    let unknown: FaultId = serde_json::from_str("500").unwrap();
    assert_eq!((texts.summary(unknown), texts.explain(unknown, &Values::default())), (None, None));
    assert_eq!(texts.reason(&Reason::Other("user-misplaced".into())), "user-misplaced");
}
