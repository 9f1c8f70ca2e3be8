use std::fs;
use std::path::Path;

use super::*;

const PATH: &str = "/var/lib/cisco/hostprep/journal.json";
const NAME: &str = "cisco-amp-scan-svc";

struct Scratch {
    _directory: tempfile::TempDir,
    root: Root,
}

#[expect(clippy::disallowed_methods, reason = "the tests arrange files without the library")]
impl Scratch {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("etc")).unwrap();
        let root = Root::alternate(directory.path()).unwrap();
        Self { _directory: directory, root }
    }

    fn put(&self, inside: &str, text: &str) {
        let path = self.root.host_path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, inside: &str) -> Option<String> {
        fs::read_to_string(self.root.host_path(inside)).ok()
    }

    fn receipt(&self) -> Receipt<'_> {
        Receipt::read(&self.root, PATH.into())
    }
}

fn user(uid: Option<u32>) -> Created {
    Created::User { name: NAME.into(), uid }
}

fn module() -> Created {
    Created::Module { name: "cisco-secure-bpf".into(), policy_type: "targeted".into(), priority: 300 }
}

#[test]
fn what_is_recorded_is_there_after_a_crash() {
    let scratch = Scratch::new();
    scratch.receipt().record(module()).unwrap();
    scratch.receipt().record(Created::Directory { path: "/opt/cisco".into() }).unwrap();
    assert_eq!(scratch.receipt().created(), [module(), Created::Directory { path: "/opt/cisco".into() }]);
    scratch.receipt().remove_entry(&module()).unwrap();
    assert_eq!(scratch.receipt().created().len(), 1);
}

#[test]
fn recorded_twice_is_recorded_once_and_an_empty_journal_is_no_file() {
    let scratch = Scratch::new();
    let mut receipt = scratch.receipt();
    receipt.record(module()).unwrap();
    receipt.record(module()).unwrap();
    assert_eq!(receipt.created().len(), 1);
    receipt.remove_entry(&module()).unwrap();
    assert_eq!(scratch.text(PATH), None);
    receipt.remove_entry(&module()).unwrap();
    assert_eq!(scratch.text(PATH), None, "nothing is written for nothing");
}

#[test]
fn an_entry_gets_its_id_once_the_thing_was_made() {
    let scratch = Scratch::new();
    scratch.receipt().record(user(None)).unwrap();
    scratch.put("/etc/passwd", "cisco-amp-scan-svc:x:990:990::/nonexistent:/usr/sbin/nologin\n");
    let mut receipt = scratch.receipt();
    receipt.reconcile().unwrap();
    assert_eq!(receipt.created(), [user(Some(990))]);
    assert!(receipt.is_unmodified(&user(Some(990))).unwrap());

    // Deleted, and created again by another tool.
    scratch.put("/etc/passwd", "cisco-amp-scan-svc:x:991:991::/nonexistent:/usr/sbin/nologin\n");
    assert!(!receipt.is_unmodified(&user(Some(990))).unwrap());
}

#[test]
fn an_entry_of_what_was_never_made_is_dropped() {
    let scratch = Scratch::new();
    scratch.put("/etc/passwd", "root:x:0:0::/root:/bin/bash\n");
    scratch.receipt().record(user(None)).unwrap();
    let mut receipt = scratch.receipt();
    receipt.reconcile().unwrap();
    assert_eq!(receipt.created(), []);
}

#[test]
fn a_journal_that_cannot_be_used_is_kept_aside() {
    for text in ["{\"schema\":9,\"made\":[]}", "{\"schema\":1,", "{\"schema\":1,\"made\":[{\"kind\":\"moon\"}]}"] {
        let scratch = Scratch::new();
        scratch.put(PATH, text);
        let mut receipt = scratch.receipt();
        assert!(receipt.unusable().unwrap().contains("journal.json"), "{text}");
        assert_eq!(scratch.text(PATH).as_deref(), Some(text), "reading changes nothing");
        receipt.record(module()).unwrap();
        assert_eq!(scratch.receipt().created(), [module()]);
        assert_eq!(scratch.text(&format!("{PATH}.unusable")).as_deref(), Some(text));
    }
}

#[test]
fn the_first_format_is_still_read() {
    let scratch = Scratch::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journal-1.json");
    #[expect(clippy::disallowed_methods, reason = "a fixture in the test's directory")]
    let text = fs::read_to_string(fixture).unwrap();
    scratch.put(PATH, &text);
    let receipt = scratch.receipt();
    assert_eq!(receipt.unusable(), None);
    assert_eq!(
        receipt.created(),
        [
            user(Some(990)),
            Created::Group { name: NAME.into(), gid: Some(985) },
            Created::Directory { path: "/opt/cisco".into() },
            module(),
        ]
    );
}

#[test]
fn the_label_of_a_program_is_recorded_once() {
    let scratch = Scratch::new();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journal-1-label.json");
    #[expect(clippy::disallowed_methods, reason = "a fixture in the test's directory")]
    let text = fs::read_to_string(fixture).unwrap();
    scratch.put(PATH, &text);
    let mut receipt = scratch.receipt();
    assert_eq!(receipt.unusable(), None);
    let label = |label: &str, before: Option<&str>| Created::Label {
        path: "/opt/other/agent/bin/agentd".into(),
        label: label.into(),
        before: before.map(str::to_owned),
    };
    let first = label("system_u:object_r:other_agent_exec_t:s0", Some("system_u:object_r:bin_t:s0"));
    assert_eq!(receipt.created()[1], first);
    assert_eq!(receipt.created().len(), 2);
    // An entry is about a program, whatever its label is.
    receipt.record(label("system_u:object_r:new_exec_t:s0", None)).unwrap();
    assert_eq!(receipt.created().len(), 2);
    receipt.remove_entry(&first).unwrap();
    assert_eq!(scratch.receipt().created().len(), 1);
}

/// A version that knows no labels reads `made`, and undoes what it finds there.
#[test]
fn a_label_does_not_keep_an_earlier_version_from_reading_the_rest() {
    let scratch = Scratch::new();
    let label = Created::Label { path: "/opt/agentd".into(), label: "u:r:exec_t:s0".into(), before: None };
    let mut receipt = scratch.receipt();
    receipt.record(label.clone()).unwrap();
    receipt.record(module()).unwrap();
    let written: serde_json::Value = serde_json::from_str(&scratch.text(PATH).unwrap()).unwrap();
    assert_eq!(written["schema"], 1);
    assert_eq!(written["made"].as_array().unwrap().len(), 1, "{written}");
    assert_eq!(written["made"][0]["kind"], "module");
    assert_eq!(scratch.receipt().created(), [module(), label]);
    assert_eq!(scratch.receipt().created(), receipt.created());
}
