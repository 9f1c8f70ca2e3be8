//! `hostprep.toml`.

use std::path::Path;

use installer::config::Config;
use installer::steps::STEPS;

use crate::input::{expect_plain, text};

/// A configuration.
pub fn check(data: &[u8]) {
    let file = text(Some(data));
    let shown = Path::new("/etc/cisco/hostprep.toml");
    let config = match Config::parse(&file, shown) {
        Ok(config) => config,
        Err(e) => return expect_plain(&e, file.as_bytes()),
    };
    assert!(config.skip.iter().all(|step| STEPS.contains(step)));
    // Comments have no effect, and an unknown key is refused with its line.
    assert_eq!(Config::parse(&format!("# lang = 'x'\n{file}\n# end\n"), shown).unwrap(), config);
    let refused = Config::parse(&format!("unknown = 1\n{file}"), shown).unwrap_err();
    assert_eq!(refused.line, Some(1), "{refused}");
}
