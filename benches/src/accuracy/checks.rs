//! Measurements in addition to NAB: taxi rides, tables, the paper's example, long anomalies,
//! false alarms.

use std::path::Path;

use anyhow::{Context, ensure};
use rcf_core::{AnomalyDetector, Learning, RandomCutForest};

use super::corpus::Series;
use super::ranking::auc;
use super::synthetic::{Labelled, long_anomalies, several_without_anomalies, without_anomalies};
use crate::engines::EngineId;
use crate::stream::Row;
use crate::workload::Workload;

/// Records of a day of nyc_taxi.
const DAY: usize = 48;

/// Windows of nyc_taxi, of five, that the ten highest raw scores of a forest hit, of which no two
/// lie within a day of each other.
///
/// # Errors
/// The engine rejects the parameters.
pub fn taxi_windows(
    series: &Series,
    engine: EngineId,
    shingle_size: usize,
    seed: u64,
) -> anyhow::Result<usize> {
    let workload = Workload {
        shingle_size,
        seed,
        ..Workload::find("W4").context("the workload of one input")?
    };
    let mut forest = engine.build(&workload)?;
    let scores: Vec<f64> = series
        .values
        .iter()
        .map(|&value| {
            forest.process(Row {
                double: &[value],
                single: &[value as f32],
            })
        })
        .collect();
    Ok(windows_of_peaks(series, &scores))
}

/// The same of the detector: of its severities, with shingles of a day.
///
/// # Errors
/// The detector rejects a value.
pub fn taxi_windows_of_alerts(series: &Series, seed: u64) -> anyhow::Result<usize> {
    let builder = AnomalyDetector::builder(1).shingle_size(DAY);
    let mut detector = builder.seed(seed).build()?;
    let detections = series
        .values
        .iter()
        .map(|&value| detector.process(&[value]));
    let severities = detections.map(|detection| Ok(detection?.severity));
    let severities = severities.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(windows_of_peaks(series, &severities))
}

fn windows_of_peaks(series: &Series, scores: &[f64]) -> usize {
    let mut order: Vec<usize> = (series.probation..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut peaks: Vec<usize> = Vec::new();
    for row in order {
        if peaks.len() < 10 && peaks.iter().all(|peak| peak.abs_diff(row) >= DAY) {
            peaks.push(row);
        }
    }
    let hit = series.windows.iter().filter(|window| {
        peaks
            .iter()
            .any(|peak| (window.0..=window.1).contains(peak))
    });
    hit.count()
}

/// Rows of numbers, the label last in each.
///
/// # Errors
/// The file is missing, empty, or not such a table.
pub fn read_table(path: &Path) -> anyhow::Result<(usize, Vec<f64>, Vec<bool>)> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let (mut values, mut labels, mut dimensions) = (Vec::new(), Vec::new(), 0);
    for line in text.lines().filter(|line| !line.is_empty()) {
        let row: Result<Vec<f64>, _> = line.split(',').map(|field| field.trim().parse()).collect();
        let Ok(mut row) = row else {
            ensure!(labels.is_empty(), "{}: {line:?}", path.display());
            continue; // the names of the columns
        };
        labels.push(row.pop().is_some_and(|label| label != 0.0));
        dimensions = row.len();
        values.extend(row);
    }
    ensure!(
        dimensions > 0 && values.len() == dimensions * labels.len(),
        "{}: rows of different lengths, or none",
        path.display()
    );
    Ok((dimensions, values, labels))
}

/// Rows of a table that are for training only.
const FIRST: usize = 256;

/// The area under the curve of the raw score on a table, each column normalised by the rows before.
///
/// # Errors
/// The forest rejects a value.
pub fn table_auc(
    (dimensions, values, labels): &(usize, Vec<f64>, Vec<bool>),
    seed: u64,
) -> anyhow::Result<f64> {
    let mut forest = RandomCutForest::builder(*dimensions).seed(seed).build()?;
    let mut moments = vec![(0.0f64, 0.0f64, 0.0f64); *dimensions];
    let mut scores = Vec::with_capacity(labels.len());
    for row in values.chunks_exact(*dimensions) {
        let normalised: Vec<f64> = row
            .iter()
            .zip(&mut moments)
            .map(|(&x, (n, mean, squares))| {
                *n += 1.0;
                let before = x - *mean;
                *mean += before / *n;
                *squares += before * (x - *mean);
                let deviation = (*squares / *n).sqrt();
                if deviation > 0.0 {
                    (x - *mean) / deviation
                } else {
                    0.0
                }
            })
            .collect();
        scores.push(forest.process(&normalised)?);
    }
    Ok(auc(&scores[FIRST..], &labels[FIRST..]))
}

/// The results on the paper's example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaperExample {
    /// Area under the curve.
    pub auc: f64,
    /// The lowest score of an anomaly.
    pub lowest_anomaly: f64,
    /// The median score of the other rows.
    pub median_usual: f64,
}

/// The eleven rows at the origin, between two clusters.
const AT_THE_ORIGIN: [usize; 11] = [293, 403, 606, 942, 1054, 1091, 1162, 1559, 1693, 1959, 2005];

/// Raw scores on the three-dimensional example of the paper.
///
/// # Errors
/// The file is missing or has other contents.
pub fn paper_example(path: &Path, seed: u64) -> anyhow::Result<PaperExample> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let mut forest = RandomCutForest::builder(3).seed(seed).build()?;
    let mut scores = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let row: Result<Vec<f64>, _> = line.split(',').map(|field| field.trim().parse()).collect();
        let Ok(row) = row else {
            continue; // the names of the columns
        };
        scores.push(forest.process(&row)?);
    }
    ensure!(scores.len() == 2010, "{}: not the example", path.display());
    let labels: Vec<bool> = (0..scores.len())
        .map(|row| AT_THE_ORIGIN.contains(&row))
        .collect();
    let anomalies = AT_THE_ORIGIN.iter().map(|&row| scores[row]);
    let mut usual: Vec<f64> = (FIRST..scores.len())
        .filter(|&row| !labels[row])
        .map(|row| scores[row])
        .collect();
    usual.sort_by(f64::total_cmp);
    Ok(PaperExample {
        auc: auc(&scores[FIRST..], &labels[FIRST..]),
        lowest_anomaly: anomalies.fold(f64::INFINITY, f64::min),
        median_usual: usual[usual.len() / 2],
    })
}

/// Records before an anomaly can be recognised.
const LEARNED: usize = 400;

/// The detector's score under a learning policy (`None`: the default) on each kind of long anomaly.
///
/// # Errors
/// The detector rejects a value.
pub fn long_anomaly_auc(
    learning: Option<Learning>,
    shingle_size: usize,
    seed: u64,
) -> anyhow::Result<Vec<(&'static str, f64)>> {
    let one = |stream: &Labelled| {
        let mut builder = AnomalyDetector::builder(stream.dimensions)
            .shingle_size(shingle_size)
            .seed(seed);
        if let Some(learning) = learning {
            builder = builder.learning(learning);
        }
        let mut detector = builder.build()?;
        let detections = stream.rows().map(|row| detector.process(row));
        let scores = detections.map(|detection| Ok(detection?.score));
        let scores = scores.collect::<anyhow::Result<Vec<_>>>()?;
        Ok((
            stream.name,
            auc(&scores[LEARNED..], &stream.labels[LEARNED..]),
        ))
    };
    long_anomalies(seed).iter().map(one).collect()
}

/// Alerts of the detector per 10,000 records of streams without anomalies, after the first 500: of
/// one input, then of several.
///
/// # Errors
/// The detector rejects a value.
pub fn false_alarms(seed: u64) -> anyhow::Result<Vec<(&'static str, f64)>> {
    const ROWS: usize = 10_500;
    let one = |stream: &Labelled| {
        let builder = AnomalyDetector::builder(stream.dimensions);
        let mut detector = builder.seed(seed).build()?;
        let mut alarms = 0;
        for (t, row) in stream.rows().enumerate() {
            let alarm = detector.process(row)?.is_anomaly();
            alarms += usize::from(alarm && t >= 500);
        }
        Ok((stream.name, alarms as f64))
    };
    let mut streams = without_anomalies(ROWS, seed);
    streams.extend(several_without_anomalies(ROWS, seed));
    streams.iter().map(one).collect()
}
