//! The line of a failed tool's standard error that says what went wrong.

/// libsemanage and libsepol report these before other messages, and they name the cause.
const DECISIVE: [&str; 3] = ["does not match my version range", "Unable to execute", "transaction lock"];

/// Starts of lines that only repeat that something failed, or introduce what did.
const SUMMARIES: [&str; 5] =
    ["semodule:", "Failed to ", "(", "libsemanage.semanage_direct_install_info:", "libsemanage.semanage_pipe_data:"];

/// Parts, in lower case, of lines that tools print whether or not they fail.
const HARMLESS: [&str; 6] = [
    "warning:",
    // The policy maps a user that this host does not have, as most policies do.
    "not in password file",
    // shadow, for each item of login.defs that another program reads (`getdef.c`).
    "(notify administrator)",
    // shadow 4.6, after the message that says why nothing was locked (`fail_exit` in `useradd.c`).
    "failed to unlock",
    // shadow, where the caches of sssd and nscd cannot be flushed.
    "sss_cache",
    "nscd",
];

/// The first line of a text of which only the end was kept.
pub(super) const TRUNCATED: &str = "[...]";

/// Returns the line of `stderr` that says most about why a tool failed, without surrounding blanks; `None` if there is
/// nothing but blanks.
///
/// It is neither always the first line (warnings come first) nor the last (summaries and usage text come last).
#[must_use]
pub fn telling_line(stderr: &str) -> Option<&str> {
    let lines = || stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    // Python prints the exception last. Of a text that was cut, the beginning is gone.
    let cut = |line: &str| line == TRUNCATED || line.starts_with("Traceback (most recent call last)");
    if lines().any(cut) {
        return lines().next_back();
    }
    let usage = lines().position(is_usage).unwrap_or(usize::MAX);
    // Behind the usage text only what argparse adds is of interest: `PROGRAM: error: …`.
    let messages = || {
        let told = |(index, line): &(usize, &str)| *index < usage || line.contains(": error: ");
        lines().enumerate().filter(told).map(|(_, line)| line)
    };
    messages()
        .find(|line| is_unresolved(line) || DECISIVE.iter().any(|text| line.contains(text)))
        .or_else(|| messages().find(|line| says_why(line)))
        .or_else(|| messages().last())
        .or_else(|| lines().next())
}

fn is_usage(line: &str) -> bool {
    line.get(.."usage:".len()).is_some_and(|start| start.eq_ignore_ascii_case("usage:"))
}

/// A statement of a policy module that does not resolve: CIL's words, then those of a package.
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
    fn what_account_tools_say() {
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
            ("useradd: failed to unlock /etc/passwd\n", "useradd: failed to unlock /etc/passwd"),
        ] {
            assert_eq!(telling_line(stderr), Some(telling));
        }
    }

    #[test]
    fn usage_text_says_nothing_and_what_argparse_adds_does() {
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
