#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| nango::fuzz::envelope(data));
