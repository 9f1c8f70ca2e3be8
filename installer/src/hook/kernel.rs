//! The hooks of kernel packages: plugins of `kernel-install(8)`, and the scripts in Debian's `/etc/kernel` (Debian Linux Kernel
//! Handbook, chapter 8).

use super::{Event, NoSuchCall};

/// The words of a call, as `kernel-install` has them.
pub const CHANGES: [&str; 2] = ["add", "remove"];

/// Returns what `hostprep hook kernel add|remove RELEASE` asks for.
///
/// # Errors
/// [`NoSuchCall`] for another word, or no release.
pub fn parse(change: &str, release: &str) -> Result<Event, NoSuchCall> {
    let no_such = |what: String| {
        let expected = format!("expected {} and a kernel release", CHANGES.join(" or "));
        Err(NoSuchCall { what, expected })
    };
    match (change, release) {
        (_, "") => no_such("no kernel release was passed".to_owned()),
        ("add", release) => Ok(Event::KernelAdded(release.to_owned())),
        ("remove", release) => Ok(Event::KernelRemoved(release.to_owned())),
        (other, _) => no_such(format!("no hook of kernel packages is called with `{other}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_comes_or_goes() {
        assert_eq!(parse("add", "6.1.0-40-amd64"), Ok(Event::KernelAdded("6.1.0-40-amd64".into())));
        assert_eq!(parse("remove", "6.1.0-40-amd64"), Ok(Event::KernelRemoved("6.1.0-40-amd64".into())));
        for (change, release) in [("add", ""), ("inspect", "6.1.0"), ("", "6.1.0")] {
            let said = parse(change, release).unwrap_err().to_string();
            assert!(said.ends_with("expected add or remove and a kernel release"), "{said}");
        }
    }
}
