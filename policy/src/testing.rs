//! Test doubles, for the tests of this crate and of those that use it: feature `test`.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use crate::kernel::{Answer, AskError, ClassKnowledge, Kernel, KernelMode};
use crate::spec::{AllowRule, Confinement, DomainMode, ModuleSpec};

/// Compiled policies, small ones: `tests/fixtures/policy/compiled/`, made by `tests/setup/compiled-policies.sh`.
pub mod compiled {
    /// Denies the rule to `unconfined_service_t`.
    pub const DENIES: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/denies.policy");
    /// Allows it.
    pub const ALLOWS: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/allows.policy");
    /// Has no `unconfined_service_t`, and allows the rule to `initrc_t`.
    pub const FALLBACK_ALLOWS: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/fallback-allows.policy");
    /// Denies the rule to `unconfined_service_t`, which is permissive.
    pub const PERMISSIVE: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/permissive.policy");
    /// Has none of the domains.
    pub const NO_DOMAIN: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/no-domain.policy");
    /// Has no class `bpf`, and allows what it does not know.
    pub const NO_CLASS_ALLOW: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/no-class-allow.policy");
    /// Has no permission `prog_run`, allows the others, and denies what it does not know.
    pub const NO_PERMISSION_DENY: &[u8] =
        include_bytes!("../../tests/fixtures/policy/compiled/no-permission-deny.policy");
    /// Allows the rule to an attribute of `unconfined_service_t`.
    pub const ATTRIBUTE: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/attribute.policy");
    /// Has no class `bpf`, and denies what it does not know.
    pub const NO_CLASS_DENY: &[u8] = include_bytes!("../../tests/fixtures/policy/compiled/no-class-deny.policy");
}

/// A kernel whose answers a test sets. It knows the module's own domain.
#[derive(Debug)]
pub struct FakeKernel {
    /// Whether a policy is in force.
    pub mode: Cell<KernelMode>,
    /// Whether the policy knows the class.
    pub class: Cell<ClassKnowledge>,
    /// Whether denials are logged only.
    pub permissive_domain: Cell<bool>,
    /// Whether the rule is allowed.
    pub allows: Cell<bool>,
    /// The rule is allowed, too, once this file exists: for a stand-in `semodule` that makes it.
    pub loaded: Option<PathBuf>,
    /// Whether the domain of this process may do what the rule allows.
    pub allows_own: Cell<bool>,
    /// Whether process 1 starts the service in its domain also on `nosuid`.
    pub transitions_on_nosuid: Cell<bool>,
    /// Whether the policy knows the module's domain and the type of its program.
    pub knows_domain: Cell<bool>,
    /// Whether further rules are allowed, if the policy has their names.
    pub allows_further: Cell<Option<bool>>,
    /// The domain that process 1 starts the program in, if not the module's.
    pub starts_in: RefCell<Option<String>>,
    /// The label that the file contexts give any file.
    pub file_context: RefCell<Option<String>>,
    /// Whether [`Kernel::ask`] fails.
    pub is_silent: Cell<bool>,
    /// How often the mode was asked for.
    pub mode_asked: Cell<u32>,
    /// How often the rule was asked for.
    pub rule_asked: Cell<u32>,
}

impl FakeKernel {
    /// A kernel in this mode, whose policy knows the class and denies the rule.
    #[must_use]
    pub fn in_mode(mode: KernelMode) -> Self {
        Self {
            mode: mode.into(),
            class: ClassKnowledge::Known.into(),
            permissive_domain: false.into(),
            allows: false.into(),
            loaded: None,
            allows_own: true.into(),
            transitions_on_nosuid: false.into(),
            knows_domain: true.into(),
            allows_further: None.into(),
            starts_in: None.into(),
            file_context: None.into(),
            is_silent: false.into(),
            mode_asked: 0.into(),
            rule_asked: 0.into(),
        }
    }
}

impl Kernel for FakeKernel {
    fn mode(&self) -> KernelMode {
        self.mode_asked.set(self.mode_asked.get() + 1);
        self.mode.get()
    }

    fn ask(&self, spec: &ModuleSpec) -> Result<Answer, AskError> {
        self.rule_asked.set(self.rule_asked.get() + 1);
        if self.is_silent.get() {
            return Err(AskError::NotRunning);
        }
        let allowed = self.allows.get() || self.loaded.as_ref().is_some_and(|file| file.exists());
        let known = self.knows_domain.get() || self.loaded.as_ref().is_some_and(|file| file.exists());
        let answer = self.answer(spec, &spec.domain, allowed);
        Ok(Answer { domain_known: known, ..answer })
    }

    fn ask_own(&self, spec: &ModuleSpec) -> Result<Answer, AskError> {
        if self.is_silent.get() {
            return Err(AskError::NotRunning);
        }
        Ok(self.answer(spec, "rpm_script_t", self.allows_own.get()))
    }

    fn transitions_on_nosuid(&self, _spec: &ModuleSpec) -> Result<bool, AskError> {
        Ok(self.transitions_on_nosuid.get())
    }

    fn started_in(&self, spec: &ModuleSpec) -> Result<String, AskError> {
        Ok(self.starts_in.borrow().clone().unwrap_or_else(|| spec.domain.clone()))
    }

    fn allows(&self, _spec: &ModuleSpec, _rule: &AllowRule) -> Result<Option<bool>, AskError> {
        Ok(self.allows_further.get())
    }

    fn knows_context(&self, _context: &str) -> Result<bool, AskError> {
        Ok(self.knows_domain.get() || self.loaded.as_ref().is_some_and(|file| file.exists()))
    }

    fn label_by_file_contexts(&self, _path: &Path) -> Result<Option<String>, AskError> {
        Ok(self.file_context.borrow().clone())
    }
}

impl FakeKernel {
    fn answer(&self, spec: &ModuleSpec, domain: &str, allowed: bool) -> Answer {
        Answer {
            domain: domain.to_owned(),
            context: format!("system_u:system_r:{domain}:s0"),
            class: self.class.get(),
            permissions: spec.permissions.iter().map(|name| (name.clone(), allowed)).collect(),
            unknown_permissions: Vec::new(),
            domain_known: true,
            permissive_domain: self.permissive_domain.get(),
        }
    }
}

/// A libsepol for x86_64 that knows policies up to this version, as far as hostprep reads it.
#[must_use]
pub fn libsepol(newest: u8) -> Vec<u8> {
    library(&[0xb8, newest, 0, 0, 0, 0xc3], 62)
}

/// A shared library for `machine` in which `sepol_policy_kern_vers_max` has this code.
#[must_use]
pub(crate) fn library(code: &[u8], machine: u16) -> Vec<u8> {
    const DYNAMIC_SYMBOLS: u32 = 11;
    let mut file = vec![0; 64];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[18..20].copy_from_slice(&machine.to_le_bytes());
    let names = b"\0sepol_policy_kern_vers_max_not\0sepol_policy_kern_vers_max\0".to_vec();
    let symbol = |name: u32| {
        let mut symbol = [0; 24];
        symbol[..4].copy_from_slice(&name.to_le_bytes());
        symbol[6..8].copy_from_slice(&3_u16.to_le_bytes());
        symbol[8..16].copy_from_slice(&0x1004_u64.to_le_bytes());
        symbol
    };
    let symbols = [symbol(0), symbol(1), symbol(32)].concat();
    let code = [b"\0\0\0\0".as_slice(), code].concat();
    let mut headers = vec![0; 64];
    let sections = [(DYNAMIC_SYMBOLS, 0_u64, symbols, 2_u32), (3, 0, names, 0), (1, 0x1000, code, 0)];
    for (kind, address, content, link) in sections {
        let mut header = [0; 64];
        header[4..8].copy_from_slice(&kind.to_le_bytes());
        header[16..24].copy_from_slice(&address.to_le_bytes());
        header[24..32].copy_from_slice(&(file.len() as u64).to_le_bytes());
        header[32..40].copy_from_slice(&(content.len() as u64).to_le_bytes());
        header[40..44].copy_from_slice(&link.to_le_bytes());
        headers.extend(header);
        file.extend(content);
    }
    let start = file.len() as u64;
    file[40..48].copy_from_slice(&start.to_le_bytes());
    file[60..62].copy_from_slice(&4_u16.to_le_bytes());
    file.extend(headers);
    file
}

/// `plain` as libsemanage stores a module.
#[cfg(test)]
pub(crate) fn packed(plain: &[u8]) -> Vec<u8> {
    use std::io::Write;

    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Returns a module for tests, with other names than the built-in profile has.
#[must_use]
pub fn spec() -> ModuleSpec {
    let permissions = ["map_create", "map_read", "map_write", "prog_load", "prog_run"];
    ModuleSpec {
        name: "agent-bpf".into(),
        priority: 300,
        former_priorities: vec![400],
        domain: "unconfined_service_t".into(),
        fallback_domains: vec!["initrc_t".into()],
        class: "bpf".into(),
        permissions: permissions.map(String::from).to_vec(),
        executable: "/opt/agent/bin/agentd".into(),
        confinement: Confinement::Service,
        executable_type: None,
        domain_mode: DomainMode::Permissive,
        allow: Vec::new(),
    }
}

/// Returns the module of an agent with a domain of its own, for tests.
#[must_use]
pub fn own_domain_spec() -> ModuleSpec {
    ModuleSpec {
        domain: "agent_t".into(),
        fallback_domains: Vec::new(),
        confinement: Confinement::Domain,
        executable_type: Some("agent_exec_t".into()),
        ..spec()
    }
}

/// An alternate root at `path` with these files.
#[cfg(test)]
pub(crate) fn root_with(path: &Path, files: &[(&str, &[u8])]) -> host::Root {
    nix::unistd::mkdir(&path.join("etc"), nix::sys::stat::Mode::from_bits_truncate(0o755)).ok();
    let root = host::Root::alternate(path).unwrap();
    for (inside, content) in files {
        root.replace(inside, content, 0o644).unwrap();
    }
    root
}
