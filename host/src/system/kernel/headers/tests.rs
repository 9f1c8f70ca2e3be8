#![expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]

use std::fs;
use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;

const RELEASE: &str = "6.1.0-18-amd64";
const OTHER: &str = "6.1.0-9-amd64";
const BUILD: &str = "/lib/modules/6.1.0-18-amd64/build";
const DEBIAN: &str = "/usr/src/linux-headers-6.1.0-18-amd64";
const COMMON: &str = "/usr/src/linux-headers-6.1.0-18-common";
const EL: &str = "5.14.0-427.el9.x86_64";
const SUSE: &str = "5.14.21-150500.55.39-default";

/// A root with these files, each with its content.
pub(crate) fn scratch(files: &[(&str, &str)]) -> (TempDir, Root) {
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("etc")).unwrap();
    let root = Root::alternate(outside.path()).unwrap();
    for (path, content) in files {
        file(&root, path, content);
    }
    (outside, root)
}

fn file(root: &Root, path: &str, content: &str) {
    let path = root.host_path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn link(root: &Root, path: &str, target: &str) {
    let path = root.host_path(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    symlink(target, path).unwrap();
}

fn in_root(path: impl AsRef<str>) -> InRoot {
    InRoot::from(path.as_ref())
}

fn uts(release: &str) -> String {
    format!("#define UTS_RELEASE \"{release}\"\n")
}

/// Headers of `release` in one directory, as Enterprise Linux has them.
fn whole(root: &Root, directory: &str, release: &str) {
    for part in ["Makefile", ".config", "Module.symvers", "scripts/basic/fixdep", "include/generated/autoconf.h"] {
        file(root, &format!("{directory}/{part}"), "");
    }
    file(root, &format!("{directory}/include/generated/utsrelease.h"), &uts(release));
}

/// Debian's three packages, as `dpkg -L` lists them.
fn debian() -> (TempDir, Root) {
    let (outside, root) = scratch(&[
        (&format!("{DEBIAN}/Makefile"), &format!("include {COMMON}/Makefile\n")),
        (&format!("{DEBIAN}/.config"), ""),
        (&format!("{DEBIAN}/Module.symvers"), ""),
        (&format!("{DEBIAN}/include/generated/autoconf.h"), ""),
        (&format!("{DEBIAN}/include/generated/utsrelease.h"), &uts(RELEASE)),
        (&format!("{DEBIAN}/arch/x86/include/generated/asm/x.h"), ""),
        (&format!("{COMMON}/Makefile"), "export KBUILD_OUTPUT = x\ninclude scripts/Kbuild.include\n"),
        (&format!("{COMMON}/include/linux/kconfig.h"), ""),
        ("/usr/lib/linux-kbuild-6.1/scripts/basic/fixdep", ""),
        ("/usr/lib/linux-kbuild-6.1/tools/objtool/objtool", ""),
    ]);
    link(&root, BUILD, DEBIAN);
    link(&root, &format!("{DEBIAN}/scripts"), "../../lib/linux-kbuild-6.1/scripts");
    link(&root, &format!("{DEBIAN}/tools"), "../../lib/linux-kbuild-6.1/tools");
    (outside, root)
}

/// SUSE's two packages: the sources, and what was built from them with `O=`.
fn suse() -> (TempDir, Root) {
    let object = "/usr/src/linux-5.14.21-150500.55.39-obj/x86_64/default";
    let (outside, root) = scratch(&[("/usr/src/linux-5.14.21-150500.55.39/Makefile", "")]);
    file(&root, "/usr/src/linux-5.14.21-150500.55.39/include/linux/kconfig.h", "");
    whole(&root, object, SUSE);
    file(&root, &format!("{object}/Makefile"), "# generated\ninclude ../../../linux-5.14.21-150500.55.39/Makefile\n");
    link(&root, &format!("{object}/source"), "../../../linux-5.14.21-150500.55.39");
    link(&root, "/usr/src/linux-obj", "linux-5.14.21-150500.55.39-obj");
    link(&root, "/usr/src/linux", "linux-5.14.21-150500.55.39");
    link(&root, &format!("/lib/modules/{SUSE}/build"), object);
    link(&root, &format!("/lib/modules/{SUSE}/source"), "/usr/src/linux-5.14.21-150500.55.39");
    (outside, root)
}

fn el() -> (TempDir, Root) {
    let (outside, root) = scratch(&[]);
    whole(&root, &format!("/usr/src/kernels/{EL}"), EL);
    link(&root, &format!("/lib/modules/{EL}/build"), &format!("/usr/src/kernels/{EL}"));
    (outside, root)
}

fn incomplete(root: &Root, release: &str) -> Incomplete {
    match headers(root, release).unwrap() {
        Headers::Incomplete(incomplete) => incomplete,
        other => panic!("{other:?}"),
    }
}

fn remove(root: &Root, path: &str) {
    let path = root.host_path(path);
    if fs::symlink_metadata(&path).unwrap().is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
        .unwrap();
}

#[test]
fn headers_as_packages_install_them_are_usable() {
    for ((_outside, root), release) in [(debian(), RELEASE), (suse(), SUSE), (el(), EL)] {
        assert_eq!(headers(&root, release).unwrap(), Headers::Usable(in_root(format!("/lib/modules/{release}/build"))));
        assert!(
            matches!(headers(&root, OTHER).unwrap(), Headers::OfOthers(others) if others == [release]),
            "{release}"
        );
    }
    // A directory instead of a link, and the markers of older and newer kernels.
    for marker in GENERATED {
        let content = if marker.ends_with("utsrelease.h") { uts(RELEASE) } else { RELEASE.to_owned() };
        let (_outside, root) = scratch(&[(&format!("{BUILD}/Makefile"), ""), (&format!("{BUILD}/{marker}"), &content)]);
        assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Usable(BUILD.into()), "{marker}");
    }
}

#[test]
fn headers_that_are_there_by_half_are_incomplete() {
    type Arrange = fn() -> (TempDir, Root);
    for (arrange, release, removed, missing) in [
        // Debian: each of the three packages, and the link.
        (debian as Arrange, RELEASE, COMMON, &["/usr/src/linux-headers-6.1.0-18-common/Makefile"][..]),
        (
            debian,
            RELEASE,
            "/usr/src/linux-headers-6.1.0-18-common/include",
            &["/usr/src/linux-headers-6.1.0-18-common/include"],
        ),
        (debian, RELEASE, "/usr/lib/linux-kbuild-6.1", &["/usr/lib/linux-kbuild-6.1/scripts"]),
        (
            debian,
            RELEASE,
            "/usr/src/linux-headers-6.1.0-18-amd64/Makefile",
            &["/usr/src/linux-headers-6.1.0-18-amd64/Makefile"],
        ),
        (debian, RELEASE, BUILD, &[BUILD]),
        // SUSE: kernel-devel is gone, kernel-default-devel is there.
        (
            suse,
            SUSE,
            "/usr/src/linux-5.14.21-150500.55.39",
            &["/usr/src/linux-5.14.21-150500.55.39/Makefile", "/usr/src/linux-5.14.21-150500.55.39"],
        ),
        (
            suse,
            SUSE,
            "/usr/src/linux-5.14.21-150500.55.39-obj/x86_64/default/include",
            &["/usr/src/linux-5.14.21-150500.55.39-obj/x86_64/default/include"],
        ),
        (
            suse,
            SUSE,
            "/lib/modules/5.14.21-150500.55.39-default/build",
            &["/lib/modules/5.14.21-150500.55.39-default/build"],
        ),
        // EL: what the package leaves behind, and what was deleted by hand.
        (
            el,
            EL,
            "/usr/src/kernels/5.14.0-427.el9.x86_64/Makefile",
            &["/usr/src/kernels/5.14.0-427.el9.x86_64/Makefile"],
        ),
        (el, EL, "/usr/src/kernels/5.14.0-427.el9.x86_64/include", &["/usr/src/kernels/5.14.0-427.el9.x86_64/include"]),
        (
            el,
            EL,
            "/usr/src/kernels/5.14.0-427.el9.x86_64/include/generated",
            &["/usr/src/kernels/5.14.0-427.el9.x86_64/include/generated/autoconf.h"],
        ),
        (el, EL, "/lib/modules/5.14.0-427.el9.x86_64/build", &["/lib/modules/5.14.0-427.el9.x86_64/build"]),
    ] {
        let (_outside, root) = arrange();
        remove(&root, removed);
        let found = incomplete(&root, release);
        for path in missing {
            assert!(found.missing.contains(&in_root(path)), "{removed}: {found:?}");
        }
        assert_eq!(found.linked, !removed.ends_with("/build"), "{removed}");
        assert!(found.directory.starts_with("/usr/src"), "{removed}: {found:?}");
    }
}

#[test]
fn what_an_erased_package_left_is_incomplete() {
    let (_outside, root) = scratch(&[(&format!("/usr/src/kernels/{EL}/include/config/foo.h"), "")]);
    assert_eq!(incomplete(&root, EL).missing[0], in_root(format!("/lib/modules/{EL}/build")));
    link(&root, &format!("/lib/modules/{EL}/build"), &format!("/usr/src/kernels/{EL}"));
    let found = incomplete(&root, EL);
    assert_eq!(found.directory, in_root(format!("/usr/src/kernels/{EL}")));
    assert_eq!(found.missing[0], found.directory.join("Makefile"));
    assert_eq!(headers(&root, OTHER).unwrap(), Headers::Missing, "no other kernel's headers either");
}

#[test]
fn ubuntu_links_to_the_part_that_its_flavours_share() {
    let (own, shared) = ("/usr/src/linux-headers-5.15.0-91-generic", "/usr/src/linux-headers-5.15.0-91");
    let build = "/lib/modules/5.15.0-91-generic/build";
    let (_outside, root) = scratch(&[
        (&format!("{own}/include/generated/utsrelease.h"), &uts("5.15.0-91-generic")),
        (&format!("{own}/.config"), ""),
        (&format!("{own}/scripts/basic/fixdep"), ""),
        (&format!("{shared}/Makefile"), ""),
        (&format!("{shared}/arch/x86/Makefile"), ""),
        (&format!("{shared}/include/linux/kconfig.h"), ""),
    ]);
    link(&root, build, own);
    for part in ["Makefile", "arch"] {
        link(&root, &format!("{own}/{part}"), &format!("../linux-headers-5.15.0-91/{part}"));
    }
    link(&root, &format!("{own}/include/linux"), "../../linux-headers-5.15.0-91/include/linux");
    assert_eq!(headers(&root, "5.15.0-91-generic").unwrap(), Headers::Usable(build.into()));
    remove(&root, shared);
    let found = incomplete(&root, "5.15.0-91-generic");
    assert_eq!(found.missing, ["Makefile", "arch", "include/linux"].map(|part| in_root(format!("{shared}/{part}"))));
}

#[test]
fn sources_without_a_configuration_are_incomplete() {
    let (_outside, root) =
        scratch(&[("/usr/src/linux-6.1.90/Makefile", ""), ("/usr/src/linux-6.1.90/include/linux/x.h", "")]);
    link(&root, "/lib/modules/6.1.90/build", "/usr/src/linux-6.1.90");
    let generated = "/usr/src/linux-6.1.90/include/generated/autoconf.h";
    assert_eq!(incomplete(&root, "6.1.90").missing, [in_root(generated)]);
    assert_eq!(headers(&root, OTHER).unwrap(), Headers::Missing);
}

#[test]
fn a_relative_link_starts_where_lib_leads() {
    for lib in ["usr/lib", "/usr/lib"] {
        let (_outside, root) = scratch(&[]);
        whole(&root, DEBIAN, RELEASE);
        link(&root, "/lib", lib);
        link(&root, &format!("/usr{BUILD}"), "../../../src/linux-headers-6.1.0-18-amd64");
        assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Usable(in_root(BUILD)), "{lib}");
    }
}

#[test]
fn a_part_that_leads_nowhere_is_missing() {
    for part in ["arch", "include/linux", "scripts", "tools"] {
        let (_outside, root) = scratch(&[]);
        whole(&root, DEBIAN, RELEASE);
        link(&root, BUILD, DEBIAN);
        assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Usable(BUILD.into()), "{part}");
        let path = format!("{DEBIAN}/{part}");
        if root.exists(&path) {
            remove(&root, &path);
        }
        link(&root, &path, "/usr/src/gone");
        assert_eq!(incomplete(&root, RELEASE).missing, [in_root("/usr/src/gone")], "{part}");
    }
}

#[test]
fn what_a_dangling_link_lacks_is_named_where_lib_leads() {
    for (scripts, missing) in [
        ("/lib/linux-kbuild-6.1/scripts", "/usr/lib/linux-kbuild-6.1/scripts"),
        ("../../../lib/linux-kbuild-6.1/scripts", "/usr/lib/linux-kbuild-6.1/scripts"),
    ] {
        let (_outside, root) = scratch(&[]);
        whole(&root, DEBIAN, RELEASE);
        link(&root, "/lib", "usr/lib");
        link(&root, &format!("/usr{BUILD}"), "../../../src/linux-headers-6.1.0-18-amd64");
        remove(&root, &format!("{DEBIAN}/scripts"));
        link(&root, &format!("{DEBIAN}/scripts"), scripts);
        let found = incomplete(&root, RELEASE);
        assert_eq!((found.directory, found.missing), (in_root(DEBIAN), vec![in_root(missing)]), "{scripts}");
    }
    // The link of the headers itself: what it lacks is below /usr/src.
    let (_outside, root) = scratch(&[(&format!("{DEBIAN}/include/generated/autoconf.h"), "")]);
    link(&root, "/lib", "usr/lib");
    link(&root, &format!("/usr{BUILD}"), "../../../src/linux-headers-6.1.0-18-amd64");
    link(&root, &format!("{DEBIAN}/Makefile"), "../gone/Makefile");
    let found = incomplete(&root, RELEASE);
    assert_eq!((found.directory, found.missing), (in_root(DEBIAN), vec![in_root("/usr/src/gone/Makefile")]));
}

#[test]
fn a_dangling_link_is_nothing() {
    let (_outside, root) = scratch(&[]);
    link(&root, BUILD, DEBIAN);
    link(&root, &format!("/lib/modules/{EL}/build"), &format!("/usr/src/kernels/{EL}"));
    for release in [RELEASE, EL] {
        assert_eq!(headers(&root, release).unwrap(), Headers::Missing, "{release}");
    }
}

#[test]
fn parts_that_flavours_share_and_empty_directories_are_not_headers() {
    let (_outside, root) = scratch(&[]);
    for place in [
        BUILD.into(),
        format!("/usr/src/kernels/{RELEASE}"),
        "/usr/src/linux-headers-6.1.0-18-common/include".into(),
        format!("/usr/src/linux-headers-{OTHER}/scripts"),
        "/usr/src/linux-5.3.18-obj/x86_64".into(),
    ] {
        fs::create_dir_all(root.host_path(place)).unwrap();
    }
    for shared in [
        "/usr/src/linux-headers-5.4.0-42",
        "/usr/src/linux-headers-6.1.0-9-common-rt",
        "/usr/src/linux-headers-6.1.0-18-common",
        "/usr/src/linux-hwe-5.15-headers-5.15.0-91",
        "/usr/src/linux-5.3.18",
        "/usr/src/something",
    ] {
        file(&root, &format!("{shared}/Makefile"), "");
        file(&root, &format!("{shared}/include/linux/kconfig.h"), "");
        file(&root, &format!("{shared}/arch/x86/Makefile"), "");
    }
    assert_eq!(headers(&root, RELEASE).unwrap(), Headers::Missing);
}

#[test]
fn headers_of_other_kernels_are_named() {
    let (_outside, root) = scratch(&[("/usr/src/kernels/5.14.0-70.el9.x86_64/Makefile", "")]);
    whole(&root, &format!("/usr/src/linux-headers-{OTHER}"), OTHER);
    whole(&root, "/usr/src/linux-5.3.18-57-obj/x86_64/default", "5.3.18-57-default");
    file(&root, "/usr/src/linux-5.3.18-57-obj/x86_64/azure/Makefile", "");
    file(&root, "/usr/src/linux-5.3.18-57-obj/x86_64/azure/.config", "");
    let names = ["5.14.0-70.el9.x86_64", "5.3.18-57-azure", "5.3.18-57-default", OTHER];
    let others = Headers::OfOthers(names.map(str::to_owned).to_vec());
    assert_eq!(headers(&root, RELEASE).unwrap(), others);

    // A directory of the right name with another kernel's files is not usable either.
    whole(&root, &format!("/usr/src/kernels/{RELEASE}"), OTHER);
    link(&root, BUILD, &format!("/usr/src/kernels/{RELEASE}"));
    assert_eq!(headers(&root, RELEASE).unwrap(), others);
}

#[test]
fn a_link_to_another_kernel_s_headers_hides_our_own() {
    let (_outside, root) = debian();
    whole(&root, &format!("/usr/src/linux-headers-{OTHER}"), OTHER);
    remove(&root, BUILD);
    link(&root, BUILD, &format!("/usr/src/linux-headers-{OTHER}"));
    let found = incomplete(&root, RELEASE);
    assert_eq!((found.directory, found.missing, found.linked), (DEBIAN.into(), vec![BUILD.into()], false));
}

#[test]
fn a_release_that_none_can_be_is_not_read() {
    for strange in ["", "\n", "rm -rf\u{1b}", "x"] {
        let (_outside, root) = scratch(&[("/usr/src/linux-headers-6.1.0-9-amd64/Makefile", "")]);
        file(&root, "/usr/src/linux-headers-6.1.0-9-amd64/include/config/kernel.release", strange);
        assert_eq!(headers(&root, RELEASE).unwrap(), Headers::OfOthers(vec![OTHER.into()]), "{strange:?}");
    }
}
