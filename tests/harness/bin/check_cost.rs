//! Measures CPU and wall time of `hostprep check` on a prepared host, and of a `repair` that has nothing to do.
//! Fails if a check costs more than it may.
#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "its output is its purpose")]

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use harness::{Caller, Run, ScratchRoot, program, scratch};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

const TIMES: usize = 101;
const MOST_CPU: Duration = Duration::from_millis(10);

fn main() -> ExitCode {
    let root = ScratchRoot::of("debian-12");
    root.whole_policy_store().kernel(scratch::KERNEL, false).headers(scratch::KERNEL);
    println!("preparing a root with a real policy store …");
    root.hostprep(&["repair"]).expect_code(0);

    println!("{:<22} {:>10} {:>10} {:>10}", "medians of 101", "CPU", "wall", "most CPU");
    let check = measure(&root, &["check", "--root"]);
    measure(&root, &["check", "--format", "json", "--root"]);
    measure(&root, &["status", "--root"]);
    measure(&root, &["repair", "--root"]);
    if check > MOST_CPU {
        println!("check costs {check:.1?} of CPU time and may cost {MOST_CPU:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Prints a line and returns the median of the CPU time.
fn measure(root: &ScratchRoot, args: &[&str]) -> Duration {
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let mut command: Command = Caller::Root.command(program::binary());
        command.args(args).arg(root.path());
        let (start, before) = (Instant::now(), cpu_of_children());
        let run = Run::of(&mut command);
        wall.push(start.elapsed());
        cpu.push(cpu_of_children() - before);
        run.expect_code(0);
    }
    cpu.sort();
    wall.sort();
    let [cpu_median, wall_median, most] = [cpu[TIMES / 2], wall[TIMES / 2], cpu[TIMES - 1]];
    let name = args.join(" ").replace(" --root", "");
    println!("{name:<22} {cpu_median:>10.2?} {wall_median:>10.2?} {most:>10.2?}");
    cpu_median
}

fn cpu_of_children() -> Duration {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).expect("getrusage");
    let duration = |time: TimeVal| {
        let seconds = Duration::from_secs(time.tv_sec().try_into().unwrap_or(0));
        seconds + Duration::from_micros(time.tv_usec().try_into().unwrap_or(0))
    };
    duration(used.user_time()) + duration(used.system_time())
}
