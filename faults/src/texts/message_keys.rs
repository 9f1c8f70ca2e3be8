//! The words around a fault's texts, which each language has as messages. The build script reads this list too.

macro_rules! interface {
    ($($(#[$doc:meta])* $variant:ident = $key:literal ($($variable:literal),*),)+) => {
        /// A word, or a line, of the user interface.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Word {
            $($(#[$doc])* $variant,)+
        }

        impl Word {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The message.
            pub fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)+
                }
            }

            /// Returns the variables of the message. It shows all of them.
            pub fn variables(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($variable),*],)+
                }
            }
        }
    };
}

interface! {
    /// The first line.
    Heading = "word-heading" ("id", "title", "severity"),
    /// A severity.
    Critical = "word-critical" (),
    /// A severity.
    Major = "word-major" (),
    /// A severity.
    Minor = "word-minor" (),
    /// Above whether, since when and why it is raised.
    Raised = "word-raised" (),
    /// It is not in the store; the command looks at the host.
    NotRaised = "word-not-raised" ("command"),
    /// Since when it is raised, and what raised it.
    Since = "word-since" ("time", "source"),
    /// Why it is raised.
    Why = "word-why" ("reason", "detail"),
    /// Above the commands that correct it.
    Remedy = "word-remedy" (),
    /// Where the commands run, if they are those of an alternate root, and the command that shows this machine's.
    InRoot = "word-in-root" ("root", "command"),
    /// Above the cause.
    When = "word-when" (),
    /// Above what does not work meanwhile.
    Meanwhile = "word-meanwhile" (),
    /// Above the resolutions.
    WhatToDo = "word-what-to-do" (),
    /// Above where and from which version it applies.
    Applies = "word-applies" (),
    /// From this version of the connector.
    Connector = "word-connector" ("version"),
    /// With every version of the connector.
    AnyConnector = "word-any-connector" (),
    /// Above the log files.
    Logs = "word-logs" (),
    /// Above where more is written about the fault.
    More = "word-more" (),
    /// In the man page about all faults: above a fault's reasons.
    Reasons = "word-reasons" (),
    /// What that man page is about, in the form for `whatis(1)`.
    PageSummary = "word-page-summary" (),
    /// Its first paragraph: where the faults are, and how to see them.
    PageAbout = "word-page-about" ("program", "status", "explain"),
    /// The next: commands in the texts are examples, and the command that shows this host's.
    PageCommands = "word-page-commands" ("explain"),
    /// Its headings.
    SectionName = "word-section-name" (),
    /// As above.
    SectionDescription = "word-section-description" (),
    /// As above.
    SectionFaults = "word-section-faults" (),
    /// As above.
    SectionSeeAlso = "word-section-see-also" (),
    /// In the journal's message catalog: that a fault is cleared.
    Cleared = "word-cleared" ("id"),
}
