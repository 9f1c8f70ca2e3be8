//! Damaged policies: an error, in little time and memory, and never a panic.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "tests run compilers and fail by panicking"
)]
#![allow(unsafe_code, reason = "an allocator that counts")]

mod micro;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use policydb::{ParseError, Policy};

/// Counts the bytes that are in use, and the most since it was reset.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Parses, and asks a question if that succeeds. Returns the error, and how many bytes it took at most.
fn parse(bytes: &[u8]) -> (Option<ParseError>, usize) {
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let error = match Policy::parse(bytes) {
        Err(e) => Some(e),
        Ok(policy) => {
            for name in policy.types() {
                if let Some(context) = policy.context_of_type(name) {
                    let rules = policy.allow_rules(&context, &context, "bpf", &["prog_run"]);
                    let answers =
                        (policy.access_vectors(&context, None), rules, policy.transition(name, name, "process"));
                    std::hint::black_box(answers);
                }
            }
            None
        }
    };
    (error, MOST.load(Ordering::Relaxed) - before)
}

/// Memory beyond the file: as many bytes as four files, and a hash table's first size.
fn limit(bytes: &[u8]) -> usize {
    4 * bytes.len() + 16 * 1024
}

fn expect_little_memory(bytes: &[u8], what: &str) -> Option<ParseError> {
    let (error, most) = parse(bytes);
    assert!(most <= limit(bytes), "{what}: {most} bytes for a file of {}", bytes.len());
    error
}

// One test, because the allocator counts for the whole process.
#[test]
fn damaged_policies() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policy");
    let is_wanted = |form: &micro::Form| {
        form.compiler == micro::Compiler::Secilc
            && form.mls
            && form.unknown == "deny"
            && [24, 29, 33].contains(&form.version)
    };
    for form in micro::forms().filter(is_wanted) {
        let version = form.version;
        micro::compile(form, micro::Rules::Present, &file);
        let whole = std::fs::read(&file).unwrap();
        assert_eq!(expect_little_memory(&whole, "whole"), None, "{version}");
        let mut longer = whole.clone();
        longer.extend_from_slice(b"what follows");
        assert_eq!(expect_little_memory(&longer, "longer"), None, "{version}");
        every_truncation(&whole, version);
        every_changed_word(&whole, version);
    }
    what_is_no_policy();
    a_real_policy_takes_little_memory();
}

fn every_truncation(whole: &[u8], version: u32) {
    for length in 0..whole.len() {
        let error = expect_little_memory(&whole[..length], "truncated");
        let error = error.unwrap_or_else(|| panic!("version {version}, the first {length} bytes: no error"));
        assert!(matches!(error, ParseError::Truncated { .. } | ParseError::NotAPolicy), "{length}: {error}");
    }
}

/// Every four bytes, whatever they are, replaced by numbers that are too large, too small and a little wrong.
fn every_changed_word(whole: &[u8], version: u32) {
    let mut refused = 0;
    for at in 0..whole.len() - 4 {
        let word = u32::from_le_bytes(whole[at..at + 4].try_into().unwrap());
        for changed in [0, 1, word.wrapping_add(1), word.wrapping_sub(1), word ^ 0x8000_0000, 0x7fff_ffff, u32::MAX] {
            let mut damaged = whole.to_vec();
            damaged[at..at + 4].copy_from_slice(&changed.to_le_bytes());
            refused +=
                usize::from(expect_little_memory(&damaged, &format!("version {version}, {changed} at {at}")).is_some());
        }
    }
    assert!(refused > whole.len(), "version {version}: only {refused} were refused");
}

fn what_is_no_policy() {
    let rows: [(&[u8], &str); 6] = [
        (b"", "not a compiled SELinux policy"),
        (b"\x7fELF\x02\x01\x01\x00", "not a compiled SELinux policy"),
        // A policy package, and a module.
        (b"\x8f\xff\x7c\xf9\x01\x00\x00\x00", "not a compiled SELinux policy"),
        (b"\x8d\xff\x7c\xf9\x0d\x00\x00\x00", "not a compiled SELinux policy"),
        (b"\x8c\xff\x7c\xf9\x08\x00\x00\x00XenFlask\x18\x00\x00\x00", "a policy for XenFlask, not for SELinux"),
        (
            b"\x8c\xff\x7c\xf9\x08\x00\x00\x00SE Linux\x24\x00\x00\x00",
            "policy version 36; versions 24 to 35 are supported",
        ),
    ];
    for (bytes, expected) in rows {
        assert_eq!(parse(bytes).0.unwrap().to_string(), expected);
    }
}

fn a_real_policy_takes_little_memory() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/test-store/root/etc/selinux/default/policy/policy.33");
    let bytes = std::fs::read(path).unwrap();
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let policy = Policy::parse(&bytes).unwrap();
    let domain = policy.context_of_type("unconfined_t").unwrap();
    assert_eq!(policy.decide(&domain, None, "bpf", &["map_create", "prog_load"]).is_allowed(), Some(true));
    let most = MOST.load(Ordering::Relaxed) - before;
    eprintln!("{most} bytes beyond a file of {}", bytes.len());
    assert!(most <= bytes.len(), "{most} bytes for a file of {}", bytes.len());

    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let file = std::fs::File::open(path).unwrap();
    let kept = policydb::excerpt(file, bytes.len(), &["bpf"]).unwrap();
    let most = MOST.load(Ordering::Relaxed) - before;
    eprintln!("{most} bytes for an excerpt of {} bytes", kept.len());
    assert!(most <= bytes.len(), "{most} bytes for an excerpt of a file of {}", bytes.len());
    let excerpt = Policy::parse(&kept).unwrap();
    let domains: Vec<_> = policy.types().filter_map(|name| policy.context_of_type(name)).collect();
    let permissions = policy.permissions("bpf");
    for domain in &domains {
        for target in [None, Some(&domains[0])] {
            let decide = |policy: &Policy| policy.decide(domain, target, "bpf", &permissions);
            assert_eq!(decide(&policy), decide(&excerpt));
        }
    }
}
