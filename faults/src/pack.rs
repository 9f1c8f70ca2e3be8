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
    let _ = listed.plain.iter().find(|number| pack(dir, **number).is_ok_and(|packed| packed));
}

fn pack(dir: &Dir, number: u64) -> Result<bool, FileError> {
    let (name, packed) = (segment::plain_name(number), segment::packed_name(number));
    if is_unpacked(dir, &name, &packed)? {
        return Ok(false);
    }
    let mut plain = BufReader::with_capacity(BUFFER, dir.open(&name, OFlag::O_RDONLY)?);
    dir.replace_with(packed, MODE, |file| {
        let mut packed = GzEncoder::new(file, Compression::fast());
        io::copy(&mut plain, &mut packed)?;
        packed.finish().map(drop)
    })?;
    // Not synced: should the plain one come back, it is packed again.
    dir.unlink(name)?;
    Ok(true)
}

/// Whether the plain form was made from the packed one, not the other way round: somebody may be about to write the rest of it
/// and to remove the packed one then, so both are left alone.
fn is_unpacked(dir: &Dir, plain: &str, packed: &str) -> Result<bool, FileError> {
    let (Some(plain), Some(packed)) = (dir.stat(plain)?, dir.stat(packed)?) else { return Ok(false) };
    // Nobody can set this time, unlike the other one.
    Ok((plain.st_ctime, plain.st_ctime_nsec) > (packed.st_ctime, packed.st_ctime_nsec))
}
