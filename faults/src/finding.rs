//! What is wrong with a host, and how to fix it.

use std::borrow::Cow;
use std::path::Path;

use host::process::{Command, names};
use host::shell::quoted;
use serde::{Deserialize, Deserializer, Serialize};

use crate::catalogue::reason::Reason;

/// A problem: the reason, the detail and the remedies. Everything that reports or stores a fault embeds it.
///
/// A remedy is a line of text in a store, and a [`Remedy`] where the finding is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding<R = String> {
    /// The cause, for programs.
    pub reason: Reason,
    /// The cause, for people: one line with the values seen on this host, and with paths as the prepared host sees them.
    pub detail: String,
    /// The remedies for this host, in order.
    pub remedy: Vec<R>,
}

impl Finding<Remedy> {
    /// Returns the finding as the system in the prepared root reads it, which is how a store keeps it. `root` is the alternate
    /// root, if there is one.
    #[must_use]
    pub fn rendered_inside(&self, root: Option<&Path>) -> Finding {
        let remedy = inside(&self.remedy, root).iter().map(|remedy| remedy.shell_line(None)).collect();
        Finding { reason: self.reason.clone(), detail: self.detail.clone(), remedy }
    }

    /// Returns the remedies of [`Self::rendered_inside`] for programs.
    #[must_use]
    pub fn values_inside(&self, root: Option<&Path>) -> Vec<RemedyValue> {
        inside(&self.remedy, root).iter().map(|remedy| remedy.value(None)).collect()
    }

    /// Returns one finding for several about the same fault: the reason of the first, and each detail and each remedy once.
    /// `None` if there is none.
    #[must_use]
    pub fn merged<'a>(findings: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut findings = findings.into_iter();
        let mut merged = findings.next()?.clone();
        let mut seen = vec![merged.detail.clone()];
        for finding in findings {
            if seen.contains(&finding.detail) {
                continue;
            }
            seen.push(finding.detail.clone());
            // What they share, such as the next `repair`, comes last.
            merged.remedy.retain(|remedy| !finding.remedy.contains(remedy));
            merged.remedy.extend(finding.remedy.iter().cloned());
        }
        merged.detail = seen.join("; ");
        Some(merged)
    }
}

impl Finding {
    /// Returns this finding as it is stored: one line each, trimmed, with control characters (line breaks included)
    /// replaced by spaces.
    pub(crate) fn to_stored(&self) -> Self {
        Self {
            reason: one_line(self.reason.as_str()).as_str().into(),
            detail: one_line(&self.detail),
            remedy: self.remedy.iter().map(|command| one_line(command)).collect(),
        }
    }

    /// Replaces control characters in what was read from a store: a program that does not use this library may have
    /// written sequences that a terminal obeys.
    pub(crate) fn replace_controls(&mut self) {
        if self.reason.as_str().contains(char::is_control) {
            self.reason = one_line(self.reason.as_str()).as_str().into();
        }
        [&mut self.detail].into_iter().chain(&mut self.remedy).for_each(replace_controls);
    }
}

/// One thing to do about a finding: for a person to read, or for a program to run.
///
/// It is written down once, without the path of the root that hostprep prepares, and rendered for its reader:
///
/// ```
/// use std::path::Path;
/// use faults::Remedy;
///
/// let remedy = Remedy::run_in_root(["semodule", "-X", "400", "-r", "cisco-secure-bpf"]);
/// let image = Some(Path::new("/mnt/image"));
/// assert_eq!(remedy.shell_line(None), "semodule -X 400 -r cisco-secure-bpf");
/// assert_eq!(remedy.shell_line(image), "chroot /mnt/image semodule -X 400 -r cisco-secure-bpf");
/// assert_eq!(remedy.shell_line_inside(image).as_deref(), Some("semodule -X 400 -r cisco-secure-bpf"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The action.
    pub action: RemedyAction,
    /// Whether the action restarts the host. A program must not run such a remedy unasked.
    pub reboots: bool,
    /// A note for people, such as what to do after the command.
    pub comment: Option<String>,
    /// How it relates to the remedies before it.
    pub order: Order,
}

/// How a [`Remedy`] relates to those before it in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Order {
    /// It follows them.
    #[default]
    Next,
    /// It begins an alternative to the one before: it is for the case that the one before does not help.
    Alternative,
    /// It continues the alternative that the one before begins or continues.
    AlternativeContinued,
}

/// The action of a [`Remedy`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemedyAction {
    /// Run a program.
    Run {
        /// The program and its arguments. Paths are those of the system that it runs on.
        argv: Vec<String>,
        /// The system that it runs on.
        on: RunOn,
        /// The whole command by which this machine does the same to an alternate root, if the program has an option for it
        /// (`useradd --prefix`, `semodule -p`). Without it, `chroot` runs the program.
        outside: Option<Vec<String>>,
    },
    /// Run `hostprep` for the root.
    Hostprep {
        /// The subcommand and its arguments, without `--root`.
        words: Vec<String>,
    },
    /// Something that no command does.
    Manual {
        /// The action as a sentence.
        text: String,
    },
}

/// The system that a program runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunOn {
    /// The running system, which builds the image where the root is an alternate one.
    ThisMachine,
    /// The system in the root.
    Root,
}

/// A [`Remedy`] for programs: `{"kind": "run", "argv": […], "reboots": false}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RemedyValue {
    /// `run`, `hostprep` or `manual`.
    pub kind: Cow<'static, str>,
    /// Whether a program can carry it out.
    #[serde(rename = "type")]
    pub form: RemedyForm,
    /// The program and its arguments, to be run without a shell: on this machine, or for a stored fault on the system with the store.
    /// Absent for `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argv: Option<Vec<String>>,
    /// The action as a sentence; only for `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether the command needs root; absent for `manual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_root: Option<bool>,
    /// Whether the action restarts the host.
    pub reboot: bool,
    /// As `reboot`, which was called so first.
    pub reboots: bool,
    /// A note for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Whether it belongs to an alternative to the remedies before: not needed if those helped.
    #[serde(default, skip_serializing_if = "is_false")]
    pub alternative: bool,
    /// Whether it continues the alternative of the one before, instead of beginning one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub continues: bool,
}

impl RemedyValue {
    /// Replaces control characters, line breaks included, by spaces.
    pub(crate) fn replace_controls(&mut self) {
        let Self { kind, argv, text, comment, .. } = self;
        if kind.contains(char::is_control) {
            *kind = one_line(kind).into();
        }
        argv.iter_mut().flatten().chain(text).chain(comment).for_each(replace_controls);
    }
}

/// Reads remedies, or none where this version does not understand one of them: the lines have them all.
pub(crate) fn understood<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<RemedyValue>, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// The form of a remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RemedyForm {
    /// A command: run `argv` without a shell. `kind` is `run` or `hostprep`.
    Command,
    /// A sentence for a person. `kind` is `manual`.
    Advice,
}

/// Programs that only tell something, and tell it to every user.
const FOR_EVERY_USER: [&str; 6] = ["df", "free", "getent", "ls", "ps", "top"];

/// Commands of hostprep that every user can run.
const HOSTPREP_FOR_EVERY_USER: [&str; 4] = ["check", "explain", "schema", "status"];

/// The form that serde asks for.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Remedy {
    /// A program to run on this machine.
    pub fn run_here<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        RemedyAction::Run { argv: words(argv), on: RunOn::ThisMachine, outside: None }.into()
    }

    /// A program to run on the system in the root.
    pub fn run_in_root<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        RemedyAction::Run { argv: words(argv), on: RunOn::Root, outside: None }.into()
    }

    /// A command of this machine's, as it is; inside the alternate root that it names, the same command without that name.
    #[must_use]
    pub fn command(command: &Command) -> Self {
        let inside = command.inside();
        let outside = (inside != *command).then(|| command.argv());
        RemedyAction::Run { argv: inside.argv(), on: RunOn::Root, outside }.into()
    }

    /// A command of hostprep, which [`host::process::names`] names.
    pub fn hostprep<S: Into<String>>(command: impl IntoIterator<Item = S>) -> Self {
        RemedyAction::Hostprep { words: words(command) }.into()
    }

    /// Something for a person to do.
    pub fn manual(text: impl Into<String>) -> Self {
        RemedyAction::Manual { text: text.into() }.into()
    }

    /// Returns whether a program can run it: it is a command, and does not restart the host.
    #[must_use]
    pub fn is_command(&self) -> bool {
        !self.reboots && !matches!(self.action, RemedyAction::Manual { .. })
    }

    /// Marks the remedy as one that restarts the host.
    #[must_use]
    pub fn rebooting(self) -> Self {
        Self { reboots: true, ..self }
    }

    /// Adds a note to the remedy.
    #[must_use]
    pub fn with_comment(self, comment: impl Into<String>) -> Self {
        Self { comment: Some(comment.into()), ..self }
    }

    /// Makes the remedy an alternative to the one before.
    #[must_use]
    pub fn alternative(self) -> Self {
        Self { order: Order::Alternative, ..self }
    }

    /// Makes the remedy a part of the alternative that the one before begins or continues.
    #[must_use]
    pub fn continuing(self) -> Self {
        Self { order: Order::AlternativeContinued, ..self }
    }

    /// Returns the line to type into a shell on this machine, where `root` is the alternate root, if there is one. What
    /// is for people only is a shell comment, and so is that it is an alternative (`# or`).
    #[must_use]
    pub fn shell_line(&self, root: Option<&Path>) -> String {
        self.line(root, self.order)
    }

    /// As [`Remedy::shell_line`], for a reader who is told its [`Order`] in another way.
    #[must_use]
    pub fn unordered_shell_line(&self, root: Option<&Path>) -> String {
        self.line(root, Order::Next)
    }

    fn line(&self, root: Option<&Path>, order: Order) -> String {
        let word = match order {
            Order::Next => None,
            Order::Alternative => Some("or"),
            Order::AlternativeContinued => Some("then"),
        };
        let note = |text: Option<&str>| match (word, text) {
            (Some(word), Some(text)) => Some(format!("{word}: {}", one_line(text))),
            (word, text) => word.map(str::to_owned).or_else(|| text.map(one_line)),
        };
        let comment = self.comment.as_deref();
        let command = match &self.action {
            RemedyAction::Manual { text } => {
                let text = format!("# {}", note(Some(text)).unwrap_or_default());
                return commented(text, comment.map(one_line));
            }
            RemedyAction::Run { .. } | RemedyAction::Hostprep { .. } => self.argv(root).unwrap_or_default(),
        };
        let command: Vec<String> = command.iter().map(|word| quoted(word)).collect();
        commented(command.join(" "), note(comment))
    }

    /// Returns the line to type into a shell of the system in `root`, once that runs. It never contains the path of an
    /// alternate root, so what runs on the machine that builds an image has no such line: `None`.
    #[must_use]
    pub fn shell_line_inside(&self, root: Option<&Path>) -> Option<String> {
        match self.action {
            RemedyAction::Run { on: RunOn::ThisMachine, .. } if root.is_some() => None,
            _ => Some(self.shell_line(None)),
        }
    }

    /// Returns the remedy for a program on this machine, where `root` is the alternate root, if there is one.
    #[must_use]
    pub fn value(&self, root: Option<&Path>) -> RemedyValue {
        let (kind, text) = match &self.action {
            RemedyAction::Run { .. } => ("run", None),
            RemedyAction::Hostprep { .. } => ("hostprep", None),
            RemedyAction::Manual { text } => ("manual", Some(text.clone())),
        };
        let argv = self.argv(root);
        RemedyValue {
            kind: kind.into(),
            form: if argv.is_some() { RemedyForm::Command } else { RemedyForm::Advice },
            needs_root: argv.as_deref().map(needs_root),
            argv,
            text,
            reboot: self.reboots,
            reboots: self.reboots,
            comment: self.comment.clone(),
            alternative: self.order != Order::Next,
            continues: self.order == Order::AlternativeContinued,
        }
    }

    /// The program and its arguments, as this machine runs them.
    fn argv(&self, root: Option<&Path>) -> Option<Vec<String>> {
        let root = root.map(|root| root.to_string_lossy().into_owned());
        match (&self.action, root) {
            (RemedyAction::Run { outside: Some(outside), .. }, Some(_)) => Some(outside.clone()),
            (RemedyAction::Run { argv, on: RunOn::Root, .. }, Some(root)) => {
                Some(["chroot".to_owned(), root].into_iter().chain(argv.iter().cloned()).collect())
            }
            (RemedyAction::Run { argv, .. }, _) => Some(argv.clone()),
            (RemedyAction::Hostprep { words }, root) => {
                let root = root.map(|root| ["--root".to_owned(), root]).into_iter().flatten();
                Some(std::iter::once(names::command().to_owned()).chain(words.iter().cloned()).chain(root).collect())
            }
            (RemedyAction::Manual { .. }, _) => None,
        }
    }
}

/// Returns whether this command needs root to do what it is for.
fn needs_root(argv: &[String]) -> bool {
    let word = |at: usize| argv.get(at).map(String::as_str).unwrap_or_default();
    let is_hostprep = word(0) == names::command();
    !(FOR_EVERY_USER.contains(&word(0)) || is_hostprep && HOSTPREP_FOR_EVERY_USER.contains(&word(1)))
}

fn commented(line: String, comment: Option<String>) -> String {
    match comment {
        Some(comment) => format!("{line}  # {comment}"),
        None => line,
    }
}

/// The remedies for the system in `root`. An alternative to what it has no line for is none.
fn inside(remedies: &[Remedy], root: Option<&Path>) -> Vec<Remedy> {
    let mut inside = Vec::new();
    // Whether something is left that the alternative is an alternative to, or that it continues.
    let mut follows = false;
    for remedy in remedies {
        let order = if follows { remedy.order } else { Order::Next };
        let is_there = remedy.shell_line_inside(root).is_some();
        follows = is_there || (follows && remedy.order != Order::Next);
        inside.extend(is_there.then(|| Remedy { order, ..remedy.clone() }));
    }
    inside
}

impl From<RemedyAction> for Remedy {
    fn from(action: RemedyAction) -> Self {
        Self { action, reboots: false, comment: None, order: Order::Next }
    }
}

fn words<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Vec<String> {
    words.into_iter().map(Into::into).collect()
}

/// Makes `text` one line if it contains control characters, else leaves it unchanged.
pub(crate) fn replace_controls(text: &mut String) {
    if text.contains(char::is_control) {
        *text = one_line(text);
    }
}

/// Returns `text` trimmed, with a space in place of each control character.
pub(crate) fn one_line(text: &str) -> String {
    text.trim().replace(char::is_control, " ")
}

#[cfg(test)]
mod tests;
