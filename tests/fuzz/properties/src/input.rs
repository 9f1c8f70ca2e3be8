//! One input as several files, in a form that a person can read and a fuzzer can shuffle.

use host::MalformedFile;

/// Ends a part.
const END: &[u8] = b"----\n";
/// Ends a part and takes the line feed before it away.
const END_OPEN: &[u8] = b"~~~~\n";

/// Splits `data` into parts. Each ends with a line `----`, or with a line `~~~~` if the part must not end with a line feed. The
/// last part ends with the input. `None` is a part that is missing or has nothing before its `----`.
#[must_use]
pub fn parts<const N: usize>(data: &[u8]) -> [Option<&[u8]>; N] {
    let mut rest = data;
    std::array::from_fn(|number| {
        let (part, after) = if number + 1 == N { (rest, &[][..]) } else { split(rest) };
        rest = after;
        if part.is_empty() { None } else { Some(part.strip_suffix(OPEN_MARK).unwrap_or(part)) }
    })
}

/// How [`split`] marks the end of a part that ended with [`END_OPEN`].
const OPEN_MARK: &[u8] = b"\n~~~~\n";

fn split(data: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        let end = start + line.len();
        if line == END {
            return (&data[..start], &data[end..]);
        }
        if line == END_OPEN {
            return (&data[..end], &data[end..]);
        }
        start = end;
    }
    (data, &[])
}

/// A part as text; what is not UTF-8 is replaced.
#[must_use]
pub fn text(part: Option<&[u8]>) -> String {
    String::from_utf8_lossy(part.unwrap_or_default()).into_owned()
}

/// Checks a message about a file: its line number exists, and it has at most two lines.
pub fn expect_plain(error: &MalformedFile, content: &[u8]) {
    let lines = 1 + content.iter().filter(|&&byte| byte == b'\n').count();
    assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)), "{error:?} of {lines} lines");
    assert!(error.to_string().lines().count() <= 2, "{error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_may_be_missing_or_open_or_empty() {
        assert_eq!(parts::<3>(b"a\n----\nb\n~~~~\nc"), [Some(&b"a\n"[..]), Some(b"b"), Some(b"c")]);
        assert_eq!(parts::<3>(b"----\n\n~~~~\n"), [None, Some(&b""[..]), None]);
        assert_eq!(parts::<2>(b"a----\nb"), [Some(&b"a----\nb"[..]), None]);
        assert_eq!(parts::<1>(b"a\n----\nb"), [Some(&b"a\n----\nb"[..])]);
    }
}
