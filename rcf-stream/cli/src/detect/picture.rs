//! The report of a file: its curves with what was expected, and a list of anomalies.

use rcf_core::{DetectorConfig, InputError, RandomCutForest};
use thiserror::Error;

use super::Row;
use crate::report::{Facts, Mark, Panel, Report, ReportError, Series, XAxis, number};

/// A shingle this long tells enough of the past to expect something.
const BAND_SHINGLE: usize = 8;
/// Forecasts from fewer records say nothing.
const BAND_AFTER: usize = 128;
/// Records with a band; each costs a forecast.
const BAND_RECORDS: usize = 20_000;
/// Anomalies in the list.
const LISTED: usize = 200;

/// A file cannot be shown.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The curves cannot be drawn.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A value cannot be learned.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The forest of the band cannot be built.
    #[error(transparent)]
    Config(#[from] rcf_core::ConfigError),
}

/// A page about the rows of one key.
///
/// The band around a curve runs from the 10th to the 90th percentile of what a forest with a
/// shingle of at least 8 expected before it saw the record.
///
/// # Errors
/// [`PictureError::Report`] where there are no rows.
pub fn report(
    title: &str,
    rows: &[Row],
    names: &[String],
    config: &DetectorConfig,
) -> Result<Report, PictureError> {
    let bands = bands(rows, names.len(), config)?;
    let axis = XAxis::new("record", "record number");
    let mut series = Series::new(axis, (1..=rows.len()).map(|n| n as f64).collect())?;
    for ((index, name), (low, high)) in names.iter().enumerate().zip(bands) {
        let values = rows.iter().map(|row| row.event.values[index]).collect();
        series = series.panel(Panel::new(name, values).with_band(low, high))?;
    }
    let curve = |value: fn(&Row) -> f64| rows.iter().map(value).collect::<Vec<f64>>();
    let score = Panel::new("anomaly score", curve(|row| row.detection.score));
    let threshold = curve(|row| row.detection.threshold);
    series = series
        .panel(score.with_band(vec![0.0; rows.len()], threshold))?
        .panel(
            Panel::new("evidence", curve(|row| row.detection.evidence)).with_limit("boundary", 1.0),
        )?
        .panel(Panel::new("grade", curve(|row| row.detection.grade)))?;

    let anomalies: Vec<_> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.detection.is_anomaly())
        .collect();
    for (index, row) in &anomalies {
        let place = mark_of(*index, row);
        let time = row
            .event
            .timestamp
            .as_ref()
            .map_or_else(|| format!("record {place}"), ToString::to_string);
        series = series.mark(Mark::new(time, place, (index + 1) as f64))?;
    }
    let worst = anomalies
        .iter()
        .max_by(|a, b| a.1.detection.grade.total_cmp(&b.1.detection.grade));
    if let Some((index, row)) = worst {
        let (place, last) = (mark_of(*index, row), rows.len() as f64);
        let room = (last / 40.0).max(60.0);
        series = series.focus_on((place - room).max(1.0), (place + room).min(last).max(place))?;
    }
    let mut report = Report::new(title, series);
    report.subtitle = summary(rows, anomalies.len());
    report.facts = vec![
        list(&anomalies, names),
        shares(&anomalies, names),
        parameters(config),
    ];
    report.facts.retain(|facts| !facts.rows.is_empty());
    Ok(report)
}

/// An anomaly that was noticed late began earlier.
fn mark_of(index: usize, row: &Row) -> f64 {
    let ago = row
        .detection
        .candidate
        .as_ref()
        .map_or(0, |it| it.relative_index.unsigned_abs());
    ((index + 1).saturating_sub(ago as usize)).max(1) as f64
}

fn summary(rows: &[Row], anomalies: usize) -> String {
    let learning = rows.iter().filter(|row| row.detection.warm_up > 0).count();
    let anomalies = match anomalies {
        0 => "no anomaly".to_owned(),
        1 => "one anomaly".to_owned(),
        n => format!("{} anomalies", number(n as f64)),
    };
    format!(
        "{anomalies} among {} records; the first {} were learned without a decision. The band \
             around a value is what was expected, 10th to 90th percentile; \
         the area below the score ends at the threshold.",
        number(rows.len() as f64),
        number(learning as f64)
    )
}

fn list(anomalies: &[(usize, &Row)], names: &[String]) -> Facts {
    let line = |(index, row): &(usize, &Row)| {
        let place = match &row.event.timestamp {
            Some(time) => time.to_string(),
            None => format!("record {}", number((index + 1) as f64)),
        };
        let sentence = row.explanation(names).unwrap_or_default();
        (
            place,
            format!(
                "{sentence} Score {}, grade {}.",
                number(row.detection.score),
                number(row.detection.grade)
            ),
        )
    };
    let mut rows: Vec<_> = anomalies.iter().take(LISTED).map(line).collect();
    if anomalies.len() > LISTED {
        rows.push((
            "…".to_owned(),
            format!("and {} more", anomalies.len() - LISTED),
        ));
    }
    Facts {
        heading: "Anomalies".to_owned(),
        rows,
    }
}

/// What each value explains of all anomalies together.
fn shares(anomalies: &[(usize, &Row)], names: &[String]) -> Facts {
    let mut totals = vec![(0.0, 0.0); names.len()];
    for candidate in anomalies
        .iter()
        .filter_map(|(_, row)| row.detection.candidate.as_ref())
    {
        let parts = candidate
            .attribution
            .high
            .iter()
            .zip(&candidate.attribution.low);
        for (total, (high, low)) in totals.iter_mut().zip(parts) {
            *total = (total.0 + high, total.1 + low);
        }
    }
    let sum: f64 = totals.iter().map(|(high, low)| high + low).sum();
    let percent = |part: f64| format!("{:.0} %", 100.0 * part / sum);
    let line = |(name, (high, low)): (&String, &(f64, f64))| {
        (
            name.clone(),
            format!("high {}, low {}", percent(*high), percent(*low)),
        )
    };
    let rows = if sum > 0.0 {
        names.iter().zip(&totals).map(line).collect()
    } else {
        Vec::new()
    };
    Facts {
        heading: "Attribution".to_owned(),
        rows,
    }
}

fn parameters(config: &DetectorConfig) -> Facts {
    let rows = [
        ("shingle size", config.shingle_size.to_string()),
        ("trees", config.number_of_trees.to_string()),
        ("sample size", config.sample_size.to_string()),
        ("time decay", number(config.time_decay)),
        ("transform", format!("{:?}", config.transform)),
        ("warm-up", config.warm_up.to_string()),
        ("seed", config.seed.to_string()),
    ];
    Facts {
        heading: "Parameters".to_owned(),
        rows: rows.map(|(name, value)| (name.to_owned(), value)).into(),
    }
}

type Band = (Vec<f64>, Vec<f64>);

/// For each value what was expected of each record, from and to; NaN where nothing was.
fn bands(
    rows: &[Row],
    dimensions: usize,
    config: &DetectorConfig,
) -> Result<Vec<Band>, PictureError> {
    let nothing = vec![f64::NAN; rows.len()];
    let mut bands = vec![(nothing.clone(), nothing); dimensions];
    let mut forest = RandomCutForest::builder(dimensions)
        .shingle_size(config.shingle_size.max(BAND_SHINGLE))
        .sample_size(config.sample_size)
        .time_decay(config.time_decay)
        .seed(config.seed)
        .build()?;
    // Of a long file, the part around the anomalies matters most; its last records stand for it.
    let from = rows.len().saturating_sub(BAND_RECORDS).max(BAND_AFTER);
    let mut known = vec![0.0; dimensions];
    for (index, row) in rows.iter().enumerate() {
        if index >= from
            && let Ok(expected) = forest.forecast(1)
        {
            for (dimension, (low, high)) in bands.iter_mut().enumerate() {
                low[index] = expected.p10[[0, dimension]];
                high[index] = expected.p90[[0, dimension]];
            }
        }
        // What is missing counts as the value before.
        for (known, &value) in known.iter_mut().zip(&row.event.values) {
            *known = if value.is_nan() { *known } else { value };
        }
        forest.update(&known)?;
    }
    Ok(bands)
}
