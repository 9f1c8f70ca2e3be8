//! rpm, rpm2cpio and cpio read the RPM.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests arrange files and processes, and fail by panicking"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::header::Part::{Main, Signature};
use common::header::{self, Tag};
use common::kitchen_sink_agent::{self, Workshop};
use common::{EPOCH, assert_archive_size, run, shell, shell_as_root, text, tool, tool_command, tree};

/// The features that rpm 4.11 provides itself: `rpmlibProvides` in `lib/rpmds.c` of rpm 4.11.3.
const RPMLIB_OF_4_11: [&str; 16] = [
    "rpmlib(VersionedDependencies) 3.0.3-1",
    "rpmlib(CompressedFileNames) 3.0.4-1",
    "rpmlib(PayloadIsBzip2) 3.0.5-1",
    "rpmlib(PayloadIsXz) 5.2-1",
    "rpmlib(PayloadIsLzma) 4.4.2-1",
    "rpmlib(PayloadFilesHavePrefix) 4.0-1",
    "rpmlib(ExplicitPackageProvide) 4.0-1",
    "rpmlib(HeaderLoadSortsTags) 4.0.1-1",
    "rpmlib(ScriptletInterpreterArgs) 4.0.3-1",
    "rpmlib(PartialHardlinkSets) 4.0.4-1",
    "rpmlib(ConcurrentAccess) 4.1-1",
    "rpmlib(BuiltinLuaScripts) 4.2.2-1",
    "rpmlib(FileDigests) 4.6.0-1",
    "rpmlib(FileCaps) 4.6.1-1",
    "rpmlib(ScriptletExpansion) 4.9.0-1",
    "rpmlib(TildeInVersions) 4.10.0-1",
];

struct Rpm {
    workshop: Workshop,
    path: PathBuf,
}

impl Rpm {
    fn new() -> Self {
        let workshop = Workshop::full();
        let path = workshop.built(".rpm");
        Self { workshop, path }
    }

    fn query(&self, format: &str) -> String {
        tool("rpm", &["-qp", "--qf", format, text(&self.path)])
    }

    /// Returns one value of each file by path.
    fn files(&self, value: &str) -> BTreeMap<String, String> {
        let listed = self.query(&format!("[%{{FILENAMES}}\\t%{{{value}}}\\n]"));
        let pair = |line: &str| line.split_once('\t').map(|(path, value)| (path.to_owned(), value.to_owned()));
        listed.lines().filter_map(pair).collect()
    }
}

#[test]
fn old_hosts_can_read_it() {
    let rpm = Rpm::new();
    assert_eq!(rpm.query("%{PAYLOADFORMAT} %{PAYLOADCOMPRESSOR} %{PAYLOADFLAGS}"), "cpio gzip 9");
    // The lead of a binary package of format 3 or 4.
    assert_eq!(std::fs::read(&rpm.path).unwrap()[..8], [0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0]);
    let checked = tool("rpm", &["-K", text(&rpm.path)]);
    assert!(checked.ends_with(": digests OK\n"), "{checked}");
    for tag in ["SHA1HEADER", "SHA256HEADER", "PAYLOADDIGEST"] {
        assert_ne!(rpm.query(&format!("%{{{tag}}}")), "(none)", "{tag}");
    }
}

/// rpm 4.11 knows no other digest of the payload: without this one, `rpm -K` does not detect a changed payload.
#[test]
fn header_and_payload_have_an_md5_that_is_right() {
    let rpm = Rpm::new();
    let said = tool("rpmkeys", &["-Kv", "--nosignature", text(&rpm.path)]);
    assert!(said.contains("    MD5 digest: OK\n"), "{said}");
    let mut bytes = std::fs::read(&rpm.path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    rpm.workshop.write("changed.rpm", &bytes);
    let said = run(&mut tool_command("rpmkeys", &["-Kv", text(&rpm.workshop.at("changed.rpm"))]));
    assert!(said.code == Some(1) && said.stdout.contains("    MD5 digest: BAD"), "{said:?}");
}

#[test]
fn the_archive_size_is_that_of_the_payload() {
    assert_archive_size(&Rpm::new().path);
    let work = tempfile::tempdir().unwrap();
    assert_archive_size(&common::only(&common::build_own(work.path()), ".rpm"));
    let empty = Workshop::bare();
    assert_archive_size(&empty.built(".rpm"));
}

/// Tags that rpmbuild writes and we do not, each with the use that rpm 4.11 has for it.
const NOT_WRITTEN: [(Tag, &str); 5] = [
    ((Main, 1122), "Optflags: only shown by queries: the compiler's flags of a build that took place elsewhere"),
    ((Main, 1132), "Platform: only shown by queries: whether a package fits is judged by Arch and Os"),
    ((Main, 1140), "Filecolors: without it all files are of color 0, as those of a noarch package: no multilib choice"),
    ((Main, 1141), "Fileclass: only shown by --fileclass, which prints nothing then"),
    ((Main, 1142), "Classdict: the strings of Fileclass"),
];

/// Tags of the same type and count with another value, each with the reason.
const OTHER_VALUE: [(Tag, &str); 15] = [
    ((Signature, 269), "Sha1header: the digest of the header"),
    ((Signature, 273), "Sha256header: the digest of the header"),
    ((Signature, 1000), "Sigsize: the size of header and payload"),
    ((Signature, 1004), "Sigmd5: the digest of header and payload"),
    ((Main, 63), "the trailer: it points back over all entries, of which we have fewer"),
    ((Main, 1023), "Prein: hostprep's script"),
    ((Main, 1024), "Postin: as Prein"),
    ((Main, 1025), "Preun: as Prein"),
    ((Main, 1026), "Postun: as Prein"),
    ((Main, 1044), "Sourcerpm: (none), for there is no source RPM; without the tag, this were one"),
    ((Main, 1064), "Rpmversion: the builder"),
    ((Main, 1065), "Triggerscripts: as Prein"),
    ((Main, 1152), "Posttrans: as Prein"),
    ((Main, 5076), "Transfiletriggerscripts: as Prein"),
    ((Main, 5092), "Payloaddigest: gzip of another make; the archive within has the same digest, Payloaddigestalt"),
];

/// rpmbuild makes a package of our files. Each tag has the same type, count and value, or is in a list above.
#[test]
fn every_tag_of_rpmbuild_is_the_same_or_differs_on_purpose() {
    let workshop = Workshop::bare();
    workshop.write("manifest.toml", include_str!("fixtures/equivalent.toml"));
    workshop.write("equivalent.spec", include_str!("fixtures/equivalent.spec"));
    workshop.payload("/opt/same/bin/tool", b"#!/bin/sh\n", 0o755);
    workshop.payload("/opt/same/nothing", b"", 0o644);
    workshop.payload("/etc/logrotate.d/same", b"text\n", 0o644);
    workshop.payload("/usr/share/doc/same/README", b"text\n", 0o644);
    std::fs::create_dir_all(workshop.at("payload/opt/same/empty")).unwrap();
    std::fs::create_dir_all(workshop.at("payload/usr/sbin")).unwrap();
    std::os::unix::fs::symlink("../../opt/same/bin/tool", workshop.at("payload/usr/sbin/same")).unwrap();
    let ours = workshop.built(".rpm");
    let line = format!(
        "mkdir files; (cd files && rpm2cpio '{}' | cpio -idm --quiet)
        SOURCE_DATE_EPOCH={EPOCH} rpmbuild --quiet -bb --define \"_topdir $PWD\" --define \"ours $PWD/files\" \\
        --define '_buildhost localhost' --define 'use_source_date_epoch_as_buildtime 1' \\
        --define 'clamp_mtime_to_source_date_epoch 1' --define '_binary_payload w9.gzdio' \\
        --define '_build_id_links none' --target x86_64 equivalent.spec >log 2>&1 || {{ cat log; exit 1; }}",
        text(&ours)
    );
    shell(&line, workshop.directory.path());
    let theirs = common::only(&workshop.at("RPMS/x86_64"), ".rpm");
    let [ours, theirs] = [ours, theirs].map(|path| header::tags(&std::fs::read(path).unwrap()));
    assert!(theirs.len() > 80, "{theirs:?}");
    let more: Vec<&Tag> = ours.keys().filter(|tag| !theirs.contains_key(tag)).collect();
    assert!(more.is_empty(), "rpmbuild does not write {more:?}");
    let mut missing: Vec<Tag> = Vec::new();
    let mut other: Vec<Tag> = Vec::new();
    for (tag, theirs) in &theirs {
        let Some(ours) = ours.get(tag) else {
            missing.push(*tag);
            continue;
        };
        let pair = format!("{tag:?}: rpmbuild has {}\nours: {}", theirs.shown(), ours.shown());
        assert_eq!((theirs.kind, theirs.count), (ours.kind, ours.count), "{pair}");
        if theirs.bytes != ours.bytes {
            assert!(OTHER_VALUE.iter().any(|(on_purpose, _)| on_purpose == tag), "{pair}");
            other.push(*tag);
        }
    }
    assert_eq!(missing, NOT_WRITTEN.map(|(tag, _)| tag));
    assert_eq!(other, OTHER_VALUE.map(|(tag, _)| tag));
}

#[test]
fn it_asks_of_rpm_only_what_4_11_has() {
    for listed in [Rpm::new().query(REQUIREMENTS), {
        let work = tempfile::tempdir().unwrap();
        let path = common::only(&common::build_own(work.path()), ".rpm");
        tool("rpm", &["-qp", "--qf", REQUIREMENTS, text(&path)])
    }] {
        let asked: Vec<&str> = listed.lines().filter(|line| line.starts_with("rpmlib(")).collect();
        assert!(!asked.is_empty());
        for one in asked {
            assert!(RPMLIB_OF_4_11.contains(&one), "{one}");
        }
        assert!(!listed.lines().any(|line| line.starts_with('(')), "a rich dependency: {listed}");
    }
}

const REQUIREMENTS: &str = "[%{REQUIRENAME} %{REQUIREVERSION}\\n]";

#[test]
fn it_requires_and_provides_what_the_manifest_lists() {
    let rpm = Rpm::new();
    let needed = rpm.query("[%{REQUIRENAME} %{REQUIREFLAGS:depflags} %{REQUIREVERSION}|%{REQUIREFLAGS:deptype}\\n]");
    for line in
        ["policycoreutils  |manual", "glibc >= 2.17|manual", "/usr/sbin/useradd  |pre", "/usr/sbin/useradd  |post"]
    {
        assert!(needed.lines().any(|found| found == line), "{line} is not in: {needed}");
    }
    let provided = rpm.query("[%{PROVIDENAME} %{PROVIDEFLAGS:depflags} %{PROVIDEVERSION}\\n]");
    for line in ["agent = 1", "odd-agent = 1.2~rc1+b-3.el7", "odd-agent(x86-64) = 1.2~rc1+b-3.el7"] {
        assert!(provided.lines().any(|found| found == line), "{line} is not in: {provided}");
    }
}

#[test]
fn sh_runs_every_scriptlet_and_trigger() {
    let rpm = Rpm::new();
    for (tag, call) in [
        ("PREIN", "hook rpm pre "),
        ("POSTIN", "hook rpm post "),
        ("PREUN", "hook rpm preun "),
        ("POSTUN", "hook rpm postun "),
        ("POSTTRANS", "hook rpm posttrans "),
    ] {
        assert_eq!(rpm.query(&format!("%{{{tag}PROG}}")), "/bin/sh", "{tag}");
        let script = rpm.query(&format!("%{{{tag}}}"));
        assert!(script.contains(call), "{tag}: {script}");
        assert_eq!(script.matches("hook rpm ").count(), script.matches(call).count(), "{tag}: {script}");
    }
    assert_eq!(rpm.query("%{PRETRANSPROG} %{VERIFYSCRIPTPROG}"), "(none) (none)");
    let triggers = rpm.query("[%{TRIGGERTYPE} %{TRIGGERCONDS} %{TRIGGERSCRIPTPROG}\\n]");
    assert_eq!(triggers, "in checkpolicy /bin/sh\nin kernel-devel /bin/sh\n");
    assert_eq!(rpm.query("[%{TRIGGERSCRIPTS}]").matches("hook rpm trigger \"$1\" \"$2\"").count(), 2);
    let by_file = rpm.query("[%{TRANSFILETRIGGERTYPE} %{TRANSFILETRIGGERCONDS} %{TRANSFILETRIGGERSCRIPTPROG}\\n]");
    let expected = ["in /lib/modules", "in /usr/src/kernels", "postun /lib/modules", "postun /usr/src/kernels"];
    assert_eq!(by_file, expected.map(|trigger| format!("{trigger} /bin/sh\n")).concat());
    let scripts = rpm.query("[%{TRANSFILETRIGGERSCRIPTS}]");
    for kind in ["in", "postun"] {
        let call = format!("hook rpm transfiletrigger{kind} \"${{1:-0}}\"");
        assert_eq!(scripts.matches(&call).count(), 2, "{scripts}");
    }
    assert_eq!(rpm.query("[%{FILETRIGGERNAME}]"), "", "none that runs for each package");
}

#[test]
fn configuration_licences_and_documents_are_marked() {
    let flags = Rpm::new().files("FILEFLAGS:fflags");
    let marked = |mark: &str| -> Vec<&str> {
        flags.iter().filter(|(_, flags)| *flags == mark).map(|(path, _)| path.as_str()).collect()
    };
    assert_eq!(marked("cn"), ["/etc/logrotate.d/odd", "/etc/odd/odd.conf", "/etc/odd/sub/two words.conf"]);
    assert_eq!(marked("l"), ["/usr/share/licenses/odd-agent/LICENSE"]);
    assert_eq!(marked("d"), ["/usr/share/man/man8/odd.8.gz"]);
    assert_eq!(flags.values().filter(|flags| !["", "cn", "l", "d"].contains(&flags.as_str())).count(), 0);
    let work = tempfile::tempdir().unwrap();
    let own = common::only(&common::build_own(work.path()), ".rpm");
    let documents = tool("rpm", &["-qp", "--docfiles", text(&own)]);
    assert!(documents.contains("/usr/share/doc/hostprep/examples/profile.toml\n"), "{documents}");
}

#[test]
fn owners_modes_and_times_do_not_depend_on_the_builder() {
    let rpm = Rpm::new();
    for (value, allowed) in [
        ("FILEUSERNAME", ["root"].as_slice()),
        ("FILEGROUPNAME", &["root"]),
        ("FILEMTIMES", &[EPOCH]),
        ("FILEMODES:octal", &["40755", "100644", "100755", "120777"]),
    ] {
        for (path, found) in rpm.files(value) {
            assert!(allowed.contains(&found.as_str()), "{path}: {value} is {found}");
        }
    }
    let modes = rpm.files("FILEMODES:octal");
    for (path, mode) in [
        ("/opt/odd/bin/tool", "100755"),
        ("/opt/odd/bin/hostprep", "100755"),
        ("/opt/odd/secret", "100644"),
        ("/opt/odd/empty directory", "40755"),
        ("/usr/sbin/odd", "120777"),
    ] {
        assert_eq!(modes.get(path).map(String::as_str), Some(mode), "{path}");
    }
    assert_eq!(rpm.query("%{BUILDTIME} %{BUILDHOST}"), format!("{EPOCH} localhost"));
}

#[test]
fn directories_of_the_distribution_are_not_listed() {
    let modes = Rpm::new().files("FILEMODES:octal");
    let directories = modes.iter().filter(|(_, mode)| mode.starts_with("40")).map(|(path, _)| path.as_str());
    let below_opt = format!("/opt/odd/{}", "d".repeat(50));
    let expected = [
        "/opt/odd",
        "/opt/odd/a",
        "/opt/odd/bin",
        below_opt.as_str(),
        "/opt/odd/empty directory",
        "/usr/share/licenses/odd-agent",
        "/usr/share/odd-spool",
        "/var/lib/odd",
    ];
    assert_eq!(directories.collect::<Vec<_>>(), expected);
}

#[test]
fn links_are_links_with_their_targets() {
    let links = Rpm::new().files("FILELINKTOS");
    for (path, target) in kitchen_sink_agent::links() {
        match path.strip_suffix("odder.8") {
            Some(above) => assert_eq!(links.get(&format!("{path}.gz")).unwrap(), "odd.8.gz", "{above}"),
            None => assert_eq!(links.get(&path), Some(&target), "{path}"),
        }
    }
}

#[test]
fn the_header_has_name_version_vendor_and_changelog() {
    let rpm = Rpm::new();
    assert_eq!(rpm.path.file_name().unwrap(), "odd-agent-1.2~rc1+b-3.el7.x86_64.rpm");
    assert_eq!(rpm.query("%{NEVRA}"), "odd-agent-1.2~rc1+b-3.el7.x86_64");
    for (tag, value) in [
        ("SUMMARY", "An agent with odd names"),
        ("DESCRIPTION", "A paragraph of\ntwo lines.\n\n  A line as it stands.\n\nThe last."),
        ("LICENSE", "MIT"),
        ("URL", "https://odd.example/"),
        ("VENDOR", "Odd & Sons"),
        ("PACKAGER", "Ódd Agents <agents@odd.example>"),
        ("GROUP", "System Environment/Daemons"),
        ("OS", "linux"),
    ] {
        assert_eq!(rpm.query(&format!("%{{{tag}}}")), value, "{tag}");
    }
    let changelog = tool("rpm", &["-qp", "--changelog", text(&rpm.path)]);
    let expected = "\
* Mon Mar 02 2026 Ódd Agents <agents@odd.example> - 1.2~rc1+b-3.el7
- Second of two.
- With two lines.

* Wed Dec 31 2025 Ódd Agents <agents@odd.example> - 1.1-1
- First.
";
    assert_eq!(changelog.trim_end(), expected.trim_end());
}

#[test]
fn the_payload_holds_what_the_header_lists() {
    let rpm = Rpm::new();
    let line = format!("rpm2cpio '{}' | cpio -t --quiet", text(&rpm.path));
    let mut held: Vec<String> =
        shell(&line, Path::new("/")).lines().map(|name| name.trim_start_matches('.').to_owned()).collect();
    held.sort();
    let listed: Vec<String> = rpm.files("FILEMODES").into_keys().collect();
    assert_eq!(held, listed);
}

/// rpm unpacks the package, then verifies each file's digest, owner, mode, time and target.
#[test]
fn rpm_itself_unpacks_and_verifies_it() {
    let rpm = Rpm::new();
    let root = rpm.workshop.at("root");
    let line = format!(
        "mkdir -p '{0}' && rpm --root '{0}' --nodeps --noscripts --notriggers --ignoreos --ignorearch -i '{1}' && \
         rpm --root '{0}' --nodeps --noscripts --verify odd-agent && rm -rf '{0}/var/lib/rpm' '{0}/usr/lib/sysimage'",
        text(&root),
        text(&rpm.path)
    );
    assert_eq!(shell_as_root(&line, Path::new("/")), "");
    let found = tree::read(&root);
    for (path, content, _) in kitchen_sink_agent::files() {
        if !path.contains("/man/") {
            let is_the_same =
                |node: &tree::Node| matches!(node, tree::Node::File { content: found, .. } if *found == content);
            assert!(found.get(&path).is_some_and(is_the_same), "{path}: {:?}", found.get(&path));
        }
    }
}

#[test]
fn a_package_without_an_architecture_is_noarch() {
    let workshop = Workshop::bare();
    workshop.change("x86_64", "noarch");
    workshop.write("program", "#!/bin/sh\n");
    let path = workshop.built(".noarch.rpm");
    assert_eq!(tool("rpm", &["-qp", "--qf", "%{ARCH}", text(&path)]), "noarch");
}
