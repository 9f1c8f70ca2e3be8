//! A writer that is killed while it closes or compresses a file of events, at each point.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]
#![allow(clippy::disallowed_methods, reason = "tests damage files that the library never would")]

mod common;

use common::{EVENTS, STATE, Scratch, gunzip, missing_headers, repair};
use faults::Change;

const PLAIN: &str = "events-00000000000000000001.jsonl";
const PACKED: &str = "events-00000000000000000001.jsonl.gz";
const UNFINISHED: &str = ".events-00000000000000000001.jsonl.gz.hostprep-new";

/// The files of a store just before and just after its sixth event closes the first five.
struct Moment {
    old_state: Vec<u8>,
    old_events: Vec<u8>,
    state: Vec<u8>,
    events: Vec<u8>,
    packed: Vec<u8>,
}

impl Moment {
    fn new() -> Self {
        let scratch = Scratch::new();
        scratch.fill(2);
        scratch.raise(&missing_headers());
        let (old_state, old_events) = (scratch.bytes(STATE), scratch.bytes(EVENTS));
        let scratch = scratch.rotating_at(old_events.len() as u64);
        scratch.clear(missing_headers().id);
        assert_eq!(scratch.names(), [PACKED, EVENTS, STATE, "faults.lock"]);
        let (state, events, packed) = (scratch.bytes(STATE), scratch.bytes(EVENTS), scratch.bytes(PACKED));
        assert_eq!(gunzip(&packed), old_events);
        Self { old_state, old_events, state, events, packed }
    }

    /// A store that a writer left so.
    fn left(&self, files: &[(&str, &[u8])]) -> Scratch {
        let scratch = Scratch::new().rotating_at(self.old_events.len() as u64);
        files.iter().for_each(|(name, content)| scratch.write(name, content));
        scratch
    }

    /// `scratch`, in which `last` events have happened, is read as that, and the next writer finishes what was begun.
    fn is_well(&self, scratch: &Scratch, last: u64) {
        let state = if last == 5 { &self.old_state } else { &self.state };
        let known: faults::Snapshot = {
            let other = Scratch::new();
            other.write(STATE, state);
            other.store().read().unwrap()
        };
        let before = scratch.traces();
        assert_eq!(scratch.store().read().unwrap(), known);
        let numbers =
            |seq| -> Vec<u64> { scratch.store().events_after(seq).unwrap().map(|event| event.unwrap().seq).collect() };
        for seq in 0..=last {
            assert_eq!(numbers(seq), (seq + 1..=last).collect::<Vec<_>>());
        }
        assert_eq!(scratch.traces(), before, "a reader writes nothing");

        drop(scratch.lock());
        assert_eq!(scratch.bytes(STATE), *state);
        assert_eq!(numbers(0), (1..=last).collect::<Vec<_>>());
        assert!(!scratch.path(UNFINISHED).exists());
        let change = if last == 5 { scratch.clear(missing_headers().id) } else { scratch.raise(&missing_headers()) };
        assert!(matches!(change, Change::Raised | Change::Cleared));
        assert_eq!(numbers(0), (1..=last + 1).collect::<Vec<_>>());
        assert_eq!(scratch.names(), [PACKED, EVENTS, STATE, "faults.lock"], "finished");
        assert_eq!(gunzip(&scratch.bytes(PACKED)), self.old_events);
    }

    /// Checks the same without a state: the events must give the same faults.
    fn is_well_without_state(&self, files: &[(&str, &[u8])], last: u64) {
        let files: Vec<_> = files.iter().filter(|(name, _)| *name != STATE).copied().collect();
        self.is_well(&self.left(&files), last);
    }
}

#[test]
fn dead_after_the_rename() {
    let moment = Moment::new();
    let files: &[(&str, &[u8])] = &[(STATE, &moment.old_state), (PLAIN, &moment.old_events)];
    moment.is_well(&moment.left(files), 5);
    moment.is_well_without_state(files, 5);
}

#[test]
fn dead_at_every_byte_of_the_event_after_the_rename() {
    let moment = Moment::new();
    for end in (0..moment.events.len()).step_by(7).chain([moment.events.len() - 1]) {
        let files: &[(&str, &[u8])] =
            &[(STATE, &moment.old_state), (PLAIN, &moment.old_events), (EVENTS, &moment.events[..end])];
        moment.is_well(&moment.left(files), 5);
        moment.is_well_without_state(files, 5);
    }
}

#[test]
fn dead_between_the_event_after_the_rename_and_the_state() {
    let moment = Moment::new();
    let files: &[(&str, &[u8])] = &[(STATE, &moment.old_state), (PLAIN, &moment.old_events), (EVENTS, &moment.events)];
    moment.is_well(&moment.left(files), 6);
    moment.is_well_without_state(files, 6);
}

#[test]
fn dead_while_it_is_packed() {
    let moment = Moment::new();
    for end in [0, 1, 10, moment.packed.len() / 2, moment.packed.len()] {
        let files: &[(&str, &[u8])] = &[
            (STATE, &moment.state),
            (PLAIN, &moment.old_events),
            (EVENTS, &moment.events),
            (UNFINISHED, &moment.packed[..end]),
        ];
        moment.is_well(&moment.left(files), 6);
        moment.is_well_without_state(files, 6);
    }
}

#[test]
fn dead_before_the_plain_one_is_removed() {
    let moment = Moment::new();
    let files: &[(&str, &[u8])] =
        &[(STATE, &moment.state), (PLAIN, &moment.old_events), (PACKED, &moment.packed), (EVENTS, &moment.events)];
    moment.is_well(&moment.left(files), 6);
    moment.is_well_without_state(files, 6);
}

/// An administrator unpacks a segment, and a writer comes before that is done.
#[test]
fn a_segment_that_is_being_unpacked_is_not_packed_again() {
    let moment = Moment::new();
    // Also where it is done but for the packed one, which goes last.
    for end in [0, 10, moment.old_events.len() - 1, moment.old_events.len()] {
        let scratch = moment.left(&[(STATE, &moment.state), (PACKED, &moment.packed), (EVENTS, &moment.events)]);
        // The kernel's clock for files has ticked.
        std::thread::sleep(std::time::Duration::from_millis(20));
        scratch.write(PLAIN, &moment.old_events[..end]);
        assert_eq!(scratch.raise(&missing_headers()), Change::Raised);
        assert_eq!(scratch.bytes(PACKED), moment.packed, "{end}");
        assert_eq!(scratch.bytes(PLAIN), moment.old_events[..end], "{end}");
    }
}

#[test]
fn of_both_forms_one_is_read() {
    let moment = Moment::new();
    // Whatever the packed one holds: it is not looked at as long as the plain one is there.
    let files: &[(&str, &[u8])] =
        &[(STATE, &moment.state), (PLAIN, &moment.old_events), (PACKED, b"damaged"), (EVENTS, &moment.events)];
    moment.is_well(&moment.left(files), 6);
    moment.is_well_without_state(files, 6);
}

#[test]
fn killed_while_compressing_a_segment_that_is_removed_meanwhile() {
    let moment = Moment::new();
    let scratch = moment.left(&[(STATE, &moment.state), (EVENTS, &moment.events), (UNFINISHED, b"half")]);
    drop(scratch.lock());
    assert_eq!(scratch.names(), [EVENTS, STATE, "faults.lock"]);
    scratch.lock().raise(&missing_headers(), &repair()).unwrap();
    assert_eq!(scratch.history().iter().map(|event| event.seq).collect::<Vec<_>>(), [6, 7]);
}
