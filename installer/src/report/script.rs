//! `check --format script`: a shell script with exactly what a person must still do.

use std::fmt::Write;
use std::path::Path;

use faults::{Order, Remedy, RemedyAction};
use host::process::names;

use super::envelope::{Program, now};
use super::todo::{Item, only_tells};
use crate::model::host_context::HostContext;

/// Returns a script for `sh`. It stops at the first command that fails. It restarts nothing: that, alternatives, and what no command
/// does are comments.
#[must_use]
pub fn render(cx: &HostContext, items: &[Item]) -> String {
    let root = cx.alternate_root();
    let mut text = String::from("#!/bin/sh\n");
    let version = Program::THIS.version();
    let _ = writeln!(text, "# What is still to be done, as {} {version} found it at {}.", names::command(), now(cx));
    if items.is_empty() {
        text.push_str("# Nothing.\n");
        return text;
    }
    // A quoted `$` is meant as it is.
    text.push_str("# shellcheck disable=SC2016\nset -eu\n");
    let runs = |remedy: &Remedy| remedy.is_command() && remedy.order == Order::Next;
    let commands = || items.iter().flat_map(|item| &item.remedies).filter(|remedy| runs(remedy));
    if commands().any(|remedy| remedy.value(root).needs_root == Some(true)) {
        text.push_str("[ \"$(id -u)\" -eq 0 ] || { echo 'run this script as root' >&2; exit 1; }\n");
    }
    if commands().any(is_own) {
        text.push_str("# Exit codes above 2 are findings, which the commands below correct.\n");
        text.push_str("corrected() { \"$@\" || [ $? -gt 2 ]; }\n");
    }
    for item in items {
        let _ = writeln!(text, "\n# {}: {}", item.title, item.detail);
        for remedy in &item.remedies {
            let _ = writeln!(text, "{}", line(remedy, runs(remedy), root));
        }
    }
    text
}

fn is_own(remedy: &Remedy) -> bool {
    matches!(remedy.action, RemedyAction::Hostprep { .. })
}

fn line(remedy: &Remedy, runs: bool, root: Option<&Path>) -> String {
    // In a comment, a line break would end it.
    let line = remedy.unordered_shell_line(root).replace(char::is_control, " ");
    let told = line.strip_prefix("# ").unwrap_or(&line);
    match (runs, remedy.order) {
        (true, _) => {
            let command = Remedy { comment: None, ..remedy.clone() }.unordered_shell_line(root);
            let note = remedy.comment.as_ref().map(|note| format!("  # {}", note.replace(char::is_control, " ")));
            let comment = note.unwrap_or_default();
            let corrected = if is_own(remedy) { "corrected " } else { "" };
            format!("{corrected}{command}{}{comment}", if only_tells(remedy) { " || :" } else { "" })
        }
        (false, Order::Alternative) => format!("# or: {told}"),
        (false, Order::AlternativeContinued) => format!("#     then: {told}"),
        (false, Order::Next) if remedy.reboots => format!("# then reboot: {told}"),
        (false, Order::Next) => format!("# to do: {told}"),
    }
}
