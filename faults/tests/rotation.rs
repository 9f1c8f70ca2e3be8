//! Closing and compressing of a large `events.jsonl`, and segments that a person changed.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests damage files that the library never would")]

mod common;

use std::os::unix::fs::MetadataExt;

use common::{EVENTS, LOCK_TIMEOUT, STATE, Scratch, assert_filled, copy_of, gunzip, gzip, missing_headers, repair};
use faults::{Change, Event, FaultId, Snapshot};
use host::process::clock::SystemClock;
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::{Mode, umask};

const LIMIT: u64 = 2_000;

/// A store of 60 events in segments of about six, all cleared at the end.
fn rotated() -> Scratch {
    let scratch = Scratch::new().rotating_at(LIMIT);
    scratch.fill(30);
    assert!(scratch.segments().len() > 5, "{:?}", scratch.names());
    scratch
}

fn after(scratch: &Scratch, seq: u64) -> Vec<Event> {
    scratch.store().events_after(seq).unwrap().map(Result::unwrap).collect()
}

/// The number of the segment with that name.
fn number(name: &str) -> u64 {
    name["events-".len()..].split('.').next().unwrap().parse().unwrap()
}

fn plain(packed: &str) -> String {
    packed.strip_suffix(".gz").unwrap().to_owned()
}

#[test]
fn a_large_file_is_closed_and_packed_and_no_event_lost() {
    // A umask of this thread's own, so that other tests keep theirs.
    unshare(CloneFlags::CLONE_FS).unwrap();
    let before = umask(Mode::from_bits_truncate(0o077));
    let scratch = rotated();
    umask(before);
    scratch.assert_filled(60);

    let segments = scratch.segments();
    let mut expected = vec![EVENTS.to_owned()];
    expected.splice(0..0, segments.iter().cloned());
    expected.extend(["faults.json".to_owned(), "faults.lock".to_owned()]);
    assert_eq!(scratch.names(), expected, "nothing else is left");
    let mut text = Vec::new();
    for name in &segments {
        assert!(name.ends_with(".jsonl.gz") && name.len() == "events-00000000000000000001.jsonl.gz".len(), "{name}");
        assert_eq!(std::fs::metadata(scratch.path(name)).unwrap().mode() & 0o7777, 0o644);
        let lines = gunzip(&scratch.bytes(name));
        assert!(lines.len() as u64 <= LIMIT && lines.ends_with(b"\n"), "{name}");
        let first: Event = serde_json::from_slice(lines.split(|&byte| byte == b'\n').next().unwrap()).unwrap();
        assert_eq!(first.seq, number(name));
        text.extend(lines);
    }
    text.extend(scratch.bytes(EVENTS));
    assert!(scratch.bytes(EVENTS).len() as u64 <= LIMIT);
    let text = String::from_utf8(text).unwrap();
    let events: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events, scratch.history(), "the files one after the other are the history");
}

#[test]
fn one_event_is_always_taken() {
    let scratch = Scratch::new().rotating_at(0);
    scratch.fill(3);
    scratch.assert_filled(6);
    assert_eq!(scratch.segments().iter().map(|name| number(name)).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[test]
fn usually_eight_mebibytes_are_kept_plain() {
    assert_eq!(faults::ROTATE_AT, 8 * 1024 * 1024);
    let scratch = Scratch::new();
    scratch.fill(20);
    assert_eq!(scratch.segments(), [""; 0]);
}

#[test]
fn the_events_after_any_number() {
    let scratch = rotated();
    for seq in 0..=62 {
        assert_filled(&after(&scratch, seq), seq + 1, 60.max(seq));
    }
    assert_eq!(after(&scratch, u64::MAX), []);
    assert_eq!(Scratch::new().store().events_after(3).unwrap().count(), 0);
}

#[test]
fn the_events_after_a_number_need_no_older_segment() {
    let scratch = rotated();
    let segments = scratch.segments();
    let newest = number(segments.last().unwrap());
    for name in &segments {
        scratch.write(name, "no gzip");
    }
    let current: Event =
        serde_json::from_slice(scratch.bytes(EVENTS).split(|&byte| byte == b'\n').next().unwrap()).unwrap();
    assert_filled(&after(&scratch, current.seq - 1), current.seq, 60);
    assert!(scratch.store().events_after(current.seq - 2).unwrap().next().unwrap().is_err());

    // With the newest whole again, all after its first are known.
    let whole = rotated().bytes(segments.last().unwrap());
    scratch.write(segments.last().unwrap(), whole);
    assert_eq!(after(&scratch, newest - 1).len() as u64, 61 - newest);
    assert!(scratch.store().events_after(newest - 2).unwrap().next().unwrap().is_err());
}

#[test]
fn a_lost_state_is_made_anew_from_all_segments() {
    let scratch = rotated();
    scratch.raise(&missing_headers());
    let early = Scratch::new().rotating_at(LIMIT);
    early.raise(&missing_headers());
    early.fill(30);
    for scratch in [scratch, early] {
        let known = scratch.store().read().unwrap();
        assert!(known.is_raised(FaultId::KERNEL_HEADERS));
        let bytes = scratch.bytes(STATE);
        scratch.remove(STATE);
        assert_eq!(scratch.store().read().unwrap(), known, "readers see the result at once");
        assert!(!scratch.path(STATE).exists());
        drop(scratch.lock());
        assert_eq!(scratch.bytes(STATE), bytes);
    }
}

#[test]
fn with_segments_alone_numbers_go_on() {
    for lost in [&[EVENTS][..], &[EVENTS, STATE]] {
        let scratch = rotated();
        lost.iter().for_each(|name| scratch.remove(name));
        let last = scratch.store().read().unwrap().sequence;
        scratch.raise(&missing_headers());
        let history = scratch.history();
        assert_eq!(history.last().unwrap().seq, last + 1);
        assert_eq!(history.len() as u64 == last + 1, lost.len() == 2, "what was in the file is missing, no other");
    }
}

#[test]
fn an_old_state_put_back_is_brought_up_to_date_from_the_segments() {
    let scratch = Scratch::new().rotating_at(LIMIT);
    scratch.raise(&missing_headers());
    let old = scratch.bytes(STATE);
    scratch.fill(30);
    let known = scratch.store().read().unwrap();
    scratch.write(STATE, &old);
    assert_eq!(scratch.store().read().unwrap(), known);
    drop(scratch.lock());
    assert_eq!(scratch.store().read().unwrap(), known);
    assert!(String::from_utf8(scratch.bytes(STATE)).unwrap().contains("\"sequence\": 61"));

    // Without events.jsonl what the segments tell is known, up to their last event.
    scratch.write(STATE, &old);
    scratch.remove(EVENTS);
    let last = scratch.history().last().unwrap().seq;
    let known = scratch.store().read().unwrap();
    assert_eq!(known.sequence, last);
    assert!(last > 50 && last < 61 && known.is_raised(FaultId::KERNEL_HEADERS));
    scratch.clear(FaultId::KERNEL_HEADERS);
    assert_eq!(scratch.history().last().unwrap().seq, last + 1);
}

#[test]
fn an_old_copy_put_back_over_newer_segments_makes_no_number_twice() {
    let scratch = Scratch::new().rotating_at(LIMIT);
    scratch.fill(2);
    let copy = [STATE, EVENTS].map(|name| (name, scratch.bytes(name)));
    for pairs in [2, 3, 30] {
        scratch.fill(pairs);
        copy.iter().for_each(|(name, content)| scratch.write(name, content));
        let before = scratch.segments();
        // What was only in events.jsonl went with it.
        let kept = scratch.history();
        let last = kept.last().unwrap().seq;
        scratch.raise(&missing_headers());
        let history = scratch.history();
        assert_eq!(history[..kept.len()], kept);
        assert_eq!(history[kept.len()..].iter().map(|event| event.seq).collect::<Vec<_>>(), [last + 1]);
        // Now events.jsonl has the old ones, a gap, and the new one.
        follows_from_everywhere(&scratch);
        scratch.clear(FaultId::KERNEL_HEADERS);
        scratch.fill(30);
        assert!(scratch.segments().starts_with(&before));
        let history = follows_from_everywhere(&scratch);
        assert_eq!(scratch.store().read().unwrap().sequence, history.len() as u64);
        copy_is_replayed(&scratch);
    }
}

/// The history has no gap, and after each of its events the rest follows.
fn follows_from_everywhere(scratch: &Scratch) -> Vec<Event> {
    let history = scratch.history();
    assert!(history.iter().zip(1..).all(|(event, number)| event.seq == number));
    for seq in 0..history.len() {
        assert_eq!(after(scratch, seq as u64), history[seq..], "after {seq}");
    }
    history
}

/// The state that the whole history makes is the one that is known.
fn copy_is_replayed(scratch: &Scratch) {
    let known = scratch.store().read().unwrap();
    let state = scratch.bytes(STATE);
    scratch.remove(STATE);
    assert_eq!(scratch.store().read().unwrap(), known);
    scratch.write(STATE, state);
}

#[test]
fn deleting_the_oldest_makes_the_history_begin_later() {
    let scratch = rotated();
    let segments = scratch.segments();
    for name in &segments[..3] {
        scratch.remove(name);
    }
    let first = number(&segments[3]);
    assert_filled(&scratch.history(), first, 60);
    assert_filled(&after(&scratch, 2), first, 60);
    scratch.fill(20);
    assert_filled(&scratch.history(), first, 100);
    for name in scratch.segments() {
        scratch.remove(&name);
    }
    let left = scratch.history();
    assert_filled(&left, left[0].seq, 100);
    scratch.remove(STATE);
    assert_eq!(scratch.store().read().unwrap(), Snapshot { sequence: 100, faults: vec![] });
    scratch.fill(20);
    assert_filled(&scratch.history(), left[0].seq, 140);
}

#[test]
fn deleting_one_in_the_middle_leaves_a_gap_and_is_no_error() {
    let scratch = rotated();
    let segments = scratch.segments();
    scratch.remove(&segments[2]);
    let missing = number(&segments[2])..number(&segments[3]);
    let numbers: Vec<_> = scratch.history().iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=60).filter(|seq| !missing.contains(seq)).collect::<Vec<_>>());
}

#[test]
fn deleted_while_the_history_is_read() {
    let scratch = rotated();
    let segments = scratch.segments();
    let mut events = scratch.store().events().unwrap();
    assert_eq!(events.next().unwrap().unwrap().seq, 1);
    segments[..3].iter().for_each(|name| scratch.remove(name));
    let numbers: Vec<_> = events.map(|event| event.unwrap().seq).collect();
    let expected = (2..number(&segments[1])).chain(number(&segments[3])..=60);
    assert_eq!(numbers, expected.collect::<Vec<_>>());
}

#[test]
fn closed_and_packed_while_the_history_is_read() {
    let scratch = rotated();
    let mut events = scratch.store().events().unwrap();
    let mut told = vec![events.next().unwrap().unwrap()];
    scratch.fill(30);
    told.extend(events.map(Result::unwrap));
    assert_filled(&told, 1, 60);
}

#[test]
fn a_damaged_segment_is_named_and_stops_no_raise() {
    let whole = rotated();
    let name = whole.segments().remove(2);
    let bytes = whole.bytes(&name);
    let mut flipped = bytes.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x55;
    let longer = [&bytes[..], b"more"].concat();
    for bad in [&b""[..], b"no gzip", &bytes[..bytes.len() - 1], &bytes[..100], &bytes[..5], &flipped, &longer] {
        let scratch = rotated();
        scratch.write(&name, bad);
        let told: Vec<_> = scratch.store().events().unwrap().collect();
        let said = told.last().unwrap().as_ref().unwrap_err().to_string();
        // A flipped bit may show in a line before the end of the file shows it.
        assert!(said.contains(scratch.path(&name).to_str().unwrap()), "{said}");
        assert!(said.contains("move it away") || said.contains("unpack it with gunzip"), "{said}");
        assert_eq!(said.lines().count(), 1);
        let good: Vec<_> = told.into_iter().filter_map(Result::ok).collect();
        assert!(good.len() as u64 + 1 >= number(&name), "the events before it are read");

        assert_eq!(scratch.store().read().unwrap().sequence, 60);
        assert_eq!(scratch.raise(&missing_headers()), Change::Raised);
        let before = copy_of(&scratch.dir());
        let state = scratch.bytes(STATE);
        scratch.remove(STATE);
        for refused in [
            scratch.store().read().map(drop).unwrap_err(),
            scratch.store().lock(&SystemClock, LOCK_TIMEOUT).map(drop).unwrap_err(),
        ] {
            assert!(refused.to_string().contains(&name), "{refused}");
        }
        scratch.write(STATE, state);
        assert_eq!(copy_of(&scratch.dir()), before, "nothing was changed");

        scratch.remove(&name);
        assert!(scratch.store().events().unwrap().all(|event| event.is_ok()));
        scratch.remove(STATE);
        assert_eq!(scratch.store().read().unwrap().sequence, 61);
    }
}

#[test]
fn a_damaged_line_in_a_segment_is_named_and_can_be_repaired() {
    let scratch = rotated();
    let name = scratch.segments().remove(2);
    let lines = String::from_utf8(gunzip(&scratch.bytes(&name))).unwrap();
    for bad in ["###", "{\"schema\":1,\"se", ""] {
        for at in [1, lines.lines().count() - 1] {
            let mut damaged: Vec<_> = lines.lines().collect();
            damaged[at] = bad;
            scratch.write(&name, gzip((damaged.join("\n") + "\n").as_bytes()));
            let said = scratch.store().events().unwrap().last().unwrap().unwrap_err().to_string();
            assert!(said.contains(&format!("{name}, line {}: ", at + 1)), "{said}");
            assert!(said.contains("unpack it with gunzip, then correct or delete that line"), "{said}");
        }
    }
    // As the message says.
    scratch.remove(&name);
    scratch.write(&plain(&name), &lines);
    scratch.assert_filled(60);
    drop(scratch.lock());
    assert!(!scratch.path(&plain(&name)).exists());
    assert_eq!(gunzip(&scratch.bytes(&name)), lines.as_bytes());
    scratch.assert_filled(60);
}

#[test]
fn a_damaged_line_in_a_plain_segment_is_counted_from_its_start() {
    let scratch = rotated();
    let name = scratch.segments().pop().unwrap();
    let lines = String::from_utf8(gunzip(&scratch.bytes(&name))).unwrap();
    let mut damaged: Vec<_> = lines.lines().collect();
    let last = damaged.len() - 1;
    damaged[last] = "###";
    scratch.remove(&name);
    scratch.write(&plain(&name), damaged.join("\n"));
    // From the start, and from a place that was found from the end.
    for seq in [0, number(&name) + 1] {
        let said = scratch.store().events_after(seq).unwrap().last().unwrap().unwrap_err().to_string();
        assert!(said.contains(&format!("{}, line {}: ", plain(&name), last + 1)), "{said}");
        assert!(said.contains("; correct or delete that line"), "{said}");
    }
}

#[test]
fn a_segment_of_a_newer_version_is_refused() {
    let scratch = rotated();
    let name = scratch.segments().remove(1);
    scratch.write(&name, gzip(b"{\"schema\":2,\"n\":7}\n"));
    let said = scratch.store().events().unwrap().last().unwrap().unwrap_err().to_string();
    assert!(said.contains(&name) && said.contains("written by a newer version (schema 2"), "{said}");
}

#[test]
fn unpacked_segments_are_read_and_compressed_one_per_writer() {
    let scratch = rotated();
    let segments = scratch.segments();
    for name in &segments {
        scratch.write(&plain(name), gunzip(&scratch.bytes(name)));
        scratch.remove(name);
    }
    let before = scratch.traces();
    scratch.assert_filled(60);
    assert_eq!(scratch.traces(), before, "a reader packs nothing");
    for done in 1..=segments.len() {
        drop(scratch.lock());
        let left = segments.iter().filter(|name| scratch.path(&plain(name)).exists()).count();
        assert_eq!(left, segments.len() - done);
        scratch.assert_filled(60);
    }
    assert_eq!(scratch.segments(), segments);
}

#[test]
fn other_files_are_left_alone() {
    let scratch = rotated();
    let odd =
        ["events-1.jsonl", "events-.jsonl.gz", "events.jsonl.1", "events-99999999999999999999.jsonl", ".events-x"];
    odd.iter().for_each(|name| scratch.write(name, "odd"));
    scratch.fill(5);
    scratch.assert_filled(70);
    odd.iter().for_each(|name| assert_eq!(scratch.bytes(name), b"odd"));
}

#[test]
fn a_link_is_no_segment() {
    let scratch = rotated();
    let name = scratch.segments().remove(1);
    std::fs::rename(scratch.path(&name), scratch.root.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink(scratch.root.path().join("elsewhere"), scratch.path(&name)).unwrap();
    let said = scratch.store().events().unwrap().last().unwrap().unwrap_err().to_string();
    assert!(said.contains(&name) && said.contains("a symbolic link is not followed here"), "{said}");
    scratch.fill(5);
    assert_eq!(scratch.store().read().unwrap().sequence, 70);
}

#[test]
fn a_segment_that_cannot_be_compressed_stays_plain() {
    let scratch = Scratch::new().rotating_at(LIMIT);
    let blocked = scratch.path(".events-00000000000000000001.jsonl.gz.hostprep-new");
    std::fs::create_dir_all(blocked.join("in the way")).unwrap();
    scratch.fill(5);
    scratch.assert_filled(10);
    assert_eq!(scratch.segments(), ["events-00000000000000000001.jsonl"]);
    std::fs::remove_dir_all(blocked).unwrap();
    drop(scratch.lock());
    assert_eq!(scratch.segments(), ["events-00000000000000000001.jsonl.gz"]);
    scratch.assert_filled(10);
}

#[test]
fn a_file_that_cannot_be_closed_grows() {
    let scratch = Scratch::new().rotating_at(LIMIT);
    scratch.fill(1);
    // No number is greater, so no name is left.
    scratch.write("events-18446744073709551615.jsonl", "");
    scratch.fill(30);
    assert!(scratch.bytes(EVENTS).len() as u64 > 5 * LIMIT);
    scratch.assert_filled(62);
    scratch.remove("events-18446744073709551615.jsonl.gz");
    scratch.fill(1);
    assert_eq!(scratch.segments(), ["events-00000000000000000001.jsonl.gz"]);
    scratch.assert_filled(64);
}

#[test]
fn nothing_is_closed_before_the_state_knows_it() {
    let scratch = Scratch::new().rotating_at(LIMIT);
    let mut writer = scratch.lock();
    let blocked = scratch.path(".faults.json.hostprep-new");
    std::fs::create_dir_all(blocked.join("in the way")).unwrap();
    // Each fails to write the state; the event counts, as long as there is room for it.
    for number in 1..30 {
        let made = match number % 2 {
            1 => writer.raise(&missing_headers(), &repair()).map(drop),
            _ => writer.clear(FaultId::KERNEL_HEADERS, &repair()).map(drop),
        };
        assert!(made.unwrap_err().to_string().contains(".faults.json.hostprep-new"));
    }
    assert_eq!(scratch.segments(), [""; 0]);
    let told = scratch.history().len() as u64;
    assert!(told > 3 && told == writer.snapshot().sequence, "{told}");
    std::fs::remove_dir_all(blocked).unwrap();
    writer.raise(&missing_headers(), &repair()).unwrap();
    writer.clear(FaultId::KERNEL_HEADERS, &repair()).unwrap();
    assert!(scratch.store().read().unwrap().sequence > told);
    assert!(scratch.history().iter().zip(1..).all(|(event, number)| event.seq == number));
}

#[test]
fn a_line_without_its_feed_is_ended_before_its_file_is_closed() {
    let scratch = Scratch::new().rotating_at(LIMIT);
    scratch.fill(2);
    let mut events = scratch.bytes(EVENTS);
    events.pop();
    scratch.write(EVENTS, events);
    let scratch = scratch.rotating_at(0);
    scratch.fill(1);
    scratch.assert_filled(6);
    assert!(gunzip(&scratch.bytes(&scratch.segments()[0])).ends_with(b"}\n"));
}

#[test]
fn a_torn_line_is_cut_off_before_its_file_is_closed() {
    let scratch = Scratch::new().rotating_at(LIMIT);
    scratch.fill(2);
    let events = scratch.bytes(EVENTS);
    scratch.write(EVENTS, [&events[..], b"{\"schema\":1,\"seq\":5"].concat());
    let scratch = scratch.rotating_at(0);
    scratch.fill(1);
    scratch.assert_filled(6);
    assert_eq!(gunzip(&scratch.bytes(&scratch.segments()[0])), events);
}
