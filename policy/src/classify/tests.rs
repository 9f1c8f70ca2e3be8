use host::process::telling_line;
use proptest::prelude::*;

use super::*;

const MODULE: &str = "cisco-secure-bpf";

macro_rules! said {
    ($name:literal) => {
        ($name, include_str!(concat!("../../fixtures/stderr/", $name, ".txt")))
    };
}

/// Real texts, the cause, and a word of the telling line.
#[test]
fn the_texts_of_the_real_programs() {
    let cases = [
        (said!("lock-held"), Cause::StoreLocked, "transaction lock"),
        (said!("read-only-var"), Cause::StoreReadOnly, "Read-only"),
        (said!("read-only-etc"), Cause::StoreReadOnly, "Read-only"),
        (said!("immutable-store"), Cause::StoreReadOnly, "not permitted"),
        (said!("not-root-closed-store"), Cause::StoreReadOnly, "Permission denied"),
        (said!("not-root-open-store"), Cause::StoreReadOnly, "Permission denied"),
        (said!("newer-module-version"), Cause::PolicyVersion, "version 40"),
        (said!("neverallow"), Cause::Neverallow, "neverallow check failed"),
        (said!("type-missing-pp"), Cause::TypeMissing, "typeattributeset"),
        (said!("type-missing-cil"), Cause::ClassMissing, "allow statement"),
        (said!("class-missing-pp"), Cause::ClassMissing, "allow statement"),
        (said!("permission-missing-pp"), Cause::ClassMissing, "allow statement"),
        (said!("permission-missing-cil"), Cause::ClassMissing, "allow statement"),
        (said!("other-module-unresolved"), Cause::StoreBroken, "400/other"),
        (said!("other-module-garbled"), Cause::StoreBroken, "400/other"),
        (said!("other-module-bad-bzip2"), Cause::StoreBroken, "bz2"),
        (said!("module-without-language"), Cause::StoreBroken, "lang ext"),
        (said!("base-missing"), Cause::StoreBroken, "initial sid"),
        (said!("active-missing"), Cause::StoreBroken, "initial sid"),
        (said!("left-attribute"), Cause::StoreBroken, "200/left"),
        (said!("left-role"), Cause::StoreBroken, "200/left"),
        (said!("left-boolean"), Cause::StoreBroken, "200/left"),
        (said!("left-permission"), Cause::StoreBroken, "200/left"),
        (said!("left-user"), Cause::StoreBroken, "200/left"),
        (said!("left-twice"), Cause::StoreBroken, "Re-declaration of type kernel_t"),
        (said!("left-keyword"), Cause::StoreBroken, "Unknown keyword"),
        (said!("left-cut"), Cause::StoreBroken, "200/left"),
        (said!("local-fcontext-type"), Cause::StoreBroken, "type gone_t is not defined"),
        (said!("local-fcontext-level"), Cause::StoreBroken, "invalid MLS context s9"),
        (said!("local-fcontext-regex"), Cause::StoreBroken, "line 1 has invalid regex"),
        (said!("local-fcontext-malformed"), Cause::StoreBroken, "file_contexts.local: 2"),
        (said!("local-port-type"), Cause::StoreBroken, "type gone_t is not defined"),
        (said!("local-port-malformed"), Cause::StoreBroken, "ports.local: 1"),
        (said!("local-interface-type"), Cause::StoreBroken, "type gone_t is not defined"),
        (said!("local-node-type"), Cause::StoreBroken, "type gone_t is not defined"),
        (said!("local-ibendport-type"), Cause::StoreBroken, "type gone_t is not defined"),
        (said!("local-user-role"), Cause::StoreBroken, "undefined role gone_r"),
        (said!("local-user-level"), Cause::StoreBroken, "invalid MLS context s9"),
        (said!("local-login-user"), Cause::StoreBroken, "selinux user gone_u does not exist"),
        (said!("local-login-level"), Cause::StoreBroken, "invalid MLS context s9"),
        (said!("local-boolean-malformed"), Cause::StoreBroken, "booleans.local: 1"),
        (said!("out-of-memory"), Cause::OutOfMemory, "allocate memory"),
        (said!("no-package-compiler"), Cause::ToolsMissing, "Unable to execute"),
        (said!("no-sefcontext-compile"), Cause::ToolsMissing, "sefcontext_compile returned"),
        (said!("no-space"), Cause::DiskFull, "No space left"),
        (said!("no-space-sandbox"), Cause::DiskFull, "No space left"),
        (said!("no-space-final"), Cause::DiskFull, "No space left"),
        // These do not say so.
        (said!("no-space-short-write"), Cause::Unknown, "Input/output error"),
        (said!("no-space-silent"), Cause::Unknown, "Failed!"),
        (said!("no-space-file-contexts"), Cause::Unknown, "write_binary_file"),
        (said!("truncated-package"), Cause::Unknown, "invalid module"),
        (said!("syntax-cil"), Cause::Unknown, "matching close"),
        (said!("file-missing"), Cause::Unknown, "Unable to open"),
        (said!("remove-absent"), Cause::Unknown, "Unable to remove"),
        (said!("disabled-stays"), Cause::ModuleDisabled, "will be disabled"),
        (said!("overlay-warning-only"), Cause::Unknown, "non-atomic"),
    ];
    for ((name, stderr), cause, telling) in cases {
        for stderr in [stderr.to_owned(), as_started(stderr), format!("{WARNINGS}{stderr}")] {
            assert_eq!(classify(&stderr, MODULE), cause, "{name}");
            let line = telling_line(&stderr).unwrap();
            assert!(line.contains(telling), "{name}: {line}");
        }
    }
}

/// The text with the name that semodule prints where hostprep starts it: as a path.
fn as_started(stderr: &str) -> String {
    let line = |line: &str| if line.starts_with("semodule:") { format!("/usr/sbin/{line}") } else { line.to_owned() };
    stderr.lines().map(|text| line(text) + "\n").collect()
}

/// What transactions that succeed print too (`genhomedircon.c`, `direct_api.c`, `semanage_store.c`, and `load_policy.c` of libselinux).
const WARNINGS: &str = "\
    libsemanage.get_home_dirs: appd homedir /etc/init.d or its parent directory conflicts with a file context already specified in \
    the policy.  This usually indicates an incorrectly defined system account.  If it is a system account please make sure its uid \
    is less than 1000 or greater than 60000 or its login shell is /sbin/nologin.\n\
    libsemanage.get_home_dirs: Conversion failed for key UID_MIN, is its value a number?  Falling back to default value of `1000`.\n\
    libsemanage.semanage_compare_checksum: Module checksum invalid - forcing a rebuild\n\n\
    libsemanage.semanage_rename: WARNING: rename(/a, /b) failed: No space left on device, fall back to non-atomic \
    semanage_copy_dir_flags()\n\
    SELinux:  Could not downgrade policy file /etc/selinux/t/policy/policy.33, searching for an older version.\n";

#[test]
fn memory_that_runs_out() {
    for line in [
        "SELinux:  Could not load policy file /etc/selinux/t/policy/policy.33:  Cannot allocate memory",
        "libsemanage.semanage_make_sandbox: Could not copy files to sandbox /x/tmp. (Cannot allocate memory).",
        "libsepol.link_modules: Out of memory!",
        "libsepol.policydb_to_image: out of memory, could not compute policy length",
        "Failed to allocate memory",
    ] {
        assert_eq!(classify(line, MODULE), Cause::OutOfMemory, "{line}");
    }
}

#[test]
fn space_that_runs_out() {
    for (line, path) in [
        ("cp: error writing '/var/lib/selinux/t/tmp/seusers': Disk quota exceeded", "/var/lib/selinux/t/tmp/seusers"),
        ("libsemanage.semanage_make_sandbox: Could not copy files to sandbox /x/tmp. (Disk quota exceeded).", "/x/tmp"),
        ("/sbin/sefcontext_compile: can't write /etc/selinux/t/a.bin: No space left on device", "/etc/selinux/t/a.bin"),
        ("libsemanage.a: Could not copy /var/x to /etc/y. (No space left on device).", "/etc/y"),
        ("bzip2: No space left on device", ""),
    ] {
        assert_eq!(classify(line, MODULE), Cause::DiskFull, "{line}");
        assert_eq!(full_path(line).unwrap_or_default(), path, "{line}");
    }
    for stderr in [said!("no-space-short-write").1, said!("no-space-silent").1, said!("no-space-file-contexts").1] {
        for stderr in [stderr.to_owned(), as_started(stderr), format!("{WARNINGS}{}", as_started(stderr))] {
            assert!(may_lack_space(&stderr) && full_path(&stderr).is_none(), "{stderr}");
        }
    }
    for stderr in [said!("left-attribute").1, said!("syntax-cil").1, said!("no-sefcontext-compile").1] {
        assert!(!may_lack_space(stderr), "{stderr}");
    }
}

#[test]
fn another_modules_failure_is_a_broken_store() {
    for name in ["type-missing-pp", "class-missing-pp", "neverallow"] {
        let stderr = match name {
            "type-missing-pp" => said!("type-missing-pp").1,
            "class-missing-pp" => said!("class-missing-pp").1,
            _ => said!("neverallow").1,
        };
        assert_eq!(classify(stderr, "another"), Cause::StoreBroken, "{name}");
    }
}

/// libsepol's own linker, before libsemanage 2.4 compiled everything as CIL; `semodule_link` still reports this.
#[test]
fn the_older_linker() {
    let missing =
        |what| format!("libsepol.print_missing_requirements: {MODULE}'s global requirements were not met: {what}\n");
    assert_eq!(classify(&missing("type/attribute unconfined_service_t"), MODULE), Cause::TypeMissing);
    assert_eq!(classify(&missing("class bpf"), MODULE), Cause::ClassMissing);
    assert_eq!(classify(&missing("permission prog_run in class bpf"), MODULE), Cause::ClassMissing);
    assert_eq!(classify(&missing("class bpf"), "another"), Cause::StoreBroken);
}

#[test]
fn an_empty_text_has_no_cause() {
    assert_eq!(classify("", MODULE), Cause::Unknown);
    assert_eq!(telling_line("\n \n"), None);
    assert_eq!(telling_line("semodule:  Failed!\n"), Some("semodule:  Failed!"));
}

proptest! {
    #[test]
    fn never_panics(stderr in any::<String>()) {
        let _ = classify(&stderr, MODULE);
        let _ = telling_line(&stderr);
    }
}
