//! Invariants of the fault store's files, read as an ordinary user may read them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// All events, oldest first, and what they leave raised.
#[derive(Debug)]
pub struct CheckedStore {
    pub events: Vec<Value>,
}

impl CheckedStore {
    /// Reads the store in `dir`: no number is missing or there twice, a fault is raised before it is changed or cleared and
    /// never twice, and the state is what the events lead to.
    #[track_caller]
    pub fn of(dir: &Path) -> Self {
        let text = std::fs::read_to_string(dir.join("events.jsonl")).unwrap_or_default();
        assert!(text.is_empty() || text.ends_with('\n'), "torn: {text}");
        let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut raised: BTreeMap<u64, &Value> = BTreeMap::new();
        for (event, number) in events.iter().zip(1..) {
            assert_eq!(event["seq"], number, "a gap or a double:\n{text}");
            let id = event["fault"].as_u64().unwrap();
            let was = match event["event"].as_str().unwrap() {
                "raised" => raised.insert(id, event).is_none(),
                "changed" => raised.insert(id, event).is_some(),
                "cleared" => raised.remove(&id).is_some(),
                other => panic!("{other}"),
            };
            assert!(was, "event {number} does not follow from those before:\n{text}");
        }
        let state: Value = match std::fs::read_to_string(dir.join("faults.json")) {
            Ok(state) => serde_json::from_str(&state).unwrap(),
            Err(_) => serde_json::json!({"sequence": 0, "faults": []}),
        };
        assert_eq!(state["sequence"], events.len(), "{state}\n{text}");
        let in_short = |fault: &Value| (fault["reason"].clone(), fault["severity"].clone());
        let stated: BTreeMap<u64, _> = state["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| (fault["id"].as_u64().unwrap(), in_short(fault)))
            .collect();
        let folded: BTreeMap<u64, _> = raised.iter().map(|(id, event)| (*id, in_short(event))).collect();
        assert_eq!(stated, folded, "{state}\n{text}");
        let left: Vec<_> = std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .map(|name| name.unwrap().file_name().into_string().unwrap())
            .filter(|name| !["events.jsonl", "faults.json", "faults.lock"].contains(&name.as_str()))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        Self { events }
    }

    /// The events after the first `count`.
    pub fn after(self, count: usize) -> Self {
        Self { events: self.events.into_iter().skip(count).collect() }
    }

    /// Returns the number of events for which `is_so` is true.
    pub fn count(&self, is_so: impl Fn(&Value) -> bool) -> usize {
        self.events.iter().filter(|event| is_so(event)).count()
    }
}
