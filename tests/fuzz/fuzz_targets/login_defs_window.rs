#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::login_defs_window::check(data));
