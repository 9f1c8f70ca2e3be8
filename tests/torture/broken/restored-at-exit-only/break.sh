#!/bin/sh
# The window is closed when the program ends, and a window that a killed one left open is not looked for.
sed -i '/^pub fn stale_window(/,/^}/s/Ok(if found\.is_empty() { None } else .*/Ok(None)/' installer/login-defs/src/stale.rs
