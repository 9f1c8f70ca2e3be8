//! Stores to try the real programs on.

use std::path::{Path, PathBuf};

use host::Root;
use host::process::clock::{Clock, SystemClock};
use host::process::environment::Environment;
use host::process::{Command, CommandRunner};
use policy::compile::{Compile, Compiled};
use policy::policy_file::PolicyFile;
use policy::render::Sources;
pub use policy::testing::spec;
use policy::transaction::{Done, InstalledAt, StoreTarget, TransactionError};
use policy::{ModuleSpec, Store};
use tempfile::TempDir;

pub fn runner() -> CommandRunner<'static> {
    CommandRunner::new(&SystemClock, &())
}

/// A root with a policy store.
pub struct Scratch {
    _directory: TempDir,
    pub root: Root,
    pub policy_type: &'static str,
}

impl Scratch {
    /// A store with the smallest base policy, `edit`ed first.
    pub fn tiny(edit: impl Fn(&str) -> String) -> Self {
        let directory = tempfile::tempdir().unwrap();
        nix::unistd::mkdir(&directory.path().join("etc"), nix::sys::stat::Mode::from_bits_truncate(0o755)).unwrap();
        let root = Root::alternate(directory.path()).unwrap();
        root.replace("/etc/selinux/config", b"SELINUX=enforcing\nSELINUXTYPE=tiny\n", 0o644).unwrap();
        root.replace("/etc/selinux/semanage.conf", b"module-store = direct\nexpand-check=1\nbzip-blocksize=9\n", 0o644)
            .unwrap();
        for needed in ["/var/lib/selinux", "/etc/selinux/tiny/policy", "/etc/selinux/tiny/contexts/files"] {
            root.make_dirs(needed).unwrap();
        }
        let scratch = Self { _directory: directory, root, policy_type: "tiny" };
        scratch.add(100, "base", &edit(include_str!("../../fixtures/tiny/base.cil"))).unwrap();
        scratch
    }

    /// A copy of the distribution's own store, as `make test-store` prepares it.
    pub fn real() -> Self {
        let named = Environment::of_process().get("HOSTPREP_TEST_STORE_ROOT").map(PathBuf::from);
        let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-store/root");
        let source = named.unwrap_or(usual);
        assert!(
            source.join("etc/selinux/config").is_file(),
            "there is no policy store in {}: run `make test-store`, or name one in HOSTPREP_TEST_STORE_ROOT",
            source.display()
        );
        let directory = tempfile::tempdir().unwrap();
        let copy = Command::new("cp").arg("-a").arg(source.join(".")).arg(directory.path());
        runner().run(&copy).unwrap();
        let root = Root::alternate(directory.path()).unwrap();
        Self { _directory: directory, root, policy_type: "default" }
    }

    pub fn store(&self) -> Store<'_> {
        Store::locate(&self.root, self.policy_type).unwrap().unwrap()
    }

    pub fn target(&self) -> StoreTarget {
        StoreTarget::of(&self.root, self.policy_type, true)
    }

    /// The store's directory, as this process names it.
    pub fn host_path(&self, inside: &str) -> PathBuf {
        self.root.host_path(self.store().path().join(inside))
    }

    /// Runs `semodule` on this store.
    pub fn semodule(&self, args: &[&str]) -> Result<String, String> {
        let command =
            Command::new("semodule").args(["-n", "-s", self.policy_type, "-p"]).arg(self.root.path()).args(args);
        runner().run(&command).map(|output| output.stdout).map_err(|e| e.stderr().to_owned())
    }

    /// Installs another module from its CIL source.
    pub fn add(&self, priority: u16, name: &str, cil: &str) -> Result<String, String> {
        let file = format!("/scratch/{name}.cil");
        self.root.replace(&file, cil.as_bytes(), 0o644).unwrap();
        self.semodule(&["-X", &priority.to_string(), "-i", self.root.host_path(&file).to_str().unwrap()])
    }

    /// Compiles the module of `spec` for `domain` with the programs that `runner` finds.
    pub fn compile(&self, runner: &CommandRunner<'_>, spec: &ModuleSpec, domain: &str) -> Compiled {
        let directory = self.root.make_dirs("/scratch").unwrap();
        let sources = Sources::render(spec, domain).unwrap();
        Compile::plan(runner, &self.root, &spec.name, &sources, directory.in_root()).run(runner, &directory).unwrap()
    }

    /// Compiles and installs it.
    pub fn install(
        &self,
        compiler: &CommandRunner<'_>,
        spec: &ModuleSpec,
        domain: &str,
    ) -> Result<Done, TransactionError> {
        let compiled = self.compile(compiler, spec, domain);
        let present = InstalledAt::in_store(&self.store(), &spec.name).unwrap();
        let command = self.target().install(spec, &self.root, &compiled.file, &present);
        policy::transaction::run(&runner(), &SystemClock, &self.target(), &command, &spec.name)
    }

    /// The rules of the linked policy for `domain` on itself in class `bpf`, as CIL.
    pub fn linked_rules(&self, domain: &str) -> String {
        let file = PolicyFile::newest(&self.root, self.policy_type, "bpf").unwrap().unwrap();
        let linked = self.root.host_path("/scratch/linked");
        let command = Command::new("checkpolicy")
            .args(["-b", "-M", "-C", "-o"])
            .arg(&linked)
            .arg(self.root.host_path(file.path()));
        runner().run(&command).unwrap();
        let all = self.root.read("/scratch/linked", 64 * 1024 * 1024).unwrap();
        let rule = format!("(allow {domain} self (bpf ");
        String::from_utf8(all).unwrap().lines().filter(|line| line.starts_with(&rule)).collect()
    }
}

/// No compiler: CIL.
pub fn no_compiler(clock: &dyn Clock) -> CommandRunner<'_> {
    CommandRunner::with_directories(vec!["/nonexistent".into()], clock, &())
}
