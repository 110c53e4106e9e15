//! Forecasts with intervals that hold what they promise.
//!
//! How far the trees of a forest disagree says little about how far a forecast is off. So the
//! intervals are made of past errors: online conformal prediction, by *quantile tracking*
//! (Angelopoulos, Candès, Tibshirani, *Conformal PID Control for Time Series Prediction*, 2023).
//! For each step ahead and input, two quantiles of the signed error are tracked: after an error
//! above the upper one it moves up by `γ (1 − a)`, else down by `γ a`, with `a` half of what the
//! interval may miss. Whatever the stream does, the share of errors above it then tends to `a`: it
//! differs after `T` records by at most about `range / (γ T)`. Nothing is assumed of the stream.

mod config;
pub(crate) mod errors;

use std::collections::VecDeque;

use ndarray::{Array2, ArrayView2};

pub use config::{ForecasterBuilder, ForecasterConfig};

use super::check_record;
use super::transform::InputState;
use crate::error::{ArrayError, ConfigError, InputError};
use crate::forest::RandomCutForest;
use crate::real::Real;
use crate::shingle::MAX_MAGNITUDE;
use errors::Errors;

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
    pub(crate) config: ForecasterConfig,
    pub(crate) forest: RandomCutForest,
    pub(crate) inputs: Vec<Input>,
    /// The forecasts that are still to be compared, the newest one first.
    pub(crate) pending: VecDeque<IntervalForecast>,
    /// One for each step ahead and input.
    pub(crate) errors: Vec<Errors>,
}

/// What is known about one input.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Input {
    pub(crate) last: Option<f64>,
    pub(crate) transform: InputState,
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

impl Forecaster {
    /// Starts the configuration of a forecaster of records of `input_dimensions` values.
    pub fn builder(input_dimensions: usize) -> ForecasterBuilder {
        ForecasterBuilder::new(input_dimensions)
    }

    /// A forecaster that has seen nothing.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn new(config: ForecasterConfig) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self {
            forest: RandomCutForest::new(config.forest()?),
            inputs: vec![Input::default(); config.input_dimensions],
            pending: VecDeque::with_capacity(config.horizon),
            errors: vec![Errors::default(); config.horizon * config.input_dimensions],
            config,
        })
    }

    /// The parameters, with every default resolved.
    #[must_use]
    pub fn config(&self) -> &ForecasterConfig {
        &self.config
    }

    /// The forest inside: it sees transformed records.
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
        check_record(values, self.config.input_dimensions, false)?;
        self.compare(values);
        self.learn(values);
        if !self.forest.is_ready() {
            return Ok(None);
        }
        let forecast = self.forecast()?;
        if self.pending.len() == self.config.horizon {
            self.pending.pop_back();
        }
        self.pending.push_front(forecast.clone());
        Ok(Some(forecast))
    }

    /// [`process`](Self::process) for each row of an array, in order. The results are those of the
    /// calls one by one, bit for bit.
    ///
    /// # Errors
    /// The first row that `process` would refuse. All rows are checked first: on an error none has
    /// been taken.
    pub fn process_array<A: Real>(
        &mut self,
        rows: ArrayView2<'_, A>,
    ) -> Result<Vec<Option<IntervalForecast>>, ArrayError> {
        let mut buffer = Vec::new();
        for (row, values) in rows.rows().into_iter().enumerate() {
            let values = A::row(&values, &mut buffer);
            check_record(values, self.config.input_dimensions, false)
                .map_err(|source| ArrayError { row, source })?;
        }
        let rows = rows.rows().into_iter().enumerate();
        rows.map(|(row, values)| {
            let forecast = self.process(A::row(&values, &mut buffer));
            forecast.map_err(|source| ArrayError { row, source })
        })
        .collect()
    }

    /// The forecast that came with the newest record, if there was one.
    #[must_use]
    pub fn newest(&self) -> Option<&IntervalForecast> {
        self.pending.front()
    }

    /// Share of the intervals of `step` records ahead (from 1) that held what came, over all inputs;
    /// not a number before any has been compared.
    #[must_use]
    pub fn measured_coverage(&self, step: usize) -> f64 {
        let inputs = self.config.input_dimensions;
        let first = step.saturating_sub(1) * inputs;
        let errors = self.errors.iter().skip(first).take(inputs);
        let (held, compared) = errors.fold((0, 0), |(held, compared), errors| {
            (held + errors.held, compared + errors.compared)
        });
        held as f64 / compared as f64
    }

    /// Learns from what came of the forecasts for this record.
    fn compare(&mut self, values: &[f64]) {
        let miss = (1.0 - self.config.coverage) / 2.0;
        let blocks = self.errors.chunks_exact_mut(values.len());
        for ((step, forecast), errors) in self.pending.iter().enumerate().zip(blocks) {
            for (input, (errors, &value)) in errors.iter_mut().zip(values).enumerate() {
                let at = [step, input];
                let held = forecast.lower[at] <= value && value <= forecast.upper[at];
                errors.push(value - forecast.expected[at], miss, held);
            }
        }
    }

    /// Lets the forest and the statistics of the transform learn a record.
    fn learn(&mut self, values: &[f64]) {
        let transform = self.config.transform;
        let is_ready = |input: &Input| input.transform.is_ready(transform);
        if self.inputs.iter().all(is_ready) {
            let inputs = self.inputs.iter().zip(values);
            let transformed = inputs.map(|(input, &value)| {
                let map = input.transform.map(transform, input.last, 1.0);
                map.apply(value).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE)
            });
            self.forest.update_checked(&transformed.collect::<Vec<_>>());
        }
        for (input, &value) in self.inputs.iter_mut().zip(values) {
            input.transform.push(value, input.last, self.config.keep());
            input.last = Some(value);
        }
    }

    fn forecast(&self) -> Result<IntervalForecast, InputError> {
        let mut expected = self.forest.forecast(self.config.horizon)?.median;
        // Back into the units of the records. A difference is one to the record forecast before.
        for (column, input) in expected.columns_mut().into_iter().zip(&self.inputs) {
            let mut last = input.last;
            for value in column {
                let map = input.transform.map(self.config.transform, last, 1.0);
                *value = map.invert(*value).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
                last = Some(*value);
            }
        }
        let (mut lower, mut upper) = (expected.clone(), expected.clone());
        for (at, errors) in self.errors.iter().enumerate() {
            let inputs = self.config.input_dimensions;
            let (at, input) = ([at / inputs, at % inputs], at % inputs);
            let (low, high) = errors.quantiles();
            lower[at] += low;
            upper[at] += high;
            if let Some(&(least, greatest)) = self.config.limits.get(input) {
                for part in [&mut expected, &mut lower, &mut upper] {
                    part[at] = part[at].clamp(least, greatest);
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
