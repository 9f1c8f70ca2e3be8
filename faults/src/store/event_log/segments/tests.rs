use super::*;

#[test]
fn names_sort_as_their_numbers() {
    assert_eq!(plain_name(9), "events-00000000000000000009.jsonl");
    assert_eq!(packed_name(u64::MAX), "events-18446744073709551615.jsonl.gz");
    assert!(plain_name(9) < packed_name(10) && packed_name(99) < plain_name(100));
}

#[test]
fn what_has_another_name_is_no_segment() {
    assert_eq!(split("events-00000000000000000009.jsonl"), Some((9, PLAIN)));
    assert_eq!(split(&packed_name(u64::MAX)), Some((u64::MAX, PACKED)));
    for name in [
        "events.jsonl",
        "events-9.jsonl",
        "events-18446744073709551616.jsonl",
        "events-+0000000000000000009.jsonl",
        "events-0000000000000000000é.jsonl",
        "Events-00000000000000000009.jsonl",
        "events-",
    ] {
        assert_eq!(split(name), None, "{name}");
    }
}

#[test]
fn only_segments_that_can_hold_later_events_are_chosen() {
    let numbers = BTreeSet::from([5, 10, 20]);
    let chosen = |seq| holding(&numbers, seq).into_iter().collect::<Vec<_>>();
    assert_eq!(chosen(0), [5, 10, 20]);
    assert_eq!(chosen(8), [5, 10, 20]);
    assert_eq!(chosen(9), [10, 20]);
    assert_eq!(chosen(18), [10, 20]);
    assert_eq!(chosen(19), [20]);
    assert_eq!(chosen(u64::MAX), [20]);
    assert!(holding(&BTreeSet::new(), 7).is_empty());
}

#[test]
fn a_segment_that_is_packed_meanwhile_is_listed() {
    let scratch = tempfile::tempdir().unwrap();
    let _etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path()).unwrap();
    let dir = host::Root::alternate(scratch.path()).unwrap().dir("/").unwrap();
    // Enough names for several `getdents64(2)` calls, between which others change.
    const SEGMENTS: u64 = 3_000;
    for number in 1..=SEGMENTS {
        dir.create(plain_name(number), 0o644).unwrap();
    }
    let all: BTreeSet<_> = (1..=SEGMENTS).collect();
    std::thread::scope(|scope| {
        let packing = scope.spawn(|| {
            for number in 1..=SEGMENTS {
                dir.link(plain_name(number), packed_name(number)).unwrap();
                dir.unlink(plain_name(number)).unwrap();
            }
        });
        while !packing.is_finished() {
            assert_eq!(numbers(&dir).unwrap(), all);
        }
        packing.join().unwrap();
    });
}

#[test]
fn a_listing_names_each_segment_once_in_any_form() {
    let scratch = tempfile::tempdir().unwrap();
    let _etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path()).unwrap();
    let dir = host::Root::alternate(scratch.path()).unwrap().dir("/").unwrap();
    let unfinished = format!(".{}.hostprep-new", packed_name(3));
    for name in [plain_name(1), packed_name(1), packed_name(2), plain_name(3), unfinished.clone(), "faults.json".into()]
    {
        dir.create(name, 0o644).unwrap();
    }
    let listed = scan(&dir).unwrap();
    assert_eq!(listed.numbers, BTreeSet::from([1, 2, 3]));
    assert_eq!(listed.plain, BTreeSet::from([1, 3]));
    assert_eq!(listed.unfinished, [OsString::from(unfinished)]);
    assert_eq!(numbers(&dir).unwrap(), listed.numbers);
}
