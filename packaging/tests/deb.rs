//! dpkg-deb, dpkg, ar, tar, md5sum and dpkg-gencontrol read the DEB.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::kitchen_sink_agent::{self, Workshop};
use common::{columns, shell, shell_as_root, text, tool, tree};

/// [`common::EPOCH`] in tar's form.
const TIME: &str = "2020-02-02 12:00:00";
const SCRIPTS: [&str; 4] = ["preinst", "postinst", "prerm", "postrm"];

struct Deb {
    workshop: Workshop,
    path: PathBuf,
}

impl Deb {
    fn new() -> Self {
        let workshop = Workshop::full();
        let path = workshop.built(".deb");
        Self { workshop, path }
    }

    /// Runs dpkg-deb on the package and returns the new directory that it wrote.
    fn taken_out(&self, option: &str) -> PathBuf {
        let directory = self.workshop.at(&format!("taken{option}"));
        tool("dpkg-deb", &[option, text(&self.path), text(&directory)]);
        directory
    }

    /// Returns an archive's entries in order: mode, owner, size, time, name (for a link with its target).
    fn entries(&self, member: &str) -> Vec<Vec<String>> {
        let line = format!("dpkg-deb --{member} '{}' | tar -tv --full-time --quoting-style=literal", text(&self.path));
        let listed = shell(&line, Path::new("/"));
        let split = |line: &str| {
            let found = columns(line, 6);
            let time = format!("{} {}", found[3], found[4]);
            [found[0], found[1], found[2], &time, found[5]].map(str::to_owned).to_vec()
        };
        listed.lines().map(split).collect()
    }
}

#[test]
fn the_fields_are_in_policys_order_and_folded() {
    let deb = Deb::new();
    let control = fs::read_to_string(deb.taken_out("-e").join("control")).unwrap();
    let size = tool("dpkg-deb", &["-f", text(&deb.path), "Installed-Size"]);
    let expected = "\
Package: odd-agent
Version: 1.2~rc1+b-3.el7
Architecture: amd64
Maintainer: Ódd Agents <agents@odd.example>
Installed-Size: SIZE
Depends: libc6 (>= 2.17), passwd
Suggests: checkpolicy | setools
Section: admin
Priority: optional
Homepage: https://odd.example/
Description: an agent with odd names
 A paragraph of
 two lines.
 .
   A line as it stands.
 .
 The last.
";
    assert_eq!(control, expected.replace("SIZE", size.trim()));
    assert_eq!(deb.path.file_name().unwrap(), "odd-agent_1.2~rc1+b-3.el7_amd64.deb");
    let info = tool("dpkg-deb", &["--info", text(&deb.path)]);
    assert!(info.contains("new Debian package, version 2.0."), "{info}");
}

#[test]
fn a_package_for_every_architecture_is_called_all() {
    let workshop = Workshop::bare();
    workshop.change("x86_64", "noarch");
    workshop.write("program", "#!/bin/sh\n");
    let path = workshop.built("_all.deb");
    assert_eq!(tool("dpkg-deb", &["-f", text(&path), "Architecture"]), "all\n");
}

#[test]
fn the_installed_size_is_what_dpkg_gencontrol_counts() {
    let deb = Deb::new();
    let tree = deb.taken_out("-x");
    deb.workshop
        .write("debian/control", "Source: odd-agent\nMaintainer: A <a@b>\n\nPackage: odd-agent\nArchitecture: all\n");
    deb.workshop.write(
        "debian/changelog",
        "odd-agent (1) unstable; urgency=low\n\n  * x\n\n -- A <a@b>  Sun, 02 Feb 2020 12:00:00 +0000\n",
    );
    let line = format!("dpkg-gencontrol -podd-agent -P'{}' -O -f/dev/null", text(&tree));
    let counted = shell(&line, deb.workshop.directory.path());
    let counted = counted.lines().find_map(|line| line.strip_prefix("Installed-Size: ")).unwrap();
    assert_eq!(tool("dpkg-deb", &["-f", text(&deb.path), "Installed-Size"]).trim(), counted);
}

#[test]
fn every_file_except_configuration_has_a_correct_checksum() {
    let deb = Deb::new();
    let (control, tree) = (deb.taken_out("-e"), deb.taken_out("-x"));
    let sums = control.join("md5sums");
    shell(&format!("md5sum --strict -c '{}'", text(&sums)), &tree);
    let listed: Vec<String> =
        fs::read_to_string(sums).unwrap().lines().map(|line| format!("/{}", &line[34..])).collect();
    let is_summed = |(path, node): (String, tree::Node)| {
        (matches!(node, tree::Node::File { .. }) && !path.starts_with("/etc/")).then_some(path)
    };
    let expected: Vec<String> = tree::read(&tree).into_iter().filter_map(is_summed).collect();
    assert_eq!(listed, expected);
}

#[test]
fn the_configuration_files_are_those_in_etc() {
    let deb = Deb::new();
    let control = deb.taken_out("-e");
    let listed = fs::read_to_string(control.join("conffiles")).unwrap();
    assert_eq!(listed, "/etc/logrotate.d/odd\n/etc/odd/odd.conf\n/etc/odd/sub/two words.conf\n");
}

#[test]
fn the_triggers_are_noawait() {
    let deb = Deb::new();
    let control = deb.taken_out("-e");
    let triggers = fs::read_to_string(control.join("triggers")).unwrap();
    assert_eq!(triggers, "interest-noawait /usr/src\ninterest-noawait /lib/modules\n");
}

#[test]
fn the_control_archive_holds_scripts_that_dpkg_can_run() {
    let deb = Deb::new();
    let control = deb.taken_out("-e");
    for script in SCRIPTS {
        let path = control.join(script);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o755, "{script}");
        assert!(fs::read_to_string(path).unwrap().starts_with("#!/bin/sh\n"), "{script}");
    }
    let entries = deb.entries("ctrl-tarfile");
    let seen: Vec<(&str, &str)> = entries.iter().map(|entry| (entry[0].as_str(), entry[4].as_str())).collect();
    let plain = ["./control", "./md5sums", "./conffiles", "./triggers"].map(|name| ("-rw-r--r--", name));
    let scripts = ["./preinst", "./postinst", "./prerm", "./postrm"].map(|name| ("-rwxr-xr-x", name));
    assert_eq!(seen, [&[("drwxr-xr-x", "./")], plain.as_slice(), scripts.as_slice()].concat());
    for entry in entries {
        assert_eq!([entry[1].as_str(), entry[3].as_str()], ["root/root", TIME], "{entry:?}");
    }
}

#[test]
fn without_hooks_there_are_no_scripts_and_no_triggers() {
    let workshop = Workshop::bare();
    let old = fs::read_to_string(workshop.at("manifest.toml")).unwrap();
    let (before, rest) = old.split_once("[hooks]").unwrap();
    let after =
        rest.split_once("[[directory]]").unwrap().1.replace("template = \"logrotate.conf\"", "source = \"LICENSE\"");
    let after = after.replace("template = \"command.sh\"", "source = \"LICENSE\"");
    workshop.write("manifest.toml", format!("{before}[[directory]]{after}"));
    let mut command = common::package();
    command.args(["build", "--manifest", text(&workshop.at("manifest.toml")), "--out", text(&workshop.out())]);
    common::run(&mut command).succeeded();
    let listed = tool("dpkg-deb", &["--ctrl-tarfile", text(&common::only(&workshop.out(), ".deb"))]);
    for name in SCRIPTS.iter().chain(&["triggers"]) {
        assert!(!listed.contains(&format!("./{name}\0")), "{name}");
    }
}

#[test]
fn the_entries_are_sorted_and_complete_with_one_owner_and_time() {
    let entries = Deb::new().entries("fsys-tarfile");
    let mut names = Vec::new();
    for entry in &entries {
        let [mode, owner, _, time, name] = entry.as_slice() else { panic!("{entry:?}") };
        assert_eq!([owner.as_str(), time.as_str()], ["root/root", TIME], "{entry:?}");
        let is_directory = mode == "drwxr-xr-x";
        assert!(is_directory || ["-rw-r--r--", "-rwxr-xr-x", "lrwxrwxrwx"].contains(&mode.as_str()), "{entry:?}");
        let name = name.split(" -> ").next().unwrap();
        assert!(name.starts_with("./") && name.ends_with('/') == is_directory, "{entry:?}");
        names.push(name.trim_end_matches('/'));
    }
    assert_eq!(names[0], ".");
    assert!(names.is_sorted(), "{names:?}");
    let all: BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(all.len(), names.len(), "an entry is listed twice");
    for name in &names[1..] {
        let above = name.rsplit_once('/').unwrap().0;
        assert!(all.contains(above) || above == "./opt", "the directory of {name} is missing");
    }
    // dpkg would remove /opt with the package, because no other package lists it.
    assert!(!all.contains("./opt"), "{names:?}");
}

#[test]
fn the_members_are_in_order_and_xz() {
    let deb = Deb::new();
    let listed = tool("ar", &["tv", text(&deb.path)]);
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next_back()).collect();
    assert_eq!(names, ["debian-binary", "control.tar.xz", "data.tar.xz"]);
    for line in listed.lines() {
        assert!(line.starts_with("rw-r--r-- 0/0") && line.contains("Feb  2 12:00 2020"), "{line}");
    }
    for member in &names[1..] {
        shell(&format!("ar p '{}' {member} | xz --test --format=xz", text(&deb.path)), Path::new("/"));
    }
}

/// dpkg-deb runs tar to read archives, but dpkg reads them itself, so only an installation tests long names.
#[test]
fn dpkg_itself_unpacks_every_name_link_and_mode() {
    let deb = Deb::new();
    let root = deb.workshop.at("root");
    for directory in ["var/lib/dpkg/info", "var/lib/dpkg/updates", "opt"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    // Without the scripts, because the root has no shell to run them.
    let bare = deb.workshop.at("bare.deb");
    let line = format!(
        "dpkg-deb -R '{0}' bare && rm bare/DEBIAN/p* && dpkg-deb -e '{0}' c && \
         ar p '{0}' debian-binary >debian-binary && ar p '{0}' data.tar.xz >data.tar.xz && \
         tar -C c --exclude='./p*' -cJf control.tar.xz . && ar rc '{1}' debian-binary control.tar.xz data.tar.xz && \
         PATH=$PATH:/usr/sbin:/sbin dpkg --root='{2}' --force-depends --force-architecture --no-triggers --unpack '{1}'",
        text(&deb.path),
        text(&bare),
        text(&root)
    );
    shell_as_root(&line, deb.workshop.directory.path());
    let mut found = tree::read(&root);
    found.retain(|path, _| !path.starts_with("/var/lib/dpkg"));
    let renamed = |(path, node): (String, tree::Node)| (path.replace(".dpkg-new", ""), node);
    let found: tree::Tree = found.into_iter().map(renamed).collect();
    let tree = tree::read(&deb.taken_out("-x"));
    assert_eq!(tree::difference(&found, &tree), Vec::<String>::new());
    for (path, target) in kitchen_sink_agent::links() {
        if !path.contains("/man/") {
            assert_eq!(found.get(&path), Some(&tree::Node::Link { target }), "{path}");
        }
    }
    let verified = shell_as_root(&format!("dpkg --root='{}' --verify odd-agent", text(&root)), Path::new("/"));
    // dpkg gives configuration files their names only when it configures the package.
    assert!(verified.lines().all(|line| line.starts_with("missing   c /etc/")), "{verified}");
}

#[test]
fn dpkg_reads_the_changelog() {
    let deb = Deb::new();
    let tree = deb.taken_out("-x");
    let packed = tree.join("usr/share/doc/odd-agent/changelog.Debian.gz");
    let line = format!("zcat '{}' | dpkg-parsechangelog -l- --all", text(&packed));
    let read = shell(&line, Path::new("/"));
    for part in ["Version: 1.2~rc1+b-3.el7\n", "Date: Mon, 2 Mar 2026 12:00:00 +0000\n", "* With two lines.", "1.1-1"] {
        assert!(read.contains(part), "{part} is not in: {read}");
    }
    assert!(!read.contains("warning"), "{read}");
}
