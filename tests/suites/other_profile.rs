//! Another vendor's agent is another profile, with its own names, paths, rule and domain.

#![allow(clippy::disallowed_methods, reason = "the tests arrange the world around the program")]

use harness::{Run, ScratchRoot, login_defs, program, setup};

#[test]
fn another_agent_is_prepared_under_its_own_names() {
    let root = ScratchRoot::of("debian-12");
    root.policy_store().login_defs(&login_defs::with("USERGROUPS_ENAB no\n")).dir("/opt/acme", 0o777);
    let profile = setup::fixture("profiles/acme.toml");
    let hostprep =
        |args: &[&str]| -> Run { root.hostprep(&[args, &["--profile", profile.to_str().unwrap()]].concat()) };
    assert_eq!(hostprep(&["check", "--format", "json"]).expect_code(3).faults(), [5, 19]);
    hostprep(&["repair"]).expect_code(0);

    let user = root.account("passwd", "acme-scan").unwrap();
    assert_eq!((user[4].as_str(), user[6].as_str()), ("Acme scanner", "/bin/false"));
    assert_eq!(root.account("group", "acme-scan").unwrap()[2], user[3]);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(root.at("/opt/acme")).unwrap().permissions());
    assert_eq!(mode & 0o7777, 0o750);
    let modules = root.modules();
    assert!(modules.contains(&"350 acme-sensor cil".to_owned()), "{modules:?}");
    let cil = hostprep(&["policy", "generate", "--form", "cil"]).expect_code(0).stdout;
    assert!(cil.contains("(bpf (map_create prog_load))"), "{cil}");
    assert!(root.at("/var/log/acme/prep.log").exists());

    let ciscos: Vec<_> = root.snapshot().paths().filter(|path| path.to_string_lossy().contains("cisco")).collect();
    assert_eq!(ciscos, [""; 0].map(std::path::PathBuf::from), "nothing of the built-in profile is made");
    hostprep(&["repair"]).expect_code(0);
    hostprep(&["remove"]).expect_code(0);
    assert!(root.account("passwd", "acme-scan").is_none());
    assert!(!root.modules().iter().any(|line| line.contains("acme")));
}

/// The rule of `explain` is that of `policy generate`.
#[test]
fn another_agents_faults_are_explained_in_its_own_words() {
    let example = setup::top().join("packaging/example/profile.toml");
    for (profile, rule, cil) in [
        (
            setup::fixture("profiles/acme.toml"),
            "allow unconfined_service_t self:bpf { map_create prog_load };",
            "(allow unconfined_service_t self (bpf (map_create prog_load)))",
        ),
        (
            example,
            "allow acme_agent_t self:bpf { map_create map_read map_write prog_load prog_run };",
            "(allow acme_agent_t self (bpf (map_create map_read map_write prog_load prog_run)))",
        ),
    ] {
        let (root, own) = (ScratchRoot::of("debian-12"), std::fs::read_to_string(&profile).unwrap());
        let hostprep =
            |args: &[&str]| -> Run { root.hostprep(&[args, &["--profile", profile.to_str().unwrap()]].concat()) };
        let generated = hostprep(&["policy", "generate", "--form", "cil"]).expect_code(0).stdout;
        assert!(generated.contains(cil), "{generated}");
        for language in ["en", "ja", "ko", "zh-TW"] {
            let text = hostprep(&["explain", "19", "--lang", language]).expect_code(0).stdout;
            assert!(text.contains(&format!("     {rule}\n")), "{language}: {text}");
            for fault in ["5", "6", "7", "8", "9", "11", "16", "18", "19"] {
                let text = hostprep(&["explain", fault, "--lang", language]).expect_code(0).stdout;
                let options = ["Monitor File", "Device Flow"];
                for foreign in ["isco", "Secure Endpoint", "1.13.0", "1.15", "1.16.0", "1.18.0"].iter().chain(&options)
                {
                    assert!(!text.contains(foreign), "{language}: {foreign} is in {text}");
                }
                for (name, key) in
                    [("ampfsm", "[kernel_modules]"), ("ampnetworkflow", "[kernel_modules]"), (".cvd", ".cvd")]
                {
                    assert!(own.contains(key) || !text.contains(name), "{language}: {name} is in {text}");
                }
            }
            let json = hostprep(&["explain", "11", "--lang", language, "--format", "json"]).expect_code(0).json();
            assert_eq!(json["applies"], serde_json::json!([]), "{json}");
        }
    }
}

/// What a profile calls the options of its policy, its modules and its definitions is what its faults' texts say.
#[test]
fn another_agents_options_are_named_as_its_profile_names_them() {
    let root = ScratchRoot::of("debian-12");
    let example = std::fs::read_to_string(setup::top().join("packaging/example/profile.toml")).unwrap();
    let more = "[policy_options]\nfilesystem = \"Watch files\"\nnetwork = \"Watch sockets\"\n\
                [kernel_modules]\nfilesystem = [\"acmefs\"]\nnetwork = [\"acmenet\"]\n\
                [scan_service]\ndefinitions = { directory = \"/opt/acme/agent/db\", suffix = \".adb\", header = \"A\" }\n";
    let profile = root.at("/etc/acme.toml");
    std::fs::write(&profile, example + more).unwrap();
    for language in ["en", "ja", "ko", "zh-TW"] {
        for (fault, words) in [
            ("7", &[".adb"][..]),
            ("8", &["Watch files", "acmefs"]),
            ("9", &["Watch sockets", "acmenet"]),
            ("16", &["Watch files", "Watch sockets"]),
        ] {
            let profile = profile.to_str().unwrap();
            let run = root.hostprep(&["explain", fault, "--lang", language, "--profile", profile, "--format", "json"]);
            let text = run.expect_code(0).stdout;
            assert!(words.iter().all(|word| text.contains(word)), "{language}: {words:?} are not in {text}");
        }
    }
}

/// A vendor's package passes its profile: one that its configuration names has no effect, and that is told.
#[test]
fn a_profile_in_a_vendors_configuration_is_told() {
    let root = ScratchRoot::of("debian-12");
    let example = setup::top().join("packaging/example/profile.toml");
    root.file("/etc/acme/hostprep.toml", "profile = \"/etc/acme/other.toml\"\n");
    let check = |profile: &std::path::Path| {
        root.hostprep(&["check", "--only", "directories", "--profile", profile.to_str().unwrap()]).stderr
    };
    let said = check(&example);
    let expected = "/etc/acme/hostprep.toml: `profile` has no effect, because --profile names one";
    assert!(said.contains(expected), "{said}");
    // A profile without names of its own is for this once: it overrides the configuration, as documented.
    let plain = root.at("/etc/plain.toml");
    std::fs::copy(setup::fixture("profiles/acme.toml"), &plain).unwrap();
    root.file("/etc/cisco/hostprep.toml", "profile = \"/etc/cisco/other.toml\"\n");
    assert!(!check(&plain).contains("has no effect"));
}

/// Remedies of another agent name it, and no document of ours.
#[test]
fn remedies_of_another_agent_name_it() {
    let root = ScratchRoot::of("debian-12");
    let example = std::fs::read_to_string(setup::top().join("packaging/example/profile.toml")).unwrap();
    let modules = "[kernel_modules]\nfilesystem = [\"acmefs\"]\nnetwork = [\"acmenet\"]\n\
                   [[kernels]]\nfamilies = [\"debian\"]\nkernel_from = \"2.6\"\nmonitors = \"modules\"\n";
    let profile = root.at("/etc/acme.toml");
    std::fs::write(&profile, example + modules).unwrap();
    root.file("/opt/acme/agent/bin/acme-agentd", "program");
    let run = root.hostprep(&["check", "--profile", profile.to_str().unwrap()]);
    assert!(run.stdout.contains("start a kernel that the Acme agent has modules for"), "{run:?}");
    assert!(!run.stdout.contains("isco") && !run.stdout.contains("onnector"), "{run:?}");
    for format in ["script", "ansible"] {
        let text = root.hostprep(&["check", "--format", format, "--profile", profile.to_str().unwrap()]).stdout;
        assert!(text.contains("as acme-hostprep ") && !text.contains(" hostprep "), "{text}");
    }
}

/// The short help and the long one of each command, and what lists the schemas.
#[test]
fn help_names_the_command_that_is_there() {
    let profile = setup::top().join("packaging/example/profile.toml");
    let run = |words: &[&str]| {
        let mut command = std::process::Command::new(program::binary());
        Run::of(command.arg("--profile").arg(&profile).args(words)).expect_code(0).stdout
    };
    let mut todo: Vec<Vec<String>> = vec![Vec::new()];
    let mut seen = 0;
    while let Some(words) = todo.pop() {
        let words_of: Vec<&str> = words.iter().map(String::as_str).collect();
        for option in ["-h", "--help"] {
            let help = run(&[&words_of[..], &[option]].concat());
            let left =
                help.replace("acme-hostprep", "").replace("/acme/hostprep", "").replace("acme/hostprep.toml", "");
            let ours = left.lines().find(|line| line.contains("hostprep") || line.contains("cisco"));
            assert_eq!(ours, None, "{words:?} {option}");
            let list = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
            let is_command = |name: &&str| name.starts_with(char::is_lowercase) && *name != "help";
            let names = list.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(is_command));
            if option == "-h" {
                todo.extend(names.map(|name| [&words[..], &[name.to_owned()]].concat()));
            }
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
    let list = run(&["schema"]);
    assert!(
        list.contains("acme-hostprep check --format json") && list.contains("/var/lib/acme/hostprep/last-run.json")
    );
    assert!(run(&["schema", "last-run"]).contains("\"title\": \"/var/lib/acme/hostprep/last-run.json\""));
}
