//! A symbolic link in the place of a managed directory.
//!
//! A link that only root can change, to a directory that only root can change, is how an administrator moves the agent to a bigger
//! disk. The agent works; hostprep follows no link there, so its own files do not get to the right place. A bind mount keeps the
//! files where they are and takes the link's place (`mount(8)`). Where others can change something on the way, that is taken from
//! them first. A link to no directory is moved aside.

use std::path::Path;

use faults::{Reason, Remedy, RemedyAction, RunOn};
use host::fs::ownership::Untrusted;
use host::fs::{InRoot, fhs, is_dir, is_link};
use host::shell::quoted;
use nix::errno::Errno;

use super::repair;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

const FSTAB: &str = "/etc/fstab";

/// Takes the link's place in one command, so that the agent finds its files again at once; puts the link back, with its own text,
/// if that fails.
const REPLACE: &str = "link=$(readlink \"$2\") && rm \"$2\" && { mkdir -m \"$3\" \"$2\" && mount --bind \"$1\" \"$2\" || \
                       { rmdir \"$2\"; ln -sT \"$link\" \"$2\"; false; }; }";

/// The same in an alternate root, which mounts it when it starts.
const REPLACE_IN_IMAGE: &str = "link=$(readlink \"$1\") && rm \"$1\" && { mkdir -m \"$2\" \"$1\" || \
                                { ln -sT \"$link\" \"$1\"; false; }; }";

/// `nofail`: a disk that is missing must not keep the host from starting. Such a mount is ordered before nothing
/// (`systemd.mount(5)`), and the agent must not start before it.
const OPTIONS: &str = "bind,nofail,x-systemd.before=local-fs.target";

/// The same for a disk that needs the network, which starts after the local file systems.
const NETWORK_OPTIONS: &str = "bind,nofail,_netdev,x-systemd.before=remote-fs.target";
const NETWORK_TYPES: [&str; 8] = ["nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs"];

/// Directories in which several users keep files: their mode is not to be changed.
const SHARED: [&str; 8] =
    ["/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/var/lock", "/var/log", "/var/mail", "/var/spool/mail"];

/// What a link means.
pub(super) enum Link {
    /// Only root can change where it leads: this directory.
    Moved { target: InRoot, finding: Finding },
    /// Anything else.
    Foreign(Finding),
}

/// Judges the link at `at`. `named` is the same path as the profile has it, and `mode` the mode of the directory to be.
pub(super) fn judge(cx: &HostContext, at: &InRoot, named: &InRoot, mode: u32) -> Result<Link, Error> {
    let leads_to = cx.root.link_target(at).map_or_else(String::new, |to| format!(" to {}", to.display()));
    let detail = format!("{} is a symbolic link{leads_to}, which is not followed", named.display());
    let foreign = |why: &str, first: Option<Remedy>| {
        let aside = cx.remedy_on(&["mv", "-T"], &[at, &super::aside(at)]);
        let aside = if first.is_some() { aside.alternative() } else { aside };
        let remedy = first.into_iter().chain([aside, repair()]).collect();
        Link::Foreign(Finding { reason: Reason::DirectorySymlink, detail: format!("{detail}{why}"), remedy })
    };
    let target = match cx.root.real_path(at) {
        Err(e) if e.errno() == Some(Errno::ELOOP) => return Ok(foreign(", and leads in a circle", None)),
        Err(e) if e.is_missing() => return Ok(foreign(", and leads nowhere", Some(mount_first(&leads_to)))),
        target => target?,
    };
    match cx.root.stat_followed(&target)? {
        Some(found) if is_dir(&found) => {}
        Some(_) => return Ok(foreign(", and leads to no directory", None)),
        None => return Ok(foreign(", and leads nowhere", Some(mount_first(&leads_to)))),
    }
    let untrusted = cx.root.find_all_untrusted(at)?;
    if !untrusted.is_empty() {
        let why: Vec<String> = untrusted.iter().map(|(path, why)| openness(path, *why)).collect();
        let mut remedy = Vec::new();
        for (path, why) in &untrusted {
            remedy.push(close(cx, path, *why, &target)?);
        }
        // Where the files have to be moved, so has the mount.
        if remedy.iter().all(Remedy::is_command) {
            remedy.extend(bind_mount(cx, &target, &canonical(cx, named), mode)?);
        } else {
            remedy.push(repair());
        }
        let detail = format!("{detail}; {}", why.join("; "));
        return Ok(Link::Foreign(Finding { reason: Reason::DirectorySymlink, detail, remedy }));
    }
    let real = if leads_to == format!(" to {}", target.display()) {
        String::new()
    } else {
        format!("; it leads to {}", target.display())
    };
    let finding = Finding {
        reason: Reason::DirectorySymlink,
        detail: format!("{detail}{real}; only root can change it, so the files there are safe"),
        remedy: bind_mount(cx, &target, &canonical(cx, named), mode)?,
    };
    Ok(Link::Moved { target, finding })
}

fn openness(path: &InRoot, why: Untrusted) -> String {
    match why {
        Untrusted::Owner(uid) => format!("{path} belongs to uid {uid}"),
        Untrusted::Mode(mode) => format!("{path} is writable by others (mode {mode:04o})"),
        Untrusted::Link | Untrusted::NoDirectory | Untrusted::Names(_) => format!("{path}: {why}"),
    }
}

/// Returns what takes `path`, on the way to `target`, from other users. Nothing does where they need it: the agent's files have to
/// go.
fn close(cx: &HostContext, path: &InRoot, why: Untrusted, target: &InRoot) -> Result<Remedy, Error> {
    let title = &cx.profile.title;
    let is_shared = SHARED.iter().any(|shared| *path == *shared);
    let is_link = cx.root.stat(path)?.is_some_and(|found| is_link(&found));
    Ok(match why {
        Untrusted::Owner(_) if is_link => cx.remedy_on(&["chown", "-h", "root:root"], &[path]),
        Untrusted::Owner(_) if path == target => cx
            .remedy_on(&["chown", "root:root"], &[path])
            .with_comment(format!("check first what its owner put into {path}")),
        Untrusted::Mode(_) if !is_shared => {
            cx.remedy_on(&["chmod", "go-w"], &[path]).with_comment(format!("check first what others put into {path}"))
        }
        _ => Remedy::manual(format!(
            "other users keep files in {path}: stop the {title}, move {target} to a directory that only root can write to, let the \
             link lead there, and start it again"
        )),
    })
}

fn mount_first(leads_to: &str) -> Remedy {
    Remedy::manual(format!("the link leads{leads_to}: mount the file system that holds it, if it is not mounted"))
}

/// Returns `path` with the links resolved that belong to the system, such as `/opt` on an ostree host: as a mount point is listed.
pub(super) fn canonical(cx: &HostContext, path: &InRoot) -> InRoot {
    let base = fhs::base(path);
    let rest = path.as_path().strip_prefix(base.as_path()).unwrap_or(path.as_path());
    cx.root.real_path(&base).unwrap_or(base).join(rest)
}

/// Returns how `target` is mounted at `point`, where a link to it is now, also after the next boot. No file is moved.
fn bind_mount(cx: &HostContext, target: &InRoot, point: &InRoot, mode: u32) -> Result<Vec<Remedy>, Error> {
    let text = ToString::to_string;
    let mode = format!("{mode:04o}");
    let mut remedy = Vec::new();
    // The link is a finding, whether fstab can be read or not.
    let fstab = cx.root.read(FSTAB, host::fs::TEXT_LIMIT).unwrap_or_default();
    let lines = String::from_utf8_lossy(&fstab);
    let options = if needs_network(&lines, &escape(&text(target))) { NETWORK_OPTIONS } else { OPTIONS };
    let fields = [escape(&text(target)), escape(&text(point)), "none".into(), options.into()];
    if !has_line(&lines, &fields) {
        // The last line may lack its line break.
        let format = if fstab.last().is_none_or(|&byte| byte == b'\n') { "%s\\n" } else { "\\n%s\\n" };
        let script = format!("printf \"{format}\" \"$1\" >> \"$2\"");
        let line = format!("{} 0 0", fields.join(" "));
        let argv = |fstab: &str| words(&["sh", "-c", &script, "sh", &line, fstab]);
        let outside = cx.alternate_root().map(|_| argv(&cx.root.host_path(FSTAB).to_string_lossy()));
        let append = RemedyAction::Run { argv: argv(FSTAB), on: RunOn::Root, outside };
        let by_hand = [text(target), text(point)].map(|path| quoted(&path)).join(" ");
        remedy.push(Remedy::from(append).with_comment(format!("does `mount --bind {by_hand}` at each boot")));
    }
    let replace = words(&["sh", "-c", REPLACE, "sh", &text(target), &text(point), &mode]);
    let outside = cx
        .alternate_root()
        .map(|_| words(&["sh", "-c", REPLACE_IN_IMAGE, "sh", &cx.root.host_path(point).to_string_lossy(), &mode]));
    let replace = RemedyAction::Run { argv: replace, on: RunOn::Root, outside };
    let note = format!("a bind mount takes the place of the link; the files stay in {}", target.display());
    remedy.push(Remedy::from(replace).with_comment(note));
    remedy.push(repair());
    Ok(remedy)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Returns `field` as `fstab(5)` has it.
fn escape(field: &str) -> String {
    field.replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011").replace('\n', "\\012")
}

fn has_line(fstab: &str, fields: &[String]) -> bool {
    let [what, point, ..] = fields else { return false };
    let is_it = |line: &str| {
        let found: Vec<&str> = line.split_ascii_whitespace().collect();
        let [found_what, found_point, _, options, ..] = found[..] else { return false };
        (found_what, found_point) == (what, point) && options.split(',').any(|option| option == "bind")
    };
    fstab.lines().any(is_it)
}

/// Returns whether the file system in which `target` is needs the network, by the line of fstab that mounts it.
fn needs_network(fstab: &str, target: &str) -> bool {
    let mounts = fstab.lines().filter_map(|line| {
        let [_, point, kind, options, ..] = line.split_ascii_whitespace().collect::<Vec<_>>()[..] else { return None };
        let holds = !line.trim_start().starts_with('#') && Path::new(target).starts_with(point);
        let is_remote = NETWORK_TYPES.contains(&kind) || options.split(',').any(|option| option == "_netdev");
        holds.then_some((point.len(), is_remote))
    });
    mounts.max_by_key(|(length, _)| *length).is_some_and(|(_, is_remote)| is_remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_needs_the_network_is_known_by_its_line() {
        let fstab = "/dev/sda1 / ext4 defaults 0 1\n/dev/sdb1 /san xfs defaults,_netdev 0 0\nnas:/x /san/nas nfs4 ro 0 0\n\
                     /dev/sdc1 /san/local ext4 ro 0 0\n#nas:/y /old nfs ro 0 0\nbroken\n";
        for (target, expected) in [
            ("/data/cisco", false),
            ("/san/cisco", true),
            ("/sand/cisco", false),
            ("/san/nas/cisco", true),
            ("/san/local/cisco", false),
            ("/old/cisco", false),
        ] {
            assert_eq!(needs_network(fstab, target), expected, "{target}");
        }
        assert!(!needs_network("", "/data"));
    }

    #[test]
    fn a_field_of_fstab_has_no_blanks() {
        for (path, field) in [
            ("/data/cisco", "/data/cisco"),
            ("/data/big disk/cisco", "/data/big\\040disk/cisco"),
            ("/a\tb\nc\\040", "/a\\011b\\012c\\134040"),
        ] {
            assert_eq!(escape(path), field);
        }
    }

    #[test]
    fn a_line_of_fstab_is_found_whatever_the_blanks() {
        let fields = words(&["/data/cisco", "/opt/cisco", "none", OPTIONS]);
        assert!(has_line("# x\n/data/cisco\t/opt/cisco   none bind 0 0\n", &fields));
        assert!(has_line(&fields.join(" "), &fields));
        assert!(has_line("/data/cisco /opt/cisco none nofail,bind,ro 0 0", &fields));
        for other in ["", "#/data/cisco /opt/cisco none bind 0 0", "/data/cisco /opt/cisco none rbind 0 0"] {
            assert!(!has_line(other, &fields), "{other}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test runs the remedy, and looks at what it did")]
    fn a_replacement_that_fails_leaves_the_link_as_it_was() {
        let place = tempfile::tempdir().unwrap();
        let (point, gone) = (place.path().join("cisco"), place.path().join("gone"));
        std::fs::create_dir(place.path().join("data")).unwrap();
        let run = |script: &str, arguments: &[&std::ffi::OsStr]| {
            let mut shell = std::process::Command::new("sh");
            shell.args(["-c", script, "sh"]).args(arguments).output().unwrap().status.success()
        };
        let mode = "0755".as_ref();
        for text in ["data/../data", "/data/cisco", "gone"] {
            std::os::unix::fs::symlink(text, &point).unwrap();
            let is_kept = || std::fs::read_link(&point).unwrap() == Path::new(text);
            // What is to be mounted is missing, and the directory cannot be made.
            assert!(!run(REPLACE, &[gone.as_os_str(), point.as_os_str(), mode]) && is_kept(), "{text}");
            assert!(!run(REPLACE, &[gone.as_os_str(), point.as_os_str(), "no mode".as_ref()]) && is_kept(), "{text}");
            assert!(!run(REPLACE_IN_IMAGE, &[point.as_os_str(), "no mode".as_ref()]) && is_kept(), "{text}");
            assert!(
                run(REPLACE_IN_IMAGE, &[point.as_os_str(), mode]) && point.is_dir() && !point.is_symlink(),
                "{text}"
            );
            std::fs::remove_dir(&point).unwrap();
        }
        assert!(!run(REPLACE, &[gone.as_os_str(), place.path().join("data").as_os_str(), mode]), "it is no link");
        assert!(place.path().join("data").is_dir());
    }
}
