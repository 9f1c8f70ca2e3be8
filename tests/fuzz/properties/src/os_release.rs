//! os-release: what is read of it says the same once it is written down again.

use host::system::distribution::{Distribution, KernelOrigin, Major, Tool};
use host::system::kernel::is_release;

use crate::input::{parts, text};

/// An os-release, and a kernel's release.
pub fn check(data: &[u8]) {
    let [file, release] = parts::<2>(data);
    let file = file.unwrap_or_default();
    let release = text(release);
    let found = Distribution::from_os_release(file);
    assert!(!found.id.is_empty());
    assert_eq!(found.family() == "unknown", found.package_manager().is_none());
    let one = ["x".to_owned()];
    for command in [found.install_command(&one), found.reinstall_command(&one), found.update_command(&one)] {
        assert_eq!(command.is_some(), found.package_manager().is_some());
    }
    for tool in Tool::POLICY.into_iter().chain([Tool::Useradd]) {
        assert_eq!(found.tool_package(tool).is_some(), found.package_manager().is_some());
    }
    if let KernelOrigin::Packaged(packages) = found.kernel_origin(&release) {
        assert!(is_release(&release), "{release:?}");
        for word in packages.exact.iter().chain(&packages.newest).chain([&packages.name]) {
            // What is left of a template, but for the fields that rpm fills in.
            let rest = word.replace("%{VERSION}-%{RELEASE}", "");
            assert!(!word.is_empty() && !rest.contains(['{', '}', '\n', ';', '`']), "{word} of {release}");
        }
    }

    let written = Distribution::from_os_release(write(&found));
    assert_eq!((&written.id, &written.version), (&found.id, &found.version));
    // What assigns nothing of interest changes nothing, whatever follows.
    for before in ["# ID=x\n\nNAME='y'\n", "no assignment\n", "\n"] {
        assert_eq!(Distribution::from_os_release([before.as_bytes(), file].concat()), found);
    }
    // The last assignment wins.
    let later = Distribution::from_os_release(write(&found) + "ID=debian\nVERSION_ID=\"12\"\n");
    assert_eq!((later.id.as_str(), later.major(&release), later.family()), ("debian", Major::Known(12), "debian"));
}

fn write(distribution: &Distribution) -> String {
    let mut lines = format!("ID={}\n", quoted(&distribution.id));
    if let Some(version) = &distribution.version {
        lines.push_str(&format!("VERSION_ID={}\n", quoted(version)));
    }
    lines
}

fn quoted(value: &str) -> String {
    let escaped: String =
        value.chars().flat_map(|c| "\"\\$`".contains(c).then_some('\\').into_iter().chain([c])).collect();
    format!("\"{escaped}\"")
}
