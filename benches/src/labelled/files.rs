//! Readers of the labelled sets that are files: UCR, SKAB, MSL, NAB.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::Stream;
use crate::accuracy::corpus;

/// Longer series of the UCR archive are left out: they cost most of the time and add little.
const LONGEST_UCR: usize = 20_000;
/// Rows of a SKAB file that are not scored: its experiment starts from a calm state.
const SKAB_START: usize = 400;

/// Series of the UCR archive. The file name ends in `_training_first_last`: number of rows for
/// training, first and last row of the event.
pub(super) fn ucr(folder: &Path) -> anyhow::Result<Vec<Stream>> {
    let mut streams = Vec::new();
    for path in csv_files(folder)? {
        let text = read(&path)?;
        let name = stem(&path);
        let values: Vec<f64> = text
            .lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.trim().parse())
            .collect::<Result<_, _>>()
            .with_context(|| format!("{}: a line is not a number", path.display()))?;
        if values.len() > LONGEST_UCR {
            continue;
        }
        let numbers: Vec<usize> = name
            .rsplitn(4, '_')
            .take(3)
            .map_while(|part| part.parse().ok())
            .collect();
        let [last, first, start] = numbers[..] else {
            anyhow::bail!(
                "{}: the name does not end in _training_first_last",
                path.display()
            );
        };
        ensure!(
            first <= last && last < values.len() && start < values.len(),
            "{}: the name gives rows that the file does not have",
            path.display()
        );
        streams.push(Stream {
            dimensions: 1,
            end: values.len(),
            values,
            windows: vec![(first, last)],
            start,
            name,
            ..Stream::default()
        });
    }
    Ok(streams)
}

/// SKAB: every column is an input, except the time and the labels.
pub(super) fn skab(folder: &Path) -> anyhow::Result<Vec<Stream>> {
    let files = csv_files(folder)?.into_iter();
    files.map(|path| table(&path, SKAB_START)).collect()
}

/// MSL and public streams: the file name ends in the first row to score.
pub(super) fn msl(folder: &Path) -> anyhow::Result<Vec<Stream>> {
    let one = |path: PathBuf| {
        let start = stem(&path)
            .rsplit_once('_')
            .and_then(|(_, number)| number.parse().ok())
            .with_context(|| format!("{}: the name does not end in _row", path.display()))?;
        table(&path, start)
    };
    csv_files(folder)?.into_iter().map(one).collect()
}

/// NAB, scored where NAB scores.
pub(super) fn nab(folder: &Path) -> anyhow::Result<Vec<Stream>> {
    let series = corpus::read(folder)?.into_iter();
    let streams = series.map(|series| Stream {
        name: series.name,
        dimensions: 1,
        end: series.values.len(),
        values: series.values,
        windows: series.windows,
        start: series.probation,
        ..Stream::default()
    });
    Ok(streams.collect())
}

/// A table with a column `anomaly`; `datetime` and `changepoint` are not inputs.
fn table(path: &Path, start: usize) -> anyhow::Result<Stream> {
    let text = read(path)?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let label = header
        .iter()
        .position(|&name| name == "anomaly")
        .with_context(|| format!("{}: no column `anomaly`", path.display()))?;
    let inputs: Vec<usize> = (0..header.len())
        .filter(|&column| !["datetime", "changepoint", "anomaly"].contains(&header[column]))
        .collect();
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for (row, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |column: usize| {
            let field = fields.get(column).copied().unwrap_or_default();
            field.trim().parse::<f64>().with_context(|| {
                format!(
                    "{}: line {}, column {}: {field:?} is not a number",
                    path.display(),
                    row + 2,
                    header[column]
                )
            })
        };
        for &column in &inputs {
            values.push(number(column)?);
        }
        labels.push(number(label)? > 0.0);
    }
    Ok(Stream {
        name: stem(path),
        dimensions: inputs.len(),
        values,
        end: labels.len(),
        windows: windows(&labels),
        start,
        ..Stream::default()
    })
}

/// First and last row of each run of labels.
fn windows(labels: &[bool]) -> Vec<(usize, usize)> {
    let mut windows: Vec<(usize, usize)> = Vec::new();
    for (row, _) in labels.iter().enumerate().filter(|(_, label)| **label) {
        match windows.last_mut() {
            Some((_, last)) if *last + 1 == row => *last = row,
            _ => windows.push((row, row)),
        }
    }
    windows
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{}", path.display()))
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The CSV files of a folder by name; at least one.
fn csv_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!(
            "{}: choose among the sets that are there with --sets, or another folder with --data",
            folder.display()
        )
    })?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            files.push(path);
        }
    }
    ensure!(!files.is_empty(), "{}: no CSV file", folder.display());
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::windows;

    #[test]
    fn windows_are_runs_of_labels() {
        let labels = [true, true, false, false, true, false, true];
        assert_eq!(windows(&labels), [(0, 1), (4, 4), (6, 6)]);
        assert_eq!(windows(&[false; 3]), []);
    }
}
