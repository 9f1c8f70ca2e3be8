//! Debian maintainer scripts, as Debian Policy 6.5 and 6.6 call them.

use faults::Source;

use super::{Event, NoSuchCall};

const SCRIPTS: &str = "expected preinst, postinst, prerm or postrm";
const WORDS: &str = "see Debian Policy 6.5 for the words of each script";
const OPTIONS: &str = "options go before the word hook: hostprep --root DIR hook deb SCRIPT WORD…";

/// Parses `hostprep hook deb SCRIPT ARG…`.
///
/// # Errors
/// [`NoSuchCall`] for an unknown script, or a word that `dpkg` does not pass to it.
pub fn parse(script: &str, args: &[String]) -> Result<Event, NoSuchCall> {
    // Otherwise a --root in the wrong place would count as a word, and this system would be prepared instead of that one.
    if let Some(option) = args.iter().find(|arg| arg.starts_with("--")) {
        return Err(NoSuchCall {
            what: format!("dpkg does not call {script} with `{option}`"),
            expected: OPTIONS.to_owned(),
        });
    }
    let word = args.first().map_or("", String::as_str);
    let second = args.get(1).map_or("", String::as_str);
    match (script, word) {
        ("postinst", "configure") if second.is_empty() => Ok(Event::prepare_all(Source::Install)),
        ("postinst", "configure") => Ok(Event::prepare_all(Source::Upgrade)),
        ("postinst", "triggered") => Ok(Event::arrival()),
        // The removal or upgrade that our prerm began for did not come about, so what it undid comes back.
        ("postinst", "abort-remove") => Ok(Event::Restore),
        ("postinst", "abort-upgrade" | "abort-deconfigure") => Ok(Event::prepare_all(Source::Repair)),
        ("prerm", "remove") => Ok(Event::Remove),
        ("prerm", "upgrade" | "deconfigure" | "failed-upgrade")
        | ("preinst", "install" | "upgrade" | "abort-upgrade")
        | (
            "postrm",
            "remove" | "purge" | "upgrade" | "failed-upgrade" | "abort-install" | "abort-upgrade" | "disappear",
        ) => Ok(Event::Nothing),
        ("preinst" | "postinst" | "prerm" | "postrm", word) => {
            Err(NoSuchCall { what: format!("dpkg does not call {script} with `{word}`"), expected: WORDS.to_owned() })
        }
        _ => Err(NoSuchCall { what: format!("unknown maintainer script `{script}`"), expected: SCRIPTS.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Result<Event, NoSuchCall> {
        let mut words = line.split(' ').map(str::to_owned);
        let script = words.next().unwrap();
        parse(&script, &words.collect::<Vec<_>>())
    }

    #[test]
    fn configure_with_an_old_version_is_an_upgrade() {
        assert!(matches!(call("postinst configure"), Ok(Event::Prepare { source: Source::Install, .. })));
        assert!(matches!(call("postinst configure 1.0-1"), Ok(Event::Prepare { source: Source::Upgrade, .. })));
        let empty = parse("postinst", &["configure".into(), String::new()]);
        assert!(matches!(empty, Ok(Event::Prepare { source: Source::Install, .. })), "dpkg passes an empty version");
    }

    #[test]
    fn an_option_is_no_word() {
        for call in [call("postinst configure --root /mnt"), call("prerm remove 1.0 --root=/mnt")] {
            let said = call.unwrap_err().to_string();
            assert!(said.contains("`--root") && said.contains("before the word hook"), "{said}");
        }
    }

    #[test]
    fn only_removal_removes() {
        assert_eq!(call("prerm remove"), Ok(Event::Remove));
        assert_eq!(call("prerm remove in-favour other 1.0"), Ok(Event::Remove));
        for kept in ["prerm upgrade 2.0", "prerm deconfigure in-favour x 1", "postrm purge", "preinst install"] {
            assert_eq!(call(kept), Ok(Event::Nothing), "{kept}");
        }
    }

    #[test]
    fn an_aborted_removal_puts_things_back() {
        assert_eq!(call("postinst abort-remove"), Ok(Event::Restore));
        assert_eq!(call("postinst abort-remove in-favour other 1.0"), Ok(Event::Restore));
        for aborted in ["postinst abort-upgrade 2.0", "postinst abort-deconfigure in-favour x 1"] {
            assert!(matches!(call(aborted), Ok(Event::Prepare { updates_faults: true, .. })), "{aborted}");
        }
    }

    #[test]
    fn counts_are_no_words() {
        assert!(call("postinst 1").unwrap_err().to_string().contains("`1`"));
        assert!(call("postin configure").unwrap_err().to_string().contains("postinst"));
        assert!(parse("prerm", &[]).is_err());
    }
}
