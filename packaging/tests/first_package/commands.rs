//! Which commands of docs/first-package.md the test `first_package` runs. The suite `documented_commands` asks the same.

/// What the page has run by cargo, and lints that the example's packages pass (`make test`).
const ELSEWHERE: [&str; 3] = ["package() {", "packaging/documents.sh ", "packaging/lint.sh "];

/// Returns the commands of the sections that make the packages, one a line.
fn commands(page: &str) -> Vec<String> {
    let section = page.split_once("\n## 2. ").unwrap().1.split_once("\n## 5. ").unwrap().0.replace("\\\n", "");
    section.lines().filter_map(|line| line.strip_prefix("$ ")).map(str::to_owned).collect()
}

/// Returns the commands that are run, in order.
pub fn run_here(page: &str) -> Vec<String> {
    let mut commands = commands(page);
    for start in ELSEWHERE {
        assert!(commands.iter().any(|line| line.starts_with(start)), "the page has no `{start}`: correct ELSEWHERE");
    }
    commands.retain(|line| !ELSEWHERE.iter().any(|start| line.starts_with(start)));
    commands
}
