//! A process with all its children, stopped before and after its system calls (`ptrace(2)`).
//!
//! One thread traces one tree at a time; several threads may trace in parallel.

mod start;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// The time after which a tree counts as hanging.
const LONGEST: Duration = Duration::from_secs(120);

/// One thread of the tree: the first process is `0`, the second that it started `0.2`, threads and processes alike. The same in
/// each run, as process numbers are not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Actor(String);

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Actor {
    fn first() -> Self {
        Self("0".into())
    }

    fn child(&self, number: u32) -> Self {
        Self(format!("{}.{number}", self.0))
    }
}

/// One system call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Who makes it.
    pub actor: Actor,
    /// The how manieth of its kind by this actor it is, counted from 1: so it is found again though others are made more often or
    /// less in another run.
    pub number: u32,
    /// Its thread.
    pub thread: Pid,
    /// The program of its process, as `useradd`.
    pub program: String,
    /// The number of the call, such as `libc::SYS_write`.
    pub which: i64,
    /// Its arguments.
    pub args: [u64; 6],
    /// The result; `None` before the kernel executes the call.
    pub result: Option<i64>,
}

impl Call {
    /// Returns whether the call only waits for others or reads a clock. The number of such calls differs from run to run.
    #[must_use]
    pub fn only_waits(&self) -> bool {
        matches!(
            self.which,
            libc::SYS_wait4
                | libc::SYS_waitid
                | libc::SYS_nanosleep
                | libc::SYS_clock_nanosleep
                | libc::SYS_clock_gettime
                | libc::SYS_futex
                | libc::SYS_sched_yield
                | libc::SYS_restart_syscall
        )
    }

    /// A string in the memory of the process.
    #[must_use]
    pub fn string(&self, address: u64) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStringExt;
        use std::os::unix::fs::FileExt;
        let memory = File::open(format!("/proc/{}/mem", self.thread)).ok()?;
        let mut bytes = vec![0; 4096];
        let read = memory.read_at(&mut bytes, address).ok()?;
        bytes.truncate(read);
        let end = bytes.iter().position(|&byte| byte == 0)?;
        bytes.truncate(end);
        Some(std::ffi::OsString::from_vec(bytes).into())
    }

    /// A number in the memory of the process.
    #[must_use]
    pub fn word(&self, address: u64) -> Option<u64> {
        use std::os::unix::fs::FileExt;
        let mut bytes = [0; 8];
        File::open(format!("/proc/{}/mem", self.thread)).ok()?.read_exact_at(&mut bytes, address).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }

    /// Returns the path behind a descriptor of the process.
    #[must_use]
    pub fn descriptor(&self, number: u64) -> Option<PathBuf> {
        // The upper half of the register means nothing.
        let number = number as i32;
        let link = if number == libc::AT_FDCWD { "cwd".into() } else { format!("fd/{number}") };
        std::fs::read_link(format!("/proc/{}/{link}", self.thread)).ok()
    }
}

/// What to do at a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// The call is carried out.
    Go,
    /// It is carried out, and nothing more is stopped.
    LetGo,
    /// Every process dies, before the call.
    KillAll,
    /// The process that makes the call dies, before it; the others live on.
    KillCaller,
    /// The call is not carried out and fails.
    Fail(Errno),
}

/// The end of a tree.
#[derive(Debug)]
pub struct Ended {
    /// The first process's exit status; `None` where a signal ended it.
    pub code: Option<i32>,
    /// Its standard output and standard error.
    pub said: String,
    /// Whether it was killed because it did not end.
    pub hung: bool,
}

/// The calls before and after which a tree stops. A stop costs much more than most calls.
#[derive(Debug, Clone, Copy)]
pub enum Stops<'a> {
    /// Every one.
    AtEach,
    /// Those with these numbers.
    At(&'a [i64]),
}

/// Runs `command` and calls `judge` at each stop. `output` is a file for its output.
///
/// # Panics
/// If this machine does not allow tracing.
pub fn run(command: &Command, output: &Path, stops: Stops<'_>, mut judge: impl FnMut(&Call) -> Then) -> Ended {
    let mut options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    let stops_at = match stops {
        Stops::AtEach => &[],
        Stops::At(calls) => {
            options |= Options::PTRACE_O_TRACESECCOMP;
            calls
        }
    };
    let started = start::stopped(command, output, stops_at);
    let first = started.pid;
    ptrace::seize(first, options).unwrap_or_else(|e| panic!("ptrace: {e}; this needs root or CAP_SYS_PTRACE"));
    kill(first, Signal::SIGCONT).unwrap();

    let mut tree = Tree::of(first, matches!(stops, Stops::AtEach));
    let watchdog = Watchdog::over(&tree.alive);
    loop {
        match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD)) {
            Ok(status) => tree.handle(status, &mut judge),
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => break,
            Err(e) => panic!("waitpid: {e}"),
        }
    }
    started.becomes.join().unwrap().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&std::fs::read(output).unwrap()).into_owned();
    Ended { code: tree.code, said, hung: watchdog.has_barked() }
}

struct Thread {
    actor: Actor,
    process: Pid,
    program: String,
    calls: HashMap<i64, u32>,
    children: u32,
    failing: Option<Errno>,
    /// It has stopped before a call and not yet after it.
    in_call: bool,
}

impl Thread {
    fn new(actor: Actor, process: Pid, program: &str) -> Self {
        let program = program.to_owned();
        Self { actor, process, program, calls: HashMap::new(), children: 0, failing: None, in_call: false }
    }
}

struct Tree {
    first: Pid,
    threads: HashMap<Pid, Thread>,
    alive: Arc<Mutex<HashSet<Pid>>>,
    /// Stopped children that their parent has not reported yet.
    early: HashSet<Pid>,
    /// The first process has become the command.
    begun: bool,
    watching: bool,
    /// Every call stops it, not only those that a filter tells of.
    at_each: bool,
    dying: bool,
    code: Option<i32>,
}

impl Tree {
    fn of(first: Pid, at_each: bool) -> Self {
        Self {
            first,
            threads: HashMap::from([(first, Thread::new(Actor::first(), first, ""))]),
            alive: Arc::new(Mutex::new(HashSet::from([first]))),
            early: HashSet::new(),
            begun: false,
            watching: true,
            at_each,
            dying: false,
            code: None,
        }
    }

    fn handle(&mut self, status: WaitStatus, judge: &mut impl FnMut(&Call) -> Then) {
        match status {
            WaitStatus::Exited(pid, code) => self.gone(pid, Some(code)),
            WaitStatus::Signaled(pid, ..) => self.gone(pid, None),
            WaitStatus::PtraceSyscall(pid) | WaitStatus::PtraceEvent(pid, _, libc::PTRACE_EVENT_SECCOMP) => {
                self.system_call(pid, judge);
            }
            WaitStatus::PtraceEvent(pid, _, event) => {
                if !self.threads.contains_key(&pid) && !self.dying {
                    // It came before the word that it was made.
                    self.early.insert(pid);
                    return;
                }
                self.event(pid, event);
                self.resume(pid, None);
            }
            WaitStatus::Stopped(pid, signal) => self.resume(pid, Some(signal)),
            WaitStatus::Continued(_) | WaitStatus::StillAlive => {}
        }
    }

    fn gone(&mut self, pid: Pid, code: Option<i32>) {
        if pid == self.first {
            self.code = code;
        }
        self.threads.remove(&pid);
        self.alive.lock().unwrap().remove(&pid);
    }

    fn event(&mut self, pid: Pid, event: i32) {
        let made = [libc::PTRACE_EVENT_FORK, libc::PTRACE_EVENT_VFORK, libc::PTRACE_EVENT_CLONE];
        if made.contains(&event) {
            let Ok(child) = ptrace::getevent(pid) else { return };
            let child = Pid::from_raw(i32::try_from(child).unwrap());
            let Some(parent) = self.threads.get_mut(&pid) else { return };
            parent.children += 1;
            let is_thread = process_of(child).is_some_and(|process| process != child);
            let process = if is_thread { parent.process } else { child };
            let thread = Thread::new(parent.actor.child(parent.children), process, &parent.program);
            self.threads.insert(child, thread);
            self.alive.lock().unwrap().insert(child);
            if self.early.remove(&child) {
                self.resume(child, None);
            }
        } else if event == libc::PTRACE_EVENT_EXEC {
            let program = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
            let program = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.begun = true;
            if let Some(thread) = self.threads.get_mut(&pid) {
                thread.program = program;
            }
        }
    }

    fn system_call(&mut self, pid: Pid, judge: &mut impl FnMut(&Call) -> Then) {
        // Both fail where the process was killed meanwhile.
        let (Ok(info), Ok(mut registers)) = (ptrace::syscall_info(pid), ptrace::getregs(pid)) else { return };
        let is_entry = [libc::PTRACE_SYSCALL_INFO_ENTRY, libc::PTRACE_SYSCALL_INFO_SECCOMP].contains(&info.op);
        if !self.begun || !self.watching && is_entry || self.dying {
            return self.resume(pid, None);
        }
        let Some(thread) = self.threads.get_mut(&pid) else { return self.resume(pid, None) };
        thread.in_call = is_entry;
        if !is_entry && let Some(error) = thread.failing.take() {
            registers.rax = i64::from(-(error as i32)).cast_unsigned();
            let _ = ptrace::setregs(pid, registers);
        }
        let mut call = Call {
            actor: thread.actor.clone(),
            number: 0,
            thread: pid,
            program: thread.program.clone(),
            which: registers.orig_rax.cast_signed(),
            args: [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9],
            result: (!is_entry).then_some(registers.rax.cast_signed()),
        };
        let number = thread.calls.entry(call.which).or_default();
        *number += u32::from(is_entry);
        call.number = *number;
        match judge(&call) {
            Then::Go => {}
            Then::LetGo => self.watching = false,
            Then::KillAll => {
                self.dying = true;
                for pid in self.early.drain() {
                    let _ = kill(pid, Signal::SIGKILL);
                }
                for pid in self.alive.lock().unwrap().iter() {
                    let _ = kill(*pid, Signal::SIGKILL);
                }
                return;
            }
            Then::KillCaller => {
                self.watching = false;
                let _ = kill(thread.process, Signal::SIGKILL);
                return;
            }
            Then::Fail(error) if is_entry => {
                thread.failing = Some(error);
                // No call has this number: the kernel does nothing.
                registers.orig_rax = u64::MAX;
                let _ = ptrace::setregs(pid, registers);
            }
            Then::Fail(_) => {}
        }
        self.resume(pid, None);
    }

    fn resume(&self, pid: Pid, signal: Option<Signal>) {
        if self.dying {
            let _ = kill(pid, Signal::SIGKILL);
        }
        let (in_call, failing) =
            self.threads.get(&pid).map_or((false, false), |thread| (thread.in_call, thread.failing.is_some()));
        // It may have been killed meanwhile.
        let _ = if self.watching && (self.at_each || in_call) || failing {
            ptrace::syscall(pid, signal)
        } else {
            ptrace::cont(pid, signal)
        };
    }
}

/// The process that a thread belongs to.
#[must_use]
pub fn process_of(thread: Pid) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let id = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    Some(Pid::from_raw(id.trim().parse().ok()?))
}

/// Kills a tree that does not end.
struct Watchdog {
    barked: Arc<AtomicBool>,
    _over: mpsc::Sender<()>,
}

impl Watchdog {
    fn over(alive: &Arc<Mutex<HashSet<Pid>>>) -> Self {
        let (over, ended) = mpsc::channel::<()>();
        let (alive, barked) = (Arc::clone(alive), Arc::new(AtomicBool::new(false)));
        let bark = Arc::clone(&barked);
        std::thread::spawn(move || {
            while ended.recv_timeout(LONGEST) == Err(mpsc::RecvTimeoutError::Timeout) {
                bark.store(true, Ordering::Relaxed);
                for pid in alive.lock().unwrap().iter() {
                    let _ = kill(*pid, Signal::SIGKILL);
                }
            }
        });
        Self { barked, _over: over }
    }

    fn has_barked(&self) -> bool {
        self.barked.load(Ordering::Relaxed)
    }
}
