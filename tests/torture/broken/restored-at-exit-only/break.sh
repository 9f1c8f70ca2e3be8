#!/bin/sh
# The window is closed when the program ends, and a window that a killed one left open is not looked for.
sed -i '/^pub fn leftover(/,/^}/s/Ok(if found\.is_empty() { None } else .*/Ok(None)/' installer/src/login_defs/recover.rs
