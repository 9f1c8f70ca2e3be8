//! A kernel's command line (`bootparam(7)`, `Documentation/admin-guide/kernel-parameters.rst`).

/// Returns the parameters of a command line, each as its name and value, in order. What follows `--` is for process 1.
pub fn parameters(line: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    words(line).take_while(|word| *word != "--").map(|word| {
        let word = unquoted(word);
        match word.split_once('=') {
            Some((name, value)) => (name, Some(unquoted(value))),
            None => (word, None),
        }
    })
}

/// Returns whether the kernel is told `name=value`, wherever that is on the line.
#[must_use]
pub fn has(line: &str, name: &str, value: &str) -> bool {
    parameters(line).any(|parameter| parameter == (name, Some(value)))
}

/// Returns the value of the last parameter of this name.
#[must_use]
pub fn last<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    parameters(line).filter(|(found, _)| *found == name).last()?.1
}

/// Splits at white space outside of double quotes, as `next_arg` of the kernel does.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    line.split(move |c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    })
    .filter(|word| !word.is_empty())
}

fn unquoted(word: &str) -> &str {
    let word = word.strip_prefix('"').unwrap_or(word);
    word.strip_suffix('"').unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_split_as_the_kernel_splits_them() {
        for (line, expected) in [
            ("root=/dev/sda1 ro quiet\n", vec![("root", Some("/dev/sda1")), ("ro", None), ("quiet", None)]),
            (r#"dyndbg="file a.c +p" "x y=z""#, vec![("dyndbg", Some("file a.c +p")), ("x y", Some("z"))]),
            ("lsm=lockdown,bpf -- lockdown=none", vec![("lsm", Some("lockdown,bpf"))]),
            (r#"a="#, vec![("a", Some(""))]),
            (r#"a="b c"#, vec![("a", Some("b c"))]),
            ("  \t ", vec![]),
        ] {
            assert_eq!(parameters(line).collect::<Vec<_>>(), expected, "{line}");
        }
        assert_eq!(last("lsm=a lsm=b lsmx=c", "lsm"), Some("b"));
        assert!(has("lockdown=confidentiality lockdown=integrity", "lockdown", "confidentiality"));
        assert!(!has("nolockdown=confidentiality init=/bin/sh", "lockdown", "confidentiality"));
    }
}
