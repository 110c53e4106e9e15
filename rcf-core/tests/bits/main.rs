//! One file of 1,000 observations and the bits of their scores, for every interface of rcf: those
//! of Rust here, of C and Go in `capi`, of JavaScript in `capi/wasm`, of Python in
//! `rcf-py/tests/test_bits.py`, of Java and Flink in `rcf-stream/flink/src/test`, of Kafka and
//! Kinesis in `test_bits.py` of `rcf-stream/cli/tests/kafka` and `kinesis`.
//!
//! The column `forest` is frozen. The column `detector` has the field `score` of detections: what
//! the forest says about the transformed shingle, on which no decision has an influence. Where a
//! release changes it on purpose, `just expected-bits` writes that column again.

use std::fmt::Write as _;
use std::path::PathBuf;

use rcf_core::{AnomalyDetector, RandomCutForest};
use serde_json::Value;

const FOREST: &str = r#"{"input_dimensions": 2, "shingle_size": 4, "number_of_trees": 30, "sample_size": 128, "time_decay": 0.001, "output_after": 64, "seed": 42}"#;
const DETECTOR: &str = r#"{"input_dimensions": 2, "shingle_size": 4, "number_of_trees": 30, "sample_size": 128, "seed": 42, "learning": "always"}"#;
const COLUMNS: &str = "value_1,value_2,forest,detector";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bits/expected.csv")
}

/// Two rhythms with noise and some spikes: decimals, which every language reads as the same
/// doubles.
fn records() -> Vec<[f64; 2]> {
    let mut state = 1_u64;
    let mut noise = move |range: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005);
        state = state.wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % range) as f64
    };
    let record = |t: u32| {
        let triangle = f64::from((t % 48).abs_diff(24)) * 1_000.0;
        let steps = f64::from(t % 35 / 7) * 250.0;
        let spike = if t % 331 == 330 { 60_000.0 } else { 0.0 };
        let first = (20_000.0 + triangle + noise(1_500) + spike) / 1_000.0;
        [first, (steps + noise(400) - 600.0) / 1_000.0]
    };
    (0..1_000).map(record).collect()
}

fn forest() -> RandomCutForest {
    let given: Value = serde_json::from_str(FOREST).unwrap();
    let count = |name: &str| given[name].as_u64().unwrap() as usize;
    RandomCutForest::builder(count("input_dimensions"))
        .shingle_size(count("shingle_size"))
        .number_of_trees(count("number_of_trees"))
        .sample_size(count("sample_size"))
        .time_decay(given["time_decay"].as_f64().unwrap())
        .output_after(count("output_after"))
        .seed(given["seed"].as_u64().unwrap())
        .build()
        .unwrap()
}

fn detector() -> AnomalyDetector {
    let given: Value = serde_json::from_str(DETECTOR).unwrap();
    let count = |name: &str| given[name].as_u64().unwrap() as usize;
    assert_eq!(given["learning"], "always");
    AnomalyDetector::builder(count("input_dimensions"))
        .shingle_size(count("shingle_size"))
        .number_of_trees(count("number_of_trees"))
        .sample_size(count("sample_size"))
        .seed(given["seed"].as_u64().unwrap())
        .learning(rcf_core::Learning::Always)
        .build()
        .unwrap()
}

/// The file as this release writes it.
fn written() -> String {
    let (mut forest, mut detector) = (forest(), detector());
    let mut text = format!("# forest {FOREST}\n# detector {DETECTOR}\n{COLUMNS}\n");
    for values in records() {
        let score = forest.process(&values).unwrap();
        let detection = detector.process(&values).unwrap();
        let bits = (score.to_bits(), detection.score.to_bits());
        let [first, second] = values;
        writeln!(text, "{first},{second},{:016x},{:016x}", bits.0, bits.1).unwrap();
    }
    text
}

fn without_detector(text: &str) -> Vec<&str> {
    let rows = text.lines().filter(|line| !line.starts_with("# detector"));
    rows.map(|row| row.rsplit_once(',').map_or(row, |(rest, _)| rest))
        .collect()
}

#[test]
fn the_bits_are_those_of_the_file() {
    let expected = std::fs::read_to_string(path()).unwrap();
    let found = written();
    assert_eq!(expected.lines().count(), found.lines().count());
    for (line, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(
            expected,
            found,
            "line {}; if the detector's scores change on purpose: just expected-bits",
            line + 1
        );
    }
}

/// Writes the detector's part of the file.
#[test]
#[ignore = "writes the file"]
fn write_expected_bits() {
    let found = written();
    if let Ok(expected) = std::fs::read_to_string(path()) {
        let (expected, found) = (without_detector(&expected), without_detector(&found));
        assert!(expected == found, "the scores of the forest are frozen");
    }
    std::fs::write(path(), found).unwrap();
}
