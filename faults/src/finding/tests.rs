use serde_json::json;

use super::*;

fn image() -> Option<&'static Path> {
    Some(Path::new("/mnt/image"))
}

#[test]
fn a_command_for_the_root_runs_inside_of_it() {
    let remedy = Remedy::run_in_root(["chmod", "0755", "/opt/cisco"]);
    assert_eq!(remedy.shell_line(None), "chmod 0755 /opt/cisco");
    assert_eq!(remedy.shell_line(image()), "chroot /mnt/image chmod 0755 /opt/cisco");
    assert_eq!(remedy.shell_line_inside(None).unwrap(), "chmod 0755 /opt/cisco");
    assert_eq!(remedy.shell_line_inside(image()).unwrap(), "chmod 0755 /opt/cisco");
}

#[test]
fn a_command_for_this_machine_has_no_line_in_an_image_built_on_it() {
    let remedy = Remedy::run_here(["dnf", "install", "-y", "policycoreutils"]);
    for root in [None, image()] {
        assert_eq!(remedy.shell_line(root), "dnf install -y policycoreutils");
    }
    assert_eq!(remedy.shell_line_inside(None).unwrap(), "dnf install -y policycoreutils", "the root is this machine");
    assert_eq!(remedy.shell_line_inside(image()), None);
}

#[test]
fn a_hostprep_command_names_the_root_only_outside_of_it() {
    let remedy = Remedy::hostprep(["load-lock", "reset"]);
    assert_eq!(remedy.shell_line(None), "hostprep load-lock reset");
    assert_eq!(remedy.shell_line(image()), "hostprep load-lock reset --root /mnt/image");
    assert_eq!(remedy.shell_line_inside(image()).unwrap(), "hostprep load-lock reset");
}

#[test]
fn what_is_for_people_is_a_shell_comment() {
    let remedy = Remedy::manual("switch Secure Boot off\nin the firmware");
    for root in [None, image()] {
        assert_eq!(remedy.shell_line(root), "# switch Secure Boot off in the firmware");
        assert_eq!(remedy.shell_line_inside(root).unwrap(), "# switch Secure Boot off in the firmware");
    }
    let remedy = Remedy::run_in_root(["systemctl", "reboot", "--firmware-setup"]).rebooting();
    let remedy = remedy.with_comment("then switch Secure Boot off\n");
    assert_eq!(remedy.shell_line(None), "systemctl reboot --firmware-setup  # then switch Secure Boot off");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the shell is what the line is for")]
fn a_shell_reads_back_each_word() {
    let words = ["chgrp", "it's me", "/opt/a b", "", "$(id)", "#"];
    let root = Path::new("/mnt/an image");
    let line = Remedy::run_in_root(words).with_comment("a 'note'").shell_line(Some(root));
    let script = format!("set -- {line}\nfor word; do printf '%s\\n' \"$word\"; done");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let read = String::from_utf8(output.stdout).unwrap();
    let expected: Vec<&str> = ["chroot", "/mnt/an image"].into_iter().chain(words).collect();
    assert_eq!(read.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_program_gets_the_words_and_whether_the_host_restarts() {
    let value = |remedy: &Remedy, root| serde_json::to_value(remedy.value(root)).unwrap();
    let run = Remedy::run_in_root(["systemctl", "reboot"]).rebooting().with_comment("and wait");
    let expected = json!({"kind": "run", "argv": ["systemctl", "reboot"], "type": "command",
        "needs_root": true, "reboot": true, "reboots": true, "comment": "and wait"});
    assert_eq!(value(&run, None), expected);
    assert_eq!(value(&run, image())["argv"], json!(["chroot", "/mnt/image", "systemctl", "reboot"]));
    let here = Remedy::run_here(["true"]);
    assert_eq!(
        value(&here, image()),
        json!({"kind": "run", "type": "command", "argv": ["true"], "needs_root": true, "reboot": false, "reboots": false})
    );
    let repair = Remedy::hostprep(["repair"]);
    let argv = json!(["hostprep", "repair", "--root", "/mnt/image"]);
    assert_eq!(
        value(&repair, image()),
        json!({"kind": "hostprep", "type": "command", "argv": argv, "needs_root": true, "reboot": false, "reboots": false})
    );
    let manual = Remedy::manual("add memory");
    let expected = json!({"kind": "manual", "type": "advice", "text": "add memory", "reboot": false, "reboots": false});
    assert_eq!(value(&manual, image()), expected);
    let tells = [Remedy::hostprep(["check"]), Remedy::run_here(["ps", "-p", "1"]), Remedy::run_in_root(["df", "/var"])];
    let needs_root = |root| tells.clone().map(|remedy| value(&remedy, root)["needs_root"] == true);
    assert_eq!(needs_root(None), [false; 3]);
    assert_eq!(needs_root(image()), [false, false, true], "chroot is root's");
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test makes the root")]
fn a_command_with_an_option_for_the_root_is_run_from_outside() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::create_dir(scratch.path().join("etc")).unwrap();
    let root = host::Root::alternate(scratch.path()).unwrap();
    let (image, word) = (Some(root.path()), root.path().display());
    let userdel = Command::new("userdel").root_option("--prefix", root.path()).arg("-f").path(&root, "/x");
    // Text that only looks like a path of the root stays as it is.
    let userdel = userdel.arg(format!("{word}/y")).arg("agent");
    let remedy = Remedy::command(&userdel);
    assert_eq!(remedy.shell_line(image), format!("userdel --prefix {word} -f {word}/x {word}/y agent"));
    assert_eq!(remedy.shell_line_inside(image).unwrap(), format!("userdel -f /x {word}/y agent"));
    let plain = Remedy::command(&Command::new("userdel").arg("agent"));
    assert_eq!(plain.shell_line(None), "userdel agent");
    assert_eq!(plain.value(None).argv.unwrap(), ["userdel", "agent"]);
}

#[test]
fn findings_about_one_fault_become_one() {
    let finding = |reason: Reason, detail: &str, remedy: &[&str]| Finding {
        reason,
        detail: detail.to_owned(),
        remedy: remedy.iter().map(|word| Remedy::hostprep([*word])).collect(),
    };
    let link = finding(Reason::DirectorySymlink, "/opt/a is a link", &["x", "repair"]);
    let mode = finding(Reason::DirectoryMode, "/opt/a is a link, too", &["y", "repair"]);
    let merged = Finding::merged([&link, &link, &mode]).unwrap();
    assert_eq!(
        merged,
        finding(Reason::DirectorySymlink, "/opt/a is a link; /opt/a is a link, too", &["x", "y", "repair"])
    );
    assert_eq!(Finding::merged(&[]), None);
}

#[test]
fn an_alternative_says_so_to_each_reader() {
    let newer = Remedy::run_in_root(["dnf", "install", "kernel"]).with_comment("if it is gone").alternative();
    let reboot = Remedy::run_in_root(["systemctl", "reboot"]).rebooting().continuing();
    let ask = Remedy::manual("ask the administrator").alternative();
    assert_eq!(newer.shell_line(None), "dnf install kernel  # or: if it is gone");
    assert_eq!(reboot.shell_line(None), "systemctl reboot  # then");
    assert_eq!(ask.shell_line(None), "# or: ask the administrator");
    assert_eq!(ask.unordered_shell_line(None), "# ask the administrator");
    assert_eq!(newer.unordered_shell_line(image()), "chroot /mnt/image dnf install kernel  # if it is gone");
    let value = |remedy: &Remedy| serde_json::to_value(remedy.value(None)).unwrap();
    assert_eq!((&value(&newer)["alternative"], value(&newer).get("continues")), (&json!(true), None));
    assert_eq!((&value(&reboot)["alternative"], &value(&reboot)["continues"]), (&json!(true), &json!(true)));
    assert_eq!(value(&Remedy::run_here(["true"])).get("alternative"), None);
}

#[test]
fn what_is_left_for_the_system_inside_is_no_alternative_to_nothing() {
    let finding =
        |remedy: &[Remedy]| Finding { reason: Reason::ToolsMissing, detail: String::new(), remedy: remedy.into() };
    let (here, inside) = (Remedy::run_here(["here"]), Remedy::run_in_root(["inside"]));
    let lines = |remedy: &[Remedy]| finding(remedy).rendered_inside(image()).remedy;
    assert_eq!(lines(&[here.clone(), inside.clone().alternative()]), ["inside"]);
    assert_eq!(lines(&[inside.clone(), here.alternative(), inside.clone()]), ["inside", "inside"]);
    assert_eq!(lines(&[inside.clone(), inside.clone().alternative()]), ["inside", "inside  # or"]);
}
