//! Sensitivities, categories, levels and ranges.

use crate::bitmap::Bitmap;
use crate::cursor::Cursor;
use crate::error::ParseError;

/// A sensitivity with categories.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Level {
    /// The number of the sensitivity, from 1.
    pub sensitivity: u32,
    /// The nodes of the bitmap of categories; category number 1 is bit 0.
    pub categories: Vec<(u32, u64)>,
}

impl Level {
    pub fn new(sensitivity: u32, categories: Bitmap) -> Self {
        Self { sensitivity, categories: categories.nodes().collect() }
    }

    /// Returns whether this level dominates `other`.
    pub fn dominates(&self, other: &Self) -> bool {
        let own = |first: u32| {
            let found = self.categories.binary_search_by_key(&first, |node| node.0);
            found.map_or(0, |at| self.categories[at].1)
        };
        self.sensitivity >= other.sensitivity && other.categories.iter().all(|(first, bits)| bits & !own(*first) == 0)
    }
}

/// A low and a high level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Range {
    pub low: Level,
    pub high: Level,
}

impl Range {
    pub fn read(file: &mut Cursor) -> Result<Self, ParseError> {
        let items = file.u32()?;
        if !(1..=2).contains(&items) {
            return Err(file.invalid("number of levels in a range"));
        }
        let low = file.u32()?;
        let high = if items == 2 { file.u32()? } else { low };
        let low = Level::new(low, Bitmap::read(file)?);
        let high = if items == 2 { Level::new(high, Bitmap::read(file)?) } else { low.clone() };
        Ok(Self { low, high })
    }
}
