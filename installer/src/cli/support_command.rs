//! `support-bundle`: one archive for whoever helps.

use anyhow::Context as _;
use host::Root;
use host::fs::InRoot;
use host::system::machine;
use installer::engine;
use installer::model::host_context::HostContext;
use installer::report::exit;
use installer::report::json::RunObject;
use installer::report::text::Purpose;
use installer::support::archive::{self, Part};
use installer::support::parts;
use installer::support::redact::Redaction;

use super::args::{Global, SupportBundle};
use super::invocation::{Invocation, Privilege, with};
use super::output::{Outcome, print, print_error};
use super::{policy_status, status_commands, step_commands};

/// The archive is for its maker to send; other users of this host cannot read it.
const MODE: u32 = 0o600;

pub fn run(global: &Global, args: &SupportBundle) -> Outcome {
    with(global, Privilege::Collect, None, |invocation| {
        if !nix::unistd::geteuid().is_root() {
            print_error("not root: parts that only root may read are missing");
        }
        let mut parts = vec![
            Part::of("check.json", printed(|| check(invocation))),
            Part::of("status.json", printed(|| status_commands::json_text(invocation))),
            Part::of("policy-status.json", printed(|| policy_status::json_text(invocation))),
        ];
        let problem = invocation.config_problem.as_ref();
        parts.extend(
            problem.map(|problem| Part::of("configuration-error.txt", Ok(format!("{problem}\n").into_bytes()))),
        );
        parts.extend(parts::collect(&invocation.cx));
        let names = names(&invocation.cx);
        if args.redact {
            let mut redaction = Redaction::of(names.clone(), domains(&invocation.cx));
            parts = parts.into_iter().map(|part| part.changed(&mut |text| redaction.apply(text))).collect();
        }
        let now = invocation.cx.clock.now();
        let of_host =
            names.first().filter(|_| !args.redact).map_or_else(String::new, |name| format!("{}-", plain(name)));
        let folder = format!("hostprep-support-{of_host}{}", now.strftime("%Y%m%dT%H%M%SZ"));
        let archive = archive::write(&folder, &parts, args.redact, now).context("cannot make the archive")?;
        for (name, why) in parts.iter().filter_map(Part::failure) {
            print_error(&format!("{name} is missing: {why}"));
        }
        let file = args.output.clone().unwrap_or_else(|| format!("{folder}.tar.gz").into());
        let file = std::path::absolute(&file).with_context(|| format!("cannot find {}", file.display()))?;
        host::process::signals::note_interruptions().context("cannot set a signal handler")?;
        let (dir, name) = Root::system()?.parent(InRoot::from_top(&file))?;
        dir.replace(&name, &archive, MODE)?;
        print(&format!("{}\n", file.display()))?;
        Ok(exit::WELL)
    })
}

/// Returns the names of the host.
fn names(cx: &HostContext) -> Vec<String> {
    let running = if cx.is_running_system() { machine::running_name() } else { None };
    running.into_iter().chain(machine::configured_name(cx.root)).collect()
}

/// Returns the domains in which the host looks for names (`resolv.conf(5)`).
fn domains(cx: &HostContext) -> Vec<String> {
    let text = cx.root.read_text("/etc/resolv.conf").unwrap_or_default();
    let lines = text.lines().map(str::split_whitespace);
    let domains = |mut words: std::str::SplitWhitespace<'_>| {
        let is_list = matches!(words.next(), Some("search" | "domain"));
        words.filter(move |_| is_list).map(str::to_owned).collect::<Vec<_>>()
    };
    lines.flat_map(domains).collect()
}

/// Returns `name` without what a file's name is better without.
fn plain(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-', "_")
}

/// Returns what `check --format json` prints.
fn check(invocation: &Invocation) -> anyhow::Result<String> {
    let results = engine::check(&invocation.cx, &step_commands::steps(&[], &invocation.config));
    let object = RunObject::of(&invocation.cx, &results, Purpose::Check, &invocation.texts);
    Ok(serde_json::to_string(&object)? + "\n")
}

fn printed(text: impl FnOnce() -> anyhow::Result<String>) -> Result<Vec<u8>, String> {
    text().map(String::into_bytes).map_err(|e| super::output::one_line_chain(&e))
}
