//! Links in an alternate root that would lead a tool of this machine out of it. (Account files: [`crate::links`].)

use harness::{ScratchRoot, Snapshot};

use crate::run::on;

/// A root with a policy store, which configures SELinux as enforcing, and nothing else to repair.
fn with_store() -> ScratchRoot {
    let root = ScratchRoot::of("debian-12");
    root.policy_store();
    root
}

#[test]
fn a_policy_store_that_leads_out_is_not_given_to_semodule() {
    let root = with_store();
    let policy_type = root.policy_type();
    let outside = harness::setup::open_tempdir();
    let bystander = outside.path().join("bystander");
    for link in [
        // To what is outside for the kernel; to `/srv` in the root, where there is the same, for us.
        "/var/lib/selinux".to_owned(),
        format!("/var/lib/selinux/{policy_type}/active/modules"),
        format!("/etc/selinux/{policy_type}/policy"),
    ] {
        let at = root.at(&link);
        let inside = format!("/srv{}", bystander.display());
        std::fs::create_dir_all(root.at(&inside).parent().unwrap()).unwrap();
        std::fs::create_dir_all(bystander.parent().unwrap()).unwrap();
        let mut copy = std::process::Command::new("cp");
        harness::setup::run(copy.arg("-a").arg(&at).arg(&bystander));
        std::fs::rename(&at, root.at("/aside")).unwrap();
        std::os::unix::fs::symlink(&bystander, &at).unwrap();
        // What we find when we follow it inside the root.
        std::fs::create_dir_all(root.at(bystander.parent().unwrap().to_str().unwrap())).unwrap();
        harness::setup::run(
            std::process::Command::new("cp").arg("-a").arg(&bystander).arg(root.at(bystander.to_str().unwrap())),
        );

        let before = Snapshot::of(&bystander);
        let run = on(&root, &["repair", "--format", "json", "--only", "selinux-module"]);
        assert_eq!(run.code, Some(3), "{link}: {run:?}");
        let detail = run.step("selinux-module")["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("points outside the alternate root"), "{link}: {detail}");
        before.expect_untouched(&Snapshot::of(&bystander));

        std::fs::remove_file(&at).unwrap();
        std::fs::rename(root.at("/aside"), &at).unwrap();
        std::fs::remove_dir_all(&bystander).unwrap();
        std::fs::remove_dir_all(root.at(bystander.to_str().unwrap())).unwrap();
    }
    let run = on(&root, &["repair", "--format", "json", "--only", "selinux-module"]);
    assert_eq!(run.step("selinux-module")["outcome"], "changed", "{run:?}");
    assert!(root.modules().iter().any(|module| module.starts_with("300 cisco-secure-bpf")), "{:?}", root.modules());
}

#[test]
fn useradd_keeps_this_machines_login_records() {
    if !harness::need_root() {
        return; // This machine's logs are root's.
    }
    let root = crate::postconditions::sick();
    // Who logged in last, by uid (lastlog(8), faillog(5)), for more uids than the new user's.
    let arrange = "mount -t tmpfs none /var/log && head -c 900000 /dev/zero | tr '\\0' x >/var/log/lastlog && \
        cp /var/log/lastlog /var/log/faillog && cp /var/log/lastlog /var/log/before";
    let script = "\"$@\" || code=$?; cmp /var/log/before /var/log/lastlog && cmp /var/log/before /var/log/faillog || exit 98; exit $code";
    let mut command = crate::recording_tool::arranged(arrange, "/bin/sh".as_ref());
    command.args(["-c", script, "sh"]).arg(harness::program::binary());
    let run = harness::Run::of(command.args(crate::run::words(&root, &["repair"])));
    assert_eq!(run.code, Some(3), "{run:?}");
    crate::postconditions::expect_healthy(&root, "with records of logins");
}
