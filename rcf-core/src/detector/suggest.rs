//! Parameters from past data, with the reasons.

mod likelihood;

use std::cell::Cell;

use ndarray::{ArrayView1, ArrayView2};

use super::config::AnomalyDetectorBuilder;
use super::{AnomalyDetector, Transform};
use crate::error::{ArrayError, InputError};
use crate::parameters::MAX_MAGNITUDE;
use crate::real::Real;

/// No more observations than these, the newest ones, are looked at, …
const LOOKED_AT: usize = 20_000;
/// … nor more values.
const VALUES: usize = 100_000;
/// Rhythms longer than this are not looked for.
const LONGEST: usize = 2_000;
/// Observations that say anything about a stream.
const LEAST: usize = 32;
/// An autocorrelation above this is a rhythm.
const RHYTHM: f64 = 0.3;
/// The largest shingle size that is suggested.
const LARGEST_SHINGLE: usize = 32;
/// The default shingle size, which another one must beat.
const USUAL: usize = 8;
/// Nats by which one size must predict a value better than another to be worth more.
const NEARLY: f64 = 0.05;
/// Nats by which the past must predict better than the mean to be used.
const ALIKE: f64 = 0.005;
/// Observations after which the past is known not to predict.
const MUCH: usize = 1_000;
/// A counter may have one step in this many against its direction: resets.
const RESETS: usize = 200;

/// Parameters that fit a stream.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Suggestion {
    /// Number of values in one observation.
    pub input_dimensions: usize,
    /// The rhythm that was found, in observations.
    pub period: Option<usize>,
    /// Number of observations that are judged together.
    pub shingle_size: usize,
    /// Number of points that each tree keeps.
    pub sample_size: usize,
    /// λ, the decay of a point's weight per observation.
    pub time_decay: f64,
    /// What happens to the values before the forest.
    pub transform: Transform,
    /// How sure the shingle size is, from 0 to 1: the share of twelve parts of the held-back half
    /// of the history in which it predicts as well as the default does, or the default as well as
    /// the best of the others.
    pub certainty: f64,
    /// Why, in plain sentences, one for each parameter, and one if not all observations were looked
    /// at.
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

/// Suggests parameters for a stream like `history` (observations × inputs, NaN for missing values).
///
/// The shingle size is the default, unless another one predicts held-back observations better:
/// sizes are compared by the likelihood of the second half of the history, each observation
/// predicted from those before it. The rhythm is the first high peak of the autocorrelation,
/// averaged over the inputs. The transform follows from whether an input counts up or down, even
/// with a reset now and then. The newest 20,000 observations are looked at, fewer of more than five
/// inputs: that takes less than two seconds.
///
/// # Errors
/// There are no inputs, fewer than 32 observations with a value, or one that is infinite or beyond
/// ±1e30.
pub fn suggest<A: Real>(history: ArrayView2<'_, A>) -> Result<Suggestion, InputError> {
    let suggestion = suggest_while(history, || true)?;
    Ok(suggestion.expect("it may always continue"))
}

/// Whether [`suggest`] takes these values: finite ones within ±1e30, or NaN.
///
/// # Errors
/// The first row with another one.
pub fn check_history<A: Real>(history: ArrayView2<'_, A>) -> Result<(), ArrayError> {
    let limit = MAX_MAGNITUDE;
    let mut buffer = Vec::new();
    for (row, values) in history.rows().into_iter().enumerate() {
        for (index, &value) in A::row(&values, &mut buffer).iter().enumerate() {
            let source = match value.abs() {
                f64::INFINITY => InputError::NotFinite { index, value },
                size if size > limit => InputError::OutOfRange {
                    index,
                    value,
                    limit,
                },
                _ => continue,
            };
            return Err(ArrayError { row, source });
        }
    }
    Ok(())
}

/// As [`suggest`], but `None` soon after `may_continue`, which is asked between parts of the work,
/// first returned `false`.
///
/// # Errors
/// As for [`suggest`].
pub fn suggest_while<A: Real>(
    history: ArrayView2<'_, A>,
    may_continue: impl Fn() -> bool,
) -> Result<Option<Suggestion>, InputError> {
    // What is computed after the first `false` is incomplete, and is discarded at the end.
    let is_stopped = Cell::new(false);
    let may_continue = || {
        is_stopped.set(is_stopped.get() || !may_continue());
        !is_stopped.get()
    };
    let (records, input_dimensions) = history.dim();
    if input_dimensions == 0 || records < LEAST {
        let (least, got) = (LEAST, records);
        return Err(InputError::TooShort { least, got });
    }
    check_history(history).map_err(|error| error.source)?;
    let is_known = |row: &ArrayView1<'_, A>| {
        let mut buffer = Vec::new();
        A::row(row, &mut buffer).iter().any(|value| !value.is_nan())
    };
    let known = history.rows().into_iter().filter(is_known).count();
    if known < LEAST {
        let (least, got) = (LEAST, known);
        return Err(InputError::TooShort { least, got });
    }
    let looked_at = LOOKED_AT.min(VALUES / input_dimensions).max(LEAST);
    let first = records.saturating_sub(looked_at);
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
    let autocorrelation = mean_autocorrelation(&inputs, &may_continue);
    let period = period(&autocorrelation);
    let mut reasons = Vec::new();
    let (shingle_size, certainty) = shingle_size(&inputs, period, &mut reasons, &may_continue);
    if is_stopped.get() {
        return Ok(None);
    }
    let sample_size = sample_size(period, &mut reasons);
    let (transform, moves) = transform(&inputs, &mut reasons);
    let memory = if moves { 5.0 } else { 10.0 } * sample_size as f64;
    reasons.push(format!(
        "time decay 1/{memory}: {}",
        if moves {
            "the level moves, so the model forgets after about five samples"
        } else {
            "the level is steady, so the model remembers about ten samples"
        }
    ));
    if first > 0 {
        reasons.push(format!(
            "looked at the newest {looked_at} of {records} records"
        ));
    }
    Ok(Some(Suggestion {
        input_dimensions,
        period,
        shingle_size,
        sample_size,
        time_decay: 1.0 / memory,
        transform,
        certainty,
        reasons,
    }))
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
fn mean_autocorrelation(inputs: &[Vec<f64>], may_continue: &dyn Fn() -> bool) -> Vec<f64> {
    let count = inputs[0].len();
    let lags = (count / 3).min(LONGEST);
    let mut total = vec![0.0; lags + 1];
    let mut varying = 0.0;
    for input in inputs.iter().take_while(|_| may_continue()) {
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

/// The shingle size, and how sure it is.
fn shingle_size(
    inputs: &[Vec<f64>],
    period: Option<usize>,
    reasons: &mut Vec<String>,
    may_continue: &dyn Fn() -> bool,
) -> (usize, f64) {
    let quarter = period.map(|period| period.div_ceil(4).clamp(2, LARGEST_SHINGLE));
    let mut sizes: Vec<usize> = likelihood::CANDIDATES.into_iter().chain(quarter).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let worth: Option<Vec<_>> = sizes
        .iter()
        .map(|&size| likelihood::of(inputs, size, may_continue))
        .collect();
    let Some(worth) = worth else {
        reasons.push(format!(
            "shingle size {USUAL}: the default, since no input varies or the history is short"
        ));
        return (USUAL, 0.0);
    };
    let means: Vec<f64> = worth.iter().map(likelihood::mean).collect();
    let best = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let at = |size: usize| sizes.iter().position(|&other| other == size).unwrap_or(0);
    let records = inputs[0].len();
    let (size, reason) = if best - means[0] < ALIKE && records >= MUCH {
        let reason = format!("in {records} records, earlier values do not predict the next one");
        (1, reason)
    } else if best - means[at(USUAL)] < NEARLY {
        let reason = "the default predicts held-back records as well as any other".to_owned();
        (USUAL, reason)
    } else {
        let mut others = sizes.iter().zip(&means).skip(1);
        let is_nearly_best = |(_, mean): &(&usize, &f64)| best - **mean < NEARLY;
        let size = others.find(is_nearly_best).map_or(USUAL, |(&size, _)| size);
        let gain = means[at(size)] - means[at(USUAL)];
        let reason =
            format!("predicts held-back records better than {USUAL} does, by {gain:.2} nats each");
        (size, reason)
    };
    // Against the default, or where that is chosen, against the best of the others.
    let other = if size == USUAL {
        let others = (0..sizes.len()).filter(|&i| sizes[i] != USUAL);
        others.max_by(|&a, &b| means[a].total_cmp(&means[b]))
    } else {
        Some(at(USUAL))
    };
    let (chosen, other) = (&worth[at(size)], &worth[other.unwrap_or(0)]);
    let is_good = |block: &usize| other[*block] - chosen[*block] < NEARLY;
    let good = (0..likelihood::BLOCKS).filter(is_good).count();
    reasons.push(format!(
        "shingle size {size}: {reason}, as in {good} of {} parts of them",
        likelihood::BLOCKS
    ));
    (size, good as f64 / likelihood::BLOCKS as f64)
}

fn sample_size(period: Option<usize>, reasons: &mut Vec<String>) -> usize {
    let wanted = period.map_or(256, |period| (period * 3 / 10).next_power_of_two());
    let size = wanted.clamp(256, 1024);
    reasons.push(match period {
        Some(period) => format!(
            "sample size {size}: the stream repeats itself every {period} records, and the model \
             remembers some of these periods"
        ),
        None => format!("sample size {size}: enough for most streams without a rhythm"),
    });
    size
}

/// The transform, and whether the level moves.
fn transform(inputs: &[Vec<f64>], reasons: &mut Vec<String>) -> (Transform, bool) {
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
        up + down > input.len() / 4 && up.min(down) * RESETS <= up + down
    });
    let several = inputs.len() > 1;
    let (transform, reason) = match (several, counts_up) {
        (true, true) => (
            Transform::NormalizedDifference,
            "an input grows or falls, but for a reset now and then, and several inputs need one measure",
        ),
        (false, true) => (
            Transform::Difference,
            "values grow or fall, but for a reset now and then: what matters is the step",
        ),
        (true, false) => (
            Transform::Normalize,
            "several inputs need one measure, whatever their units",
        ),
        _ => (Transform::None, "the level is a part of what is usual"),
    };
    reasons.push(format!("transform {transform:?}: {reason}"));
    (transform, moves || counts_up)
}
