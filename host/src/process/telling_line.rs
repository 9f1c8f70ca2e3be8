//! Finds the line of standard error that explains why a tool failed.

use std::borrow::Cow;

/// Messages of libsemanage, libsepol, checkmodule and the system that name the cause. They come before other messages.
const DECISIVE: [&str; 6] = [
    "does not match my version range",
    "Unable to execute",
    "transaction lock",
    "No space left on device",
    "Disk quota exceeded",
    // `FILE:LINE:ERROR 'MESSAGE' at token …`, after the warnings and the source of each.
    ":ERROR '",
];

/// Beginnings of lines that only repeat that a command failed, or introduce the message.
const SUMMARIES: [&str; 5] =
    ["semodule:", "Failed to ", "(", "libsemanage.semanage_direct_install_info:", "libsemanage.semanage_pipe_data:"];

/// Parts, in lower case, of lines that tools print whether or not they fail, or after the message.
const HARMLESS: [&str; 14] = [
    "warning:",
    // checkmodule.
    ":warning '",
    // The dynamic loader, where /etc/ld.so.preload names what is not there.
    "error: ld.so: object ",
    // Most policies map a user that the host does not have.
    "not in password file",
    "error while fetching users.  returning list so far",
    // shadow, for each item of login.defs that another program reads (`getdef.c`).
    "(notify administrator)",
    // shadow then uses its default (`getdef.c`).
    NOT_A_NUMBER,
    // shadow 4.6, after the message that says why nothing was locked (`fail_exit` in `useradd.c`).
    "failed to unlock",
    // shadow, where the caches of sssd and nscd cannot be flushed: the words of 4.9 and later, and those of the programs.
    "failed to flush the ",
    "sss_cache",
    "nscd",
    // userdel, about a group that stays, and about mail.
    "not removed",
    "mail spool",
    // systemctl, after each failure of a job.
    "see system logs and ",
];

/// The beginning of shadow's message about a value in login.defs that is no number.
const NOT_A_NUMBER: &str = "configuration error - cannot parse ";

/// The first line of a text that lost its beginning.
pub(super) const TRUNCATED: &str = "[...]";

/// In characters. The messages of the tools that hostprep runs are shorter; its log has the whole of a longer one.
const LONGEST_SHOWN: usize = 500;

/// Returns [`telling_line`] as reports show it: not longer than a few lines of a terminal.
#[must_use]
pub fn shown_line(stderr: &str) -> Option<Cow<'_, str>> {
    let line = telling_line(stderr)?;
    Some(match line.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => format!("{}{TRUNCATED}", &line[..end]).into(),
        None => line.into(),
    })
}

/// Returns the line of `stderr` that best explains the failure, trimmed; `None` if all lines are blank.
///
/// It is neither always the first line (warnings come first) nor the last (summaries and usage text come last).
#[must_use]
pub fn telling_line(stderr: &str) -> Option<&str> {
    let lines = || stderr.lines().flat_map(messages_of).map(str::trim).filter(|line| !line.is_empty());
    // Python prints the exception last.
    if lines().any(|line| line.starts_with("Traceback (most recent call last)")) {
        return lines().last();
    }
    let usage = lines().position(is_usage).unwrap_or(usize::MAX);
    // After the usage text, only the line that argparse adds counts: `PROGRAM: error: …`.
    let messages = || {
        let counts = |(index, line): &(usize, &str)| *index < usage || line.contains(": error: ");
        lines().enumerate().filter(counts).map(|(_, line)| line)
    };
    // A text that was cut has lost what came first.
    let is_cut = lines().any(|line| line == TRUNCATED);
    let mut explanations = messages().filter(|line| says_why(line));
    messages()
        .find(|line| is_unresolved(line) || DECISIVE.iter().any(|text| line.contains(text)))
        .or_else(|| if is_cut { explanations.last() } else { explanations.next() })
        .or_else(|| messages().filter(|line| !is_harmless(line)).last())
        .or_else(|| messages().last())
        .or_else(|| lines().next())
}

/// Returns the messages in a line: `configuration error - cannot parse KEY value: 'VALUE'` ends without a line break (shadow 4.13).
fn messages_of(line: &str) -> impl Iterator<Item = &str> {
    let end_of_value = || {
        let value = line.starts_with(NOT_A_NUMBER).then(|| line.find(": '")).flatten()? + 3;
        Some(value + line.get(value..)?.find('\'')? + 1)
    };
    let (first, rest) = line.split_at(end_of_value().unwrap_or(line.len()));
    [first, rest].into_iter()
}

fn is_usage(line: &str) -> bool {
    line.get(.."usage:".len()).is_some_and(|start| start.eq_ignore_ascii_case("usage:"))
}

/// Returns whether `line` reports a statement of a policy module that does not resolve: first in the words of CIL, then in those
/// of a module package.
#[must_use]
pub fn is_unresolved(line: &str) -> bool {
    (line.starts_with("Failed to resolve ") && line.contains(" statement at "))
        || line.contains("requirements were not met")
}

fn says_why(line: &str) -> bool {
    !SUMMARIES.iter().any(|start| line.starts_with(start)) && !is_harmless(line) && line != TRUNCATED
}

fn is_harmless(line: &str) -> bool {
    let lower = line.to_lowercase();
    HARMLESS.iter().any(|part| lower.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! shadow {
        ($name:literal) => {
            include_str!(concat!("../../fixtures/account-tools/", $name, ".txt"))
        };
    }

    #[test]
    fn messages_of_account_tools() {
        for (stderr, telling) in [
            (shadow!("4.1.5.1-no-prefix"), "useradd: unrecognized option '--prefix'"),
            (shadow!("4.1.5.1-lock-without-pid"), "useradd: existing lock file /etc/passwd.lock without a PID"),
            (shadow!("4.1.5.1-lock-of-running-process"), "useradd: lock /etc/passwd.lock already used by PID 1"),
            (shadow!("4.1.5.1-pwd-lock-held"), "useradd: cannot lock /etc/passwd; try again later."),
            (shadow!("4.1.5.1-no-more-uids"), "useradd: Can't get unique system UID (no more available UIDs)"),
            (shadow!("4.1.5.1-unknown-item"), "useradd: user 'root' already exists"),
            (shadow!("4.6-lock-without-pid"), "useradd: cannot open /etc/passwd"),
            (shadow!("4.6-lock-of-running-process"), "useradd: cannot open /etc/passwd"),
            (shadow!("4.6-no-more-uids"), "useradd: Can't get unique UID (no more available UIDs)"),
            (shadow!("4.6-unknown-item"), "useradd: user 'root' already exists"),
            (shadow!("4.13-lock-without-pid"), "useradd: existing lock file /etc/passwd.lock without a PID"),
            (
                shadow!("4.13-lock-with-invalid-pid"),
                "useradd: existing lock file /etc/group.lock with an invalid PID 'garbage'",
            ),
            (shadow!("4.13-lock-is-directory"), "useradd: /etc/passwd.lock: Is a directory"),
            (shadow!("4.13-no-more-uids"), "useradd: Can't get unique UID (no more available UIDs)"),
            (shadow!("4.13-no-more-gids"), "useradd: Can't get unique GID (no more available GIDs)"),
            (
                shadow!("4.13-range-inverted"),
                "useradd: Invalid configuration: SYS_UID_MIN (900), UID_MIN (1000), SYS_UID_MAX (100)",
            ),
            (shadow!("4.13-no-space"), "useradd: /etc/passwd.4998 file write error: No space left on device"),
            (shadow!("4.13-read-only"), "useradd: /etc/passwd.5375: Read-only file system"),
            (shadow!("4.13-directory-immutable"), "useradd: /etc/passwd.4471: Operation not permitted"),
            (shadow!("4.13-not-a-number"), "useradd: Can't get unique UID (no more available UIDs)"),
            (shadow!("4.13-read-only-with-warning"), "usermod: cannot lock /etc/passwd; try again later."),
            (
                shadow!("4.1.5.1-lock-with-line-break"),
                "useradd: existing lock file /etc/passwd.lock with an invalid PID '1",
            ),
            (shadow!("4.13-preload"), "useradd: user 'root' already exists"),
            (shadow!("4.13-group-kept"), "userdel: failure while writing changes to /etc/passwd"),
            ("useradd: failed to unlock /etc/passwd\n", "useradd: failed to unlock /etc/passwd"),
        ] {
            assert_eq!(telling_line(stderr), Some(telling));
        }
    }

    /// The texts are those of the sources, for what was not provoked.
    #[test]
    fn messages_of_the_tools_around_shadow() {
        for (stderr, telling) in [
            ("Cannot open audit interface - aborting.\n", "Cannot open audit interface - aborting."),
            ("useradd: PAM: Authentication failure\n", "useradd: PAM: Authentication failure"),
            // Where the caches of sssd and nscd are flushed, before and after the failure.
            (
                "useradd: Failed to flush the sssd cache.\nuseradd: failure while writing changes to /etc/shadow\n",
                "useradd: failure while writing changes to /etc/shadow",
            ),
            (
                "userdel: failure while writing changes to /etc/group\n[sss_cache] [confdb_get_domains] (0x0010): No domains\n\
                 userdel: sss_cache exited with status 5\nuserdel: Failed to flush the nscd cache.\n",
                "userdel: failure while writing changes to /etc/group",
            ),
            (
                "userdel: foo mail spool (/var/mail/foo) not found\nuserdel: cannot remove entry 'foo' from /etc/passwd\n",
                "userdel: cannot remove entry 'foo' from /etc/passwd",
            ),
            (
                "userdel: user foo is currently used by process 4711\n",
                "userdel: user foo is currently used by process 4711",
            ),
            (
                "Multiple entries named 'foo' in /etc/passwd. Please fix this with pwck or grpck.\n\
                 userdel: cannot remove entry 'foo' from /etc/passwd\n",
                "Multiple entries named 'foo' in /etc/passwd. Please fix this with pwck or grpck.",
            ),
            (
                "useradd: error while loading shared libraries: libaudit.so.1: cannot open shared object file: No such file\n",
                "useradd: error while loading shared libraries: libaudit.so.1: cannot open shared object file: No such file",
            ),
        ] {
            assert_eq!(telling_line(stderr), Some(telling));
        }
    }

    #[test]
    fn messages_of_other_tools() {
        for (stderr, telling) in [
            // checkmodule prints the source of each message below it.
            (
                "m.te:3:WARNING 'unrecognized' at token ';' on line 3:\nbool x;\n     ^\n\
                 m.te:12:ERROR 'unknown class bpf' at token ';' on line 12:\nallow a_t self:bpf prog_load;\n\
                 checkmodule:  error(s) encountered while parsing configuration\n",
                "m.te:12:ERROR 'unknown class bpf' at token ';' on line 12:",
            ),
            (
                "libsepol.policydb_read: policydb module version 19 does not match my version range 4-17\n\
                 semodule_package:  Error while reading policy module from m.mod\n",
                "libsepol.policydb_read: policydb module version 19 does not match my version range 4-17",
            ),
            // libsemanage 2.5.
            (
                "libsemanage.get_home_dirs: Error while fetching users.  Returning list so far.\n\
                 libsemanage.semanage_exec_prog: Child process /sbin/setfiles did not exit cleanly.\nsemodule:  Failed!\n",
                "libsemanage.semanage_exec_prog: Child process /sbin/setfiles did not exit cleanly.",
            ),
            (
                "Failed to restart x.service: Unit x.service not found.\n",
                "Failed to restart x.service: Unit x.service not found.",
            ),
            (
                "Failed to start x.service: Access denied\nSee system logs and 'systemctl status x.service' for details.\n",
                "Failed to start x.service: Access denied",
            ),
            (
                "dmesg: read kernel buffer failed: Operation not permitted\n",
                "dmesg: read kernel buffer failed: Operation not permitted",
            ),
        ] {
            assert_eq!(telling_line(stderr), Some(telling));
        }
    }

    #[test]
    fn the_end_of_a_long_text() {
        let cut =
            "[...]\nuseradd: warning: 9\nuseradd: cannot open /etc/shadow\nuseradd: failed to unlock /etc/shadow\n";
        assert_eq!(telling_line(cut), Some("useradd: cannot open /etc/shadow"));
        assert_eq!(telling_line("[...]\nsemodule:  Failed!\n"), Some("semodule:  Failed!"));
        assert_eq!(telling_line("[...]\na line\nanother\n"), Some("another"));
    }

    #[test]
    fn a_line_is_shown_up_to_a_length() {
        let line = "ä".repeat(LONGEST_SHOWN);
        assert_eq!(shown_line(&line).as_deref(), Some(&*line));
        let shown = shown_line(&format!("{line}b")).unwrap().into_owned();
        assert_eq!(shown, format!("{line}[...]"));
    }

    #[test]
    fn usage_text_is_skipped_except_the_line_of_argparse() {
        let argparse = "usage: semanage [-h] {import,export}\nsemanage: error: unrecognized arguments: -x\n";
        assert_eq!(telling_line(argparse), Some("semanage: error: unrecognized arguments: -x"));
        let usage = "Usage: userdel [options] LOGIN\n\nOptions:\n";
        assert_eq!(telling_line(usage), Some("Usage: userdel [options] LOGIN"));
        assert_eq!(telling_line(" \n\n"), None);
    }

    #[test]
    fn the_exception_of_a_traceback() {
        let text = "Traceback (most recent call last):\n  File \"sesearch\", line 1\nOSError: no policy\n";
        assert_eq!(telling_line(text), Some("OSError: no policy"));
    }
}
