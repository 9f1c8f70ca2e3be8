//! The two archives of a DEB and the one around them.

use std::collections::BTreeSet;
use std::io::{Result, Write};

use lzma_rust2::{XzOptions, XzWriter};
use tar::{EntryType, Header};

/// The default of dpkg-deb.
const XZ_PRESET: u32 = 6;
/// The longest name in bytes that a header holds itself (the GNU form of tar, `tar(5)`).
const SHORT_NAME: usize = 100;
const BLOCK: u64 = 1024;

/// A tar archive in which root owns every entry and all have the same time. It adds the directories above an entry itself.
pub struct Archive {
    builder: tar::Builder<Vec<u8>>,
    directories: BTreeSet<String>,
    time: u32,
    kib: u64,
}

impl Archive {
    pub fn new(time: u32) -> Self {
        let mut archive = Self { builder: tar::Builder::new(Vec::new()), directories: BTreeSet::new(), time, kib: 1 };
        archive.directories.insert(String::new());
        // Writing to memory does not fail.
        let _ = archive.append("./", EntryType::Directory, 0o755, None, &[]);
        archive
    }

    /// Counts this directory in the size, but does not list it.
    pub fn leave_out(&mut self, path: &str) {
        self.kib += 1;
        self.directories.insert(path.to_owned());
    }

    pub fn directory(&mut self, path: &str) -> Result<()> {
        self.above(path)?;
        if !self.directories.insert(path.to_owned()) {
            return Ok(());
        }
        self.kib += 1;
        self.append(&format!(".{path}/"), EntryType::Directory, 0o755, None, &[])
    }

    pub fn link(&mut self, path: &str, target: &str) -> Result<()> {
        self.above(path)?;
        self.kib += (target.len() as u64).div_ceil(BLOCK);
        self.append(&format!(".{path}"), EntryType::Symlink, 0o777, Some(target), &[])
    }

    pub fn file(&mut self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        self.above(path)?;
        self.kib += (content.len() as u64).div_ceil(BLOCK);
        self.append(&format!(".{path}"), EntryType::Regular, mode, None, content)
    }

    /// Installed-Size in KiB as dpkg-gencontrol counts it: files and links rounded up, and one for each directory and the root.
    pub fn installed_kib(&self) -> u64 {
        self.kib
    }

    fn above(&mut self, path: &str) -> Result<()> {
        match path.rsplit_once('/') {
            Some((above, _)) if !above.is_empty() => self.directory(above),
            _ => Ok(()),
        }
    }

    fn append(&mut self, name: &str, kind: EntryType, mode: u32, link: Option<&str>, content: &[u8]) -> Result<()> {
        // `Header::set_path` would drop the leading `./` that dpkg has always written.
        if let Some(target) = link.filter(|target| target.len() > SHORT_NAME) {
            self.long(EntryType::GNULongLink, target)?;
        }
        if name.len() > SHORT_NAME {
            self.long(EntryType::GNULongName, name)?;
        }
        let mut header = self.header(name, kind, mode, content.len() as u64);
        if let (Some(gnu), Some(target)) = (header.as_gnu_mut(), link) {
            copy(&mut gnu.linkname, target);
        }
        header.set_cksum();
        self.builder.append(&header, content)
    }

    /// An entry that holds the name of the next one.
    fn long(&mut self, kind: EntryType, name: &str) -> Result<()> {
        let content = [name.as_bytes(), b"\0"].concat();
        let mut header = self.header("././@LongLink", kind, 0o644, content.len() as u64);
        header.set_cksum();
        self.builder.append(&header, content.as_slice())
    }

    fn header(&self, name: &str, kind: EntryType, mode: u32, size: u64) -> Header {
        let mut header = Header::new_gnu();
        if let Some(gnu) = header.as_gnu_mut() {
            copy(&mut gnu.name, name);
            copy(&mut gnu.uname, "root");
            copy(&mut gnu.gname, "root");
        }
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(self.time.into());
        header.set_size(size);
        header
    }

    fn compressed(self) -> Result<Vec<u8>> {
        let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(XZ_PRESET))?;
        writer.write_all(&self.builder.into_inner()?)?;
        writer.finish()
    }
}

fn copy(field: &mut [u8], text: &str) {
    let length = text.len().min(field.len());
    field[..length].copy_from_slice(&text.as_bytes()[..length]);
}

/// Returns `debian-binary`, the control archive and the data archive, in the order that `deb(5)` requires.
pub fn deb(control: Archive, data: Archive) -> Result<Vec<u8>> {
    let time = control.time;
    let mut members = ar::Builder::new(Vec::new());
    for (name, content) in [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.xz", control.compressed()?),
        ("data.tar.xz", data.compressed()?),
    ] {
        let mut header = ar::Header::new(name.as_bytes().to_vec(), content.len() as u64);
        header.set_mtime(time.into());
        header.set_mode(0o100_644);
        members.append(&header, content.as_slice())?;
    }
    members.into_inner()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};

    use super::Archive;

    /// Reads the archive with another tar reader: for each name, the link's target or the file's content.
    fn read(archive: Archive) -> BTreeMap<PathBuf, Vec<u8>> {
        let bytes = archive.builder.into_inner().unwrap();
        let mut found = BTreeMap::new();
        for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = entry.link_name_bytes().unwrap_or_default().into_owned();
            std::io::copy(&mut entry, &mut content).unwrap();
            found.insert(entry.path().unwrap().into_owned(), content);
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Names near the hundred bytes that a header holds, also with multibyte characters across that limit.
        #[test]
        fn every_name_and_target_comes_back(
            parts in prop::collection::vec("[a-z .€ß]{0,60}[a-z€]", 1..5),
            target in "[a-z/€]{1,250}",
            content in prop::collection::vec(any::<u8>(), 0..1500),
        ) {
            let path = format!("/{}", parts.join("/"));
            let mut archive = Archive::new(0);
            archive.file(&format!("{path}f"), &content, 0o644).unwrap();
            archive.link(&format!("{path}l"), &target).unwrap();
            let found = read(archive);
            prop_assert_eq!(found.get(&PathBuf::from(format!(".{path}f"))), Some(&content));
            prop_assert_eq!(found.get(&PathBuf::from(format!(".{path}l"))).map(Vec::as_slice), Some(target.as_bytes()));
            // The root, the directories above, and these two.
            prop_assert_eq!(found.len(), 1 + (parts.len() - 1) + 2);
        }
    }
}
