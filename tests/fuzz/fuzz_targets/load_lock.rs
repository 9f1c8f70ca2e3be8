#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::load_lock::check(data));
