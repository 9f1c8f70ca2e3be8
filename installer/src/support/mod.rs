//! What support asks for first, as one archive: facts, the check, events, logs. A part that cannot be had is noted in the
//! manifest and stops nothing.

pub mod archive;
pub mod parts;
pub mod redact;
