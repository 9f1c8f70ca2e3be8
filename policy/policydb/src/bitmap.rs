//! Sets of small numbers: libsepol's `ebitmap`.

use crate::cursor::Cursor;
use crate::error::ParseError;

/// The bits of one node.
const UNIT: u32 = 64;
/// The first bit of a node, and its 64 bits.
const NODE: usize = 12;

/// A set of bit numbers, as it is in the file.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bitmap<'a> {
    nodes: &'a [u8],
}

impl<'a> Bitmap<'a> {
    pub fn read(file: &mut Cursor<'a>) -> Result<Self, ParseError> {
        if file.u32()? != UNIT {
            return Err(file.invalid("bitmap unit"));
        }
        let high = file.u32()?;
        let count = file.count(if high == 0 { 0 } else { NODE })?;
        if high == 0 {
            // No nodes follow, whatever their number says.
            return Ok(Self::default());
        }
        if high % UNIT != 0 || count == 0 {
            return Err(file.invalid("bitmap size"));
        }
        let nodes = file.bytes(count * NODE)?;
        let mut next = 0;
        for (first, bits) in Self::units(nodes) {
            if first % UNIT != 0 || first < next || first > high - UNIT || bits == 0 {
                return Err(file.invalid("bitmap node"));
            }
            next = first + UNIT;
        }
        Ok(Self { nodes })
    }

    fn units(nodes: &'a [u8]) -> impl Iterator<Item = (u32, u64)> {
        nodes.chunks_exact(NODE).filter_map(|node| {
            let (first, bits) = node.split_first_chunk()?;
            Some((u32::from_le_bytes(*first), u64::from_le_bytes(bits.try_into().ok()?)))
        })
    }

    /// Returns the first bit and the 64 bits of each node that is not empty, in order.
    pub fn nodes(self) -> impl Iterator<Item = (u32, u64)> {
        Self::units(self.nodes)
    }

    pub fn contains(self, bit: u32) -> bool {
        let unit = bit - bit % UNIT;
        self.nodes()
            .find(|(first, _)| *first >= unit)
            .is_some_and(|(first, bits)| first == unit && bits >> (bit % UNIT) & 1 == 1)
    }

    /// Returns the largest number.
    pub fn last(self) -> Option<u32> {
        self.nodes().last().map(|(first, bits)| first + (UNIT - 1 - bits.leading_zeros()))
    }
}
