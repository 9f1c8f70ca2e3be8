#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::fault_store::check(data));
