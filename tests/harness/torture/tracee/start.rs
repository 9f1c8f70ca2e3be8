//! A process that is stopped before it becomes the program, so that it can be seized before it does anything.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use nix::libc;
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

/// A process that waits for SIGCONT.
pub(super) struct Started {
    pub(super) pid: Pid,
    /// Waits until the process has become the program.
    pub(super) becomes: JoinHandle<std::io::Result<()>>,
}

/// Starts `command` with its output in `output`. Once it is traced with `PTRACE_O_TRACESECCOMP`, it stops before each of the calls
/// in `stops_at`, and so does every process that it starts; without a tracer these calls fail.
#[expect(unsafe_code, reason = "seccomp(2) has no safe form, and belongs between fork and exec")]
pub(super) fn stopped(command: &Command, output: &Path, stops_at: &[i64]) -> Started {
    let file = File::create(output).unwrap();
    let mut program = Command::new(command.get_program());
    program.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => program.env(name, value),
            None => program.env_remove(name),
        };
    }
    program.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
    let (mut told, tell) = std::io::pipe().unwrap();
    let mut filter = filter(stops_at);
    let wait_for_tracer = move || {
        // SAFETY: system calls that take no memory but what is owned here, between fork and exec.
        unsafe {
            let pid = libc::getpid().to_ne_bytes();
            if libc::write(tell.as_raw_fd(), pid.as_ptr().cast(), pid.len()) != 4 || libc::raise(libc::SIGSTOP) != 0 {
                return Err(std::io::Error::last_os_error());
            }
            if filter.is_empty() {
                return Ok(());
            }
            let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
            match libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        }
    };
    // SAFETY: it allocates nothing, takes no lock, and touches nothing that the parent has.
    unsafe { program.pre_exec(wait_for_tracer) };
    // In a thread of its own, which waits until the process has become the program.
    let becomes = std::thread::spawn(move || program.spawn().map(drop));
    let mut pid = [0; 4];
    told.read_exact(&mut pid).unwrap();
    let pid = Pid::from_raw(i32::from_ne_bytes(pid));
    waitpid(pid, Some(WaitPidFlag::WUNTRACED)).unwrap();
    Started { pid, becomes }
}

/// A seccomp filter that has the tracer told of these calls and lets all others pass; none for no call. All programs here are of
/// this machine's own architecture, whose numbers these are.
fn filter(stops_at: &[i64]) -> Vec<libc::sock_filter> {
    if stops_at.is_empty() {
        return Vec::new();
    }
    let instruction = |code: u32, jt: usize, k: u32| libc::sock_filter { code: code as u16, jt: jt as u8, jf: 0, k };
    let load_number = instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0);
    let answer = |answer: u32| instruction(libc::BPF_RET | libc::BPF_K, 0, answer);
    // Over the comparisons that follow and the first answer.
    let comparisons = stops_at.iter().enumerate().map(|(index, &which)| {
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, stops_at.len() - index, which as u32)
    });
    let answers = [libc::SECCOMP_RET_ALLOW, libc::SECCOMP_RET_TRACE].map(answer);
    std::iter::once(load_number).chain(comparisons).chain(answers).collect()
}
