//! The commands that documents show: fenced blocks, `make` and `hostprep` within a sentence, and examples of `--help`.

use std::fs;
use std::path::{Path, PathBuf};

use harness::setup::top;

/// A command as a document shows it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The file, or the program with `--help`.
    pub place: String,
    /// The line's number; 0 for a `--help`.
    pub line: usize,
    /// One line for a shell, without prompt and without the comment at its end.
    pub command: String,
    /// The lines that the document shows below it.
    pub output: Vec<String>,
    pub kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A line with a prompt, or an example.
    Command,
    /// A whole block without prompts.
    Script,
    /// Within a sentence.
    Inline,
}

impl Shown {
    pub fn at(&self) -> String {
        if self.line == 0 { self.place.clone() } else { format!("{}:{}", self.place, self.line) }
    }

    /// What the rows are compared with: without what asks for root.
    pub fn bare(&self) -> &str {
        let first = self.command.lines().next().unwrap_or_default();
        first.strip_prefix("sudo ").unwrap_or(first)
    }
}

/// Every Markdown file of the tree, but those of what was built.
pub fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(top(), &mut found);
    found.sort();
    found
}

fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let (path, kind, name) = (entry.path(), entry.file_type().unwrap(), entry.file_name());
        let is_foreign = ["target", ".git", "node_modules", "dist"].iter().any(|it| name == *it);
        if kind.is_dir() && !is_foreign {
            walk(&path, found);
        } else if kind.is_file() && path.extension().is_some_and(|it| it == "md") {
            found.push(path);
        }
    }
}

/// Returns the commands of a Markdown text. `place` is its name.
pub fn of_markdown(place: &str, text: &str) -> Vec<Shown> {
    let mut found: Vec<Shown> = Vec::new();
    let mut fence: Option<String> = None;
    let mut block: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        match (&fence, bare.strip_prefix("```")) {
            (None, Some(language)) => fence = Some(language.trim().to_owned()),
            (Some(language), Some(_)) => {
                if ["console", "sh", "bash", "shell", "shell-session"].contains(&language.as_str()) {
                    found.extend(of_block(place, &block));
                }
                fence = None;
                block.clear();
            }
            (Some(_), None) => block.push((index + 1, line.to_owned())),
            (None, None) => {
                let spans = line.split('`').skip(1).step_by(2);
                let is_command = |span: &&str| span.starts_with("hostprep ") || span.starts_with("make ");
                found.extend(spans.filter(is_command).map(|span| Shown {
                    place: place.to_owned(),
                    line: index + 1,
                    command: span.to_owned(),
                    output: Vec::new(),
                    kind: Kind::Inline,
                }));
            }
        }
    }
    assert!(fence.is_none(), "{place}: a block of code has no end");
    found
}

fn of_block(place: &str, block: &[(usize, String)]) -> Vec<Shown> {
    let prompt = |line: &str| line.trim_start().strip_prefix("$ ").map(str::to_owned);
    if !block.iter().any(|(_, line)| prompt(line).is_some()) {
        let text: Vec<&str> = block.iter().map(|(_, line)| line.as_str()).collect();
        let line = block.first().map_or(0, |(line, _)| *line);
        let (place, command) = (place.to_owned(), text.join("\n"));
        return vec![Shown { place, line, command, output: Vec::new(), kind: Kind::Script }];
    }
    let mut found: Vec<Shown> = Vec::new();
    let mut goes_on = false;
    for (line, text) in block {
        if let Some(command) = prompt(text) {
            let (place, line) = (place.to_owned(), *line);
            found.push(Shown { place, line, command, output: Vec::new(), kind: Kind::Command });
        } else if let Some(shown) = found.last_mut() {
            if goes_on {
                shown.command.push_str(text);
            } else if !text.trim().is_empty() {
                shown.output.push(text.clone());
            }
        }
        let Some(shown) = found.last_mut() else { continue };
        goes_on = shown.output.is_empty() && shown.command.ends_with('\\');
        if goes_on {
            shown.command.pop();
        } else if shown.output.is_empty() {
            shown.command = without_comment(&shown.command).to_owned();
        }
    }
    found
}

/// Returns the line without ` # …`, which is not within quotes.
pub fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == '#' && before == ' ' => return line[..at].trim_end(),
            _ => {}
        }
        before = c;
    }
    line.trim_end()
}

/// Returns the examples of a `--help`. Purposes are aligned in one column; a command of one line less may touch it.
pub fn of_help(place: &str, help: &str) -> Vec<Shown> {
    let Some((_, rest)) = help.split_once("\nExamples:\n") else { return Vec::new() };
    let mut lines: Vec<String> = Vec::new();
    for line in rest.lines().take_while(|line| line.starts_with("  ")) {
        let line = without_comment(line.trim_start());
        match lines.last_mut().and_then(|before| Some((before.strip_suffix('\\')?.to_owned(), before))) {
            Some((start, before)) => *before = start + line,
            None => lines.push(line.to_owned()),
        }
    }
    let column = lines.iter().find_map(|line| {
        let gap = line.find("  ")?;
        Some(gap + line[gap..].find(|c| c != ' ')?)
    });
    let command = |line: &String| match column.and_then(|column| line.split_at_checked(column)) {
        Some((command, purpose)) if command.ends_with(' ') && !purpose.is_empty() => command.trim_end().to_owned(),
        _ => line.clone(),
    };
    let shown = |line: &String| Shown {
        place: place.to_owned(),
        line: 0,
        command: command(line),
        output: Vec::new(),
        kind: Kind::Command,
    };
    lines.iter().map(shown).collect()
}

/// Returns the subcommands that a `--help` lists.
pub fn subcommands(help: &str) -> Vec<String> {
    let Some((_, rest)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let lines = rest.lines().take_while(|line| line.starts_with("  "));
    let names = lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}
