use std::time::Duration;

use host::Root;
use host::process::clock::SystemClock;

use super::*;
use crate::catalogue::id::FaultId;
use crate::catalogue::reason::Reason;
use crate::catalogue::source::Source;
use crate::finding::Finding;
use crate::store::event::EventContext;
use crate::store::fault::Report;
use crate::store::store::{DEFAULT_DIRECTORY, Store};

#[test]
fn a_detail_and_a_later_event_written_while_a_reader_waits_are_seen_together() {
    let scratch = tempfile::tempdir().unwrap();
    let _etc = tempfile::Builder::new().prefix("etc").rand_bytes(0).tempdir_in(scratch.path()).unwrap();
    let root = Root::alternate(scratch.path()).unwrap();
    let store = Store::at(&root, DEFAULT_DIRECTORY);
    let mut writer = store.lock(&SystemClock, Duration::from_secs(60)).unwrap();
    let mut raise = |id, detail: &str| {
        let finding = Finding { reason: Reason::RaisedByHand, detail: detail.into(), remedy: Vec::new() };
        let on = EventContext { source: Source::Repair, boot_id: None };
        writer.raise(&Report { id, finding, severity: None }, &on).unwrap();
    };
    raise(FaultId::SCAN_USER, "old");
    let dir = Arc::new(root.open_private_dir(DEFAULT_DIRECTORY).unwrap());
    // The reader finds no events, and opens the file that has some by then.
    dir.unlink(log_file::NAME).unwrap();
    let mut reads = 0;
    let contents = contents_with(&dir, || {
        reads += 1;
        if reads == 1 {
            // No event is written for the first of the two.
            raise(FaultId::SCAN_USER, "new");
            raise(FaultId::KERNEL_HEADERS, "new");
        }
    });
    let seen = contents.unwrap().snapshot;
    assert_eq!(seen.faults.iter().map(|fault| fault.finding.detail.as_str()).collect::<Vec<_>>(), ["new", "new"]);
    assert_eq!(reads, 2);
}
