//! Parameters from past data, with the reasons.

use ndarray::ArrayView2;

use super::config::AnomalyDetectorBuilder;
use super::{AnomalyDetector, Transform};
use crate::error::InputError;
use crate::real::Real;

/// No more records than these, the newest ones, are looked at.
const LOOKED_AT: usize = 20_000;
/// Rhythms longer than this are not looked for.
const LONGEST: usize = 2_000;
/// Records that say anything about a stream.
const LEAST: usize = 32;
/// An autocorrelation above this is a rhythm.
const RHYTHM: f64 = 0.3;
/// The largest shingle size that is suggested.
const LARGEST_SHINGLE: usize = 32;

/// Parameters that fit a stream.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Suggestion {
    /// Number of values in one record.
    pub input_dimensions: usize,
    /// The rhythm that was found, in records.
    pub period: Option<usize>,
    /// Number of records that are judged together.
    pub shingle_size: usize,
    /// Number of points that each tree keeps.
    pub sample_size: usize,
    /// λ, the decay of a point's weight per record.
    pub time_decay: f64,
    /// What happens to the values before the forest.
    pub transform: Transform,
    /// Why, in plain sentences, one for each parameter.
    pub reasons: Vec<String>,
}

impl Suggestion {
    /// A builder with these parameters.
    pub fn builder(&self) -> AnomalyDetectorBuilder {
        AnomalyDetector::builder(self.input_dimensions)
            .shingle_size(self.shingle_size)
            .sample_size(self.sample_size)
            .time_decay(self.time_decay)
            .transform(self.transform)
    }
}

/// Suggests parameters for a stream like `history` (records × inputs, NaN for missing values).
///
/// The rhythm is the first high peak of the autocorrelation, averaged over the inputs; the
/// transform follows from how the level moves.
///
/// # Errors
/// There are no inputs, or fewer than 32 records.
pub fn suggest<A: Real>(history: ArrayView2<'_, A>) -> Result<Suggestion, InputError> {
    let (records, input_dimensions) = history.dim();
    if input_dimensions == 0 || records < LEAST {
        let (least, got) = (LEAST, records);
        return Err(InputError::TooShort { least, got });
    }
    let first = records.saturating_sub(LOOKED_AT);
    let mut inputs = vec![Vec::with_capacity(records - first); input_dimensions];
    let mut buffer = Vec::new();
    for row in history.rows().into_iter().skip(first) {
        for (input, &value) in inputs.iter_mut().zip(A::row(&row, &mut buffer)) {
            let value: f64 = value;
            let known = if value.is_finite() {
                Some(value)
            } else {
                input.last().copied()
            };
            input.push(known.unwrap_or(0.0));
        }
    }
    let autocorrelation = mean_autocorrelation(&inputs);
    let period = period(&autocorrelation);
    let mut reasons = Vec::new();
    let shingle_size = shingle_size(&autocorrelation, period, &mut reasons);
    let sample_size = sample_size(period, &mut reasons);
    let (transform, moves) = transform(&inputs, period, &mut reasons);
    let memory = if moves { 5.0 } else { 10.0 } * sample_size as f64;
    reasons.push(format!(
        "time decay 1/{memory}: {}",
        if moves {
            "the level moves, so the model forgets after about five samples"
        } else {
            "the level is steady, so the model remembers about ten samples"
        }
    ));
    Ok(Suggestion {
        input_dimensions,
        period,
        shingle_size,
        sample_size,
        time_decay: 1.0 / memory,
        transform,
        reasons,
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / values.len() as f64
}

/// The autocorrelation at lags 0, 1, …, averaged over the inputs that vary, without their trend.
fn mean_autocorrelation(inputs: &[Vec<f64>]) -> Vec<f64> {
    let count = inputs[0].len();
    let lags = (count / 3).min(LONGEST);
    let mut total = vec![0.0; lags + 1];
    let mut varying = 0.0;
    for input in inputs {
        let residuals = without_trend(input);
        let power: f64 = residuals.iter().map(|value| value * value).sum();
        if power <= f64::EPSILON * variance(input) * count as f64 || power == 0.0 {
            continue;
        }
        varying += 1.0;
        for (lag, total) in total.iter_mut().enumerate() {
            let pairs = residuals.iter().zip(&residuals[lag..]);
            let product: f64 = pairs.map(|(a, b)| a * b).sum();
            // Unbiased: fewer pairs at longer lags.
            *total += product / power * count as f64 / (count - lag) as f64;
        }
    }
    total
        .iter()
        .map(|sum| sum / f64::max(varying, 1.0))
        .collect()
}

/// Distances to the straight line of least squares.
fn without_trend(values: &[f64]) -> Vec<f64> {
    let middle = (values.len() - 1) as f64 / 2.0;
    let mean = mean(values);
    let times = (0..values.len()).map(|t| t as f64 - middle);
    let (mut products, mut squares) = (0.0, 0.0);
    for (time, value) in times.clone().zip(values) {
        products += time * (value - mean);
        squares += time * time;
    }
    let slope = products / squares;
    times
        .zip(values)
        .map(|(time, value)| value - mean - slope * time)
        .collect()
}

/// The lag of the first peak that is nearly as high as the highest one, after the first valley.
fn period(autocorrelation: &[f64]) -> Option<usize> {
    let valley = autocorrelation.iter().position(|&r| r < RHYTHM / 2.0)?;
    let lags = valley.max(2)..autocorrelation.len().saturating_sub(1);
    let highest = lags
        .clone()
        .map(|lag| autocorrelation[lag])
        .fold(0.0, f64::max);
    let is_peak = |lag: &usize| {
        let r = autocorrelation[*lag];
        r >= RHYTHM.max(0.9 * highest)
            && r >= autocorrelation[lag - 1]
            && r >= autocorrelation[lag + 1]
    };
    lags.into_iter().find(is_peak)
}

fn shingle_size(
    autocorrelation: &[f64],
    period: Option<usize>,
    reasons: &mut Vec<String>,
) -> usize {
    let next = autocorrelation.get(1).copied().unwrap_or(0.0);
    let (size, reason) = match period {
        Some(period) => (
            period.div_ceil(4).clamp(2, LARGEST_SHINGLE),
            format!("the stream repeats every {period} records; a quarter of that tells its phase"),
        ),
        None if next < 0.2 => (
            1,
            format!("records do not depend on those before (autocorrelation {next:.2})"),
        ),
        None => {
            let memory = autocorrelation.iter().position(|&r| r < 0.5).unwrap_or(8);
            (
                memory.clamp(4, 8),
                format!(
                    "no rhythm, but a memory: the autocorrelation is above 0.5 for {memory} records"
                ),
            )
        }
    };
    reasons.push(format!("shingle size {size}: {reason}"));
    size
}

fn sample_size(period: Option<usize>, reasons: &mut Vec<String>) -> usize {
    let wanted = period.map_or(256, |period| (period * 3 / 10).next_power_of_two());
    let size = wanted.clamp(256, 1024);
    reasons.push(if size > 256 {
        format!("sample size {size}: so that the model remembers some periods")
    } else {
        "sample size 256: enough for most streams".to_owned()
    });
    size
}

/// The transform, and whether the level moves.
fn transform(
    inputs: &[Vec<f64>],
    period: Option<usize>,
    reasons: &mut Vec<String>,
) -> (Transform, bool) {
    let moves = inputs.iter().any(|input| {
        let (a, b) = input.split_at(input.len() / 2);
        let within = f64::midpoint(variance(a), variance(b)).sqrt();
        (mean(a) - mean(b)).abs() > 1.5 * within
    });
    let counts_up = inputs.iter().any(|input| {
        let steps = input.windows(2).map(|pair| pair[1] - pair[0]);
        let (up, down) = steps.fold((0usize, 0usize), |(up, down), step| {
            (up + usize::from(step > 0.0), down + usize::from(step < 0.0))
        });
        up + down > input.len() / 4 && (up == 0 || down == 0)
    });
    let several = inputs.len() > 1;
    let (transform, reason) = match (several, counts_up, moves) {
        (true, true, _) => (
            Transform::NormalizedDifference,
            "an input only ever grows or falls, and several inputs need one measure",
        ),
        (false, true, _) => (
            Transform::Difference,
            "values only ever grow or fall: what matters is the step",
        ),
        (true, false, _) => (
            Transform::Normalize,
            "several inputs need one measure, whatever their units",
        ),
        (false, false, true) if period.is_none() => (
            Transform::SubtractMovingAverage,
            "the level wanders by more than the values vary around it",
        ),
        _ => (Transform::None, "the level is a part of what is usual"),
    };
    reasons.push(format!("transform {transform:?}: {reason}"));
    (transform, moves || counts_up)
}
