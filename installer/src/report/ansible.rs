//! `check --format ansible`: tasks with exactly what a person must still do.

use std::fmt::Write;

use faults::{Order, Remedy, RemedyAction};
use host::process::names;

use super::envelope::{Program, now};
use super::todo::{Item, only_tells};
use crate::model::host_context::HostContext;

/// Returns a YAML list of tasks for the host that was checked. Alternatives and restarts have the tag `never`, and run only if asked
/// for: `--tags hostprep_alternative`, `--tags hostprep_reboot`.
#[must_use]
pub fn render(cx: &HostContext, items: &[Item]) -> String {
    let mut text = String::from("---\n");
    let version = Program::THIS.version();
    let _ = writeln!(text, "# What is still to be done, as {} {version} found it at {}.", names::command(), now(cx));
    let remedies = || items.iter().flat_map(|item| item.remedies.iter().map(move |remedy| (item, remedy)));
    if remedies().next().is_none() {
        text.push_str("[]\n");
    }
    for (item, remedy) in remedies() {
        task(&mut text, cx, item, remedy);
    }
    text
}

fn task(text: &mut String, cx: &HostContext, item: &Item, remedy: &Remedy) {
    let value = remedy.value(cx.alternate_root());
    let name = [Some(&item.title), Some(&item.detail), remedy.comment.as_ref()];
    let name = name.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(": ");
    let _ = writeln!(text, "\n- name: {}", sentence(&untemplated(&capitalized(&name)), 4));
    let _ = match value.argv {
        Some(argv) if argv == ["systemctl", "reboot"] => writeln!(text, "  ansible.builtin.reboot:"),
        Some(argv) => {
            let words: String = argv.iter().map(|word| format!("      - {}\n", unsafe_scalar(word))).collect();
            // Ansible before 2.16 does not know this, and refuses it.
            let as_it_is =
                if argv.iter().any(|word| is_expanded(word)) { "    expand_argument_vars: false\n" } else { "" };
            let changes = value.needs_root == Some(true) && !only_tells(remedy);
            let fails = match &remedy.action {
                // The other codes are findings, which the tasks below correct.
                RemedyAction::Hostprep { .. } => {
                    "  register: hostprep_result\n  failed_when: hostprep_result.rc not in [0, 3, 4, 5]\n"
                }
                _ if only_tells(remedy) => "  failed_when: false\n",
                _ => "",
            };
            write!(text, "  ansible.builtin.command:\n    argv:\n{words}{as_it_is}{fails}  changed_when: {changes}\n")
        }
        None => {
            let said = value.text.unwrap_or_default();
            writeln!(text, "  ansible.builtin.debug:\n    msg: {}{}", unsafe_tag(&said), sentence(&said, 6))
        }
    };
    if value.needs_root == Some(true) {
        text.push_str("  become: true\n");
    }
    let tag = match (remedy.order, remedy.reboots) {
        (_, true) => Some("hostprep_reboot"),
        (Order::Next, false) => None,
        (Order::Alternative | Order::AlternativeContinued, false) => Some("hostprep_alternative"),
    };
    if let Some(tag) = tag {
        let _ = writeln!(text, "  tags:\n    - never\n    - {tag}");
    }
}

/// A string of JSON is one of YAML, but for what YAML takes as it is: not each character, and not as each.
fn scalar(text: &str) -> String {
    let mut written = String::new();
    for c in serde_json::Value::from(text).to_string().chars() {
        let _ = if is_plain(c) { write!(written, "{c}") } else { write!(written, "\\u{:04X}", u32::from(c)) };
    }
    written
}

/// Returns whether YAML takes `c` as it is, and a reader sees it: no control character, line break of Unicode, mark without width or
/// of direction, or what is no character.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns whether Ansible's command module would read `word` as another: it takes `$NAME` for a variable, and `~` for a home.
fn is_expanded(word: &str) -> bool {
    let begins_a_name = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '{');
    word.starts_with('~') || word.split('$').skip(1).any(begins_a_name)
}

/// A longer line than ansible-lint accepts is folded: a line break is then read as a space.
const WIDEST: usize = 110;

/// A sentence, of which each line after the first is indented by `indent` spaces.
fn sentence(text: &str, indent: usize) -> String {
    if text.chars().count() <= WIDEST || !text.chars().all(|c| c == '\n' || is_plain(c)) {
        return scalar(text);
    }
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < WIDEST => *line += &format!(" {word}"),
            _ => lines.push(word.to_owned()),
        }
    }
    let lines: String = lines.iter().map(|line| format!("\n{:indent$}{line}", "")).collect();
    format!(">-{lines}")
}

/// Ansible fills in `{{ }}` and `{% %}`, unless the value says that it is to be left as it is.
fn unsafe_tag(text: &str) -> &'static str {
    if ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) { "!unsafe " } else { "" }
}

fn unsafe_scalar(text: &str) -> String {
    format!("{}{}", unsafe_tag(text), scalar(text))
}

/// A task's name takes no tag.
fn untemplated(name: &str) -> String {
    name.replace(char::is_control, " ").replace('{', "(").replace('}', ")")
}

/// ansible-lint asks for a capital letter.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_looks_like_a_template_is_left_as_it_is() {
        assert_eq!(unsafe_scalar("{{ lookup('pipe', 'id') }}"), "!unsafe \"{{ lookup('pipe', 'id') }}\"");
        assert_eq!(unsafe_scalar("$(id): \"x\" # y"), "\"$(id): \\\"x\\\" # y\"");
        let long = "word ".repeat(40);
        assert_eq!(sentence(&long, 4).lines().map(str::len).max(), Some(4 + 109));
        assert!(sentence(&long, 4).starts_with(">-\n    word word"));
        assert_eq!(
            scalar("\u{7f}\u{85}\u{2028}\u{feff}\u{ffff}\u{1b}"),
            "\"\\u007F\\u0085\\u2028\\uFEFF\\uFFFF\\u001b\""
        );
        assert!(sentence(&format!("{long}\u{ffff}"), 4).starts_with("\"word "));
        for (word, expanded) in
            [("/x/$HOME", true), ("${x}", true), ("~root", true), ("$(id)", false), ("a~", false), ("5$", false)]
        {
            assert_eq!(is_expanded(word), expanded, "{word}");
        }
        assert_eq!(untemplated("a {{ b }}\n{% c %}"), "a (( b )) (% c %)");
    }
}
