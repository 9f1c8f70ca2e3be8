use super::*;
use crate::testing::with as root;

const RELEASE: &str = "5.14.0-427.el9.x86_64";

fn found(files: &[(&str, &str)]) -> Option<(String, String)> {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let entry = BootEntry::find(&root(&files).1, RELEASE).unwrap()?;
    Some((entry.command_line, entry.path.display().to_string()))
}

#[test]
fn no_boot_loader_has_no_entry() {
    assert_eq!(found(&[]), None);
    assert_eq!(found(&[("/boot/loader/entries/x.conf", "title no kernel\noptions lockdown=confidentiality\n")]), None);
    assert_eq!(found(&[("/boot/grub/grub.cfg", "menuentry x {\n linux\n linux /vmlinuz-5.14 ro\n}\n")]), None);
}

#[test]
fn the_entry_is_found_in_the_files_of_each_boot_loader() {
    let bls = "title Red Hat\nversion 5.14.0-427.el9.x86_64\nlinux /vmlinuz-5.14.0-427.el9.x86_64\noptions root=/dev/sda1 ro\n";
    let systemd = "linux\t/4f0c/5.14.0-427.el9.x86_64/linux\noptions root=UUID=1 ro\noptions quiet\n";
    let grub = "menuentry 'A' {\n\tlinux\t/vmlinuz-5.14.0-1.el9.x86_64 root=/dev/sda1 other\n}\n\
        menuentry 'B' {\n\tlinux   /boot/vmlinuz-5.14.0-427.el9.x86_64 root=/dev/sda1 ro  quiet $vt_handoff\n}\n\
        menuentry 'B (recovery)' {\n\tlinux   /boot/vmlinuz-5.14.0-427.el9.x86_64 root=/dev/sda1 single\n}\n";
    let suse = "  $linux /boot/vmlinuz-5.14.0-427.el9.x86_64 root=/dev/sda1 ${extra_cmdline} splash\n";
    let extlinux = "label l0\n linux /vmlinuz-5.14.0-1.el9.x86_64\n append other\n\
        label l1\n linux /vmlinuz-5.14.0-427.el9.x86_64\n append root=/dev/mmcblk0p2 ro\n\
        label l1r\n linux /vmlinuz-5.14.0-427.el9.x86_64\n append single\n";
    let zipl = "[a]\nimage=/boot/vmlinuz-5.14.0-1.el9.x86_64\nparameters=\"other\"\n\
        [b]\nimage=/boot/vmlinuz-5.14.0-427.el9.x86_64\nparameters=\"root=/dev/dasda1\"\n";
    for (path, text, line) in [
        ("/boot/loader/entries/4f-5.14.conf", bls, "root=/dev/sda1 ro"),
        ("/boot/efi/loader/entries/4f-5.14.conf", systemd, "root=UUID=1 ro quiet"),
        ("/boot/grub/grub.cfg", grub, "root=/dev/sda1 ro  quiet "),
        ("/boot/grub2/grub.cfg", suse, "root=/dev/sda1  splash"),
        ("/boot/efi/EFI/centos/grub.cfg", grub, "root=/dev/sda1 ro  quiet "),
        ("/boot/extlinux/extlinux.conf", extlinux, "root=/dev/mmcblk0p2 ro"),
        ("/etc/zipl.conf", zipl, "root=/dev/dasda1"),
        ("/boot/zipl/config", zipl, "root=/dev/dasda1"),
        ("/etc/kernel/cmdline", "root=/dev/sda1\nro\n", "root=/dev/sda1 ro"),
    ] {
        assert_eq!(found(&[(path, text)]), Some((line.into(), path.into())));
    }
}

/// Debian's names for the newest kernel and the one before it.
#[test]
fn an_image_may_be_a_link() {
    let zipl = "[debian]\nimage = /boot/vmlinuz\nparameters = \"new\"\n[old]\nimage = /boot/vmlinuz.old\nparameters = \"old\"\n";
    let (directory, root) = root(&[("/etc/zipl.conf", zipl.as_bytes()), ("/boot/x", b"")]);
    let link = |name: &str, target: &str| {
        std::os::unix::fs::symlink(target, directory.path().join("boot").join(name)).unwrap();
    };
    link("vmlinuz", "vmlinuz-6.1.0-18-s390x");
    link("vmlinuz.old", &format!("vmlinuz-{RELEASE}"));
    assert_eq!(BootEntry::find(&root, RELEASE).unwrap().unwrap().command_line, "old");
    assert_eq!(BootEntry::find(&root, "6.1.0-18-s390x").unwrap().unwrap().command_line, "new");
    assert_eq!(BootEntry::find(&root, "6.1.0-17-s390x").unwrap(), None);
}

/// SUSE's: the image in its directory is a link, and GRUB's menu, which that kernel shows, counts before.
#[test]
fn zipls_configuration_of_suse() {
    let config = "[defaultboot]\ndefaultmenu = menu\n[grub2]\n  target = /boot/zipl\n  image = /boot/zipl/image\n\
        \x20 parameters = \"root=UUID=1 initgrub quiet\"\n:menu\n  target = /boot/zipl\n  1 = grub2\n";
    let own = ("/boot/zipl/config", config.as_bytes());
    let entry_of = |files: &[(&str, &[u8])]| {
        let (directory, root) = root(files);
        std::os::unix::fs::symlink(format!("image-{RELEASE}"), directory.path().join("boot/zipl/image")).unwrap();
        let entry = BootEntry::find(&root, RELEASE).unwrap().unwrap();
        (entry.command_line, entry.path.to_string(), entry.kind)
    };
    let quiet = "root=UUID=1 initgrub quiet".to_owned();
    assert_eq!(entry_of(&[own]), (quiet, "/boot/zipl/config".into(), EntryKind::Zipl));
    let menu = format!("linux /boot/image-{RELEASE} root=UUID=1 splash\n");
    assert_eq!(entry_of(&[own, ("/boot/grub2/grub.cfg", menu.as_bytes())]).0, "root=UUID=1 splash");
}

#[test]
fn an_entry_counts_before_what_later_entries_are_made_of() {
    let entry = ("/boot/loader/entries/a.conf", "version 5.14.0-427.el9.x86_64\noptions from=entry\n");
    let cmdline = ("/etc/kernel/cmdline", "from=cmdline");
    assert_eq!(found(&[entry, cmdline]).unwrap().0, "from=entry");
    let other = ("/boot/loader/entries/a.conf", "version 5.14.0-1.el9.x86_64\noptions from=entry\n");
    assert_eq!(found(&[other, cmdline]).unwrap().0, "from=cmdline");
    let unnamed = ("/boot/loader/entries/a.conf.rpmsave", entry.1);
    assert_eq!(found(&[unnamed]), None);
}

#[test]
fn grubs_variables_are_those_of_its_environment_or_its_configuration() {
    let entry =
        ("/boot/loader/entries/a.conf", "version 5.14.0-427.el9.x86_64\noptions $kernelopts ${tuned_params} $5 $\n");
    let environment =
        ("/boot/grub2/grubenv", "# GRUB Environment Block\nkernelopts=root=/dev/sda1 lockdown=confidentiality \n###");
    let configuration =
        ("/boot/grub2/grub.cfg", "if [ -z \"${kernelopts}\" ]; then\n  set kernelopts=\"root=/dev/sda2 ro\"\nfi\n");
    let line = |files: &[(&str, &str)]| found(files).unwrap().0.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(line(&[entry, environment, configuration]), "root=/dev/sda1 lockdown=confidentiality $");
    assert_eq!(line(&[entry, configuration]), "root=/dev/sda2 ro $");
    assert_eq!(line(&[entry]), "$");
    let on_efi = ("/boot/efi/EFI/redhat/grubenv", "kernelopts=root=/dev/sda3\n");
    assert_eq!(line(&[entry, on_efi]), "root=/dev/sda3 $");
}

#[test]
fn the_image_of_an_entry_may_be_a_variable() {
    for (name, prefix) in [("photon", "/"), ("mariner", "$bootprefix/")] {
        let environment =
            format!("# GRUB Environment Block\n{name}_cmdline=from={name}\n{name}_linux=vmlinuz-{RELEASE}\n");
        let menu = format!("menuentry x {{\n linux {prefix}${name}_linux root=$rootdevice ${name}_cmdline\n}}\n");
        let path = format!("/boot/{name}.cfg");
        let line = found(&[("/boot/grub2/grub.cfg", &menu), (&path, &environment)]).unwrap().0;
        assert_eq!(line, format!("root= from={name}"));
        let other = environment.replace(RELEASE, "5.14.0-1.el9.x86_64");
        assert_eq!(found(&[("/boot/grub2/grub.cfg", &menu), (&path, &other)]), None);
    }
}

#[test]
fn an_image_is_called_as_it_is_where_kernels_are_counted() {
    for image in ["vmlinuz", "vmlinux", "Image", "image", "zImage", "bzImage", "kernel", "linux"] {
        let line = format!("menuentry x {{\n linux /{image}-{RELEASE} from=grub\n}}\n");
        assert_eq!(found(&[("/boot/grub/grub.cfg", &line)]).unwrap().0, "from=grub", "{image}");
        let files: [(&str, &[u8]); 1] = [(&format!("/boot/{image}-{RELEASE}"), b"")];
        assert_eq!(
            crate::system::kernel::installed(&root(&files).1).unwrap().collect::<Vec<_>>(),
            [RELEASE],
            "{image}"
        );
    }
}

#[test]
fn the_command_line_of_a_unified_image_is_in_it() {
    use super::unified::tests::program;
    let named = format!("/EFI/Linux/4f0c-{RELEASE}.efi");
    let image = program(&[(".uname", RELEASE), (".cmdline", "from=image\n")]);
    let other = program(&[(".uname", "5.14.0-1.el9.x86_64"), (".cmdline", "from=other")]);
    let bare = program(&[(".uname", RELEASE)]);
    let found = |files: &[(&str, &[u8])]| {
        let entry = BootEntry::find(&root(files).1, RELEASE).unwrap()?;
        Some((entry.command_line, entry.path.to_string(), entry.kind))
    };
    for partition in ["/efi", "/boot/efi", "/boot"] {
        for name in [named.as_str(), "/EFI/Linux/rescue.efi"] {
            let path = format!("{partition}{name}");
            let expected = Some(("from=image".to_owned(), path.clone(), EntryKind::Unified));
            assert_eq!(found(&[(&path, &image)]), expected, "{path}");
            let entry = format!("version {RELEASE}\nuki {name}\n");
            let listed = format!("{partition}/loader/entries/a.conf");
            assert_eq!(found(&[(&path, &image), (&listed, entry.as_bytes())]), expected, "{path}");
        }
    }
    let path = format!("/efi{named}");
    assert_eq!(found(&[("/efi/EFI/Linux/a.efi", &other)]), None);
    assert_eq!(found(&[("/efi/EFI/Linux/a.efi", &other), (&path, &bare)]).unwrap().0, "");
    assert_eq!(found(&[(&path, b"no program")]).unwrap().0, "");
    let addon = program(&[(".cmdline", "lockdown=confidentiality")]);
    for place in [format!("{path}.extra.d/a.addon.efi"), "/efi/loader/addons/a.addon.efi".to_owned()] {
        let entry = found(&[(&path, &image), (&place, &addon)]).unwrap();
        assert_eq!(entry, ("from=image lockdown=confidentiality".into(), place, EntryKind::Addon));
    }
}

#[test]
fn what_an_administrator_adds_to_grub_is_found() {
    let entry = format!("menuentry x {{\n linux /vmlinuz-{RELEASE} from=custom\n}}\n");
    assert_eq!(found(&[("/boot/grub2/custom.cfg", &entry)]).unwrap().1, "/boot/grub2/custom.cfg");
}
