//! Fault 7, as far as a host shows by itself why the process that scans files could not start: too little memory, virus
//! definitions that the scan user cannot read or that are none.

use faults::{FaultId, Reason, Remedy};
use host::FileError;
use host::fs::{InRoot, is_dir, is_file, is_link, mode_of};
use host::system::accounts::{Accounts, User};
use host::system::memory::Memory;
use nix::sys::stat::FileStat;

use crate::Error;
use crate::model::host_context::HostContext;
use crate::model::report::Finding;
use crate::model::step::{Observation, Step};
use crate::model::step_id::StepId;
use crate::profile::{self, Definitions};

/// The step.
pub struct ScanService;

impl Step for ScanService {
    fn id(&self) -> StepId {
        StepId("scan-service")
    }

    fn fault(&self) -> FaultId {
        FaultId::SCAN_START
    }

    fn doc(&self) -> &'static str {
        "memory and virus definitions that the scan service needs"
    }

    fn observe(&self, cx: &HostContext) -> Result<Observation, Error> {
        observe(cx)
    }
}

fn observe(cx: &HostContext) -> Result<Observation, Error> {
    let Some(profile::ScanService { least_memory_mib, definitions }) = &cx.profile.scan_service else {
        return Ok(Observation::satisfied("the profile requires nothing"));
    };
    let mut seen = Vec::new();
    if let Some(least) = least_memory_mib.filter(|_| cx.is_running_system())
        && let Some(memory) = Memory::of(cx.root)?
    {
        let total = memory.total() / 1024;
        let reserved = match memory.crash_kernel / 1024 {
            0 => String::new(),
            reserved => format!(" ({reserved} of them reserved for a crash kernel)"),
        };
        if total < least {
            let detail = format!("this host has {total} MiB of memory{reserved}, and the scan service needs {least}");
            let remedy = vec![Remedy::manual(format!("give this host at least {least} MiB of memory"))];
            return Ok(Observation::fault(Finding { reason: Reason::MemoryLow, detail, remedy }));
        }
        seen.push(format!("{total} MiB of memory{reserved}"));
    }
    if let Some(definitions) = definitions {
        match judge(cx, definitions)? {
            Judged::Wrong(finding) => return Ok(Observation::fault(finding)),
            Judged::Right(count) => seen.push(format!("{count} virus definitions")),
            Judged::Unknown(why) => return Ok(Observation::unknown(why)),
            Judged::Nothing => seen.push("no virus definitions yet".to_owned()),
        }
    }
    Ok(Observation::satisfied(if seen.is_empty() { "nothing is asked for".to_owned() } else { seen.join(", ") }))
}

enum Judged {
    Nothing,
    Right(usize),
    Wrong(Finding),
    Unknown(String),
}

fn judge(cx: &HostContext, definitions: &Definitions) -> Result<Judged, Error> {
    let directory = &definitions.directory;
    let Some(found) = cx.root.stat(directory)? else { return Ok(Judged::Nothing) };
    if is_link(&found) {
        return Ok(Judged::Unknown(format!("{} is a symbolic link, which is not followed", for_terminal(directory))));
    }
    let reader = Reader(Accounts::of(cx.root).user(&cx.profile.scan_user.name)?);
    let mut above: Vec<InRoot> = directory.ancestors().skip(1).collect();
    above.reverse();
    for above in above {
        if let Some(found) = cx.root.stat_followed(&above)?
            && !reader.may(&found, PASS)
        {
            return Ok(Judged::Wrong(unreadable(cx, &above, "g+x")));
        }
    }
    if !is_dir(&found) || !reader.may(&found, READ | PASS) {
        return Ok(Judged::Wrong(unreadable(cx, directory, "g+rx")));
    }
    let mut count = 0;
    let mut names = cx.root.names(directory)?;
    names.sort();
    for name in names.iter().filter(|name| name.to_string_lossy().ends_with(&definitions.suffix)) {
        let file = directory.join(name);
        let Some(found) = cx.root.stat(&file)? else { continue };
        if !is_file(&found) || !reader.may(&found, READ) {
            return Ok(Judged::Wrong(unreadable(cx, &file, "g+r")));
        }
        if !begins_right(cx, &file, &definitions.header)? {
            let detail = format!(
                "{} is no virus definitions file: it does not begin with {}",
                for_terminal(&file),
                definitions.header
            );
            let mut remedy = commands(cx, &file, |_| vec![cx.remedy_on(&["rm"], &[&file])]);
            remedy.push(Remedy::manual(format!("and restart the {}, which fetches it again", cx.profile.title)));
            return Ok(Judged::Wrong(Finding { reason: Reason::DefinitionsInvalid, detail, remedy }));
        }
        count += 1;
    }
    Ok(if count == 0 { Judged::Nothing } else { Judged::Right(count) })
}

const READ: u32 = 4;
const PASS: u32 = 1;

/// Who scans; without the user it is root (fault 5). Further groups and access control lists are not looked at.
struct Reader(Option<User>);

impl Reader {
    fn may(&self, found: &FileStat, bits: u32) -> bool {
        let Some(user) = &self.0 else { return true };
        let class = if found.st_uid == user.uid {
            6
        } else if found.st_gid == user.gid {
            3
        } else {
            0
        };
        mode_of(found) >> class & bits == bits
    }
}

fn begins_right(cx: &HostContext, file: &InRoot, header: &str) -> Result<bool, FileError> {
    use std::io::Read;
    let mut start = Vec::new();
    let opened = cx.root.open(file)?;
    opened
        .take(header.len() as u64)
        .read_to_end(&mut start)
        .map_err(|e| FileError::new("read", cx.root.host_path(file), e))?;
    Ok(start == header.as_bytes())
}

fn unreadable(cx: &HostContext, path: &InRoot, mode: &str) -> Finding {
    let user = &cx.profile.scan_user.name;
    Finding {
        reason: Reason::DefinitionsUnreadable,
        detail: format!("{} cannot be read by {user}", for_terminal(path)),
        remedy: commands(cx, path, |word| {
            vec![Remedy::run_in_root(["chgrp", user, word]), cx.remedy_on(&["chmod", mode], &[path])]
        }),
    }
}

/// A path for people. Who may write there chooses the names, so what a terminal obeys is escaped.
fn for_terminal(path: &InRoot) -> String {
    let text = path.display().to_string();
    if is_plain(&text) { text } else { format!("{text:?}") }
}

/// Commands with `path` as a word, unless its name is not safe to paste into a shell.
fn commands(cx: &HostContext, path: &InRoot, commands: impl FnOnce(&str) -> Vec<Remedy>) -> Vec<Remedy> {
    let text = path.display().to_string();
    if is_plain(&text) {
        return commands(&text);
    }
    vec![cx.remedy_on(&["ls", "-lb"], &[&path.parent().unwrap_or_else(InRoot::top)]).with_comment("look for it there")]
}

fn is_plain(path: &str) -> bool {
    !path.contains(char::is_control) && !path.contains(char::REPLACEMENT_CHARACTER)
}
