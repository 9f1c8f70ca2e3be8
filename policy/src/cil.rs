//! A parser of CIL's S-expressions, as far as needed to find a module's rules.
//!
//! The form is that of the CIL Reference Guide (SELinux userspace, `secilc/docs`): parentheses, symbols, quoted
//! strings, and comments from `;` to the end of the line, among them the `;;* lm*` marks of `checkmodule` and `pp`.

use std::fmt;

use thiserror::Error;

/// The deepest nesting that is accepted. Real policies stay below 20.
const DEEPEST: usize = 100;

/// A word or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A symbol, or a string without its quotes.
    Word(String),
    /// Nodes in parentheses.
    List(Vec<Node>),
}

impl Node {
    /// Returns the symbol; `None` for a list.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::List(_) => None,
        }
    }

    /// Returns the nodes of a list; `None` for a symbol.
    #[must_use]
    pub fn list(&self) -> Option<&[Node]> {
        match self {
            Self::Word(_) => None,
            Self::List(nodes) => Some(nodes),
        }
    }
}

impl fmt::Display for Node {
    /// The source again, with one space between words and no comments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::List(nodes) => {
                f.write_str("(")?;
                for (number, node) in nodes.iter().enumerate() {
                    write!(f, "{}{node}", if number == 0 { "" } else { " " })?;
                }
                f.write_str(")")
            }
        }
    }
}

/// A source that is not CIL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {problem}")]
pub struct CilError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: &'static str,
}

/// Parses a source into its statements.
///
/// # Errors
/// [`CilError`] if parentheses or quotes do not match, a symbol is outside of parentheses, or lists are nested more
/// than a hundred deep.
pub fn parse(source: &str) -> Result<Vec<Node>, CilError> {
    let mut open: Vec<Vec<Node>> = Vec::new();
    let mut statements = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let fail = |problem| Err(CilError { line, problem });
        let taken = match first {
            '(' if open.len() == DEEPEST => return fail("lists are nested too deep"),
            '(' => {
                open.push(Vec::new());
                1
            }
            ')' => {
                let Some(done) = open.pop() else { return fail("a closing parenthesis without an opening one") };
                open.last_mut().unwrap_or(&mut statements).push(Node::List(done));
                1
            }
            ';' => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let Some(length) = rest[1..].find(['"', '\n']).filter(|&at| rest.as_bytes()[1 + at] == b'"') else {
                    return fail("a string without its closing quote");
                };
                let Some(list) = open.last_mut() else { return fail("a string outside of parentheses") };
                list.push(Node::Word(rest[1..=length].to_owned()));
                length + 2
            }
            c if c.is_ascii_whitespace() => {
                line += usize::from(c == '\n');
                1
            }
            _ => {
                let end = |c: char| c.is_ascii_whitespace() || "();\"".contains(c);
                let length = rest.find(end).unwrap_or(rest.len());
                let Some(list) = open.last_mut() else { return fail("a symbol outside of parentheses") };
                list.push(Node::Word(rest[..length].to_owned()));
                length
            }
        };
        rest = &rest[taken..];
    }
    if open.is_empty() { Ok(statements) } else { Err(CilError { line, problem: "a parenthesis is not closed" }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(nodes: &[Node]) -> String {
        let show = |node: &Node| match node {
            Node::Word(word) => word.clone(),
            Node::List(nodes) => format!("({})", shown(nodes)),
        };
        nodes.iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn statements_comments_and_strings() {
        let source =
            ";;* lmx 1 a.te\n(optional x ; why\n\t(allow a_t self(bpf (map_create)))\n)(filecon \"/a (b\" any ())";
        let parsed = parse(source).unwrap();
        assert_eq!(shown(&parsed), "(optional x (allow a_t self (bpf (map_create)))) (filecon /a (b any ())");
        assert_eq!(parse(" \n ; only a comment"), Ok(vec![]));
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        for (source, line) in [("(a\n(b)\n", 3), ("\n)", 2), ("a", 1), ("(a)\n\"b\"", 2), ("(\"a\n\")", 1)] {
            assert_eq!(parse(source).unwrap_err().line, line, "{source:?}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        assert!(parse(&("(".repeat(100) + &")".repeat(100))).is_ok());
        assert_eq!(parse(&"(".repeat(1_000_000)).unwrap_err().problem, "lists are nested too deep");
    }

    proptest! {
        #[test]
        fn never_panics(source in any::<String>()) {
            let _ = parse(&source);
        }

        #[test]
        fn never_panics_on_what_looks_like_cil(source in "[()a; \n\"é]{0,60}") {
            if let Ok(parsed) = parse(&source) {
                prop_assert!(parsed.iter().all(|node| node.list().is_some()));
            }
        }
    }
}
