//! NAB's files: series with timestamps, and the windows in which an anomaly was labelled.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use anyhow::{Context, ensure};

/// The first rows of a series are not scored: this share, …
const PROBATION: f64 = 0.15;
/// … but at most this many rows.
const LONGEST_PROBATION: usize = 750;

/// One series.
#[derive(Debug, Clone)]
pub struct Series {
    /// Folder and file name.
    pub name: String,
    /// As in the input file; written to the result file.
    pub timestamps: Vec<String>,
    /// One value for each row.
    pub values: Vec<f64>,
    /// First and last row of each labelled window.
    pub windows: Vec<(usize, usize)>,
    /// Rows at the start that are not scored.
    pub probation: usize,
}

/// Reads the series that the labels name, in the order of their names. `folder` is NAB's own, or
/// one with `labels/` next to the folders of the series.
///
/// # Errors
/// A file is missing or not in NAB's format.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Series>> {
    let labels = folder.join("labels/combined_windows.json");
    let text = std::fs::read_to_string(&labels).with_context(|| format!("{}", labels.display()))?;
    let labels: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text)?;
    let nested = folder.join("data");
    let folder = if nested.is_dir() { &nested } else { folder };
    let series = labels.into_iter().map(|(name, windows)| {
        let path = folder.join(&name);
        let text = std::fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?;
        parse(name, &text, &windows)
    });
    series.collect()
}

fn parse(name: String, text: &str, windows: &[(String, String)]) -> anyhow::Result<Series> {
    let (mut timestamps, mut values) = (Vec::new(), Vec::new());
    for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
        let (timestamp, value) = line
            .split_once(',')
            .with_context(|| format!("{name}: no comma in {line:?}"))?;
        timestamps.push(timestamp.to_owned());
        values.push(
            value
                .parse()
                .with_context(|| format!("{name}: no number in {line:?}"))?,
        );
    }
    // NAB looks up the first row with a timestamp.
    let mut first = HashMap::new();
    for (row, timestamp) in timestamps.iter().enumerate() {
        first.entry(seconds(timestamp)).or_insert(row);
    }
    let row = |timestamp: &String| {
        first
            .get(seconds(timestamp))
            .copied()
            .with_context(|| format!("{name}: no row at {timestamp}"))
    };
    let windows = windows
        .iter()
        .map(|(left, right)| Ok((row(left)?, row(right)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    ensure!(
        windows.iter().all(|(left, right)| left <= right)
            && windows.windows(2).all(|pair| pair[0].1 < pair[1].0),
        "{name}: windows overlap"
    );
    let probation = ((PROBATION * values.len() as f64) as usize).min(LONGEST_PROBATION);
    Ok(Series {
        name,
        timestamps,
        values,
        windows,
        probation,
    })
}

/// A timestamp without its fraction, which is always zero and only in the labels.
fn seconds(timestamp: &str) -> &str {
    timestamp.trim_end_matches(".000000")
}
