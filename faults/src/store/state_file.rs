//! `faults.json`: which faults are raised. It is replaced as a whole, so a reader sees one state or the next.

use host::fs::{TEXT_LIMIT, read_limited};
use host::{Dir, FileError, MalformedFile};
use nix::fcntl::OFlag;

use crate::store::error::StoreError;
use crate::store::format::{self, ParseError, SCHEMA, State};
use crate::store::snapshot::Snapshot;

/// The file's name.
pub(crate) const NAME: &str = "faults.json";

const MODE: u32 = 0o644;

/// Reads the file. Returns `None` if it does not exist.
pub(crate) fn read(dir: &Dir) -> Result<Option<Snapshot>, StoreError> {
    let path = dir.path().join(NAME);
    let content = match dir.open(NAME, OFlag::O_RDONLY) {
        Ok(file) => read_limited(file, TEXT_LIMIT).map_err(|e| FileError::new("read", &path, e))?,
        Err(e) if e.is_missing() => return Ok(None),
        Err(e) => return Err(e.into()),
    };
    let malformed = |line, problem| MalformedFile {
        path: path.clone(),
        line,
        problem,
        hint: "correct it, or move it away and the next repair recreates it from events.jsonl; nothing was changed"
            .into(),
    };
    match format::state(&content) {
        Ok(State { sequence, mut faults, .. }) => {
            faults.sort_by_key(|fault| fault.id);
            match faults.windows(2).find(|pair| pair[0].id == pair[1].id) {
                Some(pair) => Err(malformed(None, format!("fault {} is in it twice", pair[0].id)).into()),
                None => Ok(Some(Snapshot { sequence, faults })),
            }
        }
        Err(ParseError::Newer(found)) => Err(StoreError::Newer { path, found }),
        Err(ParseError::NotJson { line, problem } | ParseError::Invalid { line, problem }) => {
            Err(malformed(Some(line), problem).into())
        }
    }
}

/// Replaces the file.
pub(crate) fn write(dir: &Dir, snapshot: &Snapshot) -> Result<(), FileError> {
    let state = State { schema: SCHEMA, sequence: snapshot.sequence, faults: snapshot.faults.clone() };
    let mut content = serde_json::to_vec_pretty(&state)
        .map_err(|e| FileError::new("write", dir.path().join(NAME), std::io::Error::from(e)))?;
    content.push(b'\n');
    dir.replace(NAME, &content, MODE)
}
