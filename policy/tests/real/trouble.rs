//! Damaged policies and stores, with the real `semodule`.

use std::cell::RefCell;
use std::time::Duration;

use host::process::clock::{Clock, SystemClock};
use host::process::{Command, CommandRunner};
use nix::fcntl::{Flock, FlockArg, OFlag};
use policy::compile::{Compile, Format};
use policy::render::Sources;
use policy::transaction::{InstalledAt, run};
use policy::{Cause, Culprit, ModuleSpec};

use crate::support::{Scratch, no_compiler, runner, spec};

/// With the rule in an optional block the module installs even if the policy lacks its names. It then grants nothing,
/// and later transactions work. Once the missing name arrives, the rule is in force without a further step.
#[test]
fn a_policy_that_lacks_the_type_the_class_or_a_permission() {
    let lacking = [
        ("(type initrc_t)\n", ""),
        ("bpf (map_create map_read map_write prog_load prog_run)", "other (map_create)"),
        ("(map_create map_read map_write prog_load prog_run)", "(map_create map_read map_write prog_load)"),
    ];
    for (there, instead) in lacking {
        for compiler in [runner(), no_compiler(&SystemClock)] {
            let scratch = Scratch::tiny(|base| {
                let mut base = base.replacen(there, instead, 1);
                if there.starts_with("(type ") {
                    base = base.replace("kernel_t initrc_t", "kernel_t").replace("(roletype system_r initrc_t)\n", "");
                } else if instead.starts_with("other") {
                    base = base.replace("(unordered bpf)", "(unordered other)");
                }
                base
            });
            scratch.install(&compiler, &spec(), "initrc_t").unwrap();
            assert_eq!(scratch.linked_rules("initrc_t"), "", "without {there}");
            scratch.semodule(&["-B"]).unwrap();
            scratch.add(100, "base", include_str!("../../fixtures/tiny/base.cil")).unwrap();
            assert!(scratch.linked_rules("initrc_t").contains("prog_run"), "once {there} is added");
        }
    }
}

/// The second reason for the optional block: an administrator may remove the module that declares the domain.
#[test]
fn it_does_not_keep_another_module_in_place() {
    let scratch = Scratch::tiny(str::to_owned);
    scratch.add(400, "declares", "(type agent_t)(roletype system_r agent_t)").unwrap();
    scratch.install(&runner(), &spec(), "agent_t").unwrap();
    assert!(scratch.linked_rules("agent_t").contains("prog_load"));
    scratch.semodule(&["-d", "declares"]).unwrap();
    scratch.semodule(&["-e", "declares", "-X", "400", "-r", "declares"]).unwrap();
}

#[test]
fn failures_have_their_causes() {
    let spec = spec();
    let cause_of = |scratch: &Scratch, te: &str, cil: &str, compiler: &CommandRunner| {
        let directory = scratch.root.make_dirs("/scratch").unwrap();
        let sources = Sources { te: Some(te.into()), cil: cil.into() };
        let compile = Compile::plan(compiler, &scratch.root, &spec.name, &sources, directory.in_root());
        let compiled = compile.run(compiler, &directory).unwrap();
        assert_eq!(compiled.format, compile.format);
        let command = scratch.target().install(&spec, &scratch.root, &compiled.file, &InstalledAt::default());
        run(&runner(), &SystemClock, &scratch.target(), &command, &spec.name).unwrap_err().cause
    };
    let strict = |domain: &str, class: &str, permission: &str| {
        format!(
            "module agent-bpf 1.0;\nrequire {{ type {domain}; class {class} {{ {permission} }}; }}\n\
             allow {domain} self:{class} {permission};\n"
        )
    };
    let scratch = Scratch::tiny(str::to_owned);
    let package = |te: &str| cause_of(&scratch, te, "", &runner());
    assert_eq!(package(&strict("absent_t", "bpf", "prog_run")), Cause::TypeMissing);
    assert_eq!(package(&strict("initrc_t", "absent", "prog_run")), Cause::ClassMissing);
    assert_eq!(package(&strict("initrc_t", "bpf", "absent")), Cause::ClassMissing);
    let cil = |source: &str| cause_of(&scratch, "", source, &no_compiler(&SystemClock));
    assert_eq!(cil("(allow initrc_t self (absent (prog_run)))"), Cause::ClassMissing);
    assert_eq!(cil("(allow initrc_t self"), Cause::Unknown);

    scratch.add(400, "strict", "(neverallow initrc_t self (bpf (prog_load)))").unwrap();
    let error = scratch.install(&runner(), &spec, "initrc_t").unwrap_err();
    assert_eq!(error.cause, Cause::Neverallow);
    assert!(error.to_string().contains("neverallow check failed at"), "{error}");
    scratch.semodule(&["-X", "400", "-r", "strict"]).unwrap();

    let broken = scratch.store().path().join("active/modules/400/broken");
    scratch.root.replace(broken.join("cil"), b"(allow gone_t self (bpf (prog_run)))", 0o600).unwrap();
    scratch.root.replace(broken.join("lang_ext"), b"cil", 0o600).unwrap();
    let error = scratch.install(&runner(), &spec, "initrc_t").unwrap_err();
    assert_eq!(error.cause, Cause::StoreBroken);
    assert!(error.to_string().contains("/400/broken/cil:1"), "{error}");
}

/// The module is named, and the way out that is named works.
#[test]
fn a_module_that_an_upgrade_left_behind() {
    for (at, cil) in [
        (200, "(typeattributeset cil_gen_require gone_after_upgrade_t)"),
        (400, "(roleattributeset cil_gen_require gone_r)"),
        (200, "(typeattributeset gone_attribute (kernel_t))"),
        (150, "(booleanif gone_boolean (true (allow kernel_t self (process (fork)))))"),
        (200, "(allow kernel_t self (gone_class (fork)))"),
        (200, "(allow kernel_t self (process (gone_permission)))"),
        (200, "(userrole gone_u system_r)"),
        (200, "(sensitivitycategory s9 (c0))"),
        (200, "(call gone_macro (kernel_t))"),
        (200, "(type initrc_t)"),
        (200, "(allow kernel_t"),
    ] {
        let scratch = Scratch::tiny(str::to_owned);
        let left = scratch.store().path().join(format!("active/modules/{at}/left"));
        scratch.root.replace(left.join("cil"), cil.as_bytes(), 0o600).unwrap();
        scratch.root.replace(left.join("lang_ext"), b"cil", 0o600).unwrap();
        let error = scratch.install(&runner(), &spec(), "initrc_t").unwrap_err();
        assert_eq!(error.cause, Cause::StoreBroken, "{cil}: {error}");
        assert_eq!(
            error.culprit.as_deref(),
            Some(&Culprit::Module { name: "left".into(), priority: at }),
            "{cil}: {error}"
        );
        runner().run(&scratch.target().remove_module("left", at)).unwrap();
        scratch.install(&runner(), &spec(), "initrc_t").unwrap();
    }
}

/// The record is named with its line.
#[test]
fn a_record_of_what_is_gone() {
    for (file, text, line) in [
        ("file_contexts.local", "# a\n/srv/x(/.*)?    system_u:object_r:gone_t:s0\n", 2),
        ("file_contexts.local", "/srv/x    gone_u:object_r:kernel_t:s0\n", 1),
        ("ports.local", "# a\nportcon tcp 99 system_u:object_r:gone_t:s0\n", 2),
        ("ports.local", "portcon tcp 99 system_u:gone_r:kernel_t:s0\n", 1),
        ("interfaces.local", "netifcon eth0 system_u:object_r:gone_t:s0 system_u:object_r:gone_t:s0\n", 1),
        ("nodes.local", "nodecon ipv4 10.0.0.1 255.255.255.255 system_u:object_r:gone_t:s0\n", 1),
        ("users.local", "user a_u roles { gone_r } level s0 range s0;\n", 1),
        ("seusers.local", "ann:system_u:s0\njoe:gone_u:s0\n", 2),
        ("ports.local", "garbage\n", 1),
    ] {
        let scratch = Scratch::tiny(str::to_owned);
        scratch.root.replace(scratch.store().path().join("active").join(file), text.as_bytes(), 0o600).unwrap();
        let error = scratch.install(&runner(), &spec(), "initrc_t").unwrap_err();
        assert_eq!(error.cause, Cause::StoreBroken, "{text}: {error}");
        let Some(Culprit::Record(record)) = error.culprit.as_deref() else { panic!("{text}: {error}") };
        let (found, _) = record.locate(&scratch.root, scratch.store().path());
        assert_eq!((found.file, found.line), (file, Some(line)), "{text}: {error}");
    }
}

/// Releases the lock on the first wait.
struct Releases(RefCell<Option<Flock<std::fs::File>>>);

impl Clock for Releases {
    fn since_boot(&self) -> Duration {
        SystemClock.since_boot()
    }

    fn now(&self) -> jiff::Timestamp {
        SystemClock.now()
    }

    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }

    fn sleep(&self, _pause: Duration) {
        self.0.replace(None);
    }
}

/// Takes the five seconds after which libsemanage gives up on its lock.
#[test]
fn a_lock_that_is_held_and_then_released() {
    let scratch = Scratch::tiny(str::to_owned);
    let compiled = scratch.compile(&runner(), &spec(), "initrc_t");
    let store = scratch.root.dir(scratch.store().path()).unwrap();
    let lock = store.open("semanage.trans.LOCK", OFlag::O_RDWR).unwrap();
    let clock = Releases(Some(Flock::lock(lock, FlockArg::LockExclusive).unwrap()).into());
    let command = scratch.target().install(&spec(), &scratch.root, &compiled.file, &InstalledAt::default());
    let done = run(&runner(), &clock, &scratch.target(), &command, "agent-bpf").unwrap();
    assert_eq!(done.attempts, 2);
    assert!(scratch.linked_rules("initrc_t").contains("prog_load"));
}

/// As root: a `semodule` that sees the store read-only in its mount namespace.
#[test]
fn a_store_that_cannot_be_written() {
    let scratch = Scratch::tiny(str::to_owned);
    let compiled = scratch.compile(&runner(), &spec(), "initrc_t");
    assert_eq!(compiled.format, Format::Pp);
    for mounted in ["var", "etc"] {
        let path = scratch.root.path().join(mounted);
        let script = format!(
            "#!/bin/sh\nexec unshare -m sh -c 'mount --bind {0} {0} && mount -o remount,ro,bind {0} && exec /usr/sbin/semodule \"$@\"' - \"$@\"\n",
            path.display()
        );
        scratch.root.replace("/script", script.as_bytes(), 0o644).unwrap();
        // Written by another process: had this one the file open while another test forks, running it would be refused.
        let install = Command::new("install").arg("-D").arg(scratch.root.host_path("/script"));
        runner().run(&install.arg(scratch.root.host_path("/wrapped/semodule"))).unwrap();
        let directories = vec![scratch.root.host_path("/wrapped"), "/usr/bin".into(), "/bin".into()];
        let wrapped = CommandRunner::with_directories(directories, &SystemClock, &());
        let command = scratch.target().install(&spec(), &scratch.root, &compiled.file, &InstalledAt::default());
        let error = run(&wrapped, &SystemClock, &scratch.target(), &command, "agent-bpf").unwrap_err();
        assert_eq!(error.cause, Cause::StoreReadOnly, "{error}");
        assert!(error.to_string().contains("Read-only file system"), "{error}");
        assert_eq!(
            InstalledAt::in_store(&scratch.store(), "agent-bpf").unwrap(),
            InstalledAt::default(),
            "nothing changed"
        );
    }
    scratch.install(&runner(), &ModuleSpec { former_priorities: vec![], ..spec() }, "initrc_t").unwrap();
}
