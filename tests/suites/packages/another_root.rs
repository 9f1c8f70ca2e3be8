//! The DEB in another system, by the building machine's dpkg: the maintainer scripts run on that machine (`DPKG_ROOT`).

use harness::{Run, Snapshot, System};

use crate::debian::{expect_well, system};

const IMAGE: &str = "/srv/image";

/// A building machine that has files where the package keeps its own, and a system at [`IMAGE`] in it.
fn machine() -> System {
    let machine = System::new("bookworm", &[]);
    machine
        .file("/var/lib/cisco/hostprep/journal.json", "the machine's own\n")
        .file("/var/lib/cisco/faults/faults.json", "the machine's own\n")
        .file("/var/log/cisco/hostprep.log", "the machine's own\n")
        // dpkg's own, which it keeps on the machine that it runs on.
        .file("/var/log/dpkg.log", "")
        .dir("/run/systemd/system", 0o755)
        .dir("/srv", 0o755);
    let image = system("bookworm", &[]);
    let moved = std::process::Command::new("mv").arg(image.path()).arg(machine.at(IMAGE)).status().unwrap();
    assert!(moved.success());
    // The harness removes the directory that it made.
    std::fs::create_dir(image.path()).unwrap();
    machine
}

fn dpkg(machine: &System, action: &str) -> Run {
    machine.run(&format!("dpkg --root={IMAGE} --force-script-chrootless {action}"))
}

#[test]
fn maintainer_scripts_act_on_that_root_alone() {
    if !harness::need_root() {
        return;
    }
    let machine = machine();
    let own = || machine.snapshot().without(&[IMAGE, "/var/log/dpkg.log"]);
    let before = own();
    let login_defs = Snapshot::of(&machine.at(&format!("{IMAGE}/etc/login.defs")));
    let in_image = |path: &str| machine.at(&format!("{IMAGE}{path}"));
    let has_user = || machine.text(&format!("{IMAGE}/etc/passwd")).contains("\ncisco-amp-scan-svc:");

    expect_well(dpkg(&machine, &format!("--install {IMAGE}/tmp/newer.deb")));
    assert!(has_user());
    assert!(in_image("/var/lib/cisco/hostprep/journal.json").exists());
    login_defs.expect_untouched(&Snapshot::of(&in_image("/etc/login.defs")));
    before.expect_untouched(&own());

    expect_well(dpkg(&machine, "--remove hostprep"));
    assert!(!has_user());
    before.expect_untouched(&own());
    // A directory of the image may be a link, which leads somewhere else on this machine.
    let _ = std::fs::remove_dir_all(in_image("/var/lib/cisco"));
    std::os::unix::fs::symlink("/var/lib/cisco", in_image("/var/lib/cisco")).unwrap();
    let said = dpkg(&machine, "--purge hostprep").expect_code(0).stderr;
    assert!(said.contains("is left: a directory above it is a symbolic link"), "{said}");
    before.expect_untouched(&own());

    std::fs::remove_file(in_image("/var/lib/cisco")).unwrap();
    expect_well(dpkg(&machine, &format!("--install {IMAGE}/tmp/newer.deb")));
    dpkg(&machine, "--purge hostprep").expect_code(0);
    assert!(!in_image("/var/lib/cisco").exists() && !in_image("/var/log/cisco").exists());
    before.expect_untouched(&own());
}
