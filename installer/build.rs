//! Writes profile.toml and kernels.toml as JSON, which a program reads in a fifth of the time.

#![allow(clippy::disallowed_methods, reason = "a build script reads the source tree, and cargo's environment")]

use std::error::Error;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for name in ["profile", "kernels"] {
        let source = format!("../{name}.toml");
        println!("cargo::rerun-if-changed={source}");
        let data: toml::Value =
            toml::from_str(&fs::read_to_string(&source)?).map_err(|e| format!("{name}.toml: {e}"))?;
        fs::write(Path::new(&env::var("OUT_DIR")?).join(format!("{name}.json")), serde_json::to_vec(&data)?)?;
    }
    Ok(())
}
