use std::path::Path;

use super::*;
use crate::Policy;

/// A little more than nothing, so that everything is read in parts.
const FEW: usize = 16;

#[expect(clippy::disallowed_methods, reason = "fixtures of the tests")]
fn policies() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/policy/compiled");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let read: Vec<_> = files.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect();
    assert!(read.len() > 3);
    read
}

fn parsed(bytes: &[u8]) -> Result<(), String> {
    Policy::parse(bytes).map(drop).map_err(|e| e.to_string())
}

fn excerpted(chunk: usize, bytes: &[u8]) -> Result<(), String> {
    excerpt_by([chunk; 2], &mut &bytes[..], bytes.len(), &["bpf"]).map(drop).map_err(|e| e.to_string())
}

#[test]
fn an_excerpt_answers_as_the_whole() {
    for (name, bytes) in policies() {
        for chunk in [1, 7, FEW, CHUNK] {
            let kept = excerpt_by([chunk; 2], &mut bytes.as_slice(), bytes.len(), &["bpf", "no_such_class"]).unwrap();
            assert!(kept.len() < bytes.len(), "{name}");
            let (whole, part) = (Policy::parse(&bytes).unwrap(), Policy::parse(&kept).unwrap());
            let permissions = whole.permissions("bpf");
            let contexts: Vec<_> = whole.types().map(|name| whole.context_of_type(name).unwrap()).collect();
            for source in &contexts {
                for target in contexts.iter().map(Some).chain([None]) {
                    let decide = |policy: &Policy| policy.decide(source, target, "bpf", &permissions);
                    assert_eq!(decide(&whole), decide(&part), "{name}, {chunk}");
                    let target = target.unwrap_or(source);
                    assert_eq!(
                        whole.allow_rules(source, target, "bpf", &permissions),
                        part.allow_rules(source, target, "bpf", &permissions),
                        "{name}, {chunk}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_damaged_policy_has_the_same_error() {
    for (name, bytes) in policies() {
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert_eq!(excerpted(FEW, cut), parsed(cut), "{name}: the first {length} bytes");
        }
        for at in 0..bytes.len() - 4 {
            let word = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            for changed in [0, 1, word.wrapping_add(1), word ^ 0x8000_0000, u32::MAX] {
                let mut damaged = bytes.clone();
                damaged[at..at + 4].copy_from_slice(&changed.to_le_bytes());
                assert_eq!(excerpted(FEW, &damaged), parsed(&damaged), "{name}: {changed} at {at}");
            }
        }
    }
}

#[test]
fn a_file_that_ends_before_its_length_is_truncated() {
    let (_, bytes) = policies().remove(0);
    for ends_at in [0, FEW, bytes.len() / 2, bytes.len() - 1] {
        let error = excerpt_by([FEW; 2], &mut &bytes[..ends_at], bytes.len(), &["bpf"]).unwrap_err();
        let is_truncated = matches!(error, ExcerptError::Parse(ParseError::Truncated { .. } | ParseError::NotAPolicy));
        assert!(is_truncated, "{ends_at}: {error}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_no_damaged_policy() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no more"))
        }
    }
    let (_, bytes) = policies().remove(0);
    let source = (&bytes[..bytes.len() / 2]).chain(Fails);
    let error = excerpt(source, bytes.len(), &["bpf"]).unwrap_err();
    assert!(matches!(&error, ExcerptError::Read(e) if e.to_string() == "no more"), "{error}");
}
