//! The bytes of forests that only derive `serde`.

use serde::{Serialize, de::DeserializeOwned};

/// How forests that only derive `serde` are written: the encoding of our own state's body.
const BINCODE: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Fixint,
> = bincode::config::legacy();

pub(super) fn encode(state: &impl Serialize) -> Vec<u8> {
    bincode::serde::encode_to_vec(state, BINCODE).expect("a forest can be written to memory")
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> T {
    bincode::serde::decode_from_slice(bytes, BINCODE)
        .expect("the bytes come from `encode`")
        .0
}
