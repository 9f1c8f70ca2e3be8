//! Will an image be right once it boots? Besides the steps: the unit that finishes what is deferred, and the labels of files.

use faults::{Remedy, RemedyAction, RunOn};
use host::Root;
use host::fs::{AsInRoot, InRoot, label};
use host::process::{Command, names};
use policy::SelinuxConfig;
use policy::config::ConfiguredMode;

use crate::engine::fault_updates::faults_found;
use crate::engine::{self, Results};
use crate::model::host_context::HostContext;
use crate::model::report::{ImageItem, Outcome, StepReport};
use crate::model::step::StepRef;
use crate::profile::Names;
use crate::steps::selinux::boot_unit;

/// The tools that plans run. The unit runs those of the image.
const TOOLS: [&str; 7] = ["useradd", "usermod", "userdel", "groupadd", "groupmod", "groupdel", "semodule"];

/// systemd, which runs the unit.
const SYSTEMD: [&str; 2] = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"];

/// Lets the next boot label every file (`selinux-autorelabel`).
const AUTORELABEL: &str = "/.autorelabel";

/// The type of a file that has no label, or one that the policy does not know.
const UNLABELLED: &str = "unlabeled_t";

/// Observes `steps` of a system that is not booted, and judges how its first boot leaves them; reads only. What the unit at boot
/// finishes is `deferred`, also if it is a fault until then.
#[must_use]
pub fn check(cx: &HostContext, steps: &[StepRef]) -> Results {
    let unit = boot_unit(cx);
    let mut results = engine::plan(cx, steps);
    for report in &mut results.reports {
        if report.outcome == Outcome::Planned {
            conclude(cx, report, unit.as_deref());
        }
    }
    results.faults = faults_found(results.reports.iter());
    let needs_unit = results.reports.iter().any(|report| report.outcome == Outcome::Deferred);
    results.image = vec![of_unit(cx, unit, needs_unit), labels(cx)];
    results
}

/// What `repair` would change is what the unit changes at boot, with the tools of the image.
fn conclude(cx: &HostContext, report: &mut StepReport, unit: Option<&str>) {
    let plan = std::mem::take(&mut report.plan);
    let lacks = |tool: &&str| {
        let is_named = plan.iter().any(|line| line.split_whitespace().any(|word| word == *tool));
        is_named && !["/usr/sbin", "/usr/bin", "/sbin", "/bin"].iter().any(|it| cx.root.exists(format!("{it}/{tool}")))
    };
    match (unit, TOOLS.iter().find(|tool| lacks(tool))) {
        (Some(unit), None) => {
            report.outcome = Outcome::Deferred;
            report.findings.clear();
            report.severity = None;
            report.detail = format!("{}; {unit} does it at the first boot", report.detail);
        }
        _ if report.findings.is_empty() => report.outcome = Outcome::Deferred,
        _ => report.outcome = Outcome::Fault,
    }
}

fn of_unit(cx: &HostContext, unit: Option<String>, needs_unit: bool) -> ImageItem {
    let item = |outcome, detail: String, remedy| ImageItem { name: "boot-unit", outcome, detail, remedy };
    if let Some(unit) = unit {
        return item(Outcome::Ok, format!("{unit} runs at boot"), Vec::new());
    }
    if !SYSTEMD.iter().any(|path| cx.root.exists(*path)) {
        let command = names::command();
        let detail = format!("there is no systemd: whether something runs `{command} repair` at boot is not known");
        return item(Outcome::Unknown, detail, Vec::new());
    }
    let what = match needs_unit {
        true => "what is deferred is not finished, and the kernel that boots is not judged",
        false => "the kernel that boots is not judged",
    };
    let detail = format!("no enabled unit runs {} at boot: {what}", names::command());
    let units = ["service", "timer"].map(|kind| format!("{}.{kind}", names::command()));
    let enable = Command::new("systemctl");
    let enable = cx.alternate_root().map_or(enable.clone(), |root| enable.root_option("--root", root));
    let remedy = Remedy::command(&enable.arg("enable").args(units));
    let remedy = match cx.profile.names == Names::default() {
        true => remedy.with_comment("the units of hostprep's package; a vendor's have other names"),
        false => remedy,
    };
    item(Outcome::Fault, detail, vec![remedy])
}

/// The files that the profile names have labels, or get them before they count.
fn labels(cx: &HostContext) -> ImageItem {
    let item = |outcome, detail: &str, remedy| ImageItem { name: "labels", outcome, detail: detail.to_owned(), remedy };
    let config = match SelinuxConfig::read(cx.root) {
        Ok(Some(config)) if config.mode != ConfiguredMode::Disabled => config,
        Ok(_) => return item(Outcome::Ok, "SELinux is not used, so files need no labels", Vec::new()),
        Err(e) => return item(Outcome::Unknown, &e.to_string(), Vec::new()),
    };
    if cx.root.exists(AUTORELABEL) {
        return item(Outcome::Deferred, "/.autorelabel: the first boot labels all files", Vec::new());
    }
    if cx.distribution.image_based().is_some_and(|image| image.name == "image") {
        return item(Outcome::Deferred, "labels are given when the image is deployed", Vec::new());
    }
    let named: Vec<InRoot> = named(cx).into_iter().filter(|path| cx.root.exists(path)).collect();
    let without: Vec<String> =
        named.iter().filter(|path| !is_labelled(cx.root, path)).map(|path| path.display().to_string()).collect();
    if without.is_empty() {
        return item(Outcome::Ok, &format!("{} files that the profile names have labels", named.len()), Vec::new());
    }
    let contexts = format!("/etc/selinux/{}/contexts/files/file_contexts", config.policy_type);
    let setfiles = |root: &Root| {
        let (top, contexts) = (root.path().to_string_lossy().into_owned(), root.host_path(&contexts));
        ["setfiles", "-F", "-r", &top, &contexts.to_string_lossy(), &top].map(str::to_owned).to_vec()
    };
    let argv = ["setfiles", "-F", &contexts, "/"].map(str::to_owned).to_vec();
    let outside = cx.alternate_root().map(|_| setfiles(cx.root));
    let remedy = vec![
        Remedy::from(RemedyAction::Run { argv, on: RunOn::Root, outside }),
        cx.remedy_on(&["touch"], &[AUTORELABEL])
            .with_comment("the first boot labels all files, and reboots")
            .alternative(),
    ];
    item(Outcome::Fault, &format!("no label: {}", without.join(", ")), remedy)
}

fn named(cx: &HostContext) -> Vec<InRoot> {
    let profile = cx.profile;
    let paths = [&profile.paths.faults, &profile.paths.state, &profile.paths.build_dir, &profile.module.executable];
    let directories = profile.directories.iter().map(|directory| &directory.path);
    let files = ["/etc/passwd", "/etc/selinux/config"].map(InRoot::from);
    paths.into_iter().chain(directories).cloned().chain(files).collect()
}

fn is_labelled(root: &Root, path: impl AsInRoot) -> bool {
    let found = match root.open(&path) {
        Ok(file) => label::type_of(&file),
        Err(_) => root.dir(&path).ok().and_then(|dir| label::type_of(&dir)),
    };
    found.is_some_and(|label| label != UNLABELLED)
}
