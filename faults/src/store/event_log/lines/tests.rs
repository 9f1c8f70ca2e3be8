use std::io::{BufReader, Write};

use super::*;

/// Start and bytes of each line, last first, the plain way.
fn expected(content: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in content.split_inclusive(|&byte| byte == b'\n') {
        lines.push((start, line.to_vec()));
        start += line.len() as u64;
    }
    lines.reverse();
    lines
}

fn found(content: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    let mut backward = ReverseLines::new(&file, content.len() as u64);
    let mut lines = Vec::new();
    while let Some(line) = backward.next_line().unwrap() {
        lines.push((line.start, line.bytes));
    }
    lines
}

#[test]
fn gives_the_lines_from_the_end() {
    let block = usize::try_from(BLOCK).unwrap();
    let long = |size| "x".repeat(size);
    for content in [
        String::new(),
        "\n".into(),
        "one".into(),
        "one\n".into(),
        "one\ntwo".into(),
        "\n\none\n\n".into(),
        long(block - 1) + "\n",
        long(block) + "\n",
        "a\n".to_owned() + &long(block - 1) + "\n",
        "a\n".to_owned() + &long(block) + "\nb\n" + &long(5 * block) + "\n" + &long(3),
        (long(100) + "\n").repeat(1000),
        "\n".repeat(3 * block),
    ] {
        assert_eq!(found(content.as_bytes()), expected(content.as_bytes()), "{} bytes", content.len());
    }
}

#[test]
fn notices_a_file_that_became_shorter() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"one\n").unwrap();
    let error = ReverseLines::new(&file, 9).next_line().map(drop).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn a_line_comes_whole_up_to_the_limit_and_its_length_always() {
    let most = usize::try_from(MAX_LINE).unwrap();
    for (length, kept) in [(0, true), (10, true), (most - 1, true), (most, false), (3 * most, false)] {
        let text = [vec![b'x'; length], b"\nnext\nlast".to_vec()].concat();
        let mut reader = BufReader::with_capacity(1000, &text[..]);
        let mut line = Vec::new();
        assert_eq!(read_line(&mut reader, &mut line).unwrap(), length as u64 + 1);
        assert!(line == text[..=length] || (!kept && line == [OVERSIZED, b'\n']), "{length}: {} kept", line.len());
        for rest in ["next\n", "last", ""] {
            line.clear();
            assert_eq!(read_line(&mut reader, &mut line).unwrap(), rest.len() as u64);
            assert_eq!(line, rest.as_bytes());
        }
    }
}
