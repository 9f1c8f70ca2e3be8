use std::collections::BTreeSet;

use super::*;
use crate::catalogue::{entries, values};
use crate::texts::language::languages;

#[test]
fn every_message_of_every_language_can_be_formatted() {
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        for entry in entries() {
            let explained = texts.explain(entry.id, &Values::default()).unwrap();
            assert_eq!(texts.summary(entry.id).as_ref(), Some(&explained.summary));
            let Explanation { summary, cause, impact, resolutions, since } = explained;
            assert_eq!((resolutions.len(), since.len()), (entry.resolutions.len(), entry.since.len()));
            for text in resolutions.iter().flat_map(|text| text.lines()) {
                assert!(!text.trim().is_empty() && text == text.trim(), "{language}: {text}");
            }
            for text in [summary, cause, impact].into_iter().chain(since.into_iter().map(|(scope, _)| scope)) {
                assert!(!text.trim().is_empty() && !text.contains('\n'), "{language}: {text}");
            }
        }
        for reason in Reason::KNOWN {
            assert_ne!(texts.reason(reason), reason.as_str());
        }
        for source in Source::KNOWN {
            assert_ne!(texts.source(source), source.as_str());
        }
        let words = Word::ALL.iter().map(|word| {
            let given: Vec<_> = word.variables().iter().map(|name| (*name, *name)).collect();
            texts.word(*word, &given)
        });
        let words: BTreeSet<_> = words.collect();
        assert_eq!(words.len(), Word::ALL.len(), "{language}: two words are the same: {words:?}");
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
            "Scan Service Restarting Frequently",
            "Scan Service Failed To Start",
            "Realtime Filesystem Monitor Failed To Start",
            "Realtime Network Monitor Failed To Start",
            "Required Kernel-Devel Package Is Missing",
            "Incompatible Kernel",
            "Connector Event Monitoring Is Overloaded",
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
        install_headers: own("install-headers"),
        module: own("module"),
        domain: own("domain"),
        class: own("class"),
        permissions: own("permissions"),
        tools: own("tools"),
        install_tools: own("install-tools"),
        filesystem_module: own("filesystem-module"),
        network_module: own("network-module"),
        filesystem_option: own("filesystem-option"),
        network_option: own("network-option"),
        definitions: own("definitions"),
        program: own("program"),
        log: None,
        agent: None,
        not_needed: Vec::new(),
        documentation: None,
        root: None,
    };
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        let all: String = entries().iter().map(|entry| format!("{:?}", texts.explain(entry.id, &given))).collect();
        let usual: String =
            entries().iter().map(|entry| format!("{:?}", texts.explain(entry.id, &Values::default()))).collect();
        for (name, value) in values() {
            assert_eq!(given.get(name), own(name).as_deref(), "a value that no caller can set");
            assert!(all.contains(&format!("<{name}>")), "{language}: {name} is in no text");
            assert!(!all.contains(value) || name == "directory", "{language}: {value} is fixed in a text");
            assert!(usual.contains(value), "{language}: {value}");
        }
    }
}

/// An agent without kernel modules, definitions or options is not told of those of the catalogue's agent.
#[test]
fn what_another_agent_lacks_is_not_the_catalogues_agents() {
    let all = |texts: &Texts, agent: &str| -> String {
        let of = Values { agent: Some(agent.into()), ..Values::default() };
        entries().iter().map(|entry| format!("{:?}", texts.explain(entry.id, &of).unwrap())).collect()
    };
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        let (own, others) = (all(&texts, catalogue::agent()), all(&texts, "acme-agent"));
        for name in OF_SOME_AGENTS {
            let value = &values()[name];
            assert!(own.contains(value) && !others.contains(value), "{language}: {value}: {others}");
        }
        for wrong in [NONE, "  ", " .", " ,", "。。", "..", "「」", "“”", "()", "（）"] {
            assert!(!others.contains(wrong), "{language}: {wrong:?} is in {others}");
        }
    }
}

#[test]
fn an_unknown_language_is_told_which_there_are() {
    let error = Texts::for_language("xx").unwrap_err().to_string();
    assert_eq!(error, "there are no texts in language `xx`; the languages are en, ja, ko, zh-TW");
}

#[test]
fn what_only_a_newer_version_knows_has_no_text() {
    let texts = Texts::for_language("en").unwrap();
    let unknown: FaultId = serde_json::from_str("500").unwrap();
    assert_eq!((texts.summary(unknown), texts.explain(unknown, &Values::default())), (None, None));
    assert_eq!(texts.reason(&Reason::Other("user-misplaced".into())), "user-misplaced");
}

#[test]
fn titles_and_severities_are_in_the_language() {
    let of = |language: &str| {
        let texts = Texts::for_language(language).unwrap();
        (texts.summary(FaultId::KERNEL_SUPPORT).unwrap(), texts.severity(Severity::Critical))
    };
    let pair = |title: &str, severity: &str| (title.to_owned(), severity.to_owned());
    assert_eq!(of("en"), pair("Incompatible Kernel", "critical"));
    assert_eq!(of("ja"), pair("互換性のないカーネル", "クリティカル"));
    assert_eq!(of("ko"), pair("호환되지 않는 커널", "심각"));
    assert_eq!(of("zh-TW"), pair("核心不相容", "嚴重"));
}

#[test]
fn the_first_locale_that_says_anything_decides() {
    let language = |variables: &[(&str, &str)]| {
        let get = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        Texts::for_environment(get).language()
    };
    assert_eq!(language(&[("LANG", "ja_JP.UTF-8")]), "ja");
    assert_eq!(language(&[("LANG", "ja_JP.UTF-8"), ("LC_MESSAGES", "ko_KR.UTF-8")]), "ko");
    assert_eq!(language(&[("LANG", "ja_JP.UTF-8"), ("LC_MESSAGES", "ko_KR.UTF-8"), ("LC_ALL", "C.UTF-8")]), "en");
    assert_eq!(language(&[("LC_ALL", ""), ("LC_MESSAGES", ""), ("LANG", "zh_TW.UTF-8")]), "zh-TW");
    // LC_ALL decides even if there are no texts for it.
    assert_eq!(language(&[("LC_ALL", "de_DE.UTF-8"), ("LANG", "ja_JP.UTF-8")]), "en");
    assert_eq!(language(&[("LANG", "no such locale")]), "en");
    assert_eq!(language(&[]), "en");
}
