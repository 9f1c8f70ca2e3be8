//! Patterns for kernel releases: `*` and `[0-9]`, as in `glob(7)`.

/// Returns whether the whole of `text` fits `pattern`. A set of characters that is not closed fits nothing.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    // A later `*` replaces an earlier one: what that one took is settled by then.
    let (mut at, mut of, mut star) = (0, 0, None);
    while of < text.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at + 1, of));
            at += 1;
        } else if let Some(next) = step(&pattern, at, text[of]) {
            (at, of) = (next, of + 1);
        } else if let Some((after, taken)) = star {
            star = Some((after, taken + 1));
            (at, of) = (after, taken + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&c| c == '*')
}

/// Returns whether the whole of `text` has the form of `pattern`, in which each `N` stands for a number.
pub fn has_form(pattern: &str, text: &str) -> bool {
    let after = |rest: &str, expected: char| match expected {
        'N' => rest.trim_start_matches(|c: char| c.is_ascii_digit()).len(),
        _ => rest.strip_prefix(expected).map_or(rest.len(), str::len),
    };
    let mut rest = text;
    for expected in pattern.chars() {
        let left = after(rest, expected);
        if left == rest.len() {
            return false;
        }
        rest = &rest[rest.len() - left..];
    }
    rest.is_empty()
}

/// Returns the place after the one character of `pattern` that fits `c`.
fn step(pattern: &[char], at: usize, c: char) -> Option<usize> {
    match pattern.get(at)? {
        '[' => {
            let end = at + pattern[at..].iter().position(|&c| c == ']')?;
            let set = &pattern[at + 1..end];
            let fits = match set {
                [from, '-', to] => (*from..=*to).contains(&c),
                _ => set.contains(&c),
            };
            fits.then_some(end + 1)
        }
        &own => (own == c).then_some(at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{has_form, matches};

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "x", false),
            ("*", "", true),
            ("*", "6.1.0", true),
            ("*-amd64", "6.1.0-18-amd64", true),
            ("*-amd64", "6.1.0-18-amd64-custom", false),
            ("*.el[0-9]*", "5.14.0-427.el9_4.x86_64", true),
            ("*.el[0-9]*", "5.14.0-elegant.element", false),
            ("*-[1-9]*-generic", "5.15.0-91-generic", true),
            ("*-[1-9]*-generic", "6.8.0-060800-generic", false),
            ("[ab]c", "bc", true),
            ("[ab]c", "cc", false),
            ("[0-9", "5", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXcYb", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn each_n_of_a_form_is_a_number() {
        for (form, text, expected) in [
            ("", "", true),
            ("N", "", false),
            ("N", "18", true),
            ("N.N.N-N", "6.1.0-18", true),
            ("N.N.N-N", "6.1.0-18-custom", false),
            ("N.N.N-N", "6.1.0-x", false),
            ("N.N.N-N", "6.1.0", false),
            ("N.N.N+debN", "6.12.43+deb13", true),
            ("N.N.N+debN", "6.12.43+deb", false),
        ] {
            assert_eq!(has_form(form, text), expected, "{form} {text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_pattern_is_too_strange(pattern in "[ab*\\[\\]-]{0,8}", text in "[ab-]{0,8}") {
            let _ = matches(&pattern, &text);
        }

        #[test]
        fn a_text_fits_itself_with_stars_between(text in "[a-c.-]{0,8}") {
            let starred: String = text.chars().flat_map(|c| ['*', c]).collect();
            proptest::prop_assert!(matches(&text, &text) && matches(&starred, &text));
        }
    }
}
