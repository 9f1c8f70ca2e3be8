//! A run that is stopped at one system call, so that a test can change the host at that moment.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use harness::{Run, ScratchRoot, program};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::run::{limited, words};

/// A stopped run.
pub struct Stopped {
    /// `timeout`, which has strace and the program below it.
    top: Child,
    process: Pid,
}

impl Stopped {
    /// Runs `args` with these injections of strace, one of which stops it; `None` where it ends without.
    pub fn at(root: &ScratchRoot, args: &[&str], inject: &[String]) -> Option<Self> {
        let mut command = limited("strace");
        command.args(["--follow-forks", "--quiet=all", "--output=/dev/null", "-e", "trace=openat,openat2"]);
        for injected in inject {
            command.arg("-e").arg(format!("inject={injected}"));
        }
        command.arg(program::binary()).args(words(root, args));
        let mut top = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        loop {
            let strace = children(top.id()).first().copied();
            if let Some((strace, process)) = strace.and_then(|strace| Some((strace, *children(strace).first()?)))
                && is_stopped(strace, process)
            {
                return Some(Self { top, process: Pid::from_raw(process.cast_signed()) });
            }
            if top.try_wait().unwrap().is_some() {
                return None;
            }
            assert!(start.elapsed() < Duration::from_secs(30), "it neither stopped nor ended");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets it go on to its end.
    pub fn go_on(self) -> Run {
        kill(self.process, Signal::SIGCONT).unwrap();
        let output = self.top.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Run { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

fn children(process: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    list.split_whitespace().filter_map(|number| number.parse().ok()).collect()
}

/// Stopped, and not held by strace for a moment: then strace would have something to do and not sleep.
fn is_stopped(strace: u32, process: u32) -> bool {
    let look = || (state(strace), state(process));
    let first = look();
    let both = |(strace, process): &(String, String)| strace.starts_with('S') && process.starts_with('t');
    if !both(&first) {
        return false;
    }
    std::thread::sleep(Duration::from_millis(3));
    look() == first
}

/// The state, and how often the process has been put to sleep so far.
fn state(process: u32) -> String {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let value =
        |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    value("State:") + &value("voluntary_ctxt_switches:")
}
