//! The running kernel's answers, through crate `selinux` and a libselinux that answers from the environment.

#![expect(clippy::unwrap_used, reason = "in helpers of tests too")]

use std::path::Path;

use host::process::clock::SystemClock;
use host::process::{Command, CommandRunner};

struct Stub(tempfile::TempDir);

impl Stub {
    fn build() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stub/libselinux.c");
        let built = directory.path().join("libselinux.so.1");
        let options = ["-shared", "-fPIC", "-Wall", "-Wl,-soname,libselinux.so.1", "-o"];
        CommandRunner::new(&SystemClock, &()).run(&Command::new("cc").args(options).arg(built).arg(source)).unwrap();
        Self(directory)
    }

    /// Returns the output of `examples/ask.rs`, and the calls of the library.
    fn answer(&self, environment: &[&str]) -> (Vec<String>, String) {
        // target/PROFILE/deps/TEST: examples are built next to `deps`.
        let test = std::env::current_exe().unwrap();
        let program = test.ancestors().nth(2).unwrap().join("examples/ask");
        assert!(program.exists(), "not built: cargo build --package hostprep-policy --examples");
        let command = Command::new("env")
            .arg(format!("LD_LIBRARY_PATH={}", self.0.path().display()))
            .args(HOST)
            .args(environment)
            .arg(program)
            .args(["agent_t", "bpf", "/opt/agent/agentd", "map_create", "prog_load"]);
        let output = CommandRunner::new(&SystemClock, &()).run(&command).unwrap();
        let said = output
            .stdout
            .lines()
            .filter(|line| ["mode ", "error ", "system_u:"].iter().any(|start| line.starts_with(start)));
        (said.map(str::to_owned).collect(), output.stderr)
    }
}

/// An enforcing host; its policy knows the domain and allows it everything.
const HOST: [&str; 8] = [
    "MODE=1",
    "OWN=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023",
    "INIT=system_u:system_r:init_t:s0-s0:c0.c1023",
    "CANONICAL=system_u:system_r:agent_t:s0",
    "CLASS=bpf",
    "PERMISSIONS=other map_create prog_load",
    "ALLOWED=6",
    "CREATED=system_u:system_r:initrc_t:s0",
];

#[test]
fn the_questions_to_the_kernel_and_its_answers() {
    let stub = Stub::build();
    let known = "system_u:system_r:agent_t:s0 known=true";
    let started = "system_u:system_r:initrc_t:s0 known=false class=Known missing=[] all=true permissive=false";
    let allowed = " class=Known missing=[] all=true permissive=false";
    // What is different on the host; the answer; what the library was asked on the way.
    let cases: [(&[&str], String, &[&str]); 11] = [
        (
            &[],
            format!("{known}{allowed}"),
            &[
                "is system_u:system_r:agent_t:s0\n",
                "may system_u:system_r:agent_t:s0 system_u:system_r:agent_t:s0 7 4\n",
            ],
        ),
        (&["ALLOWED=2"], format!("{known} class=Known missing=[\"prog_load\"] all=false permissive=false"), &[]),
        (
            &["ALLOWED=1", "FLAGS=1"],
            format!("{known} class=Known missing=[\"map_create\", \"prog_load\"] all=false permissive=true"),
            &[],
        ),
        (&["CLASS="], format!("{known} class=UnknownAllowed missing=[] all=true permissive=false"), &[]),
        (
            &["CLASS=", "DENY_UNKNOWN=1"],
            format!("{known} class=UnknownDenied missing=[\"map_create\", \"prog_load\"] all=false permissive=false"),
            &[],
        ),
        (&["PERMISSIONS=other map_create"], format!("{known}{allowed}"), &[]),
        (
            &["PERMISSIONS=other map_create", "DENY_UNKNOWN=1"],
            format!("{known} class=Known missing=[\"prog_load\"] all=false permissive=false"),
            &[],
        ),
        // An alias; a policy without levels.
        (
            &["INIT=system_u:system_r:init_t", "CANONICAL=system_u:system_r:real_t"],
            format!("system_u:system_r:real_t known=true{allowed}"),
            &["is system_u:system_r:agent_t\n", "may system_u:system_r:real_t system_u:system_r:real_t 7 2\n"],
        ),
        // The domain is not known: the program's own label, the one that it would get, any program's.
        (
            &["CANONICAL=", "LABEL=system_u:object_r:agent_exec_t:s0"],
            started.to_owned(),
            &[
                "label of /opt/agent/agentd\n",
                "create system_u:system_r:init_t:s0-s0:c0.c1023 system_u:object_r:agent_exec_t:s0 2 []\n",
            ],
        ),
        (
            &["CANONICAL=", "EXPECTED=system_u:object_r:usr_t:s0"],
            started.to_owned(),
            &[
                "expected of /opt/agent/agentd 100000\n",
                "create system_u:system_r:init_t:s0-s0:c0.c1023 system_u:object_r:usr_t:s0 2 []\n",
            ],
        ),
        (&["CANONICAL="], started.to_owned(), &[" system_u:object_r:bin_t:s0 2 []\n"]),
    ];
    for (difference, expected, asked) in cases {
        let (said, questions) = stub.answer(difference);
        assert_eq!(said, ["mode Enforcing".to_owned(), expected], "{difference:?}");
        for question in asked {
            assert!(questions.contains(question), "{difference:?}: {question:?} was not asked:\n{questions}");
        }
    }
}

#[test]
fn questions_without_an_answer() {
    let stub = Stub::build();
    let not_running = "error SELinux is not running, so the kernel has no policy to ask about";
    let cases: [(&[&str], &str, &str); 6] = [
        (&["MODE=-1"], "mode NotRunning", not_running),
        // selinuxfs is mounted, but no policy was loaded.
        (&["MODE=0", "OWN=kernel"], "mode NotRunning", not_running),
        (
            &["MODE=0", "INIT="],
            "mode Permissive",
            "error the kernel did not answer (the context of process 1): Permission denied",
        ),
        (&["INIT=kernel"], "mode Enforcing", "error the kernel gave \"kernel\" as the context of process 1"),
        // Not the same as an unknown domain.
        (
            &["CANONICAL=", "DENIED=1"],
            "mode Enforcing",
            "error the kernel did not answer (is system_u:system_r:agent_t:s0 a context)",
        ),
        (
            &["CLASS=", "DENY_UNKNOWN=-1"],
            "mode Enforcing",
            "error the kernel did not answer (how unknown classes are handled)",
        ),
    ];
    for (difference, mode, error) in cases {
        let (said, _) = stub.answer(difference);
        assert_eq!(said.len(), 2, "{difference:?} {said:?}");
        assert_eq!(said[0], mode, "{difference:?}");
        assert!(said[1].starts_with(error), "{difference:?}: {}", said[1]);
    }
}
