//! Finds the line of standard error that explains why a tool failed.

/// Messages of libsemanage, libsepol and the system that name the cause. They come before other messages.
const DECISIVE: [&str; 5] = [
    "does not match my version range",
    "Unable to execute",
    "transaction lock",
    "No space left on device",
    "Disk quota exceeded",
];

/// Beginnings of lines that only repeat that a command failed, or introduce the message.
const SUMMARIES: [&str; 5] =
    ["semodule:", "Failed to ", "(", "libsemanage.semanage_direct_install_info:", "libsemanage.semanage_pipe_data:"];

/// Parts, in lower case, of lines that tools print whether or not they fail.
const HARMLESS: [&str; 7] = [
    "warning:",
    // Most policies map a user that the host does not have.
    "not in password file",
    // shadow, for each item of login.defs that another program reads (`getdef.c`).
    "(notify administrator)",
    // shadow then uses its default (`getdef.c`).
    NOT_A_NUMBER,
    // shadow 4.6, after the message that says why nothing was locked (`fail_exit` in `useradd.c`).
    "failed to unlock",
    // shadow, where the caches of sssd and nscd cannot be flushed.
    "sss_cache",
    "nscd",
];

/// The beginning of shadow's message about a value in login.defs that is no number.
const NOT_A_NUMBER: &str = "configuration error - cannot parse ";

/// The first line of a text that lost its beginning.
pub(super) const TRUNCATED: &str = "[...]";

/// Returns the line of `stderr` that best explains the failure, trimmed; `None` if all lines are blank.
///
/// It is neither always the first line (warnings come first) nor the last (summaries and usage text come last).
#[must_use]
pub fn telling_line(stderr: &str) -> Option<&str> {
    let lines = || stderr.lines().flat_map(messages_of).map(str::trim).filter(|line| !line.is_empty());
    // Python prints the exception last. A text that was cut has lost its beginning.
    let cut = |line: &str| line == TRUNCATED || line.starts_with("Traceback (most recent call last)");
    if lines().any(cut) {
        return lines().last();
    }
    let usage = lines().position(is_usage).unwrap_or(usize::MAX);
    // After the usage text, only the line that argparse adds counts: `PROGRAM: error: …`.
    let messages = || {
        let counts = |(index, line): &(usize, &str)| *index < usage || line.contains(": error: ");
        lines().enumerate().filter(counts).map(|(_, line)| line)
    };
    messages()
        .find(|line| is_unresolved(line) || DECISIVE.iter().any(|text| line.contains(text)))
        .or_else(|| messages().find(|line| says_why(line)))
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
    let lower = line.to_lowercase();
    !SUMMARIES.iter().any(|start| line.starts_with(start)) && !HARMLESS.iter().any(|part| lower.contains(part))
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
            ("useradd: failed to unlock /etc/passwd\n", "useradd: failed to unlock /etc/passwd"),
        ] {
            assert_eq!(telling_line(stderr), Some(telling));
        }
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
