//! The scores of NAB: computed by hand on a small series, and those of an independent
//! implementation on NAB's own data where that is available.

use std::path::PathBuf;

use rcf_benches::accuracy::corpus::{self, Series};
use rcf_benches::accuracy::detectors::DetectorId;
use rcf_benches::accuracy::nab::{PROFILES, score};
use rcf_benches::accuracy::run;

/// 100 rows, the first 15 of which are not scored, and one window of ten.
fn small() -> Series {
    Series {
        name: "folder/small.csv".into(),
        timestamps: (0..100).map(|t| t.to_string()).collect(),
        values: vec![0.0; 100],
        windows: vec![(50, 59)],
        probation: 15,
    }
}

fn with(rows: &[(usize, f64)]) -> Vec<f64> {
    let mut outputs = vec![0.0; 100];
    rows.iter().for_each(|&(row, output)| outputs[row] = output);
    outputs
}

fn sigmoid(x: f64) -> f64 {
    2.0 / (1.0 + (5.0 * x).exp()) - 1.0
}

fn standard(outputs: &[f64]) -> f64 {
    score(PROFILES[0], &[&small()], &[outputs], None).score
}

#[test]
fn silence_scores_0_and_a_detection_at_the_left_edge_100() {
    assert_eq!(standard(&with(&[])), 0.0);
    assert!((standard(&with(&[(50, 1.0)])) - 100.0).abs() < 1e-9);
    // Nothing is scored during probation.
    assert!((standard(&with(&[(50, 1.0), (14, 2.0)])) - 100.0).abs() < 1e-9);
}

#[test]
fn a_late_detection_is_worth_less_and_only_the_best_counts() {
    let worth = sigmoid(-0.1) / sigmoid(-1.0);
    let late = standard(&with(&[(59, 1.0)]));
    assert!((late - 100.0 * (worth + 1.0) / 2.0).abs() < 1e-9);
    let both = standard(&with(&[(50, 1.0), (59, 1.0)]));
    assert!((both - 100.0).abs() < 1e-9);
}

#[test]
fn a_false_alarm_costs_less_soon_after_the_window() {
    let cost = |row| 100.0 - standard(&with(&[(50, 1.0), (row, 1.0)]));
    // Before any window, and far after one: the whole weight of 0.11 out of 2.
    assert!((cost(20) - 5.5).abs() < 1e-9);
    assert!((cost(99) - 5.5).abs() < 1e-9);
    // Three rows after a window of ten: a third of its width.
    assert!((cost(62) + 5.5 * sigmoid(3.0 / 9.0)).abs() < 1e-9);
}

#[test]
fn the_best_threshold_is_taken_unless_one_is_given() {
    let outputs = with(&[(50, 1.0), (20, 0.5), (21, 0.4)]);
    let series = small();
    let best = score(PROFILES[1], &[&series], &[&outputs], None);
    assert_eq!((best.threshold, best.false_alarms), (1.0, 0));
    let given = score(PROFILES[1], &[&series], &[&outputs], Some(0.45));
    assert_eq!((given.windows_hit, given.false_alarms), (1, 1));
    assert!((best.score - given.score - 11.0).abs() < 1e-9);
}

type Figures = [(f64, usize, usize); 3];
const RANGE: Figures = [
    (56.995597, 75, 67),
    (53.893141, 73, 47),
    (59.548789, 75, 67),
];
const RANGE_AT_5_PERCENT: Figures = [
    (50.829500, 65, 19),
    (49.945863, 65, 19),
    (52.564494, 65, 19),
];
const DIFFERENCE: Figures = [(1.079028, 2, 13), (0.802760, 1, 0), (1.294065, 2, 13)];

/// Figures of a scorer that shares no code with ours, which reproduces the ones that NAB publishes
/// for its own detectors. The controls are deterministic.
#[test]
fn the_figures_are_those_of_an_independent_scorer() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/nab");
    let folder = std::env::var_os("NAB_DATA").map_or_else(|| beside.into(), PathBuf::from);
    if !folder.join("labels").is_dir() {
        eprintln!("skipped: NAB's data is not available; NAB_DATA may name its folder");
        return;
    }
    let series = corpus::read(&folder).expect("NAB's folder");
    let references: Vec<&Series> = series.iter().collect();
    for (detector, threshold, expected) in [
        (DetectorId::Range, None, RANGE),
        (DetectorId::Range, Some(0.05), RANGE_AT_5_PERCENT),
        (DetectorId::Difference, None, DIFFERENCE),
    ] {
        let outputs = run::all(&series, |values| detector.run(values, 0)).expect("valid values");
        let outputs: Vec<&[f64]> = outputs.iter().map(Vec::as_slice).collect();
        for (profile, (figure, hit, false_alarms)) in PROFILES.into_iter().zip(expected) {
            let ours = score(profile, &references, &outputs, threshold);
            assert!((ours.score - figure).abs() < 1e-5, "{detector:?}: {ours:?}");
            assert_eq!((ours.windows_hit, ours.false_alarms), (hit, false_alarms));
        }
    }
}
