//! For cargo-fuzz.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rcf_fuzz::decode_state(data));
