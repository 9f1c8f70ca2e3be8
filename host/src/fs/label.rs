//! SELinux labels of files.

use std::io;
use std::os::fd::AsFd;

use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};

/// Longer contexts are not written (`SELINUX_NODE_SIZE` and the categories of MLS included).
const LONGEST: usize = 4096;

const NAME: &str = "security.selinux";

/// Returns a file's label (`system_u:object_r:bin_t:s0`), or `None` if it has none.
///
/// # Errors
/// The error of `fgetxattr(2)`; a file system without labels is none.
pub fn context_of(file: &impl AsFd) -> io::Result<Option<String>> {
    let mut context = vec![0; LONGEST];
    match fgetxattr(file, NAME, &mut context[..]) {
        Ok(length) => {
            let text = String::from_utf8_lossy(&context[..length]);
            Ok(Some(text.trim_end_matches('\0').to_owned()).filter(|text| !text.is_empty()))
        }
        Err(rustix::io::Errno::NODATA | rustix::io::Errno::OPNOTSUPP) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Sets a file's label; `None` takes it away, which a kernel with SELinux refuses.
///
/// # Errors
/// The error of `fsetxattr(2)` or `fremovexattr(2)`; `EINVAL` for a context that the kernel's policy does not have.
pub fn set_context(file: &impl AsFd, context: Option<&str>) -> io::Result<()> {
    match context {
        // With the NUL, as libselinux does.
        Some(context) => fsetxattr(file, NAME, format!("{context}\0").as_bytes(), XattrFlags::empty())?,
        None => fremovexattr(file, NAME)?,
    }
    Ok(())
}

/// Returns the type of a file's label (`modules_object_t`), or `None` if it has none: without SELinux, or on a file system
/// without labels.
#[must_use]
pub fn type_of(file: &impl AsFd) -> Option<String> {
    the_type(&context_of(file).ok()??).map(str::to_owned)
}

/// Returns `context` with another type.
#[must_use]
pub fn with_type(context: &str, the_type: &str) -> Option<String> {
    let mut parts: Vec<&str> = context.splitn(4, ':').collect();
    *parts.get_mut(2)? = the_type;
    Some(parts.join(":"))
}

/// Returns the type in a context: `system_u:object_r:modules_object_t:s0`.
#[must_use]
pub fn the_type(context: &str) -> Option<&str> {
    let found = context.trim_end_matches('\0').split(':').nth(2)?;
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_the_third_part() {
        for (context, expected) in [
            ("system_u:object_r:modules_object_t:s0\0", Some("modules_object_t")),
            ("unconfined_u:object_r:usr_t:s0:c1,c2", Some("usr_t")),
            ("system_u:object_r:usr_t", Some("usr_t")),
            ("kernel", None),
            ("a:b:", None),
            ("", None),
        ] {
            assert_eq!(the_type(context), expected, "{context}");
        }
    }

    #[test]
    fn another_type_keeps_the_rest() {
        for (context, expected) in [
            ("system_u:object_r:bin_t:s0:c1,c2", Some("system_u:object_r:agent_exec_t:s0:c1,c2")),
            ("unconfined_u:object_r:usr_t", Some("unconfined_u:object_r:agent_exec_t")),
            ("kernel", None),
        ] {
            assert_eq!(with_type(context, "agent_exec_t").as_deref(), expected);
        }
    }
}
