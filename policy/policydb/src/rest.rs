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
    let Some(least) = least_filename_transition(version) else { return Ok(()) };
    file.part = FILENAME_TRANSITIONS_PART;
    (0..file.count(least)?).try_for_each(|_| filename_transition(file, version))
}

pub(crate) const FILENAME_TRANSITIONS_PART: &str = "file name transitions";

/// Returns the size of the smallest of them, in bytes; `None` if this version has none.
pub(crate) fn least_filename_transition(version: u32) -> Option<usize> {
    match version {
        COMPRESSED_FILENAME_TRANSITIONS.. => Some(33),
        FILENAME_TRANSITIONS.. => Some(21),
        _ => None,
    }
}

pub(crate) fn filename_transition(file: &mut Cursor, version: u32) -> Result<(), ParseError> {
    file.sized_name()?;
    if version < COMPRESSED_FILENAME_TRANSITIONS {
        // Source, target, class, new type.
        return file.bytes(16).map(drop);
    }
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
    Ok(())
}

pub(crate) const OBJECT_CONTEXTS_PART: &str = "object contexts";
pub(crate) const FILE_SYSTEMS_PART: &str = "contexts of file systems without labels";
pub(crate) const RANGE_TRANSITIONS_PART: &str = "range transitions";
pub(crate) const ATTRIBUTES_PART: &str = "attributes of types";
/// The smallest object context, file system and transition of a range, in bytes.
pub(crate) const LEAST_OBJECT_CONTEXT: usize = 24;
pub(crate) const LEAST_FILE_SYSTEM: usize = 9;
pub(crate) const LEAST_RANGE_TRANSITION: usize = 32;

/// Reads the contexts of objects, which no answer depends on.
pub(crate) fn object_contexts(file: &mut Cursor, version: u32) -> Result<(), ParseError> {
    file.part = OBJECT_CONTEXTS_PART;
    for list in 0..object_context_lists(version) {
        (0..file.count(LEAST_OBJECT_CONTEXT)?).try_for_each(|_| object_context(file, list))?;
    }
    file.part = FILE_SYSTEMS_PART;
    (0..file.count(LEAST_FILE_SYSTEM)?).try_for_each(|_| file_system(file))
}

/// Reads an entry of a list of object contexts.
pub(crate) fn object_context(file: &mut Cursor, list: u32) -> Result<(), ParseError> {
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
    context(file)
}

/// Reads a kind of file system, with the contexts of its paths.
pub(crate) fn file_system(file: &mut Cursor) -> Result<(), ParseError> {
    file.sized_name()?;
    for _ in 0..file.count(37)? {
        // Path, class.
        file.sized_name()?;
        file.u32()?;
        context(file)?;
    }
    Ok(())
}

/// Reads the transitions of ranges, which no answer depends on.
pub(crate) fn range_transitions(file: &mut Cursor) -> Result<(), ParseError> {
    file.part = RANGE_TRANSITIONS_PART;
    (0..file.count(LEAST_RANGE_TRANSITION)?).try_for_each(|_| range_transition(file))
}

pub(crate) fn range_transition(file: &mut Cursor) -> Result<(), ParseError> {
    // Source, target, class.
    file.bytes(12)?;
    Range::read(file).map(drop)
}

/// Reads the attributes of each of `types` types.
pub(crate) fn attributes<'a>(file: &mut Cursor<'a>, types: usize) -> Result<Vec<Bitmap<'a>>, ParseError> {
    file.part = ATTRIBUTES_PART;
    (0..types).map(|_| attributes_of_type(file, types)).collect()
}

pub(crate) fn attributes_of_type<'a>(file: &mut Cursor<'a>, types: usize) -> Result<Bitmap<'a>, ParseError> {
    let of_type = Bitmap::read(file)?;
    if of_type.last().is_some_and(|last| usize::try_from(last).map_or(true, |last| last >= types)) {
        return Err(file.invalid("attribute of a type"));
    }
    Ok(of_type)
}

/// User, role, type and range.
fn context(file: &mut Cursor) -> Result<(), ParseError> {
    file.bytes(12)?;
    Range::read(file).map(drop)
}
