//! Lines that are longer than any event: read past, but not kept.

use std::io::{BufRead, Result};

use host::root::TEXT_LIMIT;

/// A line of more bytes is none of ours: `faults.json`, which would have the same in it, may not be as long.
pub(crate) const LONGEST: u64 = TEXT_LIMIT;

/// In the place of what was not kept; no JSON has it.
pub(crate) const CUT: u8 = 0;

/// Reads a line as [`BufRead::read_until`] does and returns its length, of which no more is kept than may be.
pub(crate) fn read(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> Result<u64> {
    let mut size = 0;
    loop {
        let block = reader.fill_buf()?;
        let feed = block.iter().position(|&byte| byte == b'\n');
        let used = feed.map_or(block.len(), |at| at + 1);
        if size + used as u64 <= LONGEST {
            line.extend_from_slice(&block[..used]);
        } else {
            line.truncate(0);
            line.push(CUT);
            line.extend(feed.map(|_| b'\n'));
        }
        size += used as u64;
        reader.consume(used);
        if used == 0 || feed.is_some() {
            return Ok(size);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn a_line_comes_whole_up_to_the_limit_and_its_length_always() {
        let most = usize::try_from(LONGEST).unwrap();
        for (length, kept) in [(0, true), (10, true), (most - 1, true), (most, false), (3 * most, false)] {
            let text = [vec![b'x'; length], b"\nnext\nlast".to_vec()].concat();
            let mut reader = BufReader::with_capacity(1000, &text[..]);
            let mut line = Vec::new();
            assert_eq!(read(&mut reader, &mut line).unwrap(), length as u64 + 1);
            assert!(line == text[..=length] || (!kept && line == [CUT, b'\n']), "{length}: {} kept", line.len());
            for rest in ["next\n", "last", ""] {
                line.clear();
                assert_eq!(read(&mut reader, &mut line).unwrap(), rest.len() as u64);
                assert_eq!(line, rest.as_bytes());
            }
        }
    }
}
