use super::*;

macro_rules! shadow {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/account-tools/", $name, ".txt"))
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
        (shadow!("4.13-defaults-ignored"), "useradd: lock /etc/passwd.lock already used by PID 1"),
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
        // A value of /etc/default/useradd, as 4.1.5.1 and as 4.13 say it.
        (
            "useradd: unknown group 12345\nuseradd: the GROUP= configuration in /etc/default/useradd will be ignored\n\
             useradd: cannot open /etc/passwd\n",
            "useradd: cannot open /etc/passwd",
        ),
        // The same words where nothing is ignored.
        ("useradd: group '12345' does not exist\n", "useradd: group '12345' does not exist"),
        // The records of logins, before the account files are written.
        (
            "useradd: failed to reset the faillog entry of UID 998: Permission denied\n\
             useradd: failed to reset the lastlog entry of UID 998: No space left on device\n\
             useradd: failed to close the lastlog file for UID 998: Disk quota exceeded\n\
             useradd: failed to reset the tallylog entry of user \"foo\"\n\
             useradd: failure while writing changes to /etc/passwd\n",
            "useradd: failure while writing changes to /etc/passwd",
        ),
        (
            "useradd: failed to reset the lastlog entry of UID 998: Read-only file system\n",
            "useradd: failed to reset the lastlog entry of UID 998: Read-only file system",
        ),
        (
            "useradd: /lib64/libselinux.so.1: no version information available (required by /usr/sbin/useradd)\n\
             useradd: cannot lock /etc/passwd; try again later.\n",
            "useradd: cannot lock /etc/passwd; try again later.",
        ),
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
        // A database of another version of sssd.
        (
            "[sss_cache] [sysdb_domain_cache_connect] (0x0010): DB version too old [0.22], expected [0.23] for domain implicit_files!\n\
             Higher version of database is expected!\nIn order to upgrade the database, you must run SSSD.\n\
             Removing cache files in /var/lib/sss/db should fix the issue, but note that removing cache files will also remove all \
             of your cached credentials.\nCould not open available domains\nuseradd: sss_cache exited with status 71\n\
             useradd: Failed to flush the sssd cache.\nuseradd: failure while writing changes to /etc/shadow\n",
            "useradd: failure while writing changes to /etc/shadow",
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
            "Critical: createrepo_c: Cannot write repodata/primary.xml.gz: No space left on device\n\
             C_CREATEREPOLIB: Warning: Cannot remove .repodata\n",
            "Critical: createrepo_c: Cannot write repodata/primary.xml.gz: No space left on device",
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
    let cut = "[...]\nuseradd: warning: 9\nuseradd: cannot open /etc/shadow\nuseradd: failed to unlock /etc/shadow\n";
    assert_eq!(telling_line(cut), Some("useradd: cannot open /etc/shadow"));
    assert_eq!(telling_line("[...]\nsemodule:  Failed!\n"), Some("semodule:  Failed!"));
    assert_eq!(telling_line("[...]\na line\nanother\n"), Some("another"));
}

#[test]
fn the_name_of_a_program_may_have_its_directory() {
    for path in ["", "/usr/sbin/", "/sbin/"] {
        let summary = format!("{path}semodule:  Failed on /etc/x.cil!");
        assert!(is_said_by("semodule", &summary), "{summary}");
        let stderr = format!("libsemanage.a: why\n{summary}\n");
        assert_eq!(telling_line(&format!("{summary}\n{stderr}")), Some("libsemanage.a: why"));
    }
    for line in ["semodule_package:  Error", "/usr/sbin/semodule  Failed", "/usr/sbin/semodule/x: y", "a semodule: b"] {
        assert!(!is_said_by("semodule", line), "{line}");
    }
}

#[test]
fn lines_that_may_explain_a_failure() {
    let stderr = "useradd: group 'x' does not exist\nuseradd: the GROUP= configuration in /a will be ignored\n\
                  useradd: failed to reset the lastlog entry of UID 998: Read-only file system\n\n useradd: a\nuseradd: b\n";
    assert_eq!(relevant_lines(stderr), ["useradd: a", "useradd: b"]);
    assert_eq!(relevant_lines("[...]\nuseradd: warning: 9\n"), [""; 0]);
    assert_eq!(telling_line("[...]\nuseradd: warning: 9\n"), Some("useradd: warning: 9"));
}

/// The content of a lock file that `echo` wrote.
#[test]
fn a_quotation_with_a_line_break_is_closed() {
    for (name, shown) in [
        (
            shadow!("4.1.5.1-lock-with-line-break"),
            "useradd: existing lock file /etc/passwd.lock with an invalid PID '1'",
        ),
        (
            shadow!("4.13-lock-with-invalid-pid"),
            "useradd: existing lock file /etc/group.lock with an invalid PID 'garbage'",
        ),
    ] {
        assert_eq!(shown_line(name).as_deref(), Some(shown));
    }
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
