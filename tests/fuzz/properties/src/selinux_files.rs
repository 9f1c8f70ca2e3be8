//! SELinux's own files: its configuration, a module of the store, and a compiled policy.

use policy::cil::{self, Node};
use policy::policy_file::{self, PolicyFile};
use policy::redundant;
use policy::rules::Rules;
use policy::store::Store;
use policy::{ModuleSpec, SelinuxConfig};

use crate::input::{parts, text};
use crate::scratch::Scratch;

const MODULE: &str = "cisco-secure-bpf";
const POLICY: &str = "/etc/selinux/targeted/policy/policy.33";

/// `config`, `semanage.conf`, a module's CIL, perhaps packed, its language, and a policy.
pub fn check(data: &[u8]) {
    let [config, semanage, module, language, compiled] = parts::<5>(data);
    match SelinuxConfig::parse(&text(config)) {
        Ok(config) => {
            let name = &config.policy_type;
            assert!(!name.is_empty() && !name.contains(['/', '\0', '\n']) && name != "." && name != "..", "{name:?}");
        }
        Err((line, _)) => assert!((1..=text(config).lines().count()).contains(&line)),
    }
    let source = text(module);
    if let Ok(statements) = cil::parse(&source) {
        let written: String = statements.iter().map(write).collect();
        assert_eq!(cil::parse(&written).as_ref(), Ok(&statements), "{written}");
        assert_eq!(Rules::of_cil(&written), Rules::of_cil(&source));
    }

    let scratch = Scratch::new();
    scratch.file("/etc/selinux/semanage.conf", Some(semanage.unwrap_or_default()));
    let place = format!("/var/lib/selinux/targeted/active/modules/300/{MODULE}");
    scratch.file(&format!("{place}/cil"), module);
    scratch.file(&format!("{place}/lang_ext"), language);
    scratch.file("/var/lib/selinux/targeted/active/modules/200/other/cil", module);
    scratch.file("/var/lib/selinux/targeted/active/commit_num", Some(b"1"));
    scratch.file(POLICY, compiled);
    let root = scratch.root();
    let before = scratch.tree();
    if let Ok(Some(store)) = Store::locate(&root, "targeted") {
        for installed in store.installed(MODULE).unwrap() {
            assert_eq!((installed.priority, installed.language.trim()), (300, &*installed.language));
        }
        let _ = store.disabled(MODULE);
        let _ = redundant::allowed_without(&store, &SPEC.with(ModuleSpec::clone), "unconfined_service_t", None);
    }
    if let Ok(Some(file)) = PolicyFile::newest(&root, "targeted", "bpf")
        && let Ok(policy) = file.policy()
    {
        let spec = SPEC.with(ModuleSpec::clone);
        let domain = policy_file::choose_domain(&policy, &spec);
        assert!(domain.is_none_or(|domain| policy.knows_type(domain)));
        let answer = policy_file::ask(&policy, &spec);
        assert!(answer.is_none_or(|answer| Some(answer.domain.as_str()) == domain));
    }
    assert!(scratch.tree() == before, "looking changed something");
    scratch.expect_inside();
}

fn write(node: &Node) -> String {
    match node {
        Node::Word(word) => format!("\"{word}\" "),
        Node::List(nodes) => format!("({}) ", nodes.iter().map(write).collect::<String>()),
    }
}

thread_local! {
    /// Read once, since that takes long.
    static SPEC: ModuleSpec = installer::profile::Profile::built_in().module;
}
