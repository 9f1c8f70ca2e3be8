//! Entries in `extlinux.conf`, which U-Boot and SYSLINUX read.

/// What `u-boot-update(8)` of Debian writes, and others by hand.
pub(super) const FILE: &str = "/boot/extlinux/extlinux.conf";

/// Returns the image and the command line of each entry, in order.
pub(super) fn entries(text: &str) -> Vec<(String, String)> {
    // An `append` before the first label counts for entries without one of their own.
    let mut common = String::new();
    let mut entries: Vec<(Option<String>, Option<String>)> = Vec::new();
    for line in text.lines() {
        let (keyword, value) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        let value = value.trim();
        match (keyword.to_ascii_lowercase().as_str(), entries.last_mut()) {
            ("label", _) => entries.push((None, None)),
            ("linux" | "kernel", Some((image, _))) => *image = Some(value.to_owned()),
            ("append", Some((_, options))) => *options = Some(value.to_owned()),
            ("append", None) => value.clone_into(&mut common),
            _ => {}
        }
    }
    // A hyphen is an empty command line.
    let with_options = |(image, options): (Option<String>, Option<String>)| {
        let options = options.unwrap_or_else(|| common.clone());
        Some((image?, if options == "-" { String::new() } else { options }))
    };
    entries.into_iter().filter_map(with_options).collect()
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn entries_of_u_boot_menu() {
        let text = "## /boot/extlinux/extlinux.conf\ndefault l0\nAPPEND quiet\n\nlabel l0\n\tmenu label Debian\n\tlinux /vmlinuz-6.1.0-18-arm64\n\
                    \tinitrd /initrd.img-6.1.0-18-arm64\n\tfdtdir /usr/lib/linux-image-6.1.0-18-arm64/\n\
                    \tappend root=/dev/mmcblk0p2 ro\n\nLABEL l1\n\tKERNEL ../Image\n\nlabel l2\n\tlinux /x\n\tappend -\nlabel local\n\tlocalboot 0\n";
        let expected = [("/vmlinuz-6.1.0-18-arm64", "root=/dev/mmcblk0p2 ro"), ("../Image", "quiet"), ("/x", "")];
        assert_eq!(entries(text), expected.map(|(image, options)| (image.to_owned(), options.to_owned())));
        assert_eq!(entries("linux /x\nappend y\n"), []);
    }
}
