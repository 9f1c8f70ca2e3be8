//! The bill of materials, as CycloneDX 1.6: what is linked into the program.
//!
//! It is the same for every architecture and on every machine, so that it can be made again and compared.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::id::Id;
use crate::linked::{Crate, PROGRAM};
use crate::toolchain::Toolchain;
use crate::{Error, digest};

/// Returns the bill.
///
/// # Errors
/// [`Error::Crate`] if the program is not among the crates.
pub fn render(crates: &BTreeMap<Id, Crate>, toolchain: &Toolchain, time: Timestamp) -> Result<String, Error> {
    let program = crates.values().find(|one| one.id.name == PROGRAM);
    let program =
        program.ok_or_else(|| Error::Crate { name: PROGRAM.into(), problem: "it is not in its own tree".into() })?;
    let mut components: Vec<Value> =
        crates.values().filter(|one| one.id != program.id).map(|one| component(one, "library")).collect();
    let mut dependencies: Vec<Value> = Vec::new();
    let mut parts = Vec::new();
    for part in toolchain.linked() {
        let reference = format!("{}@{}", part.name, part.version);
        components.push(json!({
            "type": "library", "bom-ref": reference, "name": part.name, "version": part.version,
            "description": part.what, "licenses": [{"expression": part.license}],
        }));
        dependencies.push(json!({"ref": reference}));
        parts.push(reference);
    }
    for one in crates.values() {
        let mut uses: Vec<String> = one.uses.iter().filter_map(|id| crates.get(id)).map(reference).collect();
        if one.id == program.id {
            uses.extend(parts.iter().cloned());
        }
        dependencies.push(json!({"ref": reference(one), "dependsOn": uses}));
    }
    let mut bill = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": time.to_string(),
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [
                {"type": "application", "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION")},
            ]},
            "component": component(program, "application"),
        },
        "components": components,
        "dependencies": dependencies,
    });
    bill["serialNumber"] = serial(&bill.to_string()).into();
    Ok(format!("{bill:#}\n"))
}

fn component(one: &Crate, kind: &str) -> Value {
    let mut component = json!({
        "type": kind, "bom-ref": reference(one), "name": one.id.name, "version": one.id.version,
        "licenses": [{"expression": one.license}],
    });
    if let Some(checksum) = &one.checksum {
        component["purl"] = reference(one).into();
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
        if let Some(repository) = one.repository.as_deref().filter(|url| url.starts_with("https://")) {
            component["externalReferences"] = json!([{"type": "vcs", "url": repository}]);
        }
    }
    component
}

/// A package URL, which only a crate of the registry has, or another name that occurs once.
fn reference(one: &Crate) -> String {
    let Id { name, version } = &one.id;
    // `+` means a space to some readers of package URLs.
    if one.is_own() { format!("{name}@{version}") } else { format!("pkg:cargo/{name}@{}", version.replace('+', "%2B")) }
}

/// A UUID of the content (version 8, RFC 9562): another bill has another.
fn serial(content: &str) -> String {
    let hash = digest::of_bytes(content.as_bytes());
    format!("urn:uuid:{}-{}-8{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}
