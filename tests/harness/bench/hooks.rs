//! A package's hooks on a root with a real policy store: installation, a rerun, an upgrade, a check and removal.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::measure::{Cost, Samples, one_round, peak};
use super::report::{Report, mebibytes};
use super::{Size, peer};
use crate::program::{Caller, binary};
use crate::scratch::{KERNEL, ScratchRoot};
use crate::setup;
use crate::trace::Trace;

/// The calls of the package's scriptlets; those of the old package are between.
const INSTALL: &[&[&str]] = &[&["rpm", "post", "1"], &["rpm", "posttrans", "1", "install"]];
const UPGRADE: &[&[&str]] = &[
    &["rpm", "pre", "2"],
    &["rpm", "post", "2"],
    &["rpm", "preun", "1"],
    &["rpm", "postun", "1"],
    &["rpm", "posttrans", "0", "upgrade"],
];
const REMOVE: &[&[&str]] = &[&["rpm", "preun", "0"], &["rpm", "postun", "0"]];

const MODULE: &str = "cisco-secure-bpf";
const MOST_OF_BARE: (f64, &str) = (1.02, "1.02 ×");
const MOST_OF_RERUN: (f64, &str) = (1.0 / 500.0, "1/500");
const MOST_CPU_OF_NO_OP: Duration = Duration::from_millis(5);
const MOST_CPU_OF_CHECK: Duration = Duration::from_millis(6);
const MOST_MEMORY_OF_CHECK: u64 = 8 << 20;

/// A root with all modules of the distribution's policy, and a kernel with headers.
fn root() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.whole_policy_store().kernel(KERNEL, false).headers(KERNEL);
    root
}

fn hostprep(root: &ScratchRoot, words: &[&str]) -> Command {
    let mut command = Caller::Root.command(binary());
    command.args(root.args(words));
    command
}

fn hooks(root: &ScratchRoot, calls: &[&[&str]]) -> Cost {
    let call = |words: &&[&str]| Cost::of(&mut hostprep(root, &[&["hook"], *words].concat()), &[0]);
    calls.iter().map(call).fold(Cost::default(), |sum, cost| sum + cost)
}

fn semodule(root: &ScratchRoot, args: &[&str], file: &Path) -> Command {
    let mut semodule = Caller::Root.command("semodule");
    semodule.args(["-n", "-s", &root.policy_type(), "-p"]).arg(root.path()).args(args).arg(file);
    semodule
}

/// Our module as a file, in the form in which hostprep installs it.
fn module(directory: &Path) -> PathBuf {
    let root = root();
    hooks(&root, INSTALL);
    let installed =
        root.modules().into_iter().find(|line| line.contains(MODULE)).expect("hostprep installs its module");
    if installed.ends_with(" pp") {
        setup::run(hostprep(&root, &["policy", "compile"]).arg(directory));
        return directory.join(format!("{MODULE}.pp"));
    }
    let file = directory.join(format!("{MODULE}.cil"));
    std::fs::write(&file, setup::run(&mut hostprep(&root, &["policy", "generate", "--form", "cil"]))).unwrap();
    file
}

/// A root whose base policy has the rule.
fn root_that_allows(directory: &Path) -> ScratchRoot {
    let root = root();
    let file = directory.join("base_allows.cil");
    let rule = "(allow unconfined_service_t self (bpf (map_create map_read map_write prog_load prog_run)))\n";
    std::fs::write(&file, rule).unwrap();
    setup::run(&mut semodule(&root, &["-X", "100", "-i"], &file));
    root
}

/// Measures what the hooks and the commands of an administrator cost.
pub fn measure(size: Size, report: &mut Report) {
    let place = setup::open_tempdir();
    let module = module(place.path());
    let allows = root_that_allows(place.path());
    setup::run(&mut hostprep(&allows, &["repair"]));

    let mut install: [Samples; 3] = Default::default();
    let [mut rerun, mut upgrade, mut check, mut remove]: [[Samples; 2]; 4] = Default::default();
    let mut no_op_where_allowed = Samples::default();
    for round in 0..size.runs {
        let (ours, theirs, bare) = (root(), root(), root());
        one_round(round, &mut install, |who| match who {
            0 => hooks(&ours, INSTALL),
            1 => Cost::of(&mut peer(&theirs, &["post", "1"]), &[0]),
            _ => Cost::of(&mut semodule(&bare, &["-X", "300", "-i"], &module), &[0]),
        });
        if round == 0 {
            for root in [&ours, &theirs, &bare] {
                assert!(root.modules().iter().any(|line| line.contains(MODULE)), "each has installed the module");
            }
            no_process_no_write(&ours, "", report);
            no_process_no_write(&allows, ", base policy allows", report);
            let memory = peak(&hostprep(&ours, &["check"]));
            let limit = MOST_MEMORY_OF_CHECK;
            report.limit("memory of a check", mebibytes(limit), mebibytes(memory), memory <= limit);
        }
        one_round(round, &mut rerun, |who| match who {
            0 => Cost::of(&mut hostprep(&ours, &["repair"]), &[0]),
            _ => Cost::of(&mut peer(&theirs, &["post", "1"]), &[0]),
        });
        no_op_where_allowed.push(Cost::of(&mut hostprep(&allows, &["repair"]), &[0]));
        one_round(round, &mut check, |who| match who {
            0 => Cost::of(&mut hostprep(&ours, &["check"]), &[0]),
            _ => Cost::of(&mut peer(&theirs, &["check"]), &[0]),
        });
        one_round(round, &mut upgrade, |who| match who {
            0 => hooks(&ours, UPGRADE),
            _ => {
                Cost::of(&mut peer(&theirs, &["post", "2"]), &[0]) + Cost::of(&mut peer(&theirs, &["preun", "1"]), &[0])
            }
        });
        one_round(round, &mut remove, |who| match who {
            0 => hooks(&ours, REMOVE),
            _ => Cost::of(&mut peer(&theirs, &["preun", "0"]), &[0]),
        });
    }

    let [ours, theirs, bare] = install.map(|samples| samples.median());
    report.row("first install", ours, "peer.sh", theirs);
    report.row("first install", ours, "semodule -n -X 300 -i", bare);
    let [rerun, check, upgrade, remove] = [rerun, check, upgrade, remove].map(|both| both.map(|one| one.median()));
    let allowed = no_op_where_allowed.median();
    report.row("rerun with nothing to do", rerun[0], "peer.sh", rerun[1]);
    report.row("the same, base policy allows", allowed, "peer.sh", rerun[1]);
    report.row("upgrade with the same rule", upgrade[0], "peer.sh", upgrade[1]);
    report.row("removal", remove[0], "peer.sh", remove[1]);
    report.row("check", check[0], "peer.sh", check[1]);
    report.at_most_of("first install, of semodule alone", ours.wall, bare.wall, MOST_OF_BARE);
    for (what, no_op) in [("rerun", rerun[0]), ("rerun, base policy allows", allowed)] {
        report.at_most_of(format!("{what}, of peer.sh's"), no_op.wall, rerun[1].wall, MOST_OF_RERUN);
        report.at_most(format!("{what}, CPU"), no_op.cpu, MOST_CPU_OF_NO_OP);
    }
    report.at_most("check, CPU", check[0].cpu, MOST_CPU_OF_CHECK);
}

fn no_process_no_write(root: &ScratchRoot, which: &str, report: &mut Report) {
    let trace = Trace::of(binary(), root.args(&["repair"]));
    assert_eq!(trace.run.code, Some(0), "{}", trace.run.stdout);
    let (processes, changes) = (trace.started.len().max(trace.forks), trace.changes.len());
    let measured = format!("{processes}, {changes}");
    report.limit(format!("rerun{which}: processes, writes"), "0, 0", measured, processes + changes == 0);
}
