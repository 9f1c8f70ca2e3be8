use super::*;

fn crate_in(directory: &Path, license: &str, files: &[(&str, &str)]) -> Crate {
    for (name, content) in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let name = directory.file_name().unwrap().to_str().unwrap();
    Crate {
        id: Id::new(name, "1.0.0"),
        license: license.into(),
        checksum: Some("0".repeat(64)),
        repository: None,
        directory: directory.to_owned(),
        license_file: None,
        uses: [].into(),
    }
}

fn render_of(crates: Vec<Crate>) -> Result<String, Error> {
    let toolchain = Toolchain { rustc: [].into(), zig: "0.17.1".into() };
    render(&crates.into_iter().map(|one| (one.id.clone(), one)).collect(), &toolchain)
}

#[test]
fn each_text_is_given_once_with_all_that_have_it() {
    let top = tempfile::tempdir().unwrap();
    let first = crate_in(
        &top.path().join("first"),
        "MIT",
        &[("LICENSE-MIT", "one text\nof two lines"), ("src/license.rs", "fn f() {}")],
    );
    let second = crate_in(
        &top.path().join("second"),
        "MIT",
        &[("licenses/mit.txt", "one\r\ntext of two  lines\n"), ("NOTICE", "thanks")],
    );
    let page = render_of(vec![first, second]).unwrap();
    assert_eq!(page.matches("of two lines").count(), 1, "{page}");
    assert!(page.contains("1. Of first 1.0.0, second 1.0.0\n"), "{page}");
    assert!(page.contains("2. Of second 1.0.0\n") || page.contains("1. Of second 1.0.0\n"), "{page}");
    assert!(page.contains("thanks") && !page.contains("fn f()"));
}

#[test]
fn a_crate_without_a_text_gets_the_standard_text_and_it_is_said() {
    let top = tempfile::tempdir().unwrap();
    let bare = crate_in(&top.path().join("bare"), "MIT AND BSD-3-Clause", &[("README.md", "no licence here")]);
    let page = render_of(vec![bare]).unwrap();
    assert!(page.contains("The standard text of MIT (SPDX); no text of their own have bare 1.0.0\n"), "{page}");
    assert!(page.contains("standard text of BSD-3-Clause"));
    assert!(page.contains("Permission is hereby granted, free of charge"));
    // What the toolchain links in has no files here.
    assert!(page.contains("standard text of LLVM-exception"));
}

#[test]
fn a_licence_without_any_text_is_an_error() {
    let top = tempfile::tempdir().unwrap();
    let own = crate_in(&top.path().join("odd"), "LicenseRef-Odd", &[("src/lib.rs", "")]);
    assert!(render_of(vec![own]).unwrap_err().to_string().contains("odd 1.0.0"));
}
