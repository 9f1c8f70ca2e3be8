//! The classifier of semodule's standard error.

use faults::Reason;
use host::process::{Command, telling_line};
use policy::classify::classify;
use policy::{Cause, Culprit};

use crate::input::{parts, text};

/// A module's name, and what was said.
pub fn check(data: &[u8]) {
    let [module, stderr] = parts::<2>(data).map(text);
    let module = module.trim_end();
    let cause = classify(&stderr, module);
    let reason = installer::steps::selinux::reason_of(cause);
    assert!(Reason::KNOWN.contains(&reason), "{reason:?} is not a word of the fault store");
    let build = Command::new("semodule").arg("-B");
    for hint in [cause.hint(None), cause.hint(Some(&build))] {
        assert!(!hint.is_empty() && !hint.contains('\n'));
    }
    // What is named can be put into a command.
    if let Some(Culprit::Module { name, priority }) = Culprit::find(&stderr, module) {
        assert!(name != module && (1..=999).contains(&priority) && !name.contains(['/', ' ', '\n']));
    }

    match telling_line(&stderr) {
        Some(line) => {
            assert!(!line.is_empty() && line.trim() == line && !line.contains('\n'));
            assert!(stderr.lines().any(|said| said.trim() == line));
        }
        None => assert!(stderr.trim().is_empty()),
    }
    // Whatever else was said, these decide.
    let also = |more: &str| classify(&format!("{stderr}\n{more}\n"), module);
    let lock = "libsemanage.semanage_get_lock: Could not get direct transaction lock at /var/lib/selinux/x/semanage.trans.LOCK.";
    assert_eq!(also(lock), Cause::StoreLocked);
    assert!([Cause::StoreLocked, Cause::StoreReadOnly].contains(&also("x (Read-only file system).")));
    // An empty line says nothing.
    assert_eq!(also(""), cause);
}
