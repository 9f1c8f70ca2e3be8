//! Schemas from the types.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator, json_schema};

use super::find;
use crate::engine::last_run::LastRun;
use crate::report::envelope::SCHEMA;
use crate::report::explain::ExplainObject;
use crate::report::faults::{EventObject, FaultObject};
use crate::report::json::RunObject;
use crate::report::load_lock_status::LoadLockObject;
use crate::report::policy_status::PolicyStatusObject;
use crate::report::remove::RemoveObject;
use crate::report::status::StatusObject;

/// The schema of the key `schema`.
pub fn version(_: &mut SchemaGenerator) -> schemars::Schema {
    json_schema!({ "const": SCHEMA })
}

/// Returns the text of the schema `name` as the types have it; `None` if there is none of this name.
#[must_use]
pub fn generate(name: &str) -> Option<String> {
    let schema = match name {
        "check" | "repair" => of::<RunObject>(),
        "remove" => of::<RemoveObject>(),
        "status" => of::<StatusObject>(),
        "explain" => of::<ExplainObject>(),
        "faults-list" => of::<Vec<FaultObject>>(),
        "faults-history" | "faults-watch" => of::<EventObject>(),
        "policy-status" => of::<PolicyStatusObject>(),
        "load-lock-status" => of::<LoadLockObject>(),
        "report" => of::<fleet::Summary>(),
        "last-run" => of::<LastRun>(),
        _ => return None,
    };
    let mut schema = schema;
    // One type serves two outputs.
    let mut is = |at: &str| {
        if let Some(output) = schema.pointer_mut(at) {
            *output = serde_json::json!({ "const": name });
        }
    };
    is("/properties/output");
    is("/$defs/FaultObject/properties/output");
    schema.insert("$id".into(), format!("urn:hostprep:schema:{SCHEMA}:{name}").into());
    schema.insert("title".into(), find(name)?.describes.into());
    let text = serde_json::to_string_pretty(&schema).ok()?;
    Some(text + "\n")
}

fn of<T: JsonSchema>() -> schemars::Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
