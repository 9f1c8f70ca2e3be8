//! Packing closed segments. Whatever dies when: until the packed one is whole, synced and named, the plain one is there.

use std::io::{self, BufReader};

use flate2::{Compression, write::GzEncoder};
use host::{Dir, FileError};
use nix::fcntl::OFlag;

use crate::segment::{self, Listed};

const MODE: u32 = 0o644;
const BUFFER: usize = 64 * 1024;

/// Packs the oldest of the segments that are plain, and removes what a writer left that died at it. One at a time, so
/// that nobody waits for many. What cannot be packed stays as it is, which is as good, until a later writer can.
pub(crate) fn oldest(dir: &Dir, listed: &Listed) {
    for left in &listed.unfinished {
        let _ = dir.unlink(left);
    }
    let _ = listed.plain.iter().find(|number| pack(dir, **number).is_ok());
}

fn pack(dir: &Dir, number: u64) -> Result<(), FileError> {
    let name = segment::plain_name(number);
    let mut plain = BufReader::with_capacity(BUFFER, dir.open(&name, OFlag::O_RDONLY)?);
    // Also over one that is there: who unpacked it may have mended it.
    dir.replace_with(segment::packed_name(number), MODE, |file| {
        let mut packed = GzEncoder::new(file, Compression::fast());
        io::copy(&mut plain, &mut packed)?;
        packed.finish().map(drop)
    })?;
    // Not synced: should the plain one come back, it is packed again.
    dir.unlink(name)
}
