//! The reference says what the program takes and prints, and the files of the repository are what is made now.

use std::path::Path;

use installer::config::Config;
use installer::profile::Profile;

use super::keys_check::differences;
use super::{keys, reference};

#[test]
fn the_keys_are_those_that_the_parsers_take() {
    let file = Path::new("file");
    let all = keys::of_program().unwrap();
    let found = [
        differences(&all[0], |text| Config::parse(text, file).map(drop).map_err(|e| e.to_string())),
        differences(&all[1], |text| Profile::parse(text, file).map(drop).map_err(|e| e.to_string())),
    ];
    assert!(found.concat().is_empty(), "{}", found.concat().join("\n"));
}

#[test]
fn the_pages_of_the_repository_are_those_made_now() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (path, content) in reference::all().unwrap() {
        let there = std::fs::read_to_string(top.join(&path)).unwrap_or_default();
        assert!(there == content, "{} is not what is made now; run `make reference`", path.display());
    }
}
