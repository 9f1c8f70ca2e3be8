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
  unconfined_service_t to create, read and write BPF maps, or to load and run
  BPF programs.

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
            let resolutions = texts.explain(entry.id, &Values::default()).unwrap().resolutions;
            let whole: BTreeSet<String> = resolutions
                .iter()
                .flat_map(|text| text.lines().skip(1).map(str::to_owned))
                .chain(raised.finding.remedy.clone())
                .chain(entry.logs.iter().map(|path| path.display().to_string()))
                .collect();
            let mut seen = BTreeSet::new();
            let wide = page(entry.id, Some(&raised), language, None);
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
