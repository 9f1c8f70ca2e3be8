//! SELinux labels of files.

use std::os::fd::AsFd;

use rustix::fs::fgetxattr;

/// Longer contexts are not written (`SELINUX_NODE_SIZE` and the categories of MLS included).
const LONGEST: usize = 4096;

/// Returns the type of a file's label (`modules_object_t`), or `None` if it has none: without SELinux, or on a file system
/// without labels.
#[must_use]
pub fn type_of(file: &impl AsFd) -> Option<String> {
    let mut context = vec![0; LONGEST];
    let length = fgetxattr(file, "security.selinux", &mut context[..]).ok()?;
    the_type(&String::from_utf8_lossy(&context[..length])).map(str::to_owned)
}

/// Returns the type in a context: `system_u:object_r:modules_object_t:s0`.
fn the_type(context: &str) -> Option<&str> {
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
}
