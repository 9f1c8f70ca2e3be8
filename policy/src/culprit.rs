//! What of a policy store keeps every transaction from succeeding: another module, or a record of the administrator's.
//!
//! `semodule` names it in its standard error. The texts are those of libsemanage and libsepol, and were provoked with
//! the real programs (`fixtures/stderr`).

use std::fmt;
use std::io::Read;

use bzip2::read::MultiBzDecoder;
use host::Root;
use host::fs::InRoot;

use crate::spec::is_identifier;
use crate::store::{Store, priority_of};

/// Where `semanage` keeps the administrator's records, below `active` (`semanage_store.c`), its object, and the text by
/// which libsepol or libsemanage reports one that does not fit the policy.
const RECORDS: [(&str, &str, &str); 9] = [
    ("file_contexts.local", "fcontext", "validate_handler: invalid context "),
    ("ports.local", "port", "could not load port range "),
    ("interfaces.local", "interface", "error while loading interface "),
    ("nodes.local", "node", "sepol_node_modify: could not load node"),
    ("ibpkeys.local", "ibpkey", "could not load ibpkey "),
    ("ibendports.local", "ibendport", "could not load ibendport "),
    ("users.local", "user", "sepol_user_modify: "),
    ("seusers.local", "login", "seuser mapping ["),
    ("booleans.local", "boolean", "could not set boolean "),
];

/// The base policy, which packages install (`semodule(8)`).
const BASE: u16 = 100;

/// In bytes, unpacked. The largest module of a real policy has about 10 MB.
const LARGEST_MODULE: u64 = 128 * 1024 * 1024;

/// In bytes.
const LARGEST_RECORDS: u64 = 8 * 1024 * 1024;

/// What `semodule` complains of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Culprit {
    /// A module that does not fit the policy, or is damaged.
    Module {
        /// Its name.
        name: String,
        /// Its priority.
        priority: u16,
    },
    /// A record of the administrator's.
    Record(Record),
}

/// A record of the administrator's, in a file of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The file's name, below `active`.
    pub file: &'static str,
    /// Its line, counted from 1, if it is known.
    pub line: Option<usize>,
    /// The words that are all in the record, for a line that is not known.
    words: Vec<String>,
}

impl Culprit {
    /// Returns what `stderr` names, other than the module `ours`.
    ///
    /// A message may name several modules: a `neverallow` rule and what violates it, or two declarations of one name.
    /// The one at the highest priority was added last, and can be taken away.
    #[must_use]
    pub fn find(stderr: &str, ours: &str) -> Option<Self> {
        let modules = stderr.lines().flat_map(modules_in).filter(|(_, name)| *name != ours);
        // Of equals, the first that is named.
        let highest = modules.reduce(|best, other| if other.0 > best.0 { other } else { best });
        if let Some((priority, name)) = highest {
            return Some(Self::Module { name: name.to_owned(), priority });
        }
        record_in(stderr).map(Self::Record)
    }

    /// Returns the module of `store` above the base policy, other than `own`, that declares the name that `stderr` says is declared
    /// twice: an updated policy may have got it too. `semodule` names only the declaration that it came to last.
    #[must_use]
    pub fn of_redeclaration(store: &Store<'_>, stderr: &str, own: &str) -> Option<Self> {
        let (kind, name) = redeclared(stderr)?;
        let start = format!("({kind} {name}");
        let declares = |source: &str| {
            source
                .match_indices(&start)
                .any(|(at, _)| source[at + start.len()..].starts_with(|c: char| c == ')' || c.is_whitespace()))
        };
        let modules = store.effective_modules().ok()?;
        let others = modules.into_iter().filter(|(priority, name)| *priority > BASE && name != own);
        let is_culprit = |(priority, name): &(u16, String)| {
            store.source_of(*priority, name).ok().flatten().is_some_and(|source| declares(&source))
        };
        let (priority, name) = others.into_iter().find(is_culprit)?;
        Some(Self::Module { name, priority })
    }

    /// Reports whether it is part of the base policy, which only its package restores.
    #[must_use]
    pub fn is_base(&self) -> bool {
        matches!(self, Self::Module { priority, .. } if *priority <= BASE)
    }
}

/// Returns the kind and the name of what `stderr` says is declared twice: `type`, `bin_t`.
#[must_use]
pub fn redeclared(stderr: &str) -> Option<(&str, &str)> {
    let (kind, name) = stderr.lines().find_map(|line| line.strip_prefix("Re-declaration of ")?.split_once(' '))?;
    Some((kind, name.trim()))
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module { name, priority } => write!(f, "the module {name} at priority {priority}"),
            Self::Record(Record { file, line: Some(line), .. }) => write!(f, "line {line} of {file}"),
            Self::Record(Record { file, line: None, .. }) => write!(f, "a record in {file}"),
        }
    }
}

impl Record {
    /// Returns the record with its line, and the line's text, from the store at `store`. The line is the first that has
    /// every word of the message.
    #[must_use]
    pub fn locate(&self, root: &Root, store: &InRoot) -> (Self, Option<String>) {
        let Ok(content) = root.read(self.path(store), LARGEST_RECORDS) else { return (self.clone(), None) };
        let content = String::from_utf8_lossy(&content);
        let has_all = |line: &str| !line.trim_start().starts_with('#') && self.words.iter().all(|word| has(line, word));
        let found = match self.line {
            Some(line) => content.lines().nth(line.saturating_sub(1)).map(|text| (line, text)),
            None if self.words.is_empty() => None,
            None => content.lines().enumerate().find(|(_, line)| has_all(line)).map(|(at, text)| (at + 1, text)),
        };
        let line = self.line.or(found.map(|(line, _)| line));
        (Self { line, ..self.clone() }, found.map(|(_, text)| text.trim().to_owned()))
    }

    /// Returns the file of a store at `store`, inside the root.
    #[must_use]
    pub fn path(&self, store: &InRoot) -> InRoot {
        store.join("active").join(self.file)
    }

    /// Returns the arguments by which `semanage` deletes the record that `text` is, its object first; `None` if it is
    /// not a record that `semanage` writes.
    #[must_use]
    pub fn deletion(&self, text: &str) -> Option<Vec<String>> {
        let (_, object, _) = RECORDS.iter().find(|(file, ..)| *file == self.file)?;
        let words: Vec<&str> = text.split_whitespace().collect();
        let arguments = match (*object, words.as_slice()) {
            ("fcontext", [expression, _context]) => vec![*expression],
            ("fcontext", [expression, kind, _context]) => vec!["-f", file_type(kind)?, expression],
            ("port", ["portcon", protocol, ports, _context]) => vec!["-p", protocol, ports],
            ("interface", ["netifcon", name, ..]) => vec![*name],
            ("node", ["nodecon", protocol, address, mask, _context]) => vec!["-M", mask, "-p", protocol, address],
            ("ibpkey", ["ibpkeycon", subnet, keys, _context]) => vec!["-x", subnet, keys],
            ("ibendport", ["ibendportcon", device, port, _context]) => vec!["-z", device, port],
            ("user", ["user", name, ..]) => vec![*name],
            ("login", [mapping]) => vec![mapping.split(':').next().filter(|name| !name.is_empty())?],
            _ => return None,
        };
        let starts = [*object, "-d"].into_iter();
        Some(starts.chain(arguments).map(str::to_owned).collect())
    }
}

/// Reports whether a module's file in the store can be unpacked: libsemanage also says that it cannot where memory is
/// short (seen with 3.4 and `ulimit -v`).
#[must_use]
pub fn is_sound(root: &Root, store: &InRoot, priority: u16, name: &str) -> bool {
    let module = store.join("active/modules").join(priority.to_string()).join(name);
    let unpacks = |file: &str| match root.open(module.join(file)) {
        Err(e) => e.is_missing(),
        Ok(mut opened) => {
            let mut start = [0; 3];
            let is_packed = opened.read_exact(&mut start).is_ok() && start == *b"BZh";
            let mut unpacked = MultiBzDecoder::new(start.chain(opened)).take(LARGEST_MODULE);
            !is_packed || std::io::copy(&mut unpacked, &mut std::io::sink()).is_ok()
        }
    };
    unpacks("cil") && unpacks("hll")
}

/// `…/modules/PRIORITY/NAME/cil:LINE`, and the same with `hll` or `lang_ext`.
fn modules_in(line: &str) -> impl Iterator<Item = (u16, &str)> {
    line.split("/modules/").skip(1).filter_map(|rest| {
        let mut parts = rest.splitn(3, '/');
        let (priority, name, file) = (parts.next()?, parts.next()?, parts.next()?);
        let is_module = ["cil", "hll", "lang_ext"].iter().any(|start| file.starts_with(start));
        (is_module && is_identifier(name)).then_some((priority_of(priority)?, name))
    })
}

fn record_in(stderr: &str) -> Option<Record> {
    let malformed =
        stderr.lines().find_map(|line| RECORDS.iter().find_map(|(file, ..)| Some((*file, line_in(line, file)?))));
    if let Some((file, line)) = malformed {
        return Some(Record { file, line: Some(line), words: Vec::new() });
    }
    let (file, line, text) = stderr.lines().find_map(|line| {
        RECORDS.iter().find_map(|(file, _, text)| line.find(text).map(|at| (*file, line, &line[at + text.len()..])))
    })?;
    let mut words = strangers(stderr);
    match file {
        // `invalid context C specified for EXPRESSION [all files]`
        "file_contexts.local" => {
            let (context, expression) = text.split_once(" specified for ")?;
            let expression = expression.rsplit_once(" [").map_or(expression, |(expression, _)| expression);
            words = vec![context.to_owned(), expression.to_owned()];
        }
        // `seuser mapping [joe -> (gone_u, s0)] is invalid`
        "seusers.local" => words.extend(text.split_once(" -> ").map(|(login, _)| login.to_owned())),
        // `error while loading interface eth0 (Invalid argument).`
        "interfaces.local" => words.extend(text.split_whitespace().next().map(str::to_owned)),
        // `undefined role gone_r for user gone_u`
        "users.local" => words.extend(line.rsplit_once(" for user ").and_then(|(_, name)| first_word(name))),
        _ => {}
    }
    Some(Record { file, line: None, words })
}

/// Returns the names that the policy does not know, as libsepol reports them.
fn strangers(stderr: &str) -> Vec<String> {
    let after = |line: &str, start: &str| line.split_once(start).and_then(|(_, rest)| first_word(rest));
    let stranger = |line: &str| {
        ["context_from_record: type ", "context_from_record: user ", "context_from_record: role "]
            .iter()
            .find_map(|start| after(line, start))
            .or_else(|| after(line, "undefined role "))
            .or_else(|| after(line, "invalid MLS context "))
            .or_else(|| after(line, "validate_handler: selinux user "))
    };
    let mut found: Vec<String> = stderr.lines().filter_map(stranger).collect();
    found.dedup();
    found
}

fn first_word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(str::to_owned)
}

/// `(…/tmp/ports.local: 12)`, and the `…/file_contexts.local:  line 12 has invalid regex` of `setfiles`.
fn line_in(text: &str, file: &str) -> Option<usize> {
    let (_, rest) = text.split_once(&format!("/{file}: "))?;
    let rest = rest.trim_start();
    let digits: String = rest.strip_prefix("line ").unwrap_or(rest).chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Reports whether `line` has `word`, and not only as a part of a longer name.
fn has(line: &str, word: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let ends_name = |text: &str, last: bool| {
        let end = if last { text.chars().next() } else { text.chars().next_back() };
        end.is_some_and(of_name)
    };
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let is_end = word.starts_with(of_name) && ends_name(before, false);
        let is_start = word.ends_with(of_name) && ends_name(after, true);
        !is_end && !is_start
    })
}

/// The letter of `semanage fcontext -f` for a file type of `file_contexts(5)`.
fn file_type(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "--" => "f",
        "-d" => "d",
        "-c" => "c",
        "-b" => "b",
        "-s" => "s",
        "-l" => "l",
        "-p" => "p",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
