use std::collections::BTreeSet;

use super::*;

/// A directory in which `events.jsonl` can be closed at any moment.
struct Scratch {
    _held: (tempfile::TempDir, tempfile::TempDir),
    dir: Arc<Dir>,
    last: u64,
}

impl Scratch {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path()).unwrap();
        let dir = Arc::new(host::Root::alternate(scratch.path()).unwrap().dir("/").unwrap());
        Self { _held: (etc, scratch), dir, last: 0 }
    }

    fn append(&mut self) {
        self.last += 1;
        let seq = self.last;
        let line = format!(
            r#"{{"schema":1,"seq":{seq},"time":"2026-03-02T07:15:30Z","event":"raised","fault":5,"severity":"major","#
        ) + r#""reason":"user-missing","detail":"","remedy":[],"source":"repair"}
"#;
        std::io::Write::write_all(&mut self.dir.append(log_file::NAME, 0o644).unwrap(), line.as_bytes()).unwrap();
    }

    /// Closes `events.jsonl`, which has one event, and begins a new one with the next.
    fn close(&mut self) {
        self.dir.rename_new(log_file::NAME, segments::plain_name(self.last)).unwrap();
        self.append();
    }

    fn numbers(&self, place: HistoryRange) -> Vec<u64> {
        Events::after(0, Arc::clone(&self.dir), place, 0).map(|event| event.unwrap().seq).collect()
    }
}

#[test]
fn a_listing_that_passed_by_what_was_closed_meanwhile_is_made_again() {
    let mut scratch = Scratch::new();
    scratch.append();
    let opened = log_file::open(&scratch.dir).unwrap();
    let dir = Arc::clone(&scratch.dir);
    let mut listings = 0;
    let place = find_listing(&dir, opened, 0, &mut || {
        listings += 1;
        if listings > 1 {
            return segments::numbers(&dir);
        }
        scratch.close();
        scratch.close();
        Ok(BTreeSet::from([2]))
    });
    assert_eq!(scratch.numbers(place.unwrap()), [1, 2, 3]);
    assert_eq!(listings, 2);
}

#[test]
fn where_each_listing_passes_by_something_the_history_ends_with_what_was_opened() {
    let mut scratch = Scratch::new();
    scratch.append();
    let opened = log_file::open(&scratch.dir).unwrap();
    let dir = Arc::clone(&scratch.dir);
    let place = find_listing(&dir, opened, 0, &mut || {
        let opened = scratch.last;
        scratch.close();
        scratch.close();
        // The opened file has the number `opened`, and is not listed; the next is.
        Ok((1..opened).chain([opened + 1]).collect())
    });
    let numbers = scratch.numbers(place.unwrap());
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
    assert_eq!(numbers.len(), 2 * TRIES - 1);
}
