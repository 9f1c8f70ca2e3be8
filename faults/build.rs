//! Checks the catalogue and writes it as JSON. Holds the files of texts/ against what the library asks of a language, and lists them
//! for `src/texts/language.rs`.

#![allow(clippy::disallowed_methods, reason = "a build script reads the source tree, and cargo's environment")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[path = "src/catalogue"]
#[allow(dead_code, reason = "the library uses the rest")]
mod catalogue {
    pub mod check;
    pub mod reason;
    pub mod severity;
    pub mod source;
    pub mod stable_words;
}
#[path = "src/texts"]
mod texts {
    pub mod check;
    pub mod message_keys;
}

use texts::check::{Asked, Messages, check, wanted};

const ENGLISH: &str = "en";

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["build.rs", "texts", "catalogue.toml", "src/catalogue", "src/texts"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let catalogue = fs::read_to_string("catalogue.toml")?;
    let in_catalogue = |e: toml::de::Error| format!("catalogue.toml: {e}");
    // A program reads JSON in a fifth of the time.
    let data: toml::Table = toml::from_str(&catalogue).map_err(in_catalogue)?;
    let problems = catalogue::check::problems(&data);
    for problem in &problems {
        println!("cargo::error=faults/catalogue.toml: {problem}");
    }
    if !problems.is_empty() {
        return Ok(());
    }
    fs::write(out.join("catalogue.json"), serde_json::to_vec(&data)?)?;
    let wanted = wanted(&catalogue).map_err(in_catalogue)?;
    let languages = languages(Path::new("texts"))?;
    // The others are held against English: while that is wrong, what they lack cannot be told.
    let Some(english) = report(ENGLISH, &Asked::AtMost(&wanted))? else { return Ok(()) };
    for language in languages.iter().filter(|language| *language != ENGLISH) {
        report(language, &Asked::As(&english))?;
    }
    let mut table = "&[\n".to_owned();
    for language in &languages {
        let file = format!(r#"concat!(env!("CARGO_MANIFEST_DIR"), "/texts/{language}.ftl")"#);
        writeln!(table, r#"    ("{language}", include_str!({file})),"#)?;
    }
    fs::write(out.join("languages.rs"), table + "]\n")?;
    Ok(())
}

/// The names of the files, in order.
fn languages(directory: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut languages = Vec::new();
    for entry in fs::read_dir(directory)? {
        let name = entry?.file_name().into_string().map_err(|name| format!("texts/{name:?} is not UTF-8"))?;
        languages.extend(name.strip_suffix(".ftl").map(str::to_owned));
    }
    languages.sort();
    Ok(languages)
}

/// The messages of a language; `None` if something is wrong with them, which fails the build, all of it at once.
fn report(language: &str, asked: &Asked) -> Result<Option<Messages>, Box<dyn Error>> {
    let file = format!("texts/{language}.ftl");
    let text = fs::read_to_string(&file).map_err(|e| format!("{file}: {e}"))?;
    let (found, problems) = check(&text, asked);
    for problem in &problems {
        println!("cargo::error=faults/{file}: {problem}");
    }
    Ok(problems.is_empty().then_some(found))
}
