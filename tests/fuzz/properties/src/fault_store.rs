//! The fault store's files with any content: readers change nothing, and a writer refuses, or continues after the last number
//! without losing a readable event.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use faults::{
    Change, Event, EventContext, FaultId, Finding, Reason, Remedy, Report, Source, Store, StoreError, Texts, Writer,
    status,
};
use flate2::{Compression, write::GzEncoder};
use host::Root;
use host::testing::VirtualClock;

use crate::input::parts;
use crate::scratch::Scratch;

/// Short, since each name on the way costs a look at it.
const DIR: &str = "/faults";
const LOCK: &str = "faults/faults.lock";

/// `faults.json`, `events.jsonl`, a closed segment, and a packed one (packed here, unless it is already).
pub fn check(data: &[u8]) {
    let [state, events, closed, packed] = parts(data);
    let scratch = Scratch::new();
    scratch.file(&format!("{DIR}/faults.json"), state);
    scratch.file(&format!("{DIR}/events.jsonl"), events);
    scratch.file(&format!("{DIR}/events-00000000000000000003.jsonl"), closed);
    let packed = packed.map(|plain| if plain.starts_with(b"\x1f\x8b") { plain.to_vec() } else { gzip(plain) });
    scratch.file(&format!("{DIR}/events-00000000000000000001.jsonl.gz"), packed.as_deref());

    let root = scratch.root();
    let store = Store::at(&root, DIR);
    let before = scratch.tree();
    let as_written = closed.is_none() && packed.is_none() && is_in_order(events);
    let history = read(&store, as_written);
    assert!(scratch.tree() == before, "a reader wrote");

    let rotating = data.len().is_multiple_of(3);
    let store = if rotating { store.rotating_at(200) } else { store };
    change(&scratch, &root, &store, history, scratch.files());
}

thread_local! {
    /// Made once, since that takes long.
    static TEXTS: Texts = Texts::for_language("en").unwrap();
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(plain).unwrap();
    packed.finish().unwrap()
}

/// Returns whether the numbers of the lines increase, as in a file of the writer.
fn is_in_order(events: Option<&[u8]>) -> bool {
    let lines = events.unwrap_or_default().split(|&byte| byte == b'\n');
    let number = |line| serde_json::from_slice::<serde_json::Value>(line).ok()?.get("seq")?.as_u64();
    lines.filter_map(number).is_sorted_by(|one, next| one < next)
}

/// All events, where all of them can be read.
fn read(store: &Store, as_written: bool) -> Option<Vec<Event>> {
    let snapshot = store.read();
    if let Ok(snapshot) = &snapshot {
        assert!(snapshot.faults.is_sorted_by(|one, next| one.id < next.id));
        TEXTS.with(|texts| assert!(status::render(snapshot, texts).ends_with('\n')));
    }
    let all = store.events().and_then(Iterator::collect::<Result<Vec<_>, _>>);
    for after in [1, 3, u64::MAX] {
        if let Ok(some) = store.events_after(after).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            assert!(some.iter().all(|event| event.seq > after), "after {after}");
            // Not for an old copy next to newer segments, nor for moved lines.
            if let (Ok(all), true) = (&all, as_written) {
                assert!(all.ends_with(&some), "after {after}");
            }
        }
    }
    let all = all.ok()?;
    assert!(all.is_sorted_by(|one, next| one.seq < next.seq), "an event twice, or out of order");
    snapshot.is_ok().then_some(all)
}

fn change(
    scratch: &Scratch,
    root: &Root,
    store: &Store,
    history: Option<Vec<Event>>,
    before: BTreeMap<PathBuf, Vec<u8>>,
) {
    let clock = VirtualClock::default();
    let on = EventContext { source: Source::Repair, boot_id: Some("a-boot".into()) };
    let known = store.read();
    let Ok(mut writer) = store.lock(&clock, Duration::ZERO) else {
        let mut after = scratch.files();
        after.remove(&PathBuf::from(LOCK));
        let mut before = before;
        before.remove(&PathBuf::from(LOCK));
        assert!(after == before, "refused, and something was changed");
        return;
    };
    let known = known.expect("a writer can read");
    assert!(writer.snapshot().sequence >= known.sequence, "the sequence went back");
    let report = Report {
        id: FaultId::SCAN_USER,
        finding: Finding {
            reason: Reason::UserMissing,
            detail: "user cisco-amp-scan-svc does not exist".into(),
            remedy: vec![Remedy::hostprep(["repair"])],
        },
        severity: None,
    };
    let mut expected = Vec::new();
    for step in 0..3 {
        let sequence = writer.snapshot().sequence;
        let changed = if step == 1 { writer.clear(report.id, &on) } else { writer.raise(&report, &on) };
        let Ok(changed) = changed else {
            assert!(writer.snapshot().sequence >= sequence, "the sequence went back");
            return;
        };
        let events = u64::from(matches!(changed, Change::Raised | Change::Cleared | Change::Changed));
        assert_eq!(writer.snapshot().sequence, sequence + events, "{changed:?}");
        assert_eq!(writer.snapshot().is_raised(report.id), step != 1);
        expected.extend((events == 1).then(|| sequence + 1));
    }
    // If the state knows a last line that is unreadable, the line is kept for a person to look at. Readers stop there.
    let damaged = history.as_ref().is_some_and(|history| history.last().map_or(0, |event| event.seq) < known.sequence);
    expect_written(&writer, &Store::at(root, DIR), history, damaged, &expected);
    drop(writer);
    let quiet = scratch.tree();
    let again = store.apply(&[faults::FaultUpdate::Raise(report)], &on, &clock, Duration::ZERO).unwrap();
    assert_eq!(again, [Change::Nothing]);
    assert!(scratch.tree() == quiet, "nothing was to be done, and something was written");
}

/// Checks that the written events can be read again, after those that could be read before.
fn expect_written(writer: &Writer, store: &Store, history: Option<Vec<Event>>, damaged: bool, expected: &[u64]) {
    assert_eq!(&store.read().unwrap(), writer.snapshot());
    let Some(history) = history else { return };
    let after = match store.events().unwrap().collect::<Result<Vec<Event>, _>>() {
        Err(StoreError::Malformed(_)) if damaged => return,
        after => after.unwrap(),
    };
    assert_eq!(after.get(..history.len()), Some(history.as_slice()), "what could be read was lost");
    let new: Vec<u64> = after[history.len()..].iter().map(|event| event.seq).collect();
    assert_eq!(new, expected);
}
