//! `schema`: the JSON Schemas of the outputs.

use installer::report::exit;
use installer::report::schema::{SCHEMAS, find};

use super::output::{Outcome, print};

pub fn run(name: Option<&str>) -> Outcome {
    let widest = SCHEMAS.iter().map(|schema| schema.name.len()).max().unwrap_or(0);
    let list = || SCHEMAS.iter().map(|schema| format!("{:<widest$}  {}\n", schema.name, schema.describes)).collect();
    print(&name.and_then(find).map_or_else(list, |schema| schema.text.to_owned()))?;
    Ok(exit::WELL)
}
