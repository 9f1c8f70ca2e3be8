//! Every kept input of every fuzz target, once more: what was fixed stays fixed.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The names in a directory of `tests/fuzz`.
fn names(directory: &str) -> BTreeSet<String> {
    let path = top().join(directory);
    let entries = fs::read_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_kept_input_still_passes() {
    let mut failed = Vec::new();
    for (target, check) in properties::ALL {
        let corpus = format!("corpus/{target}");
        assert!(!names(&corpus).is_empty(), "{corpus} is empty");
        let regressions = format!("regressions/{target}");
        let kept = [Some(corpus), top().join(&regressions).exists().then_some(regressions)];
        for directory in kept.iter().flatten() {
            for name in names(directory) {
                let path = top().join(directory).join(name);
                let input = fs::read(&path).unwrap();
                // The panic itself says what did not hold; this says of which input.
                if std::panic::catch_unwind(|| check(&input)).is_err() {
                    failed.push(path);
                }
            }
        }
    }
    assert!(failed.is_empty(), "these do not pass: {failed:#?}");
}

#[test]
fn every_target_is_built_and_has_a_corpus() {
    let targets: BTreeSet<String> = properties::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let sources: BTreeSet<String> = targets.iter().map(|name| format!("{name}.rs")).collect();
    assert_eq!(names("fuzz_targets"), sources);
    assert_eq!(names("corpus"), targets);
    assert!(names("regressions").is_subset(&targets));
    for name in &targets {
        let source = fs::read_to_string(top().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(source.contains(&format!("properties::{name}::check(data)")), "{source}");
    }
    let manifest = fs::read_to_string(top().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = toml::from_str(&manifest).unwrap();
    let built: BTreeSet<String> =
        manifest["bin"].as_array().unwrap().iter().map(|bin| bin["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(built, targets);
}

#[test]
fn the_corpora_are_small() {
    let (mut size, mut most) = (0, 0);
    for (target, _) in properties::ALL {
        let names = names(&format!("corpus/{target}"));
        most = most.max(names.len());
        size += names
            .iter()
            .map(|name| fs::metadata(top().join(format!("corpus/{target}/{name}"))).unwrap().len())
            .sum::<u64>();
    }
    assert!(most <= 40 && size <= 160 * 1024, "{most} files in one, {size} bytes in all");
}
