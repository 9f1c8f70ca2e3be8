//! Runs the example and checks what it prints.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "the test runs cargo")]

use std::process::Command;

#[test]
fn crashes_raise_fault_6_and_a_quiet_time_clears_it() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["run", "--quiet", "--locked", "--offline", "--example", "supervisor"]);
    let output = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));

    let lines: Vec<&str> = printed.lines().collect();
    // How long three crashes take depends on the machine.
    let (before, span) = lines[4].split_once(" times within ").unwrap();
    assert_eq!(before, "raise fault 6: the scan process failed 3");
    let (span, after) = span.split_once("; ").unwrap();
    assert!(span.ends_with("ms") || span.ends_with('s'), "{span}");
    assert_eq!(after, "the last time: signal 11 (SIGSEGV) while scanning \"/srv/in.zip\"; the connector restarts");
    assert_eq!(
        lines[..4],
        [
            "agent: start 1",
            "scan process: signal 11 (SIGSEGV)",
            "scan process: signal 11 (SIGSEGV)",
            "scan process: signal 11 (SIGSEGV)",
        ]
    );
    assert_eq!(
        lines[5..],
        [
            "store: raised",
            "agent: restarts itself",
            "agent: start 2",
            "clear fault 6",
            "store: cleared",
            "events:",
            "  1 fault 6 raised: scan-process-failing",
            "  2 fault 6 cleared: scan-process-failing",
            "faults raised now: 0",
        ]
    );
}
