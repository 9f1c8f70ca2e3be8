use super::*;

const CATALOGUE: &str = "
[[fault]]
id = 1
message_id = '3287a750f7e4438a8a75d40387e387b4'
severity = 'major'
reasons.check = ['user-missing', 'disk-full']
reasons.agent = ['scan-start-failed']
resolutions = ['wait']
only_for = { wait = ['disk-full'] }
logs = []
since = []
";

/// The problems if `from` is replaced by `to`.
fn changed(from: &str, to: &str) -> Vec<String> {
    assert!(CATALOGUE.contains(from), "{from}");
    problems(&toml::from_str(&CATALOGUE.replacen(from, to, 1)).unwrap())
}

#[test]
fn a_complete_entry_is_fine() {
    assert_eq!(changed("", ""), [""; 0]);
    assert_eq!(problems(&toml::from_str(include_str!("../../../catalogue.toml")).unwrap()), [""; 0]);
}

#[test]
fn what_an_entry_lacks_is_named() {
    for (line, expected) in [
        ("id = 1\n", "the [[fault]] at place 1 in the file has no id: add it, the number"),
        (
            "message_id = '3287a750f7e4438a8a75d40387e387b4'\n",
            "fault 1 has no message_id: add it, the 32 digits that `journalctl --new-id128` prints",
        ),
        ("severity = 'major'\n", "fault 1 has no severity: add it, minor, major or critical"),
        ("resolutions = ['wait']\n", "fault 1 has no resolutions: add it, the keys of its resolutions, in"),
        ("logs = []\n", "fault 1 has no logs: add it, the log files to read"),
        ("since = []\n", "fault 1 has no since: add it, the first connector version, [] if every one has it"),
    ] {
        let found = changed(line, "");
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    }
    let both = "reasons.check = ['user-missing', 'disk-full']\nreasons.agent = ['scan-start-failed']\n";
    assert!(changed(both, "")[0].starts_with("fault 1 has no reasons: add it, reasons.check for"));
}

#[test]
fn an_unknown_word_is_named() {
    for (from, to, expected) in [
        ("'user-missing'", "'user-misplaced'", "fault 1: there is no reason user-misplaced: correct it, or add it to"),
        ("'scan-start-failed'", "'disk-fuller'", "fault 1: there is no reason disk-fuller: "),
        ("wait = ['disk-full']", "wait = ['disk-fill']", "fault 1: there is no reason disk-fill: "),
        ("'major'", "'grave'", "fault 1: there is no severity grave: write minor, major or critical"),
        ("logs = []", "logs = []\nlog = []", "fault 1: nothing reads log: take it out, or correct its name"),
    ] {
        let found = changed(from, to);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{found:?}");
    }
}
