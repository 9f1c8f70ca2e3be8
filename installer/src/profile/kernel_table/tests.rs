use super::*;
use crate::profile::Profile;

const PATH: &str = "/etc/cisco/kernels.toml";
const SOURCE: &str = include_str!("../../../../kernels.toml");
const AGENT: &str = "cisco-secure-endpoint";

fn parse(text: &str) -> Result<Option<KernelTable>, MalformedFile> {
    KernelTable::parse(text, Path::new(PATH), Origin::Missing, AGENT)
}

#[test]
fn the_built_in_table_is_about_the_built_in_profile() {
    let table = KernelTable::built_in();
    assert!(table.origin == Origin::BuiltIn && table.problem.is_none() && !table.rules.is_empty());
    assert!(table.version.is_some());
    let read = parse(SOURCE).unwrap().unwrap();
    assert_eq!((read.rules, read.version), (table.rules.clone(), table.version.clone()));
    assert_eq!(Profile::built_in().kernels, table);
}

#[test]
fn a_table_about_another_agent_does_not_count() {
    let other = SOURCE.replace("\"cisco-secure-endpoint\"", "\"acme-agent\"");
    assert_eq!(parse(&other).unwrap(), None);
    assert!(KernelTable::parse(&other, Path::new(PATH), Origin::Missing, "acme-agent").unwrap().is_some());
}

#[test]
fn an_error_names_the_line() {
    let line_of = |word: &str| 1 + SOURCE.lines().position(|line| line.starts_with(word)).unwrap();
    for (from, to, line, said) in [
        ("version = \"1\"", "version = 1", line_of("version"), "expected a string"),
        ("version = \"1\"", "version = \"a\\nb\"", line_of("version"), "is not a version"),
        ("version = \"1\"", "version = \"\"", line_of("version"), "is not a version"),
        ("date = \"", "date = \"2", line_of("date"), "is not a day"),
        ("date = \"", "day = \"", line_of("date"), "unknown field `day`"),
        ("families = [\"suse\"]", "families = [\"SUSE\"]", line_of("families = [\"suse\"]"), "family \"SUSE\""),
        (
            "kernel_from = \"4.12\"",
            "kernel_from = \"new\"",
            line_of("kernel_from = \"4.12\""),
            "\"new\" is not a kernel",
        ),
        ("kernel_from = \"4.12\"", "kernel_from = \"4.x\"", line_of("kernel_from = \"4.12\""), "is not a kernel"),
        ("kernel_from = \"4.12\"", "kernel_from = \"4.\"", line_of("kernel_from = \"4.12\""), "is not a kernel"),
        ("kernel_from = \"4.12\"", "kernel_from = \"4\\n\"", line_of("kernel_from = \"4.12\""), "is not a kernel"),
        ("kernel_before = \"4.15\"", "kernel_until = \"4.15\"", line_of("kernel_before = \"4.15\""), "`kernel_until`"),
        ("monitors = \"ebpf\"", "monitors = \"kprobes\"", line_of("monitors = \"ebpf\""), "kprobes"),
        ("kernel_from = \"2.6.39\"", "kernel_from = ", line_of("kernel_from = \"2.6.39\""), ""),
    ] {
        assert!(SOURCE.contains(from), "{from}");
        let error = parse(&SOURCE.replacen(from, to, 1)).unwrap_err();
        let message = error.to_string();
        assert_eq!(error.line, Some(line), "{to:?}: {message}");
        assert!(message.starts_with(&format!("{PATH}, line {line}: ")) && message.contains(said), "{to:?}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    for (line, key) in [("schema = 1\n", "schema"), ("profile = \"cisco-secure-endpoint\"\n", "profile")] {
        let message = parse(&SOURCE.replacen(line, "", 1)).unwrap_err().to_string();
        assert!(message.contains(&format!("missing field `{key}`")), "{message}");
    }
}

#[test]
fn a_later_format_is_called_so_whatever_its_keys_are() {
    for later in [
        SOURCE.replace("schema = 1", "schema = 2"),
        SOURCE
            .replace("schema = 1", "schema = 2\nsupersedes = '1'")
            .replace("monitors = \"ebpf\"", "monitors = ['ebpf']"),
    ] {
        let error = parse(&later).unwrap_err();
        assert_eq!(error.line, Some(1 + SOURCE.lines().position(|line| line == "schema = 1").unwrap()));
        let message = error.to_string();
        assert!(message.contains("schema 2 is not one this version reads (1); update hostprep"), "{message}");
    }
}

/// Such a line is about nothing, and would speak against every kernel.
#[test]
fn a_line_about_no_kernel_is_refused() {
    let line = "families = ['rhel']\nkernel_from = '4.18'\nmonitors = 'ebpf'\n";
    let head = "schema = 1\nprofile = 'cisco-secure-endpoint'\nversion = '2'\ndate = '2027-01-01'\n[[kernels]]\n";
    assert!(parse(&format!("{head}{line}")).is_ok());
    for (more, said) in [
        ("kernel_before = '4.18'\n", "no kernel is from 4.18 on and before 4.18"),
        ("kernel_before = '3.10'\n", "no kernel is from 4.18 on and before 3.10"),
        ("from = 8\nbefore = 8\n", "no version is from 8 on and before 8"),
        ("from = 9\nbefore = 8\n", "no version is from 9 on and before 8"),
        ("release_contains = ''\n", "`release_contains` is empty"),
    ] {
        let error = parse(&format!("{head}{line}[[kernels]]\n{line}{more}")).unwrap_err();
        assert!(error.problem == said || error.problem.starts_with(said), "{error}");
        assert_eq!(error.line, Some(9), "{error}");
    }
    let inline = "kernels = [{families = ['rhel'], kernel_from = '5', kernel_before = '4', monitors = 'ebpf'}]\n";
    let error = parse(&head.replace("[[kernels]]\n", inline)).unwrap_err();
    assert!(error.problem.starts_with("no kernel is from 5") && error.line.is_none(), "{error}");
    let error = parse(&format!("{head}{}", line.replace("'rhel'", ""))).unwrap_err();
    assert!(error.problem.starts_with("`families` is empty"), "{error}");
}
