//! Many hosts: chroots that share one small Debian system and differ in what lies over it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use harness::{Run, ScratchRoot, System, program, setup};
use serde_json::Value;
use tempfile::TempDir;

/// What the hosts have in common.
pub struct Base {
    system: ScratchRoot,
    has_python: bool,
}

impl Base {
    /// A system with Python, apt's module for it, and the tools of SELinux.
    pub fn with_python() -> Self {
        let packages = ["python3", "python3-apt", "policycoreutils", "checkpolicy", "semodule-utils"];
        Self { system: ScratchRoot::existing(setup::chroot("bookworm-ansible", &packages)), has_python: true }
    }

    /// A system with Python, rpm, dnf and its module for Python, and zypper.
    pub fn with_rpm() -> Self {
        let system = System::new("bookworm-ansible-rpm", &["python3", "python3-dnf", "rpm", "dnf", "zypper"]);
        let system = system.as_with_rpm(&["policycoreutils"]);
        // What a host has of its own lies over it.
        system.remove("/etc/os-release");
        system.remove("/usr/bin/apt-get");
        Self { system: system.into_root(), has_python: true }
    }

    /// The same without any of these.
    pub fn without_python() -> Self {
        Self { system: ScratchRoot::existing(setup::chroot("bookworm", &[])), has_python: false }
    }
}

/// One host of the inventory.
pub struct Host {
    pub name: String,
    /// What lies over the base: before a run, how the host differs; then also what the run wrote.
    pub root: ScratchRoot,
    pub variables: String,
    /// Overlayfs needs it on the same file system.
    work: TempDir,
}

impl Host {
    /// A host of this distribution with `hostprep`.
    pub fn new(name: &str, distribution: &str) -> Self {
        let host = Self::without_hostprep(name, distribution);
        host.root.executable("/usr/sbin/hostprep", std::fs::read(program::binary()).unwrap());
        host
    }

    pub fn without_hostprep(name: &str, distribution: &str) -> Self {
        let root = ScratchRoot::of(distribution);
        // Above what Ansible and hostprep write for themselves: the snapshots leave that out, and must not see these come.
        root.dir("/tmp", 0o1777).dir("/root", 0o700).dir("/run", 0o755).dir("/var/lib", 0o755).dir("/var/log", 0o755);
        Self { name: name.into(), root, variables: String::new(), work: setup::open_tempdir() }
    }

    /// In Debian, /lib is a link.
    fn merge_usr(&self) {
        if self.root.at("/lib").is_dir() {
            std::fs::create_dir_all(self.root.at("/usr")).unwrap();
            std::fs::rename(self.root.at("/lib"), self.root.at("/usr/lib")).unwrap();
        }
    }
}

/// The hosts, and a place for the inventory and what playbooks write.
pub struct Fleet {
    base: Base,
    pub hosts: Vec<Host>,
    place: TempDir,
}

impl Fleet {
    pub fn new(base: Base, hosts: Vec<Host>) -> Self {
        let fleet = Self { base, hosts, place: setup::open_tempdir() };
        let mut inventory = String::from("[all]\n");
        for host in &fleet.hosts {
            host.merge_usr();
            std::fs::create_dir(fleet.mounted(&host.name)).unwrap();
            writeln!(inventory, "{} {}", host.name, fleet.connection(&host.name)).unwrap();
        }
        inventory += "[all:vars]\nansible_connection=community.general.chroot\nansible_remote_tmp=/tmp/ansible\n";
        std::fs::write(fleet.at("inventory"), inventory).unwrap();
        fleet
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn mounted(&self, name: &str) -> PathBuf {
        self.at(&format!("root-of-{name}"))
    }

    /// What an inventory says of how to reach this host.
    pub fn connection(&self, name: &str) -> String {
        let python = if self.base.has_python { "ansible_python_interpreter=/usr/bin/python3" } else { "" };
        let variables = match self.host(name).variables.as_str() {
            "" => python,
            own => own,
        };
        format!("ansible_host={} {variables}", self.mounted(name).display())
    }

    pub fn host(&self, name: &str) -> &Host {
        self.hosts.iter().find(|host| host.name == name).unwrap()
    }

    /// Runs a playbook of the collection on all hosts, which are mounted as long as it runs. What the last task of each host
    /// returned is in the folder `results`.
    pub fn play(&self, results: &str, playbook: &str, options: &[&str]) -> Play {
        let mut mounts = String::from("set -e\n");
        for host in &self.hosts {
            let (base, root, work) = (self.base.system.path(), host.root.path(), host.work.path());
            let at = self.mounted(&host.name);
            writeln!(
                mounts,
                "mount -t overlay overlay -o lowerdir={},upperdir={},workdir={} {}",
                base.display(),
                root.display(),
                work.display(),
                at.display()
            )
            .unwrap();
            if let Some(python) = python_3_6().filter(|_| host.variables.contains("python3.6")) {
                let inside = at.join(python.strip_prefix("/").unwrap());
                writeln!(mounts, "mkdir -p {0}; mount --bind -o ro {1} {0}", inside.display(), python.display())
                    .unwrap();
            }
        }
        let results = self.at(results);
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "--propagation", "private", "--", "/bin/sh", "-c"])
            .arg(mounts + "exec \"$@\"")
            .arg("sh");
        command.arg(tools().join("venv/bin/ansible-playbook")).arg(playbook).arg("-i").arg(self.at("inventory"));
        command.args(options).current_dir(self.place.path());
        for (name, value) in [
            ("ANSIBLE_COLLECTIONS_PATH", tools().join("collections")),
            ("ANSIBLE_HOME", self.at("ansible-home")),
            ("ANSIBLE_CALLBACK_TREE_DIR", results.clone()),
        ] {
            command.env(name, value);
        }
        for (name, value) in [
            ("ANSIBLE_CALLBACKS_ENABLED", "ansible.builtin.tree"),
            ("ANSIBLE_FORKS", "8"),
            ("ANSIBLE_PIPELINING", "1"),
            ("ANSIBLE_NOCOLOR", "1"),
            ("LC_ALL", "C.UTF-8"),
        ] {
            command.env(name, value);
        }
        Play { run: Run::of(&mut command), results }
    }
}

/// Ansible and the collection, by `tests/setup/ansible.sh`.
fn tools() -> &'static Path {
    static TOOLS: OnceLock<PathBuf> = OnceLock::new();
    TOOLS.get_or_init(|| setup::run(&mut Command::new(setup::top().join("tests/setup/ansible.sh"))).trim().into())
}

/// The prefix of Python 3.6, where this machine has one: no Debian that is still kept does.
pub fn python_3_6() -> Option<PathBuf> {
    let versions =
        std::env::var_os("PYENV_ROOT").map_or(Path::new("/root/.pyenv").to_owned(), PathBuf::from).join("versions");
    let mut found = std::fs::read_dir(versions).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    found.find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("3.6.")))
}

/// A playbook that has ended.
pub struct Play {
    pub run: Run,
    results: PathBuf,
}

impl Play {
    /// A figure of a host in the recap, as `changed`.
    #[track_caller]
    pub fn recap(&self, host: &str, figure: &str) -> u32 {
        let recap = self.run.stdout.split("PLAY RECAP").nth(1).unwrap_or_else(|| panic!("{:?}", self.run));
        let line = recap.lines().find(|line| line.split_whitespace().next() == Some(host)).unwrap();
        let word = line.split_whitespace().find_map(|word| word.strip_prefix(&format!("{figure}=")));
        word.unwrap_or_else(|| panic!("{line}")).parse().unwrap()
    }

    /// The recap, for a person.
    pub fn recap_text(&self) -> &str {
        self.run.stdout.split("PLAY RECAP").nth(1).unwrap_or_default()
    }

    /// What the last task of this host returned.
    #[track_caller]
    pub fn last(&self, host: &str) -> Value {
        let file = self.results.join(host);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}\n{:?}", file.display(), self.run));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    /// The fact that the role sets.
    #[track_caller]
    pub fn fact(&self, host: &str) -> Value {
        let fact = self.last(host)["ansible_facts"]["hostprep_result"].clone();
        assert!(fact.is_object(), "{host}: {}\n{:?}", self.last(host), self.run);
        fact
    }
}
