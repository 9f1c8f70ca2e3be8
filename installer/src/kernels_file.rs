//! Which table of kernels judges: of the administrator, the profile, the vendor's package, or built in.

use host::fs::InRoot;
use host::{InsideText, Root};

use crate::profile::kernel_table::{KernelTable, Origin};
use crate::profile::{Names, Profile};

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
///
/// A table that the profile names must be there and be about its agent. An administrator's that is about another agent is passed
/// over, with a warning.
#[must_use]
pub fn find(root: &Root, profile: &Profile) -> KernelTable {
    let [administrators, vendors] = paths(profile);
    let built_in = || match profile.kernels.origin {
        Origin::BuiltIn => Some(profile.kernels.clone()),
        _ => KernelTable::built_in_for(&profile.name),
    };
    let mut passed_over = None;
    let mut take = |path: &InRoot, is_named: bool| match read(root, path, &profile.name) {
        Found::Table(table) => Some(table),
        Found::Foreign if is_named => {
            let problem = format!("{path} is not about {}", profile.name);
            Some(KernelTable::unusable(Origin::File(path.clone()), problem))
        }
        Found::Missing if is_named => {
            let problem = format!("{path}, which the profile names, is missing");
            Some(KernelTable::unusable(Origin::File(path.clone()), problem))
        }
        Found::Foreign => {
            passed_over.get_or_insert(path.clone());
            None
        }
        Found::Missing => None,
    };
    let of_profile = || (profile.kernels.origin == Origin::Profile).then(|| profile.kernels.clone());
    let found =
        take(&administrators, false).or_else(of_profile).or_else(|| take(&vendors, profile.paths.kernels.is_some()));
    let mut table = found.or_else(built_in).unwrap_or_default();
    if let (Origin::File(_), Some(version)) = (&table.origin, &table.version) {
        let newer = built_in().and_then(|built_in| built_in.version).map(|built_in| built_in.date);
        table.newer_built_in = newer.filter(|newer| version.date < *newer);
    }
    // In hostprep's own directory, the table of hostprep's own agent is right beside a profile of another agent.
    let is_own_place = profile.names != Names::default() || KernelTable::built_in_for(&profile.name).is_some();
    table.passed_over = passed_over.filter(|path| *path == administrators && is_own_place);
    table
}

/// What is at a path.
enum Found {
    Missing,
    /// A table about another agent.
    Foreign,
    Table(KernelTable),
}

/// The table in the file `path` for the agent with the profile `profile`.
fn read(root: &Root, path: &InRoot, profile: &str) -> Found {
    let origin = Origin::File(path.clone());
    let parsed = match root.read_trusted_text(path) {
        Ok(None) => return Found::Missing,
        Ok(Some(text)) => KernelTable::parse(&text, &root.host_path(path), origin.clone(), profile).map_err(Into::into),
        Err(e) => Err(e),
    };
    match parsed {
        Ok(Some(table)) => Found::Table(table),
        Ok(None) => Found::Foreign,
        Err(e) => Found::Table(KernelTable::unusable(origin, host::ReadError::inside_text(&e, root))),
    }
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
