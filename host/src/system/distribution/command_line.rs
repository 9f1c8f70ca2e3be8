//! Commands that end with packages.

/// Returns the words of a command that begins with `start` and ends with `packages`. A package that contains `$(…)` needs a shell.
pub(super) fn with_packages(start: &str, packages: &[String]) -> Vec<String> {
    if packages.iter().any(|package| package.contains("$(")) {
        let packages: Vec<String> = packages.iter().map(|package| format!("\"{package}\"")).collect();
        return vec!["sh".into(), "-c".into(), format!("{start} {}", packages.join(" "))];
    }
    start.split_whitespace().map(str::to_owned).chain(packages.iter().cloned()).collect()
}
