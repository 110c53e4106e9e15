//! Forecasts with intervals that hold what they promise.
//!
//! How far the trees of a forest disagree says little about how far a forecast is off. So the
//! intervals are made of past errors: online conformal prediction, by *quantile tracking*
//! (Angelopoulos, Candès, Tibshirani, *Conformal PID Control for Time Series Prediction*, 2023).
//! For each step ahead and input, two quantiles of the signed error are tracked: after an error
//! above the upper one it moves up by `γ (1 − a)`, else down by `γ a`, with `a` half of what the
//! interval may miss. Whatever the stream does, the share of errors above it then tends to `a`: it
//! differs after `T` records by at most about `range / (γ T)`. Nothing is assumed of the stream.

use std::collections::VecDeque;

use ndarray::Array2;

use crate::error::{ConfigError, InputError};
use crate::forest::RandomCutForest;

/// Step of a tracked quantile, in units of the mean absolute error.
const STEP: f64 = 0.1;
/// Errors by which the mean absolute error is known.
const MEMORY: f64 = 200.0;

/// Forecasts the next records of a stream, each time one arrives.
///
/// ```
/// use rcf_core::Forecaster;
///
/// let mut forecaster = Forecaster::builder(1).shingle_size(12).horizon(3).build()?;
/// for t in 0..600 {
///     let forecast = forecaster.process(&[(f64::from(t) / 6.0).sin()])?;
///     if t > 500 && let Some(forecast) = forecast {
///         let next = (f64::from(t + 1) / 6.0).sin();
///         assert!((forecast.expected[[0, 0]] - next).abs() < 0.3);
///     }
/// }
/// assert!((0.6..0.95).contains(&forecaster.measured_coverage(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Forecaster {
    forest: RandomCutForest,
    horizon: usize,
    coverage: f64,
    limits: Option<(f64, f64)>,
    /// The forecasts that are still to be compared, the newest one first.
    pending: VecDeque<IntervalForecast>,
    /// One for each step ahead and input.
    errors: Vec<Errors>,
}

/// What is known of the errors of one step ahead and input.
#[derive(Debug, Clone, Copy, Default)]
struct Errors {
    count: f64,
    /// Mean absolute error.
    size: f64,
    low: f64,
    high: f64,
    /// Intervals that have been compared, and those that held the value.
    compared: u64,
    held: u64,
}

impl Errors {
    fn push(&mut self, error: f64, miss: f64) {
        self.count += 1.0;
        let share = (1.0 / self.count).max(1.0 / MEMORY);
        self.size += share * (error.abs() - self.size);
        // Large steps first, to come near the quantile at all.
        let step = self.size * (2.0 / self.count.sqrt()).max(STEP);
        self.high += step * (f64::from(u8::from(error > self.high)) - miss);
        self.low -= step * (f64::from(u8::from(error < self.low)) - miss);
    }
}

/// Records to come, with an interval for each value: horizon × inputs, the next record first, in
/// the units of the records.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IntervalForecast {
    /// The expected values.
    pub expected: Array2<f64>,
    /// Lower ends of the intervals.
    pub lower: Array2<f64>,
    /// Upper ends of the intervals.
    pub upper: Array2<f64>,
}

/// Builds a [`Forecaster`]; made by [`Forecaster::builder`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ForecasterBuilder {
    input_dimensions: usize,
    shingle_size: usize,
    number_of_trees: usize,
    sample_size: usize,
    horizon: usize,
    coverage: f64,
    limits: Option<(f64, f64)>,
    seed: u64,
}

impl ForecasterBuilder {
    /// Number of records by which the next one is forecast, and the one itself; default 8.
    pub fn shingle_size(mut self, shingle_size: usize) -> Self {
        self.shingle_size = shingle_size;
        self
    }

    /// Number of trees; default 50.
    pub fn number_of_trees(mut self, number_of_trees: usize) -> Self {
        self.number_of_trees = number_of_trees;
        self
    }

    /// Number of points that each tree keeps; default 256.
    pub fn sample_size(mut self, sample_size: usize) -> Self {
        self.sample_size = sample_size;
        self
    }

    /// Number of records that are forecast; default 1.
    pub fn horizon(mut self, horizon: usize) -> Self {
        self.horizon = horizon;
        self
    }

    /// Share of values that the intervals shall hold, from 0.01 to 0.99; default 0.8.
    pub fn coverage(mut self, coverage: f64) -> Self {
        self.coverage = coverage;
        self
    }

    /// The least and the greatest possible value: forecasts and intervals end there.
    pub fn limits(mut self, least: f64, greatest: f64) -> Self {
        self.limits = Some((least, greatest));
        self
    }

    /// Seed of every random choice; default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the parameters and builds a forecaster that has seen nothing.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn build(self) -> Result<Forecaster, ConfigError> {
        if self.horizon == 0 || self.horizon > MAX_HORIZON {
            let (got, max) = (self.horizon, MAX_HORIZON);
            return Err(ConfigError::Horizon { got, max });
        }
        if !(0.01..=0.99).contains(&self.coverage) {
            let got = self.coverage;
            return Err(ConfigError::Coverage { got });
        }
        if let Some((least, greatest)) = self.limits
            && (least.is_nan() || greatest.is_nan() || least >= greatest)
        {
            return Err(ConfigError::Limits { least, greatest });
        }
        let forest = RandomCutForest::builder(self.input_dimensions)
            .shingle_size(self.shingle_size)
            .number_of_trees(self.number_of_trees)
            .sample_size(self.sample_size)
            .seed(self.seed)
            .build()?;
        Ok(Forecaster {
            forest,
            horizon: self.horizon,
            coverage: self.coverage,
            limits: self.limits,
            pending: VecDeque::with_capacity(self.horizon),
            errors: vec![Errors::default(); self.horizon * self.input_dimensions],
        })
    }
}

/// The largest supported horizon.
const MAX_HORIZON: usize = 10_000;

impl Forecaster {
    /// Starts the configuration of a forecaster of records of `input_dimensions` values.
    pub fn builder(input_dimensions: usize) -> ForecasterBuilder {
        ForecasterBuilder {
            input_dimensions,
            shingle_size: 8,
            number_of_trees: 50,
            sample_size: 256,
            horizon: 1,
            coverage: 0.8,
            limits: None,
            seed: 0,
        }
    }

    /// The forest inside.
    #[must_use]
    pub fn forest(&self) -> &RandomCutForest {
        &self.forest
    }

    /// Takes a record, compares it with the forecasts made of it, and forecasts the next ones;
    /// `None` until the forest is ready.
    ///
    /// # Errors
    /// The record has the wrong length, or a value that is not finite or out of range. The
    /// forecaster is unchanged then.
    pub fn process(&mut self, values: &[f64]) -> Result<Option<IntervalForecast>, InputError> {
        self.forest.update(values)?;
        self.compare(values);
        if !self.forest.is_ready() {
            return Ok(None);
        }
        let forecast = self.forecast()?;
        if self.pending.len() == self.horizon {
            self.pending.pop_back();
        }
        self.pending.push_front(forecast.clone());
        Ok(Some(forecast))
    }

    /// Share of the intervals of `step` records ahead (from 1) that held what came, over all inputs;
    /// not a number before any has been compared.
    #[must_use]
    pub fn measured_coverage(&self, step: usize) -> f64 {
        let inputs = self.forest.config().input_dimensions;
        let first = step.saturating_sub(1) * inputs;
        let errors = self.errors.iter().skip(first).take(inputs);
        let (held, compared) = errors.fold((0, 0), |(held, compared), errors| {
            (held + errors.held, compared + errors.compared)
        });
        held as f64 / compared as f64
    }

    /// Learns from what came of the forecasts for this record.
    fn compare(&mut self, values: &[f64]) {
        let miss = (1.0 - self.coverage) / 2.0;
        let blocks = self.errors.chunks_exact_mut(values.len());
        for ((step, forecast), errors) in self.pending.iter().enumerate().zip(blocks) {
            for (input, (errors, &value)) in errors.iter_mut().zip(values).enumerate() {
                let at = [step, input];
                errors.compared += 1;
                let holds = forecast.lower[at] <= value && value <= forecast.upper[at];
                errors.held += u64::from(holds);
                errors.push(value - forecast.expected[at], miss);
            }
        }
    }

    fn forecast(&self) -> Result<IntervalForecast, InputError> {
        let mut expected = self.forest.forecast(self.horizon)?.median;
        let (mut lower, mut upper) = (expected.clone(), expected.clone());
        let errors = self.errors.iter();
        for (((expected, lower), upper), errors) in expected
            .iter_mut()
            .zip(&mut lower)
            .zip(&mut upper)
            .zip(errors)
        {
            *lower += errors.low.min(errors.high);
            *upper += errors.high.max(errors.low);
            if let Some((least, greatest)) = self.limits {
                for value in [expected, lower, upper] {
                    *value = value.clamp(least, greatest);
                }
            }
        }
        Ok(IntervalForecast {
            expected,
            lower,
            upper,
        })
    }
}
