//! Real data: the passengers of New York's taxis, half-hourly, from the Numenta Anomaly Benchmark,
//! with five labelled events: the marathon, Thanksgiving, Christmas, New Year and a blizzard.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

/// Rows of one day: the distance between peaks.
const DAY: usize = 48;

/// A row: its time and its score.
type Row = (String, f64);

fn nab() -> Option<PathBuf> {
    let nab = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/nab");
    if nab.exists() {
        return Some(nab);
    }
    eprintln!("skipped: {} is not there", nab.display());
    None
}

/// The rows of the `count` highest scores that are at least a day apart.
fn highest_separate_peaks(rows: &[Row], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&a, &b| rows[b].1.total_cmp(&rows[a].1));
    let mut peaks: Vec<usize> = Vec::new();
    for row in order {
        if peaks.len() < count && peaks.iter().all(|&peak| peak.abs_diff(row) >= DAY) {
            peaks.push(row);
        }
    }
    peaks
}

#[test]
fn peaks_of_the_score_fall_into_the_labelled_windows() {
    let Some(nab) = nab() else { return };
    let file = nab.join("realKnownCause/nyc_taxi.csv");
    let text = support::succeed(
        &nab,
        &[
            "score",
            file.to_str().unwrap(),
            "--column",
            "value",
            "--time",
            "timestamp",
            "--format",
            "csv",
            // Chosen beforehand, without looking at the labels: one day per point.
            "--shingle-size",
            "48",
            "--number-of-trees",
            "50",
            "--sample-size",
            "256",
            "--seed",
            "42",
        ],
    );
    let rows: Vec<Row> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<_> = line.split(',').collect();
            (fields[1].to_owned(), fields[4].parse().unwrap())
        })
        .collect();
    assert_eq!(rows.len(), 10_320);

    let labels = fs::read_to_string(nab.join("labels/combined_windows.json")).unwrap();
    let labels: serde_json::Value = serde_json::from_str(&labels).unwrap();
    let windows: Vec<(String, String)> =
        serde_json::from_value(labels["realKnownCause/nyc_taxi.csv"].clone()).unwrap();
    assert_eq!(windows.len(), 5);

    let peaks = highest_separate_peaks(&rows, 10);
    for &peak in &peaks {
        eprintln!("{} scores {:.3}", rows[peak].0, rows[peak].1);
    }
    // Times of this form sort as text; those of the windows end with decimals.
    let is_found = |(start, end): &&(String, String)| {
        peaks
            .iter()
            .any(|&peak| start[..19] <= *rows[peak].0 && *rows[peak].0 <= end[..19])
    };
    let found = windows.iter().filter(is_found).count();
    eprintln!("{found} of 5 windows hold one of the 10 highest separate peaks");
    assert!(found >= 3, "only {found} of 5 windows");
}
