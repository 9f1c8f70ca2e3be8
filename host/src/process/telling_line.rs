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

/// Beginnings of lines that only repeat that a command failed, or introduce the message. A program that prints its own name prints it
/// as it was started, with its directory: see [`is_said_by`].
const SUMMARIES: [&str; 5] =
    ["semodule:", "Failed to ", "(", "libsemanage.semanage_direct_install_info:", "libsemanage.semanage_pipe_data:"];

/// Parts, in lower case, of lines that tools print whether or not they fail, or after the message.
const HARMLESS: [&str; 31] = [
    "warning:",
    // checkmodule.
    ":warning '",
    // The dynamic loader, where /etc/ld.so.preload names what is not there, and where a library is older than its user.
    "error: ld.so: object ",
    "no version information available (required by ",
    // Most policies map a user that the host does not have.
    "not in password file",
    "error while fetching users.  returning list so far",
    // libsemanage, for each account with a home directory that the policy labels already (`genhomedircon.c`).
    " conflicts with a file context already specified in the policy",
    // libsemanage, which then takes its default (`genhomedircon.c`).
    "conversion failed for key ",
    // libsemanage, for a store that another program changed (`direct_api.c`).
    "module checksum invalid",
    // libselinux, which then looks for an older one (`load_policy.c`).
    ", searching for an older version",
    // shadow, for each item of login.defs that another program reads (`getdef.c`).
    "(notify administrator)",
    // shadow then uses its default (`getdef.c`).
    NOT_A_NUMBER,
    // shadow 4.6, after the message that says why nothing was locked (`fail_exit` in `useradd.c`).
    "failed to unlock",
    // shadow, where the records of logins of a new uid cannot be cleared or those of a changed one copied: it goes on.
    "the faillog entry of u",
    "the lastlog entry of u",
    "the tallylog entry of u",
    "the faillog file for u",
    "the lastlog file for u",
    // shadow, where the caches of sssd and nscd cannot be flushed: the words of 4.9 and later, and those of the programs.
    "failed to flush the ",
    "sss_cache",
    "nscd",
    // The lines that sss_cache prints below its first (`sysdb.h`, `sss_cache.c`).
    "version of database is expected!",
    "in order to upgrade the database, you must run sssd",
    "removing cache files in ",
    "could not open available domains",
    "no cache object matched the specified search",
    "couldn't invalidate ",
    // userdel, about a group that stays, and about mail.
    "not removed",
    "mail spool",
    // systemctl, after each failure of a job.
    "see system logs and ",
    // useradd, about a value in its own defaults: see [`IGNORED`].
    IGNORED,
];

/// The end of the second of two lines by which useradd says that it does not take a value of `/etc/default/useradd`. The first says
/// what is wrong with the value (`get_defaults` in `useradd.c`).
const IGNORED: &str = " will be ignored";

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
    if let Some((end, _)) = line.char_indices().nth(LONGEST_SHOWN) {
        return Some(format!("{}{TRUNCATED}", &line[..end]).into());
    }
    // The content of a lock file may have a line break before the quotation mark.
    let is_quoted_in_part = line.rsplit_once(" with an invalid PID '").is_some_and(|(_, pid)| !pid.contains('\''));
    Some(if is_quoted_in_part { format!("{line}'").into() } else { line.into() })
}

/// Returns the line of `stderr` that best explains the failure, trimmed; `None` if all lines are blank.
///
/// It is neither always the first line (warnings come first) nor the last (summaries and usage text come last).
#[must_use]
pub fn telling_line(stderr: &str) -> Option<&str> {
    let all: Vec<&str> = messages(stderr).collect();
    // Python prints the exception last.
    if all.iter().any(|line| line.starts_with("Traceback (most recent call last)")) {
        return all.last().copied();
    }
    let usage = all.iter().position(|line| is_usage(line)).unwrap_or(all.len());
    // After the usage text, only the line that argparse adds counts: `PROGRAM: error: …`.
    let counts = |(index, line): &(usize, &&str)| *index < usage || line.contains(": error: ");
    let said: Vec<&str> = all.iter().enumerate().filter(counts).map(|(_, line)| *line).collect();
    // A text that was cut has lost what came first.
    let is_cut = all.contains(&TRUNCATED);
    let relevant: Vec<&str> = without_harmless(&said).collect();
    let mut explanations = relevant.iter().filter(|line| !is_summary(line));
    let decides = |line: &&&str| is_unresolved(line) || DECISIVE.iter().any(|text| line.contains(text));
    relevant
        .iter()
        .find(decides)
        .or_else(|| if is_cut { explanations.next_back() } else { explanations.next() })
        .or(relevant.last())
        .or(said.last())
        .or(all.first())
        .copied()
}

/// Returns the lines of `stderr` that may explain a failure, trimmed: all but those that tools print whether or not they fail.
#[must_use]
pub fn relevant_lines(stderr: &str) -> Vec<&str> {
    let all: Vec<&str> = messages(stderr).collect();
    without_harmless(&all).collect()
}

/// Returns whether `program` printed `line`, which begins with the name by which it was started: hostprep starts
/// `/usr/sbin/semodule`.
#[must_use]
pub fn is_said_by(program: &str, line: &str) -> bool {
    without_directory(line).strip_prefix(program).is_some_and(|rest| rest.starts_with(':'))
}

fn messages(stderr: &str) -> impl Iterator<Item = &str> {
    stderr.lines().flat_map(messages_of).map(str::trim).filter(|line| !line.is_empty())
}

fn without_harmless<'a>(lines: &[&'a str]) -> impl Iterator<Item = &'a str> {
    let is_kept = |(index, line): &(usize, &&str)| {
        let is_introduction = lines.get(index + 1).is_some_and(|next| next.ends_with(IGNORED));
        !is_introduction && !is_harmless(line) && **line != TRUNCATED
    };
    lines.iter().enumerate().filter(is_kept).map(|(_, line)| *line)
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

fn is_summary(line: &str) -> bool {
    SUMMARIES.iter().any(|start| without_directory(line).starts_with(start))
}

/// Returns a line that begins with the path of a program without the directories of that.
fn without_directory(line: &str) -> &str {
    let program = line.split([':', ' ']).next().unwrap_or_default();
    let name = program.strip_prefix('/').and_then(|path| path.rsplit('/').next());
    name.map_or(line, |name| &line[program.len() - name.len()..])
}

fn is_harmless(line: &str) -> bool {
    let lower = line.to_lowercase();
    HARMLESS.iter().any(|part| lower.contains(part))
}

#[cfg(test)]
mod tests;
