//! Kernel releases (`uname -r`): their order, and what their parts say.

use std::cmp::Ordering;

/// The machine names that end a release of the RPM world.
const ARCHITECTURES: [&str; 8] = ["x86_64", "aarch64", "ppc64le", "s390x", "riscv64", "i686", "ppc64", "loongarch64"];

/// The flavours that a distribution installs where nothing else is asked for.
const PLAIN: [&str; 12] = [
    "amd64",
    "arm64",
    "armmp",
    "686",
    "686-pae",
    "s390x",
    "powerpc64le",
    "riscv64",
    "generic",
    "default",
    "desktop",
    "pve",
];

/// Returns the release of the running kernel (`uname -r`).
#[must_use]
pub fn running_release() -> String {
    nix::sys::utsname::uname().map_or_else(|_| String::new(), |name| name.release().to_string_lossy().into_owned())
}

/// Returns whether `name` can be a kernel release: it begins with a version, is not longer than `uname(2)` allows, and has only
/// characters that distributions use in versions. It becomes part of commands that people paste.
#[must_use]
pub fn is_release(name: &str) -> bool {
    let version = name.split_once('.').is_some_and(|(major, rest)| {
        !major.is_empty() && major.bytes().all(|c| c.is_ascii_digit()) && rest.starts_with(|c: char| c.is_ascii_digit())
    });
    version && name.len() <= 64 && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-~".contains(c))
}

/// Orders kernel releases as `kernel-install` does: by UAPI.10, the version format specification.
#[must_use]
pub fn compare_releases(one: &str, other: &str) -> Ordering {
    let (mut a, mut b) = (one, other);
    loop {
        let valid = |c: char| c.is_ascii_alphanumeric() || "~-^.".contains(c);
        a = a.trim_start_matches(|c| !valid(c));
        b = b.trim_start_matches(|c| !valid(c));
        // A pre-release is older than what lacks the mark, and that includes an end.
        match strip(a, b, '~') {
            Ok((rest, other)) => (a, b) = (rest, other),
            Err(ordering) => return ordering,
        }
        if a.is_empty() || b.is_empty() {
            return b.is_empty().cmp(&a.is_empty());
        }
        for mark in ['-', '^', '.'] {
            match strip(a, b, mark) {
                Ok((rest, other)) => (a, b) = (rest, other),
                Err(ordering) => return ordering,
            }
        }
        let digits = [a, b].iter().any(|text| text.starts_with(|c: char| c.is_ascii_digit()));
        let kind = if digits { |c: char| c.is_ascii_digit() } else { |c: char| c.is_ascii_alphabetic() };
        let (first, rest) = split_run(a, kind);
        let (second, other) = split_run(b, kind);
        let ordering = match (digits, first.is_empty(), second.is_empty()) {
            (true, false, false) => {
                let (first, second) = (first.trim_start_matches('0'), second.trim_start_matches('0'));
                first.len().cmp(&second.len()).then_with(|| first.cmp(second))
            }
            // A number is newer than anything else.
            (true, none, nothing) => nothing.cmp(&none),
            (false, ..) => first.cmp(second),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
        (a, b) = (rest, other);
    }
}

/// Takes `mark` off both texts. The one that has it alone is the older one.
fn strip<'t>(a: &'t str, b: &'t str, mark: char) -> Result<(&'t str, &'t str), Ordering> {
    match (a.strip_prefix(mark), b.strip_prefix(mark)) {
        (Some(a), Some(b)) => Ok((a, b)),
        (None, None) => Ok((a, b)),
        (Some(_), None) => Err(Ordering::Less),
        (None, Some(_)) => Err(Ordering::Greater),
    }
}

fn split_run(text: &str, kind: fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !kind(c)).unwrap_or(text.len()))
}

/// Orders kernels that are installed side by side: by version, the plain flavour after its variants, so that the last is
/// the one to judge.
#[must_use]
pub fn compare_installed(one: &str, other: &str) -> Ordering {
    let (a, b) = (Parts::of(one), Parts::of(other));
    compare_releases(&a.version, &b.version)
        .then_with(|| b.variants().cmp(&a.variants()))
        .then_with(|| compare_releases(one, other))
        .then_with(|| one.cmp(other))
}

/// The two parts of a release: `6.1.0-18-cloud-amd64` is the version `6.1.0-18` in the flavour `cloud-amd64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The version, with the package's release number: `6.1.0-18`, `5.14.0-427.el9.x86_64`, `6.6.58-2.mga9`.
    pub version: String,
    /// The flavour: `amd64`, `rt-amd64`, `default`; on Enterprise Linux the variant: `debug`, `rt`, `64k`. Empty for a plain
    /// release.
    pub flavour: String,
}

impl Parts {
    /// Splits a release.
    #[must_use]
    pub fn of(release: &str) -> Self {
        let (release, variant) = split_variant(release);
        let (mut version, mut flavour) = (Vec::new(), Vec::new());
        for (at, word) in release.split('-').enumerate() {
            let number = word.starts_with(|c: char| c.is_ascii_digit());
            let candidate = word.strip_prefix("rc").is_some_and(|n| n.bytes().all(|c| c.is_ascii_digit()));
            // `686` and `64kb` are flavours, `64k` a part of one, and `2.mga9` the number of Mageia's package.
            let counts = if flavour.is_empty() {
                number && !["686", "64kb"].contains(&word)
            } else {
                number && word.contains('.')
            };
            if at == 0 || counts || (candidate && flavour.is_empty()) {
                version.push(word);
            } else {
                flavour.push(word);
            }
        }
        let mut version = version.join("-");
        let mut flavour = flavour.join("-");
        if let Some(realtime) = realtime_part(&version) {
            version = version.replacen(&realtime, "", 1);
            flavour = "rt".into();
        }
        if let Some(variant) = variant {
            flavour = if flavour.is_empty() { variant.to_owned() } else { format!("{flavour}-{variant}") };
        }
        Self { version, flavour }
    }

    /// Returns by how many words the flavour differs from a plain one.
    fn variants(&self) -> usize {
        if PLAIN.contains(&self.flavour.as_str()) {
            return 0;
        }
        self.flavour.split('-').filter(|word| !word.is_empty() && !PLAIN.contains(word)).count()
    }
}

/// Splits `+debug` or `.debug` off, which follow the machine name (`kernel.spec`).
fn split_variant(release: &str) -> (&str, Option<&str>) {
    let variant = ARCHITECTURES.iter().find_map(|architecture| {
        let at = release.find(&format!(".{architecture}"))? + 1 + architecture.len();
        let (bare, rest) = release.split_at(at);
        let variant = rest.strip_prefix('+').or_else(|| rest.strip_prefix('.'))?;
        (!variant.is_empty()).then_some((bare, variant))
    });
    variant.map_or((release, None), |(bare, variant)| (bare, Some(variant)))
}

/// Returns `.rt7.342` of `4.18.0-553.rt7.342.el8_10.x86_64`, as Enterprise Linux 7 and 8 number their realtime kernel.
fn realtime_part(version: &str) -> Option<String> {
    let (_, rest) = version.split_once(".rt")?;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let number = rest[..end].trim_end_matches('.');
    (number.starts_with(|c: char| c.is_ascii_digit())).then(|| format!(".rt{number}"))
}

/// Returns the version of Enterprise Linux that a kernel was built for: 9 for `5.14.0-427.el9_4.x86_64`.
#[must_use]
pub fn enterprise_linux_major(release: &str) -> Option<u32> {
    release.split(".el").skip(1).find_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    })
}

/// The tags under which relatives of Enterprise Linux 8 build its kernel, 4.18.0, once more.
const REBUILT: [&str; 3] = [".an8", ".uelc20", ".vz8"];

/// Returns whether it is a kernel of Enterprise Linux itself, with its backports: neither ELRepo's nor Oracle's UEK.
#[must_use]
pub fn is_enterprise_linux(release: &str) -> bool {
    let is_rebuilt = || release.starts_with("4.18.0-") && REBUILT.iter().any(|tag| release.contains(tag));
    enterprise_linux_major(release).is_some_and(|_| !release.contains("elrepo") && !release.contains("uek"))
        || is_rebuilt()
}

#[cfg(test)]
mod tests;
