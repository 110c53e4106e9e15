//! What both kinds of fuzzers run. A target panics where something is wrong.

#[path = "../../tests/naive/forest.rs"]
mod forest;
#[path = "../../tests/naive/format.rs"]
mod format;
#[path = "../../tests/naive/operations.rs"]
mod operations;

use rcf_core::{AnomalyDetector, Forecaster, RandomCutForest};

/// Operations derived from the bytes leave forest and naive forest equal.
pub fn ops_vs_naive(data: &[u8]) {
    operations::run(data);
}

/// Takes the bytes for a state, and for the body of one, whose frame is then right.
pub fn decode_state(data: &[u8]) {
    for bytes in [data.to_vec(), sealed(1, 1, data)] {
        if let Ok(mut forest) = RandomCutForest::from_bytes(&bytes) {
            works(&mut forest);
            let bytes = forest.to_bytes();
            let again = RandomCutForest::from_bytes(&bytes).expect("a valid state");
            assert!(again.to_bytes() == bytes, "a state changes by being read");
        }
        // Wrongly trusted bytes may only cause wrong samples.
        if let Ok(mut forest) = RandomCutForest::from_trusted_bytes(&bytes) {
            works(&mut forest);
        }
    }
    for version in 1..=5 {
        decode_detector(&sealed(2, version, data));
    }
    for version in 1..=2 {
        decode_forecaster(&sealed(3, version, data));
    }
    decode_detector(data);
    decode_forecaster(data);
}

/// A detector that was read continues, and what it writes then is read.
fn decode_detector(bytes: &[u8]) {
    for is_trusted in [false, true] {
        let read = if is_trusted {
            AnomalyDetector::from_trusted_bytes(bytes)
        } else {
            AnomalyDetector::from_bytes(bytes)
        };
        let Ok(mut detector) = read else {
            continue;
        };
        let config = detector.config();
        let dimensions = config.input_dimensions * config.shingle_size;
        if config.number_of_trees * config.sample_size * dimensions > 1 << 14 {
            continue;
        }
        let inputs = config.input_dimensions;
        for t in 0..RECORDS {
            let record = record(t, inputs);
            let Ok(detection) = detector.process(&record) else {
                panic!("a record without fault was refused");
            };
            let said = [detection.score, detection.grade, detection.severity];
            assert!(
                said.iter().all(|it| it.is_finite() && *it >= 0.0),
                "{said:?}"
            );
        }
        // What was trusted wrongly may sample wrongly.
        if is_trusted {
            continue;
        }
        let bytes = detector.to_bytes();
        let again = AnomalyDetector::from_bytes(&bytes).expect("a valid state");
        assert!(again.to_bytes() == bytes, "a state changes by being read");
    }
}

/// The same for a forecaster.
fn decode_forecaster(bytes: &[u8]) {
    let Ok(mut forecaster) = Forecaster::from_bytes(bytes) else {
        return;
    };
    let config = forecaster.config();
    let dimensions = config.input_dimensions * config.shingle_size;
    if config.number_of_trees * config.sample_size * dimensions > 1 << 14 {
        return;
    }
    let inputs = config.input_dimensions;
    for t in 0..RECORDS {
        let record = record(t, inputs);
        assert!(
            forecaster.process(&record).is_ok(),
            "a record without fault was refused"
        );
    }
    let bytes = forecaster.to_bytes();
    let again = Forecaster::from_bytes(&bytes).expect("a valid state");
    assert!(again.to_bytes() == bytes, "a state changes by being read");
}

/// The body in a frame as `docs/state-format.md` has it.
pub fn sealed(kind: u8, version: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x89RCF\r\n\x1a\n".to_vec();
    bytes.extend([version, 0, 1, 0, kind, 0, 0, 0]);
    bytes.extend((body.len() as u64).to_le_bytes());
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&bytes), body);
    bytes.extend(checksum.to_le_bytes());
    bytes.extend(body);
    bytes
}

const RECORDS: u32 = 30;

fn record(t: u32, length: usize) -> Vec<f64> {
    vec![f64::from(t.wrapping_mul(37) % 16); length]
}

fn works(forest: &mut RandomCutForest) {
    let config = forest.config();
    if config.number_of_trees * config.sample_size * config.dimensions() > 1 << 16 {
        return;
    }
    let length = config.values_per_call();
    for t in 0..RECORDS {
        let Ok(score) = forest.process(&record(t, length)) else {
            panic!("a record without fault was refused");
        };
        assert!(score.is_finite() && score >= 0.0, "score {score}");
    }
}
