use std::collections::BTreeSet;

use super::*;
use crate::Severity;
use crate::catalogue::entries;
use crate::catalogue::reason::Reason;
use crate::catalogue::source::Source;
use crate::finding::Finding;
use crate::texts::languages;

fn fault(id: FaultId, severity: Severity) -> Fault {
    Fault {
        id,
        severity,
        finding: Finding {
            reason: Reason::ToolsMissing,
            detail: "semodule is not installed".into(),
            remedy: vec![
                "dnf install -y policycoreutils policycoreutils-python-utils checkpolicy selinux-policy-targeted"
                    .into(),
                "hostprep repair".into(),
            ],
        },
        remedies: Vec::new(),
        raised_at: "2026-03-02T07:15:31.5Z".parse().unwrap(),
        updated_at: "2026-03-02T07:15:31.5Z".parse().unwrap(),
        source: Source::Install,
        boot_id: None,
    }
}

fn page(id: FaultId, raised: Option<&Fault>, language: &str, width: Option<usize>) -> String {
    let texts = Texts::for_language(language).unwrap();
    render(id, raised, &texts, &Values::default(), width).unwrap()
}

#[test]
fn a_raised_fault_is_explained() {
    let raised = fault(FaultId::SELINUX_POLICY, Severity::Critical);
    let text = page(raised.id, Some(&raised), "en", Some(80));
    let begin = "\
Fault 19: SELinux Policy Is Missing Or Disabled (critical)

Raised
  since 2026-03-02T07:15:31Z, by the installation
  a required tool is not installed: semodule is not installed

To fix it on this host
  dnf install -y policycoreutils policycoreutils-python-utils checkpolicy selinux-policy-targeted
  hostprep repair

Cause
  SELinux is enforcing, and its policy does not allow the domain
  unconfined_service_t all that the connector needs of the class bpf: map_create
  map_read map_write prog_load prog_run.

Impact
  The connector cannot monitor activity on the host.

What to do
  1. Install policycoreutils-python, which provides the tools to add a policy
     module:
     yum install -y policycoreutils-python
  2. Run";
    assert!(text.starts_with(begin), "{text}");
    let end = "

Applies from
  any connector  Enterprise Linux with a base policy that lacks the rule: EL 7
                 and its relatives, depending on the update level

Logs
  /var/log/audit/audit.log
  /var/log/cisco/hostprep.log
";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn the_severity_is_that_of_the_raised_fault() {
    let heading =
        |raised: Option<&Fault>| page(FaultId::OVERLOAD, raised, "ja", None).lines().next().map(str::to_owned);
    assert_eq!(heading(None).unwrap(), "障害 18: コネクタのイベント監視の過負荷（メジャー）");
    let raised = fault(FaultId::OVERLOAD, Severity::Critical);
    assert_eq!(heading(Some(&raised)).unwrap(), "障害 18: コネクタのイベント監視の過負荷（クリティカル）");
}

#[test]
fn no_line_is_wider_than_asked_but_commands_and_paths() {
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        for entry in entries() {
            let raised = fault(entry.id, entry.severity);
            let reason = &raised.finding.reason;
            let resolutions = texts.explain_for(entry.id, reason, &Values::default()).unwrap().resolutions;
            let whole: BTreeSet<String> = resolutions
                .iter()
                .flat_map(|text| text.lines().skip(1).map(str::to_owned))
                .chain(raised.finding.remedy.clone())
                .chain(entry.logs.iter().map(|path| path.display().to_string()))
                .collect();
            let mut seen = BTreeSet::new();
            let wide = page(entry.id, Some(&raised), language, None);
            let values = Values { root: Some("'/srv/an image'".into()), ..Values::default() };
            let of_root = |width| render(entry.id, Some(&raised), &texts, &values, width).unwrap();
            let is_short = |line: &str| whole.contains(line.trim_start()) || wrap::cells(line) <= 60;
            assert!(of_root(Some(60)).lines().all(is_short));
            for width in [40, 60, 80, 100] {
                let text = page(entry.id, Some(&raised), language, Some(width));
                for line in text.lines() {
                    if let Some(command) = whole.get(line.trim_start()) {
                        seen.insert(command.clone());
                        continue;
                    }
                    assert!(wrap::cells(line) <= width, "{language}, {width}: {line}");
                    assert!(!line.ends_with(' '), "{language}, {width}: {line:?}");
                    let first = line.trim_start().chars().next();
                    assert!(
                        first.is_none_or(|c| !"、。，；：！？）」』,;:)".contains(c)),
                        "{language}, {width}: {line}"
                    );
                }
                let bare = |text: &str| text.split_whitespace().collect::<String>();
                assert_eq!(bare(&text), bare(&wide), "{language}: wrapping changes nothing else");
            }
            assert_eq!(seen, whole, "{language}: in one piece, each on a line of its own");
        }
    }
}

#[test]
fn versions_and_where_they_apply_are_columns() {
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        let text = page(FaultId::KERNEL_HEADERS, None, language, Some(100));
        let rows: Vec<&str> = text.lines().skip_while(|line| *line != texts.word(Word::Applies, &[])).collect();
        let since = texts.explain(FaultId::KERNEL_HEADERS, &Values::default()).unwrap().since;
        let columns: BTreeSet<usize> = since
            .iter()
            .map(|(scope, _)| {
                let found = rows.iter().find_map(|row| Some(wrap::cells(&row[..row.find(scope.as_str())?])));
                found.unwrap_or_else(|| panic!("{language}: no line with {scope} in {rows:#?}"))
            })
            .collect();
        assert_eq!((since.len(), columns.len()), (5, 1), "{language}: {rows:#?}");
    }
}

#[test]
fn a_fault_of_a_newer_version_has_no_page() {
    let unknown: FaultId = serde_json::from_str("500").unwrap();
    let texts = Texts::for_language("en").unwrap();
    assert_eq!(render(unknown, None, &texts, &Values::default(), None), None);
}

#[test]
fn only_what_helps_against_its_reason_is_listed_for_a_raised_fault() {
    for (id, reason, first, absent) in [
        (FaultId::FILESYSTEM_MONITOR, Reason::Lockdown, "If the kernel is locked down", "Secure Boot"),
        (FaultId::NETWORK_MONITOR, Reason::LoadLocked, "If the load lock is the reason", "Secure Boot"),
        (FaultId::SCAN_START, Reason::MemoryLow, "Check the available memory", "Restart the connector"),
        (FaultId::KERNEL_SUPPORT, Reason::KernelOption, "If an option of the kernel", "Boot an older kernel"),
        (FaultId::SELINUX_POLICY, Reason::OutOfMemory, "Run “hostprep repair”", "policycoreutils"),
        // These say nothing about the host.
        (FaultId::FILESYSTEM_MONITOR, Reason::RaisedByHand, "Turn off UEFI Secure Boot", "none"),
        (FaultId::FILESYSTEM_MONITOR, Reason::Other("newer".into()), "Turn off UEFI Secure Boot", "none"),
    ] {
        let mut raised = fault(id, Severity::Critical);
        raised.finding.reason = reason;
        raised.finding.remedy = vec!["true".into()];
        let text = page(id, Some(&raised), "en", None);
        let (before, what_to_do) = text.split_once("\nWhat to do\n").unwrap();
        assert!(what_to_do.starts_with(&format!("  1. {first}")), "{id}: {what_to_do}");
        assert!(!what_to_do.split_once("\n\n").unwrap().0.contains(absent), "{id}: {what_to_do}");
        assert!(before.contains("\nTo fix it on this host\n  true\n"), "{before}");
    }
    let all = page(FaultId::FILESYSTEM_MONITOR, None, "en", None);
    assert!(all.contains("  1. Turn off") && all.contains("load-lock reset"), "{all}");
}

#[test]
fn a_fault_that_is_not_raised_may_be_true_all_the_same() {
    let text = page(FaultId::SELINUX_POLICY, None, "en", None);
    let line =
        "no (the fault store has what the last repair or the running connector found; “hostprep check” looks now)";
    assert!(text.contains(&format!("\nRaised\n  {line}\n")), "{text}");
    for language in languages() {
        let text = page(FaultId::SELINUX_POLICY, None, language, None);
        assert!(text.contains("“hostprep check”"), "{language}: {text}");
    }
}

#[test]
fn remedies_of_another_root_say_so_once() {
    let values = Values { root: Some("/mnt/image".into()), ..Values::default() };
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        for raised in [None, Some(fault(FaultId::SELINUX_POLICY, Severity::Critical))] {
            let text = render(FaultId::SELINUX_POLICY, raised.as_ref(), &texts, &values, None).unwrap();
            assert_eq!(text.matches("\n  chroot /mnt/image COMMAND\n").count(), 1, "{language}: {text}");
            assert!(text.contains("\n  hostprep check --root /mnt/image\n"), "{language}: {text}");
        }
    }
}

#[test]
fn it_ends_with_where_more_is_written() {
    let values = Values { documentation: Some("man 7 acme-faults".into()), ..Values::default() };
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        let text = render(FaultId::SELINUX_POLICY, None, &texts, &values, Some(40)).unwrap();
        let heading = texts.word(Word::More, &[]);
        assert!(text.ends_with(&format!("\n{heading}\n  man 7 acme-faults\n")), "{language}: {text}");
    }
}

#[test]
fn another_agent_reads_its_own_rule_and_no_version_of_the_catalogues() {
    let values = Values {
        agent: Some("acme-sensor".into()),
        domain: Some("acme_t".into()),
        class: Some("perf_event".into()),
        permissions: Some("open read".into()),
        ..Values::default()
    };
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        let rule = render(FaultId::SELINUX_POLICY, None, &texts, &values, None).unwrap();
        assert!(rule.contains("\n     allow acme_t self:perf_event { open read };\n"), "{language}: {rule}");
        for entry in entries() {
            let text = render(entry.id, None, &texts, &values, None).unwrap();
            let own = page(entry.id, None, language, None);
            let applies = texts.word(Word::Applies, &[]);
            assert_eq!(own.contains(&applies), !entry.since.is_empty(), "{language}: {own}");
            for foreign in [applies.as_str(), "map_create", "unconfined_service_t", "1.1", "Secure Endpoint"] {
                assert!(!text.contains(foreign), "{language}: {foreign} is in {text}");
            }
        }
    }
}

#[test]
fn what_the_host_has_is_not_to_be_installed() {
    let values = Values { not_needed: vec!["tools".into()], ..Values::default() };
    for language in languages() {
        let texts = Texts::for_language(language).unwrap();
        let text = render(FaultId::SELINUX_POLICY, None, &texts, &values, None).unwrap();
        let install = "yum install -y policycoreutils-python";
        assert!(!text.contains(install) && text.contains("\n  1. "), "{language}: {text}");
        assert!(page(FaultId::SELINUX_POLICY, None, language, None).contains(install));
    }
}
