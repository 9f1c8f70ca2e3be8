//! A symbolic link in the place of a managed directory.
//!
//! A link that only root can change, to a directory that only root can change, is how an administrator moves the agent to a bigger
//! disk. The agent works; hostprep follows no link there, so its own files do not get to the right place. A bind mount keeps the
//! files where they are and takes the link's place (`mount(8)`). Any other link is moved aside.

use faults::{Reason, Remedy, RemedyAction, RunOn};
use host::fs::{InRoot, fhs, is_dir};
use host::shell::quoted;
use nix::errno::Errno;

use super::repair;
use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;

const FSTAB: &str = "/etc/fstab";

/// Takes the link's place in one command, so that the agent finds its files again at once; puts the link back if that fails.
const REPLACE: &str = "rm \"$2\" && mkdir -m \"$3\" \"$2\" && mount --bind \"$1\" \"$2\" || \
                       { rmdir \"$2\" && ln -s \"$1\" \"$2\"; false; }";

/// The same in an alternate root, which mounts it when it starts.
const REPLACE_IN_IMAGE: &str = "rm \"$1\" && mkdir -m \"$2\" \"$1\"";

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
    if let Some(untrusted) = cx.root.find_untrusted(at)? {
        let untrusted = untrusted.at(cx.root.display_inside(untrusted.path()));
        return Ok(foreign(&format!("; {untrusted}"), None));
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
    let fields = [escape(&text(target)), escape(&text(point)), "none".into(), "bind".into()];
    if !has_line(&String::from_utf8_lossy(&fstab), &fields) {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let fields = words(&["/data/cisco", "/opt/cisco", "none", "bind"]);
        assert!(has_line("# x\n/data/cisco\t/opt/cisco   none bind 0 0\n", &fields));
        assert!(has_line("/data/cisco /opt/cisco none bind", &fields));
        assert!(has_line("/data/cisco /opt/cisco none nofail,bind,ro 0 0", &fields));
        for other in ["", "#/data/cisco /opt/cisco none bind 0 0", "/data/cisco /opt/cisco none rbind 0 0"] {
            assert!(!has_line(other, &fields), "{other}");
        }
    }
}
