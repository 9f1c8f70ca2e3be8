//! The words of RPM's scriptlets.

use installer::hook::{Event, rpm};
use installer::steps::STEPS;

use crate::input::text;

const PHASES: [&str; 8] =
    ["pre", "post", "preun", "postun", "posttrans", "trigger", "transfiletriggerin", "transfiletriggerpostun"];

/// Phase, count and perhaps more, a line each.
pub fn check(data: &[u8]) {
    let line = text(Some(data));
    let mut words = line.split('\n');
    let (phase, count, info) = (words.next().unwrap_or(""), words.next().unwrap_or(""), words.next());
    let number = count.parse::<u32>();
    match rpm::parse(phase, count, info) {
        Ok(event) => {
            assert!(PHASES.contains(&phase) && number.is_ok());
            let may_be_info = |info: &str| {
                ["install", "upgrade"].contains(&info) || (phase == "trigger" && info.parse::<u32>().is_ok())
            };
            assert!(info.is_none_or(may_be_info));
            // The one thing that must never be taken for another.
            assert_eq!(event == Event::Remove, phase == "preun" && number == Ok(0));
            assert_eq!(matches!(event, Event::Prepare { .. }), ["post", "posttrans", "trigger"].contains(&phase));
            assert_eq!(event == Event::KernelsChanged, phase.starts_with("transfiletrigger"));
            expect_steps(&event);
            assert_eq!(rpm::parse(phase, count, info), Ok(event));
        }
        Err(e) => {
            assert!(!e.what.is_empty() && !e.expected.is_empty());
            let known = PHASES.contains(&phase) && number.is_ok();
            assert!(!known || info.is_some(), "{e}");
        }
    }
}

/// Steps are named once each, in the order in which they run.
pub(crate) fn expect_steps(event: &Event) {
    if let Event::Prepare { steps, .. } = event {
        let place = |step| STEPS.iter().position(|listed| listed == step);
        assert!(!steps.is_empty() && steps.is_sorted_by(|one, next| place(one) < place(next)), "{steps:?}");
    }
}
