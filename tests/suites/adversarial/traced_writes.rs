//! The paths that a command writes, creates, renames, removes or changes the mode of, from a trace of an undisturbed run, so
//! that the tests cover new ones too.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use harness::Trace;

/// The paths beneath `root` that `trace` changed, as the root's own system names them.
pub fn of(trace: &Trace, root: &Path) -> BTreeSet<PathBuf> {
    let paths = trace.changes.iter().flat_map(|call| changed(call));
    let inside = |path: PathBuf| path.strip_prefix(root).ok().map(|path| Path::new("/").join(path));
    paths.filter_map(inside).filter(|path| path != Path::new("/")).collect()
}

/// The paths that a call names, as `strace -y` shows it: `renameat(5</etc>, "old", 5</etc>, "new") = 0`.
fn changed(call: &str) -> Vec<PathBuf> {
    // The strings of these are attributes' names and values.
    let is_attribute = call.split('(').next().is_some_and(|name| name.contains("xattr"));
    let arguments = call.rsplit_once(" = ").map_or(call, |(arguments, _)| arguments);
    let mut found = Vec::new();
    let mut directory = None;
    let mut rest = arguments;
    while let Some(at) = rest.find(['<', '"']) {
        let (close, text) = if rest[at..].starts_with('<') { ('>', &rest[at + 1..]) } else { ('"', &rest[at + 1..]) };
        let Some(end) = text.find(close) else { break };
        let word = &text[..end];
        if close == '>' {
            directory = Some(PathBuf::from(word));
        } else if !is_attribute {
            // An absolute name replaces all of it.
            found.push(directory.take().unwrap_or_default().join(word));
        }
        rest = &text[end + 1..];
    }
    // Through a descriptor alone.
    found.extend(directory);
    found
}

#[test]
fn a_call_is_understood() {
    let paths = |call: &str| changed(call).iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
    assert_eq!(paths(r#"renameat(5</r/etc>, "old", 5</r/etc>, "new") = 0"#), ["/r/etc/old", "/r/etc/new"]);
    assert_eq!(paths(r#"openat(AT_FDCWD</>, "/r/etc/passwd", O_RDWR) = 3</r/etc/passwd>"#), ["/r/etc/passwd"]);
    assert_eq!(paths(r#"openat2(4</r>, "x", {flags=O_RDWR|O_CREAT, mode=0600}, 24) = 3</r/x>"#), ["/r/x"]);
    assert_eq!(paths(r#"rename("/r/etc/passwd+", "/r/etc/passwd") = 0"#), ["/r/etc/passwd+", "/r/etc/passwd"]);
    assert_eq!(paths(r#"fsetxattr(6</r/x>, "user.y", "z", 1, 0) = 0"#), ["/r/x"]);
    assert_eq!(paths("fchmod(6</r/var/log>, 0640) = 0"), ["/r/var/log"]);
}
