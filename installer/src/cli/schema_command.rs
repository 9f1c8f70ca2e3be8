//! `schema`: the JSON Schemas of the outputs.

use installer::report::exit;
use installer::report::schema::{SCHEMAS, Schema, find};
use installer::wording::Wording;

use super::args::Global;
use super::invocation::given_profile;
use super::output::{Outcome, print};

pub fn run(global: &Global, name: Option<&str>) -> Outcome {
    // A schema is the same whatever is wrong with a profile.
    let wording = given_profile(global).ok().flatten().as_ref().map(Wording::of).unwrap_or_default();
    let widest = SCHEMAS.iter().map(|schema| schema.name.len()).max().unwrap_or(0);
    let line = |schema: &Schema| format!("{:<widest$}  {}\n", schema.name, wording.apply(schema.describes));
    let list = || SCHEMAS.iter().map(line).collect();
    print(&name.and_then(find).map_or_else(list, |schema| schema.text_in(&wording)))?;
    Ok(exit::WELL)
}
