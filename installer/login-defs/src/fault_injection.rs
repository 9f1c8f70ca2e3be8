//! Stops or fails the N-th file operation of the window, for tests.

use std::cell::RefCell;

use nix::errno::Errno;

/// What happens at the chosen operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Injected {
    /// It and everything after it never happens, as after SIGKILL; a write gets half way.
    Kill,
    /// It alone fails; a write gets half way.
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

/// Counts from 0 again; `stop` is the operation, counted from 1, and what happens to it.
pub(crate) fn inject(stop: Option<(usize, Injected)>) {
    SCRIPT.with_borrow_mut(|script| {
        let deny = std::mem::take(&mut script.deny);
        *script = Script { stop, deny, ..Script::default() };
    });
}

/// From now on operations whose name starts so fail, as on a host that cannot do them; [`inject`] keeps it.
pub(crate) fn deny(denied: &[(&'static str, Errno)]) {
    SCRIPT.with_borrow_mut(|script| script.deny = denied.to_vec());
}

/// The operations since [`inject`].
pub(crate) fn log() -> Vec<String> {
    SCRIPT.with_borrow(|script| script.log.clone())
}

/// Whether the operation may happen.
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

/// Whether the last [`operation`] was the first one that did not happen, so that a write gets half way.
pub(crate) fn partial_write() -> bool {
    SCRIPT.with_borrow(|script| script.stop.is_some_and(|(at, _)| script.count == at))
}
