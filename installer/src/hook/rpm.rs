//! RPM scriptlets. `$1` is how many versions of the package remain when this part of the transaction is done
//! (RPM packaging guide, "Scriptlets and transactions").

use faults::Source;

use super::{Event, NoSuchCall};
use crate::model::step::Phase;
use crate::steps::in_phase;

/// A scriptlet, and what its call asks for: a row of [`SCRIPTLETS`].
type Meaning = fn(u32, Source) -> Event;

/// Every scriptlet that calls hostprep. The first argument is RPM's count.
const SCRIPTLETS: [(&str, Meaning); 8] = [
    ("pre", |_, _| Event::Nothing),
    // On an upgrade the old package's scriptlets still follow, so the policy and the faults wait for posttrans.
    ("post", |_, source| Event::Prepare { steps: in_phase(Phase::AfterInstall), updates_faults: false, source }),
    ("preun", |left, _| if left == 0 { Event::Remove } else { Event::Nothing }),
    ("postun", |_, _| Event::Nothing),
    ("posttrans", |_, source| Event::prepare_all(source)),
    ("trigger", |_, _| Event::arrival()),
    // At the end of a transaction with a kernel, its headers or modules (rpm 4.13 and later).
    ("transfiletriggerin", |_, _| Event::KernelsChanged),
    ("transfiletriggerpostun", |_, _| Event::KernelsChanged),
];

/// Returns the names of the scriptlets.
#[must_use]
pub fn scriptlets() -> Vec<&'static str> {
    SCRIPTLETS.iter().map(|(name, _)| *name).collect()
}

/// Returns what `hostprep hook rpm SCRIPTLET COUNT [UPGRADE-INFO]` asks for. UPGRADE-INFO is `install` or `upgrade`, for
/// `posttrans` on RPM 4.11, which always passes 0 there.
///
/// # Errors
/// [`NoSuchCall`] for an unknown scriptlet, a count that is not a number, or other UPGRADE-INFO.
pub fn parse(scriptlet: &str, count: &str, upgrade_info: Option<&str>) -> Result<Event, NoSuchCall> {
    let Some((_, meaning)) = SCRIPTLETS.iter().find(|(name, _)| *name == scriptlet) else {
        let expected = format!("expected {}", scriptlets().join(", "));
        return Err(NoSuchCall { what: format!("unknown RPM scriptlet `{scriptlet}`"), expected });
    };
    let left: u32 = count.parse().map_err(|_| NoSuchCall {
        what: format!("`{count}` is not a count of installed versions"),
        expected: "RPM passes 0, 1 or 2 as $1".to_owned(),
    })?;
    let source = match upgrade_info {
        Some("install") => Source::Install,
        Some("upgrade") => Source::Upgrade,
        // A trigger is given the count of its target as well.
        Some(target) if scriptlet == "trigger" && target.parse::<u32>().is_ok() => Source::Trigger,
        None if left > 1 => Source::Upgrade,
        None => Source::Install,
        Some(other) => {
            let what = format!("unknown UPGRADE-INFO `{other}`");
            return Err(NoSuchCall { what, expected: "expected install or upgrade".to_owned() });
        }
    };
    Ok(meaning(left, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(event: Event) -> Vec<&'static str> {
        match event {
            Event::Prepare { steps, .. } => steps.iter().map(|step| step.id().as_str()).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn erasing_removes_only_at_count_zero() {
        assert_eq!(parse("preun", "0", None), Ok(Event::Remove));
        assert_eq!(parse("preun", "1", None), Ok(Event::Nothing), "an upgrade runs the old %preun");
        assert_eq!(parse("postun", "0", None), Ok(Event::Nothing));
    }

    #[test]
    fn post_prepares_accounts_and_leaves_the_verdict_to_posttrans() {
        let post = parse("post", "1", None).unwrap();
        assert!(matches!(post, Event::Prepare { updates_faults: false, source: Source::Install, .. }));
        assert_eq!(steps(post), ["scan-user", "directories"]);
        assert_eq!(steps(parse("posttrans", "1", None).unwrap()).len(), crate::steps::STEPS.len());
        let arrival = steps(parse("trigger", "1", Some("1")).unwrap());
        let judging = ["kernel", "kernel-support", "filesystem-monitor", "network-monitor", "ebpf"];
        assert_eq!(arrival, [&["scan-user", "selinux-tools", "selinux-module"][..], &judging].concat());
    }

    #[test]
    fn a_count_of_two_is_an_upgrade() {
        assert!(matches!(parse("post", "2", None), Ok(Event::Prepare { source: Source::Upgrade, .. })));
        let old_rpm = parse("posttrans", "0", Some("upgrade"));
        assert!(matches!(old_rpm, Ok(Event::Prepare { source: Source::Upgrade, .. })));
    }

    #[test]
    fn a_trigger_is_given_two_counts() {
        for counts in [("1", None), ("1", Some("1")), ("1", Some("0"))] {
            let event = parse("trigger", counts.0, counts.1);
            assert!(matches!(event, Ok(Event::Prepare { source: Source::Trigger, .. })), "{event:?}");
        }
    }

    #[test]
    fn a_file_trigger_is_about_kernels() {
        for scriptlet in ["transfiletriggerin", "transfiletriggerpostun"] {
            assert_eq!(parse(scriptlet, "0", None), Ok(Event::KernelsChanged));
            assert!(parse(scriptlet, "0", Some("1")).is_err());
        }
    }

    #[test]
    fn debian_words_are_no_counts() {
        let error = parse("preun", "remove", None).unwrap_err();
        assert!(error.to_string().contains("`remove` is not a count"), "{error}");
        assert!(parse("configure", "1", None).unwrap_err().to_string().contains("posttrans"));
    }
}
