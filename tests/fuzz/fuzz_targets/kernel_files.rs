#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| properties::kernel_files::check(data));
