//! `faults` and `explain`: the store, for people, programs and shell users.

use std::os::fd::AsFd;
use std::time::Duration;

use anyhow::Context;
use faults::catalogue::{self, Entry};
use faults::explain;
use faults::texts::Values;
use faults::{Change, Event, Fault, FaultId, FaultUpdate, Finding, Reason, Remedy, Report, Source};
use host::fs::watch::{DirWatch, Ended};
use host::shell::quoted;
use host::system::distribution::{Distribution, KernelOrigin, Tool};
use installer::engine::fault_updates::{self, store};
use installer::engine::recover::{LOCK_TIMEOUT, recover};
use installer::engine::worst::Worst;
use installer::model::host_context::HostContext;
use installer::report::envelope::{Output, Reporter};
use installer::report::explain::{ExplainObject, words_of};
use installer::report::faults::{EventObject, FaultObject};
use installer::report::text::numbers;
use installer::report::{self, exit};
use installer::steps::packages::Target;
use installer::steps::selinux::assess;

use super::args::{Faults, Format, Global};
use super::invocation::{Invocation, Privilege, with};
use super::output::{Failure, Outcome, print, print_exactly, print_json, width};
use super::progress::notify_waiting;

pub fn explain(global: &Global, id: &str, format: Format) -> Outcome {
    let id = parse(id)?;
    with(global, Privilege::ReadOnly, None, |invocation| show(invocation, id, format))
}

pub fn run(global: &Global, command: Faults) -> Outcome {
    match command {
        Faults::List { format } => with(global, Privilege::ReadOnly, None, |invocation| list(invocation, format)),
        Faults::Show { id, format } => explain(global, &id, format),
        Faults::History { format, last } => {
            with(global, Privilege::ReadOnly, None, |invocation| history(invocation, format, last))
        }
        Faults::Watch { from } => with(global, Privilege::ReadOnly, None, |invocation| watch(invocation, from)),
        Faults::Raise { id, reason, detail, severity } => {
            let id = parse(&id)?;
            let remedy = vec![Remedy::hostprep(["faults", "clear", &id.to_string()])];
            let reason = Reason::from(reason.as_str());
            let report = Report { id, finding: Finding { reason, detail: one_line(&detail), remedy }, severity };
            change(global, "faults raise", FaultUpdate::Raise(report), id)
        }
        Faults::Clear { id } => {
            let id = parse(&id)?;
            change(global, "faults clear", FaultUpdate::Clear(id), id)
        }
    }
}

/// A store that is not there yet cannot be watched.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(1);

fn parse(id: &str) -> Result<FaultId, Failure> {
    let unknown = |e: faults::UnknownFault| match numbers(&with_reason(id)).as_str() {
        "" => e.to_string(),
        ids => format!("{id} is a reason of fault {ids}; give a fault's number"),
    };
    id.parse().map_err(|e| Failure::Usage(unknown(e)))
}

/// Returns the faults that have the reason `word`.
fn with_reason(word: &str) -> Vec<FaultId> {
    let has = |entry: &&Entry| entry.reasons.iter().any(|reason| reason.as_str() == word);
    catalogue::entries().iter().filter(has).map(|entry| entry.id).collect()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn list(invocation: &Invocation, format: Format) -> Outcome {
    let snapshot = store(&invocation.cx).read()?;
    match format {
        Format::Json => print_json(&FaultObject::all(&invocation.cx, &snapshot.faults))?,
        Format::Text if snapshot.faults.is_empty() => print("No fault is raised.\n")?,
        Format::Text => print(&snapshot.faults.iter().map(|fault| row(fault) + "\n").collect::<String>())?,
    }
    Ok(if snapshot.faults.is_empty() { exit::WELL } else { exit::FAULTS })
}

fn row(fault: &Fault) -> String {
    let Fault { id, severity, finding: Finding { reason, detail, .. }, raised_at, .. } = fault;
    let widest = Reason::KNOWN.iter().map(|reason| reason.as_str().len()).max().unwrap_or(0);
    format!("{id:>3}  {:<8}  {:<widest$}  {raised_at:.0}  {detail}", severity.as_str(), reason.as_str())
}

fn show(invocation: &Invocation, id: FaultId, format: Format) -> Outcome {
    let read = store(&invocation.cx).read();
    let raised = read.as_ref().ok().and_then(|snapshot| snapshot.get(id));
    let (texts, values) = (&invocation.texts, values(invocation, id));
    let unknown = || Failure::Usage(format!("there is no fault {id}"));
    match format {
        // What the fault means can be read whether it is raised or not.
        Format::Text => print(&explain::render(id, raised, texts, &values, width()).ok_or_else(unknown)?)?,
        Format::Json if read.is_err() => {}
        Format::Json => {
            print_json(&ExplainObject::of(&invocation.cx, id, raised, texts, &values).ok_or_else(unknown)?)?;
        }
    }
    let is_raised = raised.is_some();
    read.context("whether the fault is raised is not known")?;
    Ok(if is_raised { exit::FAULTS } else { exit::WELL })
}

/// This host's words for the catalogue's texts about the fault.
fn values(invocation: &Invocation, id: FaultId) -> Values {
    let cx = &invocation.cx;
    let kernel = report::kernel(cx);
    let words = words_of(cx.profile);
    let (package, headers) = headers(&cx.distribution, kernel.as_deref());
    let tools = cx.distribution.tool_package(Tool::Semanage).map(str::to_owned);
    let has_tools = cx.runner.find(Tool::Semodule.program()).is_some();
    // The catalogue's own command is another distribution's.
    let install = |packages: &[String], what: &str| {
        let remedies = if packages.is_empty() { Vec::new() } else { Target::root(cx).install(packages) };
        remedies.first().map_or_else(|| format!("# install {what}"), |first| first.shell_line(None))
    };
    Values {
        kernel,
        install_headers: Some(install(&headers, "the headers of this kernel")),
        package,
        // The fallback, where the policy has only that.
        domain: assess(cx).ok().and_then(|it| it.domain).or(words.domain),
        install_tools: Some(install(tools.as_slice(), "the package with semanage (policycoreutils)")),
        tools,
        // The other tools are a convenience.
        not_needed: words.not_needed.into_iter().chain(has_tools.then(|| "tools".to_owned())).collect(),
        documentation: Some(cx.profile.page_about(id)),
        root: invocation.cx.alternate_root().map(|root| quoted(&root.to_string_lossy())),
        ..words
    }
}

/// Returns the package with the headers of `kernel`, and what installs it. Of a kernel that is not there yet, or that the
/// distribution did not build, it is the package of the distribution's own kernel.
fn headers(distribution: &Distribution, kernel: Option<&str>) -> (Option<String>, Vec<String>) {
    let own = distribution.own_kernel(kernel);
    let name = own.last().cloned();
    match kernel.map(|release| distribution.kernel_origin(release)) {
        Some(KernelOrigin::Packaged(packages)) => {
            let called =
                distribution.image_based().zip(kernel).and_then(|(it, release)| it.headers(&packages.name, release));
            (Some(packages.name), called.map_or(packages.exact, |called| vec![called]))
        }
        Some(KernelOrigin::Foreign(foreign)) => (name, foreign.own),
        Some(KernelOrigin::Unknown) => (name, Vec::new()),
        None => (name, own),
    }
}

fn history(invocation: &Invocation, format: Format, last: Option<u64>) -> Outcome {
    let store = store(&invocation.cx);
    let events = match last {
        None => store.events()?,
        // Those before it are not even read.
        Some(last) => store.events_after(store.read()?.sequence.saturating_sub(last))?,
    };
    let write = match format {
        Format::Json => print_exactly,
        Format::Text => print,
    };
    let mut text = String::new();
    let reporter = Reporter::of(&invocation.cx, Output::FaultsHistory, Worst::Ok);
    for event in events {
        let event = event?;
        text.push_str(&match format {
            Format::Json => json_line(&event, &reporter, &invocation.cx)?,
            Format::Text => text_line(&event),
        });
        // Printed as it is read, so that memory does not grow with the history.
        if text.len() > 64 * 1024 {
            write(&text)?;
            text.clear();
        }
    }
    write(&text)?;
    Ok(exit::WELL)
}

fn watch(invocation: &Invocation, from: Option<u64>) -> Outcome {
    let cx = &invocation.cx;
    let store = store(cx);
    let mut last = match from {
        Some(from) => from.saturating_sub(1),
        None => store.read()?.sequence,
    };
    let mut changes = DirWatch::of(cx.root, &cx.profile.paths.faults);
    let stdout = std::io::stdout();
    let mut sequence = 0;
    let reporter = Reporter::of(cx, Output::FaultsWatch, Worst::Ok);
    loop {
        // A recreated store counts from the beginning.
        let now = store.read()?.sequence;
        if now < sequence {
            last = 0;
        }
        sequence = now;
        for event in store.events_after(last)? {
            let event = event?;
            print_exactly(&json_line(&event, &reporter, cx)?)?;
            last = event.seq;
        }
        if changes.wait(stdout.as_fd(), LOOK_AT_LEAST_EVERY) == Ended::ReaderClosed {
            return Err(Failure::BrokenPipe);
        }
    }
}

fn json_line(event: &Event, reporter: &Reporter, cx: &HostContext) -> Result<String, Failure> {
    Ok(serde_json::to_string(&EventObject::of(cx, reporter, event))? + "\n")
}

fn text_line(event: &Event) -> String {
    let Event { seq, time, event, fault, finding: Finding { reason, detail, .. }, source, .. } = event;
    let (kind, source) = (event.as_str(), source.as_str());
    format!("{seq:>6}  {time:.0}  {kind:<8} {fault:>3}  {source:<8} {}: {detail}\n", reason.as_str())
}

fn change(global: &Global, command: &'static str, wanted: FaultUpdate, id: FaultId) -> Outcome {
    with(global, Privilege::RequiresRoot(command), None, |invocation| {
        let cx = &invocation.cx;
        recover(cx, LOCK_TIMEOUT, &mut notify_waiting)?;
        let changes = fault_updates::apply(cx, std::slice::from_ref(&wanted), Source::Manual)?;
        let word = match changes.first() {
            Some((_, Change::Raised)) => "raised",
            Some((_, Change::Changed | Change::Updated)) => "was raised already, is changed",
            Some((_, Change::Cleared)) => "cleared",
            Some((_, Change::Nothing)) | None => "is so already",
        };
        print(&format!("Fault {id} {word}.\n"))?;
        Ok(exit::WELL)
    })
}
