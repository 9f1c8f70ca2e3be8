//! The URL at which hosts find the repository.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Characters that apt, dnf and zypper take in a URL as they are. `$` and parentheses they replace, a space ends it.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/:@!&',;=+[]%".contains(&byte)
}

/// Returns the URL of a directory of this machine.
pub fn of_directory(path: &Path) -> String {
    let mut url = "file://".to_owned();
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'%' => url += "%25",
            byte if is_plain(byte) => url.push(byte.into()),
            byte => url += &format!("%{byte:02X}"),
        }
    }
    url
}

/// Checks a URL that was given.
///
/// # Errors
/// A message.
pub fn check(url: &str) -> Result<(), String> {
    let example = "as in https://packages.acme.example/hostprep";
    let (scheme, rest) = url.split_once("://").ok_or_else(|| format!("`{url}` is no URL, {example}"))?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte));
    if !is_scheme || rest.trim_matches('/').is_empty() {
        return Err(format!("`{url}` is no URL, {example}"));
    }
    match rest.chars().find(|c| !u8::try_from(*c).is_ok_and(is_plain)) {
        Some(c @ ('?' | '#')) => Err(format!("`{url}` has a `{c}`; it must be the URL of a directory, {example}")),
        Some(c) => Err(format!(
            "`{}` has the character {c:?}, which package managers do not take; write it percent-encoded, a space as %20",
            url.escape_debug()
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_odd_characters_has_a_url() {
        for (path, url) in [
            ("/srv/packages", "file:///srv/packages"),
            ("/srv/a b/$x", "file:///srv/a%20b/%24x"),
            ("/srv/50%/(x)#?", "file:///srv/50%25/%28x%29%23%3F"),
            ("/srv/müll", "file:///srv/m%C3%BCll"),
        ] {
            assert_eq!(of_directory(Path::new(path)), url);
            assert_eq!(check(url), Ok(()));
        }
    }

    #[test]
    fn what_package_managers_do_not_take_is_refused() {
        for good in ["https://packages.acme.example", "http://[::1]:8080/x~y/%20", "ftp://u:p@h/", "file:///srv"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for (bad, word) in [
            ("", "no URL"),
            ("packages.acme.example", "no URL"),
            ("https://", "no URL"),
            ("HTTPS://x", "no URL"),
            ("https://x/a b", "%20"),
            ("https://x/\nTrusted: yes", "'\\n'"),
            ("https://x/$basearch", "'$'"),
            ("https://münchen.example", "percent-encoded"),
            ("https://x/?a=b", "directory"),
        ] {
            assert!(check(bad).is_err_and(|said| said.contains(word)), "{bad}: {:?}", check(bad));
        }
    }
}
