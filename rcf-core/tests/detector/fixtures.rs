//! Detectors and forecasters, written once and readable for ever: they load, are saved as the same
//! bytes, and continue as they did when they were written, to the bit. Detectors of format 1 are
//! saved as format 2, and continue with the same scores; decisions based on the scores
//! have improved since.
//!
//! A missing file is written by
//! `cargo test -p rcf-core --test detector write_missing -- --ignored`. Files that are there are
//! never overwritten, because users have such files.

use std::path::{Path, PathBuf};

use ndarray::Array2;
use rcf_core::{
    AnomalyDetector, Component, EvidenceKind, Forecaster, Imputation, Learning, NearExpected,
    NormalMark, Rule, Threshold, Transform,
};

/// Exact in single precision, the same on every machine, with occasional outliers.
fn value(t: u32, input: u32) -> f64 {
    let usual = f64::from((t * 37 + input * 11) % 61) / 8.0;
    usual + if t % 90 == 80 { 64.0 } else { 0.0 }
}

fn small(inputs: usize) -> rcf_core::AnomalyDetectorBuilder {
    let builder = AnomalyDetector::builder(inputs).number_of_trees(5);
    builder.sample_size(16).warm_up(12).seed(7)
}

/// An empty detector, by name.
fn detector(name: &str) -> AnomalyDetector {
    let builder = match name {
        "detector" => small(1).shingle_size(4),
        "detector-everything" => small(2)
            .shingle_size(2)
            .transform(Transform::NormalizedDifference)
            .weights(vec![1.0, 2.0])
            .imputation(Imputation::Fixed(vec![0.5, 1.5]))
            .time_gap_input(true)
            .learning(Learning::Delay { patience: 30 })
            .ignore_near_expected(NearExpected {
                absolute_above: 0.25,
                relative_below: 0.125,
                ..NearExpected::default()
            })
            .noise_floor(0.01)
            .silence(9),
        "detector-time-jump" => small(2).max_time_jump(1e3),
        "detector-rules" => small(2).max_time_jump(1e3).rules(
            [
                "1 when 0 >= 7",
                "0 within 0.5 below or 7%",
                "when 1 = 3 and 0 < 4",
            ]
            .map(|text| Rule::parse::<&str>(text, &[]).unwrap())
            .to_vec(),
        ),
        "detector-bootstrapped" => small(1),
        "detector-quantile" => small(1).threshold(Threshold::Quantile { decades: 1.5 }),
        _ => small(1).threshold(Threshold::Deviations { factor: 3.0 }),
    };
    let mut detector = builder.build().unwrap();
    if name == "detector-bootstrapped" {
        let points = Array2::from_shape_fn((6, 1), |(t, _)| value(4 * t as u32, 0));
        detector.bootstrap(points.view(), 4).unwrap();
    }
    detector
}

const DETECTORS: [(&str, u32); 5] = [
    ("detector-bootstrapped", 20),
    ("detector", 300),
    ("detector-everything", 400),
    ("detector-deviations", 7),
    ("detector-quantile", 300),
];

/// How many of these releases with formats 1 and 2 could save: those at the front.
const OLDEST: usize = 5;

/// The results of a detector for the next records.
fn detections(detector: &mut AnomalyDetector, from: u32, count: u32) -> String {
    let inputs = detector.config().input_dimensions as u32;
    let lines = (from..from + count).map(|t| {
        let mut values: Vec<f64> = (0..inputs).map(|input| value(t, input)).collect();
        if inputs > 1 && t % 50 == 30 {
            values[1] = f64::NAN;
        }
        let time = f64::from(t) + if t % 70 > 60 { 0.5 } else { 0.0 };
        let detection = detector.process_at_with_missing(time, &values).unwrap();
        let (score, severity) = (detection.score.to_bits(), detection.severity.to_bits());
        let suppressed = detection.suppressed.map_or("-", |reason| reason.as_str());
        format!("{score:016x} {severity:016x} {suppressed}\n")
    });
    lines.collect()
}

fn forecaster() -> Forecaster {
    let builder = Forecaster::builder(2).shingle_size(3).horizon(2).seed(7);
    let builder = builder.number_of_trees(5).sample_size(16);
    let limits = vec![(0.0, 90.0), (f64::NEG_INFINITY, 80.0)];
    builder.limits(limits).build().unwrap()
}

fn forecasts(forecaster: &mut Forecaster, from: u32, count: u32) -> String {
    let lines = (from..from + count).map(|t| {
        let forecast = forecaster.process(&[value(t, 0), value(t, 1)]).unwrap();
        let bits = |value: &f64| format!("{:016x}", value.to_bits());
        forecast.map_or_else(
            || "-\n".to_owned(),
            |forecast| {
                let parts = [&forecast.expected, &forecast.lower, &forecast.upper];
                let all: Vec<String> = parts
                    .iter()
                    .flat_map(|part| part.iter().map(bits))
                    .collect();
                all.join(" ") + "\n"
            },
        )
    });
    lines.collect()
}

const AFTER: u32 = 60;
const OF_FORECASTER: u32 = 200;

fn path(version: u8, file: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(format!("v{version}")).join(file)
}

fn read(version: u8, name: &str) -> (Vec<u8>, String) {
    let bytes = std::fs::read(path(version, &format!("{name}.rcf"))).unwrap();
    let said = std::fs::read_to_string(path(version, &format!("{name}.verdicts"))).unwrap();
    (bytes, said)
}

/// Older formats lack the channels: decisions differ, scores continue bit for bit.
#[test]
fn saved_detectors_of_older_formats_continue_and_are_saved_as_format_3() {
    let scores = |said: &str| -> Vec<String> {
        let lines = said.lines().map(|line| line[..16].to_owned());
        lines.collect()
    };
    for version in [1, 2] {
        for &(name, records) in &DETECTORS[..OLDEST] {
            if version == 1 && name == "detector-bootstrapped" {
                continue;
            }
            let (bytes, said) = read(version, name);
            let mut detector = AnomalyDetector::from_bytes(&bytes).unwrap();
            let mut again = AnomalyDetector::from_bytes(&detector.to_bytes()).unwrap();
            let says = detections(&mut detector, records, AFTER);
            assert!(scores(&says) == scores(&said), "{version} {name}");
            assert!(
                detections(&mut again, records, AFTER) == says,
                "{version} {name}"
            );
            assert!(again.to_bytes() == detector.to_bytes(), "{version} {name}");
        }
    }
}

#[test]
fn saved_detectors_of_format_3_continue_as_they_did() {
    for (name, records) in DETECTORS {
        let (bytes, said) = read(3, name);
        let mut detector = AnomalyDetector::from_bytes(&bytes).unwrap();
        assert!(detector.to_bytes() == bytes, "{name}");
        assert!(detections(&mut detector, records, AFTER) == said, "{name}");
    }
}

/// A limit of the time between records.
const WITH_LIMIT: (&str, u32) = ("detector-time-jump", 300);

#[test]
fn saved_detectors_of_format_4_continue_as_they_did() {
    let (name, records) = WITH_LIMIT;
    let (bytes, said) = read(4, name);
    let mut detector = AnomalyDetector::from_bytes(&bytes).unwrap();
    assert!(detector.to_bytes() == bytes, "{name}");
    assert!(detections(&mut detector, records, AFTER) == said, "{name}");
    assert_eq!(detector.config().max_time_jump, Some(1e3));
}

/// Rules and feedback.
const WITH_RULES: (&str, u32) = ("detector-rules", 400);

#[test]
fn saved_detectors_of_format_5_continue_as_they_did() {
    let (name, records) = WITH_RULES;
    let (bytes, said) = read(5, name);
    let mut detector = AnomalyDetector::from_bytes(&bytes).unwrap();
    assert!(detector.to_bytes() == bytes, "{name}");
    assert!(detections(&mut detector, records, AFTER) == said, "{name}");
    assert!(!detector.normal_marks().is_empty() && detector.config().rules.len() == 3);
}

#[test]
fn a_saved_forecaster_of_format_1_continues_and_is_saved_as_format_2() {
    let (bytes, said) = read(1, "forecaster");
    let mut forecaster = Forecaster::from_bytes(&bytes).unwrap();
    let compared = forecaster.measured_coverage(2);
    assert!(
        compared > 0.5,
        "its intervals have been compared: {compared}"
    );
    let saved = forecaster.to_bytes();
    let mut again = Forecaster::from_bytes(&saved).unwrap();
    assert_eq!(again.to_bytes(), saved);
    // Its forest forecasts as before, and has nearly all of the weight at first.
    let limits = forecaster.config().limits.clone();
    for (t, said) in (OF_FORECASTER..OF_FORECASTER + AFTER).zip(said.lines()) {
        forecasts(&mut forecaster, t, 1);
        forecasts(&mut again, t, 1);
        let forest = forecaster.newest_of(Component::Forest).unwrap();
        let limited = forest.indexed_iter().map(|((_, input), value)| {
            let (least, greatest) = limits[input];
            format!("{:016x}", value.clamp(least, greatest).to_bits())
        });
        let expected: Vec<&str> = said.split(' ').take(4).collect();
        assert_eq!(limited.collect::<Vec<_>>(), expected, "record {t}");
        let weight = forecaster.weight_of(Component::Forest);
        assert!(t > OF_FORECASTER + 5 || weight.iter().all(|&weight| weight > 0.9));
        assert_eq!(again.newest(), forecaster.newest());
    }
    assert_eq!(again.to_bytes(), forecaster.to_bytes());
}

#[test]
fn a_saved_forecaster_of_format_2_continues_as_it_did() {
    let (bytes, said) = read(2, "forecaster");
    let mut forecaster = Forecaster::from_bytes(&bytes).unwrap();
    assert_eq!(forecaster.to_bytes(), bytes);
    assert_eq!(forecasts(&mut forecaster, OF_FORECASTER, AFTER), said);
}

/// Writes missing files, never overwrites one.
#[test]
#[ignore = "writes files"]
fn write_missing() {
    let write = |version: u8, name: &str, bytes: &[u8], said: &str| {
        std::fs::write(path(version, &format!("{name}.rcf")), bytes).unwrap();
        std::fs::write(path(version, &format!("{name}.verdicts")), said).unwrap();
    };
    for (name, records) in DETECTORS {
        if !path(3, &format!("{name}.rcf")).exists() {
            let mut detector = detector(name);
            detections(&mut detector, 0, records);
            let bytes = detector.to_bytes();
            write(3, name, &bytes, &detections(&mut detector, records, AFTER));
        }
    }
    let (name, records) = WITH_LIMIT;
    if !path(4, &format!("{name}.rcf")).exists() {
        let mut detector = detector(name);
        detections(&mut detector, 0, records);
        let bytes = detector.to_bytes();
        write(4, name, &bytes, &detections(&mut detector, records, AFTER));
    }
    let (name, records) = WITH_RULES;
    if !path(5, &format!("{name}.rcf")).exists() {
        let mut detector = detector(name);
        detections(&mut detector, 0, records);
        let mark = |by| NormalMark::new(EvidenceKind::Range, 2.5, vec![(1, by), (0, -by)]);
        detector.add_mark(mark(64.0)).unwrap();
        detector.add_mark(mark(32.0)).unwrap();
        detector.unmark_normal(0).unwrap();
        let bytes = detector.to_bytes();
        write(5, name, &bytes, &detections(&mut detector, records, AFTER));
    }
    if !path(2, "forecaster.rcf").exists() {
        let mut forecaster = forecaster();
        forecasts(&mut forecaster, 0, OF_FORECASTER);
        let bytes = forecaster.to_bytes();
        write(
            2,
            "forecaster",
            &bytes,
            &forecasts(&mut forecaster, OF_FORECASTER, AFTER),
        );
    }
}
