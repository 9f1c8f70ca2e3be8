//! Sections of `zipl.conf(5)`, the boot loader of s390x. Where it has none, `zipl` takes the entries of the Boot Loader
//! Specification.

/// The second is SUSE's, which `grub2-zipl-setup` writes: what it starts reads GRUB's menu, if there is one.
pub(super) const FILES: [&str; 2] = ["/etc/zipl.conf", "/boot/zipl/config"];

/// Returns the image and the command line of each section with an image, in order.
pub(super) fn entries(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(Option<String>, String)> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with(['[', ':']) {
            sections.push((None, String::new()));
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        let Some((image, options)) = sections.last_mut() else { continue };
        match key.trim() {
            // An address may follow: `/boot/image,0x10000`.
            "image" => *image = value.split(',').next().map(str::to_owned),
            "parameters" => value.clone_into(options),
            _ => {}
        }
    }
    sections.into_iter().filter_map(|(image, options)| Some((image?, options))).collect()
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn sections_with_an_image() {
        let text = "[defaultboot]\ndefault = debian\n\n# image = /boot/no\n[debian]\n\ttarget = /boot\n\timage = /boot/vmlinuz\n\
                    \tramdisk = /boot/initrd.img\n\tparameters = \"root=/dev/dasda1 ro\"\n[old]\nimage=/boot/image,0x10000\n\
                    :menu\n1 = debian\nparameters = none\n";
        let expected = [("/boot/vmlinuz", "root=/dev/dasda1 ro"), ("/boot/image", "")];
        assert_eq!(entries(text), expected.map(|(image, options)| (image.to_owned(), options.to_owned())));
        assert_eq!(entries("[defaultboot]\ndefaultauto\nprompt=1\n"), []);
    }
}
