//! Stops or fails the N-th file operation of a window, for tests.

use std::cell::RefCell;

use nix::errno::Errno;

/// What happens at the chosen operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Injected {
    /// Neither it nor any later operation happens, as after SIGKILL. A write is partial.
    Kill,
    /// Only this operation fails. A write is partial.
    Fail(Errno),
}

#[derive(Default)]
struct Script {
    count: usize,
    stop: Option<(usize, Injected)>,
    deny: Vec<(&'static str, Errno)>,
    log: Vec<String>,
}

thread_local! {
    static SCRIPT: RefCell<Script> = RefCell::default();
}

/// Starts to count from 0. `stop` is the operation, counted from 1, and what happens to it.
pub(crate) fn inject(stop: Option<(usize, Injected)>) {
    SCRIPT.with_borrow_mut(|script| {
        let deny = std::mem::take(&mut script.deny);
        *script = Script { stop, deny, ..Script::default() };
    });
}

/// Makes operations fail if their name starts with one of these, as on a host that does not support them. [`inject`]
/// keeps this setting.
pub(crate) fn deny(denied: &[(&'static str, Errno)]) {
    SCRIPT.with_borrow_mut(|script| script.deny = denied.to_vec());
}

/// Returns the operations since [`inject`].
pub(crate) fn log() -> Vec<String> {
    SCRIPT.with_borrow(|script| script.log.clone())
}

/// Fails if the operation must not happen.
pub(crate) fn operation(what: impl FnOnce() -> String) -> Result<(), Errno> {
    SCRIPT.with_borrow_mut(|script| {
        script.count += 1;
        let what = what();
        let denied = script.deny.iter().find(|(start, _)| what.starts_with(start)).map(|(_, errno)| *errno);
        script.log.push(what);
        match script.stop {
            Some((at, Injected::Kill)) if script.count >= at => Err(Errno::ESHUTDOWN),
            Some((at, Injected::Fail(errno))) if script.count == at => Err(errno),
            _ => denied.map_or(Ok(()), Err),
        }
    })
}

/// Returns whether the last [`operation`] was the first one to fail, so that a write is partial.
pub(crate) fn partial_write() -> bool {
    SCRIPT.with_borrow(|script| script.stop.is_some_and(|(at, _)| script.count == at))
}
