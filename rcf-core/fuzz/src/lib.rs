//! What both kinds of fuzzers run. A target panics where something is wrong.

#[path = "../../tests/naive/forest.rs"]
mod forest;
#[path = "../../tests/naive/format.rs"]
mod format;
#[path = "../../tests/naive/operations.rs"]
mod operations;

use rcf_core::{AnomalyDetector, RandomCutForest};

/// Operations made of the bytes leave forest and naive forest the same.
pub fn ops_vs_naive(data: &[u8]) {
    operations::run(data);
}

/// Takes the bytes for a state, and for the body of one, whose frame is then right.
pub fn decode_state(data: &[u8]) {
    let _ = AnomalyDetector::from_bytes(data);
    for bytes in [data.to_vec(), sealed(data)] {
        if let Ok(mut forest) = RandomCutForest::from_bytes(&bytes) {
            works(&mut forest);
            let bytes = forest.to_bytes();
            let again = RandomCutForest::from_bytes(&bytes).expect("a state of ours");
            assert!(again.to_bytes() == bytes, "a state changes by being read");
        }
        // What was trusted wrongly may sample wrongly, and no more.
        if let Ok(mut forest) = RandomCutForest::from_trusted_bytes(&bytes) {
            works(&mut forest);
        }
    }
}

/// The body in a frame as `docs/state-format.md` has it.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x89RCF\r\n\x1a\n\x01\0\x01\0\x01\0\0\0".to_vec();
    bytes.extend((body.len() as u64).to_le_bytes());
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&bytes), body);
    bytes.extend(checksum.to_le_bytes());
    bytes.extend(body);
    bytes
}

fn works(forest: &mut RandomCutForest) {
    let config = forest.config();
    if config.number_of_trees * config.sample_size * config.dimensions() > 1 << 16 {
        return;
    }
    let length = config.values_per_call();
    for t in 0..30_u32 {
        let record = vec![f64::from(t.wrapping_mul(37) % 16); length];
        let Ok(score) = forest.process(&record) else {
            panic!("a record without fault was refused");
        };
        assert!(score.is_finite() && score >= 0.0, "score {score}");
    }
}
