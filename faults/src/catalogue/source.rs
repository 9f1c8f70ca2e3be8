//! The origin of a change.

use super::stable_words::stable_words;

stable_words! {
    /// On which occasion something was raised or cleared.
    Source {
        /// First installation of the package.
        Install = "install",
        /// Upgrade or reinstallation of the package.
        Upgrade = "upgrade",
        /// An administrator's repair.
        Repair = "repair",
        /// Start of the host.
        Boot = "boot",
        /// The daily timer.
        Timer = "timer",
        /// A package that was missing arrived.
        Trigger = "trigger",
        /// Removal of the package.
        Remove = "remove",
        /// `raise` or `clear` on the command line.
        Manual = "manual",
        /// The load lock.
        LoadLock = "load-lock",
        /// The agent itself, while it runs.
        Runtime = "runtime",
    }
}
