//! os-release: what is read of it says the same once it is written down again.

use std::path::Path;

use host::system::distribution::{Distribution, Tool};

use crate::input::{expect_plain, parts, text};

/// An os-release, and a kernel's release.
pub fn check(data: &[u8]) {
    let [file, release] = parts::<2>(data).map(text);
    let shown = Path::new("/etc/os-release");
    let found = match Distribution::from_os_release(&file, shown) {
        Ok(found) => found,
        Err(e) => return expect_plain(&e, file.as_bytes()),
    };
    assert!(!found.id.is_empty());
    assert_eq!(found.family() == "unknown", found.package_manager().is_none());
    assert_eq!(found.install_command(&["x".into()]).is_some(), found.package_manager().is_some());
    for tool in Tool::POLICY.into_iter().chain([Tool::Useradd]) {
        assert_eq!(found.tool_package(tool).is_some(), found.package_manager().is_some());
    }
    if let Some(package) = found.headers_package(&release) {
        assert!(package.contains('{') <= release.contains('{'), "{package} of {release}");
    }

    let written = Distribution::from_os_release(&write(&found), shown).unwrap();
    assert_eq!((&written.id, &written.version), (&found.id, &found.version));
    // What assigns nothing of interest changes nothing, and the last assignment wins.
    let more = Distribution::from_os_release(&format!("{file}\n# ID=x\n\nNAME='y'\n"), shown).unwrap();
    assert_eq!(more, found);
    let later = Distribution::from_os_release(&format!("{file}\nID=debian\nVERSION_ID=\"12\"\n"), shown).unwrap();
    assert_eq!((later.id.as_str(), later.major(), later.family()), ("debian", Some(12), "debian"));
}

fn write(distribution: &Distribution) -> String {
    let mut lines = format!("ID={}\n", quoted(&distribution.id));
    if let Some(version) = &distribution.version {
        lines.push_str(&format!("VERSION_ID={}\n", quoted(version)));
    }
    lines
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
