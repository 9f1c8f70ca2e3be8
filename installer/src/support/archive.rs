//! The archive of a support bundle: one folder, whose manifest names each part with its checksum or why it is missing.

use std::io::Write;

use data_encoding::HEXLOWER;
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The format of `manifest.json`; keys may be added, none is taken away.
const SCHEMA: u32 = 1;

/// The manifest's name in the folder.
const MANIFEST: &str = "manifest.json";

/// A part: its name in the folder, and its content or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    name: String,
    content: Result<Vec<u8>, String>,
}

impl Part {
    /// A part named `name`.
    #[must_use]
    pub fn of(name: &str, content: Result<Vec<u8>, String>) -> Self {
        Self { name: name.to_owned(), content }
    }

    /// The part with its texts as `change` returns them: name, content and reason.
    #[must_use]
    pub fn changed(self, change: &mut dyn FnMut(&str) -> String) -> Self {
        let content = match self.content {
            Ok(bytes) => Ok(change(&String::from_utf8_lossy(&bytes)).into_bytes()),
            Err(why) => Err(change(&why)),
        };
        Self { name: change(&self.name), content }
    }

    /// Returns the name and why there is no content; `None` if there is.
    #[must_use]
    pub fn failure(&self) -> Option<(&str, &str)> {
        self.content.as_ref().err().map(|why| (self.name.as_str(), why.as_str()))
    }
}

#[derive(Serialize)]
struct Manifest<'a> {
    schema: u32,
    hostprep: Tool,
    time: Timestamp,
    redacted: bool,
    parts: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Tool {
    version: &'static str,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<&'a str>,
}

impl<'a> Entry<'a> {
    fn of(part: &'a Part) -> Self {
        let (content, missing) = match &part.content {
            Ok(content) => (Some(content), None),
            Err(why) => (None, Some(why.as_str())),
        };
        Self {
            name: &part.name,
            bytes: content.map(Vec::len),
            sha256: content.map(|content| HEXLOWER.encode(&Sha256::digest(content))),
            missing,
        }
    }
}

/// Returns the archive, a compressed tar with everything below `folder`. Its files are of `time`, so it depends on nothing else.
///
/// # Errors
/// [`std::io::Error`] if a name is too long for a tar.
pub fn write(folder: &str, parts: &[Part], redacted: bool, time: Timestamp) -> std::io::Result<Vec<u8>> {
    let manifest = Manifest {
        schema: SCHEMA,
        hostprep: Tool { version: env!("CARGO_PKG_VERSION") },
        time,
        redacted,
        parts: parts.iter().map(Entry::of).collect(),
    };
    let mut manifest = serde_json::to_vec_pretty(&manifest)?;
    manifest.push(b'\n');
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let contents = parts.iter().filter_map(|part| Some((part.name.as_str(), part.content.as_ref().ok()?)));
    for (name, content) in [(MANIFEST, &manifest)].into_iter().chain(contents) {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(time.as_second()).unwrap_or_default());
        archive.append_data(&mut header, format!("{folder}/{name}"), content.as_slice())?;
    }
    let mut compressed = archive.into_inner()?;
    compressed.flush()?;
    compressed.finish()
}

#[cfg(test)]
mod tests;
