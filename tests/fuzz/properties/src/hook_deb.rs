//! The words of Debian's maintainer scripts.

use installer::hook::{Event, deb};

use crate::hook_rpm::expect_steps;
use crate::input::text;

const SCRIPTS: [&str; 4] = ["preinst", "postinst", "prerm", "postrm"];

/// A script and its arguments, a line each.
pub fn check(data: &[u8]) {
    let line = text(Some(data));
    let mut words = line.split('\n').map(str::to_owned);
    let script = words.next().unwrap_or_default();
    let args: Vec<String> = words.collect();
    let word = args.first().map_or("", String::as_str);
    match deb::parse(&script, &args) {
        Ok(event) => {
            assert!(SCRIPTS.contains(&script.as_str()) && !word.is_empty());
            // The one thing that must never be taken for another.
            assert_eq!(event == Event::Remove, script == "prerm" && word == "remove");
            assert_eq!(event == Event::Restore, script == "postinst" && word == "abort-remove");
            assert_eq!(matches!(event, Event::Prepare { .. } | Event::Restore), script == "postinst");
            expect_steps(&event);
            // Beyond the second nothing is looked at.
            assert_eq!(deb::parse(&script, &args[..args.len().min(2)]), Ok(event));
        }
        Err(e) => assert!(!e.what.is_empty() && !e.expected.is_empty()),
    }
}
