use super::*;

const SOURCE: &str = include_str!("../../../profile.toml");

fn parse(text: &str) -> Result<Profile, MalformedFile> {
    Profile::parse(text, Path::new("/etc/cisco/other.toml"))
}

/// The built-in profile with the first `from` replaced by `to`.
fn with(from: &str, to: &str) -> Result<Profile, MalformedFile> {
    assert!(SOURCE.contains(from), "the built-in profile has no {from:?}");
    parse(&SOURCE.replacen(from, to, 1))
}

/// Refused, in one line that names the file and says all of `words`.
#[track_caller]
fn expect_refused(from: &str, to: &str, words: &[&str]) -> MalformedFile {
    let Err(error) = with(from, to) else { panic!("{to:?} was taken") };
    let message = error.to_string();
    assert!(message.starts_with("/etc/cisco/other.toml"), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    for word in words {
        assert!(message.contains(word), "{to:?}: {word:?} is not in: {message}");
    }
    error
}

#[test]
fn the_built_in_profile_is_its_source() {
    let source = Profile { kernels: KernelTable::built_in(), ..parse(SOURCE).unwrap() };
    assert_eq!(format!("{:?}", Profile::built_in()), format!("{source:?}"));
}

#[test]
fn the_built_in_profile_is_the_design_s() {
    let profile = Profile::built_in();
    assert_eq!((profile.schema, profile.name.as_str()), (SCHEMA, "cisco-secure-endpoint"));

    let Paths { faults, state, lock, log, build_dir, kernels } = &profile.paths;
    assert_eq!(*kernels, None);
    assert_eq!(faults, "/var/lib/cisco/faults");
    assert_eq!(state, "/var/lib/cisco/hostprep");
    assert_eq!(lock, "/run/cisco/hostprep.lock");
    assert_eq!(log, "/var/log/cisco/hostprep.log");
    assert_eq!(build_dir, "/opt/cisco/hostprep/policy");

    assert_eq!(profile.scan_user.name, "cisco-amp-scan-svc");
    assert_eq!(profile.scan_user.home, "/nonexistent");
    for shell in &profile.scan_user.shells {
        let shell_name = shell.as_path();
        assert!(shell_name.ends_with("nologin") || shell_name.ends_with("false"), "{} allows a login", shell.display());
    }

    let directories: Vec<_> =
        profile.directories.iter().map(|one| (one.path.as_path().to_str().unwrap(), one.mode, one.create)).collect();
    assert!(directories.contains(&("/opt/cisco", 0o755, true)), "{directories:?}");
    assert!(directories.iter().all(|(path, mode, _)| *mode == 0o755 && path.starts_with("/opt/cisco")));
    for (child, (path, ..)) in directories.iter().enumerate() {
        let later = &directories[child..];
        assert!(later.iter().all(|(other, ..)| !Path::new(path).starts_with(other) || other == path), "parents first");
    }

    assert_eq!(profile.units, ["cisco-amp.service"]);

    let module = &profile.module;
    assert_eq!((module.name.as_str(), module.priority), ("cisco-secure-bpf", 300));
    assert_eq!((module.domain.as_str(), module.class.as_str()), ("unconfined_service_t", "bpf"));
    assert_eq!(module.permissions, ["map_create", "map_read", "map_write", "prog_load", "prog_run"]);
    assert_eq!(module.fallback_domains, ["initrc_t"]);
    assert_eq!(module.priorities_ever(), [300]);
}

/// Uses `path` as a managed directory and as each of our own paths.
#[track_caller]
fn expect_no_place(path: &str) {
    for from in [
        "path = \"/opt/cisco\"",
        "work = \"/opt/cisco/hostprep/policy\"",
        "faults = \"/var/lib/cisco/faults\"",
        "state = \"/var/lib/cisco/hostprep\"",
        "lock = \"/run/cisco/hostprep.lock\"",
        "log = \"/var/log/cisco/hostprep.log\"",
    ] {
        let (key, _) = from.split_once(" = ").unwrap();
        expect_refused(from, &format!("{key} = {path:?}"), &[path, "cannot be used"]);
    }
}

#[test]
fn the_system_s_own_directories_are_refused() {
    for path in [
        "/",
        "/bin",
        "/boot",
        "/boot/efi",
        "/dev",
        "/dev/shm",
        "/etc",
        "/etc/ssh",
        "/home",
        "/home/user",
        "/lib",
        "/lib/modules",
        "/lib64",
        "/media",
        "/mnt",
        "/opt",
        "/proc",
        "/proc/sys",
        "/root",
        "/root/.ssh",
        "/run",
        "/run/systemd",
        "/run/lock",
        "/sbin",
        "/srv",
        "/sys",
        "/sys/fs/selinux",
        "/tmp",
        "/tmp/x",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/lib/systemd/system",
        "/usr/local",
        "/usr/local/bin",
        "/usr/local/lib",
        "/usr/local/sbin",
        "/usr/sbin",
        "/usr/share",
        "/var",
        "/var/cache",
        "/var/lib",
        "/var/lib/dpkg",
        "/var/lib/rpm",
        "/var/lib/selinux",
        "/var/lib/selinux/targeted",
        "/var/log",
        "/var/log/audit",
        "/var/opt",
        "/var/spool",
        "/var/spool/cron",
        "/var/tmp",
        "/var/tmp/x",
    ] {
        expect_no_place(path);
    }
}

#[test]
fn a_path_is_plain_and_absolute() {
    for path in [
        "",
        "opt/cisco",
        "./opt/cisco",
        "/opt/../etc/ssh",
        "/opt/cisco/..",
        "/opt/./cisco",
        "/opt//cisco",
        "//opt/cisco",
        "/opt/cisco/",
    ] {
        expect_no_place(path);
    }
}

#[test]
fn another_agent_s_own_places_are_taken() {
    for path in ["/opt/other", "/opt/other/agent", "/var/opt/other", "/usr/local/other", "/opt/cisco.d", "/opt/..other"]
    {
        let profile = with("path = \"/opt/cisco\"", &format!("path = {path:?}")).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(profile.directories[0].path, path);
    }
    let profile = with("work = \"/opt/cisco/hostprep/policy\"", "work = \"/var/lib/other/policy\"").unwrap();
    assert_eq!(profile.paths.build_dir, "/var/lib/other/policy");
}

#[test]
fn modes_that_let_others_write_or_shut_root_out() {
    for mode in ["0777", "0775", "0757", "1755", "2755", "4755", "0055", "0655", "0000", "0022"] {
        let told = format!("mode {mode} of \"/opt/cisco\"");
        expect_refused("mode = \"0755\"", &format!("mode = \"{mode}\""), &[&told]);
    }
    for (mode, taken) in [("0755", 0o755), ("755", 0o755), ("0750", 0o750), ("0700", 0o700), ("0711", 0o711)] {
        let profile = with("mode = \"0755\"", &format!("mode = \"{mode}\"")).unwrap();
        assert_eq!(profile.directories[0].mode, taken, "{mode} is octal");
    }
    for mode in ["rwxr-xr-x", "0789", "", "-1", "0x1ed"] {
        expect_refused("mode = \"0755\"", &format!("mode = \"{mode}\""), &["line ", "is not an octal mode"]);
    }
    // A number would be read as decimal.
    expect_refused("mode = \"0755\"", "mode = 755", &["line "]);
}

#[test]
fn names_that_useradd_would_not_take() {
    for name in [
        "",
        "-rf",
        "--uid=0",
        "Cisco",
        "0agent",
        "a b",
        "a:b",
        "a\\nb",
        "a/b",
        "a$b",
        "agént",
        "a.b",
        "a,b",
        "a23456789012345678901234567890123",
    ] {
        expect_refused("\"cisco-amp-scan-svc\"", &format!("\"{name}\""), &["cannot be a user name"]);
    }
    for name in ["_agent", "a", "agent-2_x", "a2345678901234567890123456789012"] {
        assert_eq!(with("cisco-amp-scan-svc", name).unwrap().scan_user.name, name);
    }
}

#[test]
fn a_user_that_could_not_be_made() {
    let user = &["scan_user needs shells, and a comment of one line"];
    for comment in ["a:b", "a,b", "a\\nroot::0:0::/:/bin/sh", "a\\rb", "a\\u0000"] {
        expect_refused("\"Cisco Secure Endpoint scan service\"", &format!("\"{comment}\""), user);
    }
    for path in ["nonexistent", "/a:/bin/sh", "/a\\nroot::0:0::/:/bin/sh", "/a\\u0000"] {
        for from in ["\"/nonexistent\"", "\"/bin/false\""] {
            expect_refused(from, &format!("\"{path}\""), &["scan_user needs absolute paths without `:`"]);
        }
    }
    let shells = SOURCE.lines().find(|line| line.starts_with("shells = ")).unwrap();
    expect_refused(shells, "shells = []", user);
}

#[test]
fn a_module_that_would_say_something_else() {
    for (from, to, word) in [
        ("\"cisco-secure-bpf\"", "\"../base\"", "name"),
        ("\"cisco-secure-bpf\"", "\"\"", "name"),
        ("\"unconfined_service_t\"", "\"a_t self:file *; allow b_t\"", "domain"),
        ("\"initrc_t\"", "\"initrc t\"", "fallback_domains"),
        ("class = \"bpf\"", "class = \"bpf file\"", "class"),
        ("\"prog_run\"", "\"prog_run }\"", "permissions"),
        ("priority = 300", "priority = 0", "priority"),
        ("priority = 300", "priority = 1000", "priority"),
        ("former_priorities = []", "former_priorities = [400, 0]", "priority"),
        ("\"/opt/cisco/amp/bin/ampdaemon\"", "\"amp/bin/ampdaemon\"", "executable"),
        ("\"/opt/cisco/amp/bin/ampdaemon\"", "\"/opt/../bin/sh\"", "executable"),
    ] {
        expect_refused(from, to, &["policy module", word]);
    }
    let permissions = SOURCE.lines().find(|line| line.starts_with("permissions = ")).unwrap();
    expect_refused(permissions, "permissions = []", &["permissions", "is empty"]);
}

#[test]
fn what_other_programs_read_is_plain() {
    for (from, to, words) in [
        ("name = \"cisco-secure-endpoint\"", "name = \"\"", &["name must be up to 64"][..]),
        ("name = \"cisco-secure-endpoint\"", "name = \"a\\\"b\\nc\"", &["name must be up to 64"]),
        ("title = \"Cisco Secure Endpoint Linux connector\"", "title = \" \"", &["title must be one line"]),
        (
            "title = \"Cisco Secure Endpoint Linux connector\"",
            "title = \"a\\nExecStart=b\"",
            &["title must be one line"],
        ),
        (
            "configuration = \"/etc/cisco/hostprep.toml\"",
            "configuration = \"/etc/cisco/a\\nb.toml\"",
            &["names.configuration"],
        ),
    ] {
        expect_refused(from, to, words);
    }
}

/// A log in a lock, or a directory that two rows want differently.
#[test]
fn no_two_keys_have_the_same_place() {
    let (lock, log) = ("\"/run/cisco/hostprep.lock\"", "\"/var/log/cisco/hostprep.log\"");
    expect_refused(lock, log, &["paths: two keys have", "hostprep.log"]);
    expect_refused("\"/var/lib/cisco/faults\"", "\"/var/lib/cisco/hostprep\"", &["paths: two keys have"]);
    expect_refused(
        "path = \"/opt/cisco/amp/bin\"",
        "path = \"/opt/cisco\"",
        &["directories: ", "\"/opt/cisco\" is there twice"],
    );
}

#[test]
fn units_have_whole_names() {
    for name in ["cisco-amp", "a b.service", "$(reboot).service", "-x.service", ".service", "a\\nb.service"] {
        expect_refused("\"cisco-amp.service\"", &format!("\"{name}\""), &["not a valid name of a systemd unit"]);
    }
    for units in ["[]", "[\"one.service\", \"two@x.service\"]"] {
        with("[\"cisco-amp.service\"]", units).unwrap();
    }
}

#[test]
fn another_schema_is_not_guessed_at() {
    for schema in ["0", "2", "4294967295"] {
        let told = format!("schema {schema} is not one this version reads (1)");
        expect_refused("schema = 1", &format!("schema = {schema}"), &[&told]);
    }
    expect_refused("schema = 1\n", "", &["schema"]);
    expect_refused("schema = 1", "schema = \"1\"", &["line "]);
}

#[test]
fn an_error_names_the_line() {
    let line_of = |word: &str| 1 + SOURCE.lines().position(|line| line.starts_with(word)).unwrap();
    for (from, to, line, word) in [
        ("title = ", "titel = ", line_of("title = "), "titel"),
        ("create = true", "create = \"yes\"", line_of("create = true"), "boolean"),
        ("priority = 300", "priority = -300", line_of("priority = "), ""),
        ("priority = 300", "priority = 70000", line_of("priority = "), ""),
        ("home = \"/nonexistent\"", "home = ", line_of("home = "), ""),
        ("mode = \"0755\"", "mode = \"0o755\"", line_of("mode = "), "0o755"),
        ("class = \"bpf\"", "class = \"bpf\"\nsubject = \"x\"", line_of("class = ") + 1, "subject"),
    ] {
        let error = expect_refused(from, to, &[&format!("line {line}: "), word]);
        assert_eq!(error.line, Some(line), "{to:?}");
    }
}

#[test]
fn what_is_missing_is_named() {
    for (line, name) in [
        ("work = \"/opt/cisco/hostprep/policy\"\n", "work"),
        ("executable = \"/opt/cisco/amp/bin/ampdaemon\"", "executable"),
        ("home = \"/nonexistent\"\n", "home"),
        ("create = true\n", "create"),
    ] {
        expect_refused(line, "", &[&format!("`{name}`")]);
    }
    assert!(parse("").unwrap_err().to_string().contains("missing field"));
    // What has a meaning when absent may be.
    let fewer = SOURCE.replace("former_priorities = []\n", "").replace("fallback_domains = [\"initrc_t\"]\n", "");
    assert!(fewer.len() < SOURCE.len());
    let profile = parse(&fewer).unwrap();
    assert!(profile.module.former_priorities.is_empty() && profile.module.fallback_domains.is_empty());
}

#[test]
fn what_the_agents_parts_need_is_held_to_what_can_be() {
    for (from, to, words) in [
        ("within = \"1h\"", "within = \"soon\"", &["`soon` is not a duration", "line "][..]),
        ("within = \"1h\"", "within = \"-1h\"", &["lies in the past"]),
        ("within = \"1h\"", "within = \"0s\"", &["load_lock: `ends` must be"]),
        ("ends = 2", "ends = 0", &["load_lock: `ends` must be"]),
        ("ends = 2", "ends = 33", &["load_lock: `ends` must be"]),
        ("\"ampnetworkflow\"", "\"../evil\"", &["cannot be the name of a kernel module"]),
        ("\"/opt/cisco/amp/modules/{release}\"", "\"/lib/modules/{release}\"", &["cannot be used"]),
        ("\"/opt/cisco/amp/clamav\"", "\"/etc\"", &["cannot be used"]),
        ("suffix = \".cvd\"", "suffix = \"\"", &["suffix"]),
        ("\"Enable Device Flow Correlation\"", "\" \"", &["cannot be the name of an option"]),
        ("\"Monitor File Copies and Moves\"", "\"a\\nb\"", &["cannot be the name of an option"]),
        ("network = \"Enable Device Flow Correlation\"", "", &["missing field `network`", "line "]),
    ] {
        expect_refused(from, to, words);
    }
}

#[test]
fn a_profile_may_say_nothing_of_them() {
    let (older, _) = SOURCE.split_once("# What the process that scans files needs").unwrap();
    let profile = parse(older).unwrap();
    assert!(
        profile.kernels == KernelTable::default() && profile.kernel_modules.is_none() && profile.scan_service.is_none()
    );
    assert_eq!(profile.load_lock, Profile::built_in().load_lock, "the guard is there in any case");
}

/// As every profile before `kernels.toml` had it.
#[test]
fn a_profile_with_its_own_table_stays_readable() {
    let rules = "[[kernels]]\nfamilies = [\"suse\"]\nkernel_from = \"4.12\"\nmonitors = \"ebpf\"\n";
    let older = format!("{SOURCE}\n{rules}");
    let table = parse(&older).unwrap().kernels;
    assert_eq!((table.origin, table.rules.len()), (kernel_table::Origin::Profile, 1));
    let line = SOURCE.lines().count();
    for (from, to, at, said) in [
        ("\"4.12\"", "\"banana\"", 4, "\"banana\" is not a kernel version"),
        ("\"suse\"", "\"SUSE\"", 3, "family \"SUSE\""),
        ("\"ebpf\"", "\"kprobes\"", 5, "kprobes"),
    ] {
        let message = parse(&format!("{SOURCE}\n{}", rules.replace(from, to))).unwrap_err().to_string();
        assert!(message.contains(&format!("line {}: ", line + at)) && message.contains(said), "{message}");
    }
    // An empty one says that the agent names no kernels.
    let none = parse(&SOURCE.replacen("schema = 1", "schema = 1\nkernels = []", 1)).unwrap().kernels;
    assert_eq!((none.origin, none.rules.len()), (kernel_table::Origin::Profile, 0));
}
