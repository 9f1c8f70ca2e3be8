//! What stops a report as a whole. A single bad file does not.

use host::FileError;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory that the caller named cannot be opened.
    #[error(transparent)]
    File(#[from] FileError),
    /// The page's template cannot be rendered.
    #[error("cannot render the page")]
    Page(#[from] tera::Error),
    /// A row of the table cannot be written.
    #[error("cannot write the table")]
    Table(#[from] ::csv::Error),
}
