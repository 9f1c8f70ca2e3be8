//! What follows the rules: transitions, contexts of objects, and the attributes of each type.

use crate::bitmap::Bitmap;
use crate::cursor::Cursor;
use crate::error::ParseError;
use crate::mls::Range;

/// The first version with transitions by file name.
const FILENAME_TRANSITIONS: u32 = 25;
/// The first version that names the class of a role transition.
const ROLE_TRANSITION_CLASS: u32 = 26;
/// The first version with contexts for InfiniBand.
const INFINIBAND: u32 = 31;
/// The first version that keeps transitions by file name together by their target.
const COMPRESSED_FILENAME_TRANSITIONS: u32 = 33;

/// Returns how many lists of object contexts a version has: initial SIDs, file systems, ports, interfaces, IPv4 nodes, kinds of
/// file system, IPv6 nodes; from [`INFINIBAND`] on also its keys and ports.
pub(crate) fn object_context_lists(version: u32) -> u32 {
    if version >= INFINIBAND { 9 } else { 7 }
}

/// Reads role transitions, which no answer depends on.
pub(crate) fn role_transitions(file: &mut Cursor, version: u32) -> Result<(), ParseError> {
    file.part = "role transitions";
    let size = if version >= ROLE_TRANSITION_CLASS { 16 } else { 12 };
    let count = file.count(size)?;
    file.bytes(count * size).map(drop)
}

/// Reads the pairs of roles between which a process may change.
pub(crate) fn role_allows(file: &mut Cursor) -> Result<Vec<(u32, u32)>, ParseError> {
    file.part = "role allow rules";
    let count = file.count(8)?;
    (0..count).map(|_| Ok((file.u32()?, file.u32()?))).collect()
}

/// Reads type transitions that depend on a file's name, which no answer depends on.
pub(crate) fn filename_transitions(file: &mut Cursor, version: u32) -> Result<(), ParseError> {
    if version < FILENAME_TRANSITIONS {
        return Ok(());
    }
    file.part = "file name transitions";
    if version < COMPRESSED_FILENAME_TRANSITIONS {
        for _ in 0..file.count(21)? {
            file.sized_name()?;
            // Source, target, class, new type.
            file.bytes(16)?;
        }
        return Ok(());
    }
    for _ in 0..file.count(33)? {
        file.sized_name()?;
        // Target, class.
        file.bytes(8)?;
        let targets = file.count(16)?;
        if targets == 0 {
            return Err(file.invalid("file name transition"));
        }
        for _ in 0..targets {
            Bitmap::read(file)?;
            let _new_type = file.u32()?;
        }
    }
    Ok(())
}

/// Reads the contexts of objects, which no answer depends on.
pub(crate) fn object_contexts(file: &mut Cursor, version: u32) -> Result<(), ParseError> {
    file.part = "object contexts";
    for list in 0..object_context_lists(version) {
        for _ in 0..file.count(24)? {
            match list {
                // The SID.
                0 => file.bytes(4).map(drop)?,
                // File system or interface: its name; two contexts.
                1 | 3 => {
                    file.sized_name()?;
                    context(file)?;
                }
                // Protocol, lowest and highest port.
                2 => file.bytes(12).map(drop)?,
                // IPv4 address and mask.
                4 => file.bytes(8).map(drop)?,
                // How a file system keeps labels; its name.
                5 => {
                    file.bytes(4)?;
                    file.sized_name()?;
                }
                // IPv6 address and mask.
                6 => file.bytes(32).map(drop)?,
                // Subnet, lowest and highest key.
                7 => file.bytes(16).map(drop)?,
                // Length of the device's name, port, name.
                _ => {
                    let length = file.u32()?;
                    let _port = file.u32()?;
                    file.name(length)?;
                }
            }
            context(file)?;
        }
    }
    file.part = "contexts of file systems without labels";
    for _ in 0..file.count(9)? {
        file.sized_name()?;
        for _ in 0..file.count(37)? {
            // Path, class.
            file.sized_name()?;
            file.u32()?;
            context(file)?;
        }
    }
    Ok(())
}

/// Reads the transitions of ranges, which no answer depends on.
pub(crate) fn range_transitions(file: &mut Cursor) -> Result<(), ParseError> {
    file.part = "range transitions";
    for _ in 0..file.count(32)? {
        // Source, target, class.
        file.bytes(12)?;
        Range::read(file)?;
    }
    Ok(())
}

/// Reads the attributes of each of `types` types.
pub(crate) fn attributes<'a>(file: &mut Cursor<'a>, types: usize) -> Result<Vec<Bitmap<'a>>, ParseError> {
    file.part = "attributes of types";
    let mut attributes = Vec::new();
    for _ in 0..types {
        let of_type = Bitmap::read(file)?;
        if of_type.last().is_some_and(|last| usize::try_from(last).map_or(true, |last| last >= types)) {
            return Err(file.invalid("attribute of a type"));
        }
        attributes.push(of_type);
    }
    Ok(attributes)
}

/// User, role, type and range.
fn context(file: &mut Cursor) -> Result<(), ParseError> {
    file.bytes(12)?;
    Range::read(file).map(drop)
}
