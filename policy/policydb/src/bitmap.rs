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

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap's bytes: unit, end, number of nodes, nodes.
    fn bytes(unit: u32, end: u32, count: u32, nodes: &[(u32, u64)]) -> Vec<u8> {
        let head = [unit, end, count].into_iter().flat_map(u32::to_le_bytes);
        head.chain(nodes.iter().flat_map(|(first, bits)| [&first.to_le_bytes()[..], &bits.to_le_bytes()].concat()))
            .collect()
    }

    #[test]
    fn numbers_are_found() {
        let bytes = bytes(64, 256, 2, &[(64, 0b101), (192, 1 << 63)]);
        let bitmap = Bitmap::read(&mut Cursor::new(&bytes, "test")).unwrap();
        let found: Vec<u32> = (0..300).filter(|&bit| bitmap.contains(bit)).collect();
        assert_eq!((found.as_slice(), bitmap.last()), (&[64, 66, 255][..], Some(255)));
    }

    #[test]
    fn what_libsepol_refuses_is_an_error() {
        type Row = (u32, u32, u32, &'static [(u32, u64)]);
        let rows: &[Row] = &[
            (32, 64, 1, &[(0, 1)]),
            (64, 63, 1, &[(0, 1)]),
            (64, 64, 0, &[]),
            (64, 64, 1, &[(1, 1)]),
            (64, 64, 1, &[(64, 1)]),
            (64, 64, 1, &[(0, 0)]),
            (64, 128, 2, &[(64, 1), (0, 1)]),
            (64, 128, 2, &[(0, 1), (0, 2)]),
            (64, 64, 2, &[(0, 1)]),
        ];
        for row @ &(unit, end, count, nodes) in rows {
            let bytes = bytes(unit, end, count, nodes);
            assert!(Bitmap::read(&mut Cursor::new(&bytes, "test")).is_err(), "{row:?}");
        }
    }
}
