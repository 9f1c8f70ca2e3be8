//! Which table of kernels judges: of the administrator, the profile, the vendor's package, or built in.

use host::fs::InRoot;
use host::{InsideText, Root};

use crate::profile::Profile;
use crate::profile::kernel_table::{KernelTable, Origin};

const NAME: &str = "kernels.toml";

/// Returns the paths of the administrator's and the vendor's table for `profile`: each is beside the configuration file, unless the
/// profile names the vendor's.
#[must_use]
pub fn paths(profile: &Profile) -> [InRoot; 2] {
    let beside = |path: &InRoot| path.parent().unwrap_or_else(InRoot::top).join(NAME);
    let vendors = profile.paths.kernels.clone().unwrap_or_else(|| beside(&profile.names.vendor_configuration()));
    [beside(&profile.names.configuration), vendors]
}

/// Finds the table for `profile` in `root`: of the administrator, the profile itself, the vendor, or the one that is built in.
///
/// A file that cannot be read or understood has a [`KernelTable::problem`]; no other table is taken instead, since it is not known
/// what the file would have said.
#[must_use]
pub fn find(root: &Root, profile: &Profile) -> KernelTable {
    let [administrators, vendors] = paths(profile);
    let built_in = || match profile.kernels.origin {
        Origin::BuiltIn => Some(profile.kernels.clone()),
        _ => KernelTable::built_in_for(&profile.name),
    };
    let of_profile = || (profile.kernels.origin == Origin::Profile).then(|| profile.kernels.clone());
    let file = read(root, administrators, &profile.name);
    let Some(found) = file.or_else(of_profile).or_else(|| read(root, vendors, &profile.name)) else {
        return built_in().unwrap_or_default();
    };
    let Some(version) = &found.version else { return found };
    let newer = built_in().and_then(|built_in| built_in.version).map(|built_in| built_in.date);
    KernelTable { newer_built_in: newer.filter(|newer| version.date < *newer), ..found }
}

/// The table in the file `path`; `None` if it is not there, or about another agent.
fn read(root: &Root, path: InRoot, profile: &str) -> Option<KernelTable> {
    let origin = Origin::File(path.clone());
    let parsed = match root.read_trusted_text(&path) {
        Ok(None) => return None,
        Ok(Some(text)) => {
            KernelTable::parse(&text, &root.host_path(&path), origin.clone(), profile).map_err(Into::into)
        }
        Err(e) => Err(e),
    };
    parsed.unwrap_or_else(|e: host::ReadError| Some(KernelTable::unusable(origin, e.inside_text(root))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_beside_the_configuration() {
        let mut profile = Profile::built_in();
        let paths = |profile: &Profile| paths(profile).map(|path| path.to_string());
        assert_eq!(paths(&profile), ["/etc/cisco/kernels.toml", "/usr/lib/hostprep/kernels.toml"]);
        profile.paths.kernels = Some(InRoot::from("/opt/acme/kernels.toml"));
        assert_eq!(paths(&profile), ["/etc/cisco/kernels.toml", "/opt/acme/kernels.toml"]);
    }
}
