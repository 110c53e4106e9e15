//! Saved detectors: they continue to the bit, and nothing that is read is trusted.
//!
//! `cargo test -p rcf-core --test distance write_missing -- --ignored` writes a missing fixture.

use std::path::PathBuf;

use rcf_core::distance::DistanceDetector;
use rcf_core::{RandomCutForest, StateError};

use crate::testing::Random;
use crate::{absolute, edits, name};

fn grown(records: usize) -> (DistanceDetector<String>, Random) {
    let mut random = Random::new(6);
    let builder = DistanceDetector::builder().sample_size(64).seed(5);
    let builder = builder.representatives(3).shrinkage(0.25).clusters(5);
    let mut detector = builder.build().unwrap();
    for _ in 0..records {
        detector.process(name(&mut random), edits).unwrap();
    }
    (detector, random)
}

#[test]
fn a_restored_detector_continues_bit_for_bit_from_every_stage() {
    for records in [0, 1, 15, 16, 63, 64, 65, 200, 1_000, 3_000] {
        let (mut detector, mut random) = grown(records);
        let bytes = detector.to_bytes().unwrap();
        let mut restored = DistanceDetector::<String>::from_bytes(&bytes).unwrap();
        assert!(restored.to_bytes().unwrap() == bytes);
        assert_eq!(restored.clusters(), detector.clusters());
        for _ in 0..500 {
            let line = name(&mut random);
            let [one, other] = [&mut detector, &mut restored]
                .map(|detector| detector.process(line.clone(), edits).unwrap());
            assert_eq!(one.score.to_bits(), other.score.to_bits());
            assert_eq!(one.evidence.to_bits(), other.evidence.to_bits());
            assert_eq!(one.nearest, other.nearest);
        }
        assert!(detector.to_bytes() == restored.to_bytes());
    }
}

#[test]
fn objects_may_have_a_format_of_their_own() {
    let (detector, _) = grown(300);
    let encode = |line: &String| Ok::<_, String>(line.as_bytes().to_vec());
    let decode = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
    let bytes = detector.to_bytes_by(encode).unwrap();
    let restored = DistanceDetector::from_bytes_by(&bytes, decode).unwrap();
    assert!(restored.to_bytes() == detector.to_bytes());
    let refusing = |_: &[u8]| Err::<String, _>("not one of our lines");
    let error = DistanceDetector::from_bytes_by(&bytes, refusing).unwrap_err();
    assert!(
        error.to_string().contains("not one of our lines"),
        "{error}"
    );
    let failing = |_: &String| Err("cannot be written");
    assert_eq!(detector.to_bytes_by(failing), Err("cannot be written"));
}

#[test]
fn damaged_states_are_refused_and_forged_ones_do_no_harm() {
    let (detector, _) = grown(100);
    let bytes = detector.to_bytes().unwrap();
    for length in 0..bytes.len() {
        assert!(DistanceDetector::<String>::from_bytes(&bytes[..length]).is_err());
    }
    let forest = RandomCutForest::builder(1).build().unwrap().to_bytes();
    assert_eq!(
        DistanceDetector::<String>::from_bytes(&forest).unwrap_err(),
        StateError::WrongKind {
            expected: 4,
            found: 1
        }
    );
    // Each byte of the body changed, under a checksum that is right.
    let mut restored = 0;
    for at in 28..bytes.len() {
        for bit in [0, 4, 7] {
            let mut forged = bytes.clone();
            forged[at] ^= 1 << bit;
            let checksum = crc(&forged);
            forged[24..28].copy_from_slice(&checksum.to_le_bytes());
            let Ok(mut detector) = DistanceDetector::<String>::from_bytes(&forged) else {
                continue;
            };
            restored += 1;
            for line in ["door", "valve", "heartbeat"] {
                let detection = detector.process(line.to_owned(), edits).unwrap();
                assert!(detection.evidence.is_finite() && detection.score >= 0.0);
            }
            let bytes = detector.to_bytes().unwrap();
            DistanceDetector::<String>::from_bytes(&bytes).expect("a valid state");
        }
    }
    assert!(restored > 100, "{restored}");
}

/// CRC-32C of the header and the body, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    let parts = bytes[..24].iter().chain(&bytes[28..]);
    !parts.fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg())
        })
    })
}

fn fixture() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1/distance.rcf")
}

fn of_fixture(detector: &mut DistanceDetector<f64>, from: u32, count: u32) -> Vec<u64> {
    let values = (from..from + count).map(|t| f64::from((t * 37) % 61) / 8.0);
    let judged = values.map(|value| detector.process(value, absolute).unwrap());
    judged
        .map(|detection| detection.evidence.to_bits())
        .collect()
}

fn fresh() -> DistanceDetector<f64> {
    let builder = DistanceDetector::builder().sample_size(32).seed(3);
    builder.representatives(2).build().unwrap()
}

#[test]
fn the_state_that_was_written_first_is_read_for_ever() {
    let bytes = std::fs::read(fixture()).expect("tests/fixtures is part of the package");
    let mut restored = DistanceDetector::<f64>::from_bytes(&bytes).unwrap();
    assert!(restored.to_bytes().unwrap() == bytes);
    let mut detector = fresh();
    of_fixture(&mut detector, 0, 400);
    let expected = of_fixture(&mut detector, 400, 200);
    assert_eq!(of_fixture(&mut restored, 400, 200), expected);
}

#[test]
#[ignore = "writes a fixture where there is none"]
fn write_missing_fixture() {
    let mut detector = fresh();
    of_fixture(&mut detector, 0, 400);
    if !fixture().exists() {
        std::fs::write(fixture(), detector.to_bytes().unwrap()).unwrap();
    }
}
