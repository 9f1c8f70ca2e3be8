//! hostprep's own files: JSON objects whose key `schema` is the number of their format.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a file of this kind cannot be used.
#[derive(Debug, Error)]
#[error("{problem}")]
pub struct Unusable {
    /// The line, counted from 1, if the problem is in one line.
    pub line: Option<usize>,
    /// The problem.
    pub problem: String,
}

impl From<serde_json::Error> for Unusable {
    fn from(error: serde_json::Error) -> Self {
        Self { line: Some(error.line()), problem: error.to_string() }
    }
}

/// Returns the content of a file of this `schema`.
///
/// # Errors
/// [`Unusable`] if it is not JSON, lacks a key, or has another schema.
pub fn parse<T: DeserializeOwned>(text: &str, schema: u32) -> Result<T, Unusable> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    // First: a file of another schema may lack the keys of this one.
    let Version { schema: found } = serde_json::from_str(text)?;
    if found != schema {
        return Err(Unusable {
            line: None,
            problem: format!("schema {found} is not one this version reads ({schema})"),
        });
    }
    Ok(serde_json::from_str(text)?)
}

/// Returns the file with this content, which is a struct.
///
/// # Errors
/// [`serde_json::Error`] if JSON cannot express the content.
pub fn render(schema: u32, content: &impl Serialize) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct File<'a, T> {
        schema: u32,
        #[serde(flatten)]
        content: &'a T,
    }
    Ok(serde_json::to_string_pretty(&File { schema, content })? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Content {
        made: Vec<u32>,
    }

    #[test]
    fn what_is_rendered_is_parsed() {
        let text = render(7, &Content { made: vec![1, 2] }).unwrap();
        assert_eq!(text, "{\n  \"schema\": 7,\n  \"made\": [\n    1,\n    2\n  ]\n}\n");
        assert_eq!(parse::<Content>(&text, 7).unwrap(), Content { made: vec![1, 2] });
    }

    #[test]
    fn what_cannot_be_used_says_why_and_where() {
        let rows = [
            ("", Some(1), "EOF"),
            ("{}", Some(1), "missing field `schema`"),
            ("{\"schema\": 8}", None, "schema 8 is not one this version reads (7)"),
            ("{\"schema\": 7}", Some(1), "missing field `made`"),
            ("{\"schema\": 7,\n\"made\": [\"\"]}", Some(2), "invalid type"),
        ];
        for (text, line, problem) in rows {
            let unusable = parse::<Content>(text, 7).unwrap_err();
            assert_eq!(unusable.line, line, "{text}");
            assert!(unusable.to_string().contains(problem), "{unusable}");
        }
    }
}
