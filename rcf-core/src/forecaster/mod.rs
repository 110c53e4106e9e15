//! Forecasts by a mixture of components, with calibrated intervals.
//!
//! After each observation, the next ones are forecast by a random cut forest and by four cheap
//! components for each input: the last value, the mean of past cycles, exponential smoothing, and
//! a regression by recursive least squares on recent and seasonal lags, with two periods learned
//! online ([`predictor`](crate::predictor)). Each step ahead of each input weighs them by the
//! eighth power of how many times smaller the smallest discounted error is than theirs. So the
//! mixture is about as good as its best component, which differs from stream to stream and from
//! step to step.
//!
//! The disagreement of the trees says little about the error of a forecast. So the intervals are
//! computed from past errors of the mixture: online conformal prediction, by *quantile tracking*
//! (Angelopoulos, Candès, Tibshirani, *Conformal PID Control for Time Series Prediction*, 2023).
//! For each step ahead and input, two quantiles of the signed error are tracked: after an error
//! above the upper one it moves up by `γ (1 − a)`, otherwise down by `γ a`, with `a` half of what
//! the interval may miss. Whatever the stream does, the share of errors above it then tends to `a`:
//! it differs after `T` observations by at most about `range / (γ T)`. Nothing is assumed about the
//! stream.

mod components;
mod config;
mod series;
mod step;

use std::collections::VecDeque;

use ndarray::{Array2, ArrayView2};

pub use components::Component;
pub use config::{ForecasterBuilder, ForecasterConfig};
pub(crate) use series::Series;
pub(crate) use step::{Interval, Step};

use crate::detector::check_record;
use crate::detector::transform::InputState;
use crate::error::{ArrayError, ConfigError, InputError};
use crate::forest::RandomCutForest;
use crate::parameters::MAX_MAGNITUDE;
use crate::real::Real;
use step::Forecast;

/// Forecasts the next observations of a stream, each time one arrives.
///
/// Missing values are replaced by their predictions in everything that is learned, and do not count
/// as errors. The trees learn an observation only if at least half of the values of its shingle are
/// real.
///
/// ```
/// use rcf_core::Forecaster;
///
/// let mut forecaster = Forecaster::builder(1).shingle_size(12).horizon(3).build()?;
/// for t in 0..600 {
///     let forecast = forecaster.process(&[(f64::from(t) / 6.0).sin()])?;
///     if t > 500 && let Some(forecast) = forecast {
///         let next = (f64::from(t + 1) / 6.0).sin();
///         assert!((forecast.expected[[0, 0]] - next).abs() < 0.05);
///     }
/// }
/// assert!((0.6..0.95).contains(&forecaster.measured_coverage(1)));
/// assert!(forecaster.errors().mean_absolute[[0, 0]] < 0.05);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Forecaster {
    pub(crate) config: ForecasterConfig,
    pub(crate) forest: RandomCutForest,
    pub(crate) inputs: Vec<Input>,
    /// The number of missing values in each of the observations of the shingle.
    pub(crate) missing: VecDeque<usize>,
    /// Missing values so far.
    pub(crate) missing_values: u64,
    pub(crate) newest: Option<IntervalForecast>,
}

/// What is known about one input.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) last: Option<f64>,
    pub(crate) transform: InputState,
    pub(crate) series: Series,
}

/// Observations to come, with an interval for each value: horizon × inputs, the next one first, in
/// the units of the observations.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct IntervalForecast {
    /// The expected values.
    pub expected: Array2<f64>,
    /// Lower ends of the intervals.
    pub lower: Array2<f64>,
    /// Upper ends of the intervals.
    pub upper: Array2<f64>,
}

/// Errors of the forecasts, over the last thousand or so: horizon × inputs, the next observation
/// first, in the units of the observations. NaN if nothing has been compared yet.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ForecastErrors {
    /// Mean absolute error (MAE).
    pub mean_absolute: Array2<f64>,
    /// Root of the mean squared error (RMSE).
    pub root_mean_square: Array2<f64>,
    /// Mean of the actual minus the expected values: positive where forecasts are too low.
    pub bias: Array2<f64>,
    /// Share of the intervals that contained the value.
    pub interval_precision: Array2<f64>,
}

impl Forecaster {
    /// Starts the configuration of a forecaster of observations of `input_dimensions` values.
    pub fn builder(input_dimensions: usize) -> ForecasterBuilder {
        ForecasterBuilder::new(input_dimensions)
    }

    /// A forecaster that has seen nothing.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn new(config: ForecasterConfig) -> Result<Self, ConfigError> {
        config.check()?;
        let input = Input {
            last: None,
            transform: InputState::default(),
            series: Series::new(config.horizon, config.used()),
        };
        Ok(Self {
            forest: RandomCutForest::new(config.forest()?),
            inputs: vec![input; config.input_dimensions],
            missing: VecDeque::from(vec![0; config.shingle_size]),
            missing_values: 0,
            newest: None,
            config,
        })
    }

    /// The parameters, with every default resolved.
    #[must_use]
    pub fn config(&self) -> &ForecasterConfig {
        &self.config
    }

    /// The forest inside: it sees transformed observations.
    #[must_use]
    pub fn forest(&self) -> &RandomCutForest {
        &self.forest
    }

    /// Takes an observation, compares it with its forecasts, and forecasts the next
    /// ones; `None` until the forest is ready.
    ///
    /// # Errors
    /// The observation has the wrong length, or a value that is not finite or out of range. The
    /// forecaster is unchanged then.
    pub fn process<T: Real>(
        &mut self,
        values: &[T],
    ) -> Result<Option<IntervalForecast>, InputError> {
        T::with(values, |values| {
            check_record(values, self.config.input_dimensions, false)?;
            self.step(values)
        })
    }

    /// [`process`](Self::process) of an observation of which values may be missing (NaN).
    ///
    /// # Errors
    /// As for [`process`](Self::process), but for NaN.
    pub fn process_with_missing<T: Real>(
        &mut self,
        values: &[T],
    ) -> Result<Option<IntervalForecast>, InputError> {
        T::with(values, |values| {
            check_record(values, self.config.input_dimensions, true)?;
            self.step(values)
        })
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
        self.steps(rows, false)
    }

    /// [`process_with_missing`](Self::process_with_missing) for each row of an array, in order.
    ///
    /// # Errors
    /// As for [`process_array`](Self::process_array), but for NaN.
    pub fn process_array_with_missing<A: Real>(
        &mut self,
        rows: ArrayView2<'_, A>,
    ) -> Result<Vec<Option<IntervalForecast>>, ArrayError> {
        self.steps(rows, true)
    }

    /// Whether [`process_array`](Self::process_array), or with `may_miss` its form for missing
    /// values, would take these rows: for callers that pass them in slices.
    ///
    /// # Errors
    /// The first row that would be refused.
    pub fn check_rows<A: Real>(
        &self,
        rows: ArrayView2<'_, A>,
        may_miss: bool,
    ) -> Result<(), ArrayError> {
        let mut buffer = Vec::new();
        for (row, values) in rows.rows().into_iter().enumerate() {
            let values = A::row(&values, &mut buffer);
            check_record(values, self.config.input_dimensions, may_miss)
                .map_err(|source| ArrayError { row, source })?;
        }
        Ok(())
    }

    fn steps<A: Real>(
        &mut self,
        rows: ArrayView2<'_, A>,
        may_miss: bool,
    ) -> Result<Vec<Option<IntervalForecast>>, ArrayError> {
        self.check_rows(rows, may_miss)?;
        let mut buffer = Vec::new();
        let rows = rows.rows().into_iter().enumerate();
        rows.map(|(row, values)| {
            let forecast = self.step(A::row(&values, &mut buffer));
            forecast.map_err(|source| ArrayError { row, source })
        })
        .collect()
    }

    /// Learns a checked observation, and forecasts the next ones.
    fn step(&mut self, values: &[f64]) -> Result<Option<IntervalForecast>, InputError> {
        self.learn(values);
        self.forecast()?;
        Ok(self.newest.clone())
    }

    /// The forecast that came with the newest observation, if there was one.
    #[must_use]
    pub fn newest(&self) -> Option<&IntervalForecast> {
        self.newest.as_ref()
    }

    /// What one component forecast after the newest observation, horizon × inputs, if there was a
    /// forecast.
    #[must_use]
    pub fn newest_of(&self, component: Component) -> Option<Array2<f64>> {
        self.newest.as_ref()?;
        Some(self.each(|series, step| {
            let forecast = series.newest(step);
            forecast.map_or(f64::NAN, |forecast| forecast.components[component as usize])
        }))
    }

    /// The weight of a component in the next forecast, horizon × inputs, from 0 to 1; all
    /// components together weigh 1.
    #[must_use]
    pub fn weight_of(&self, component: Component) -> Array2<f64> {
        self.each(|series, step| series.weights(step)[component as usize])
    }

    /// The period by which the seasonal components forecast an input, in observations, if there is
    /// one. It is up to 400.
    ///
    /// # Panics
    /// There is no such input.
    #[must_use]
    pub fn period(&self, input: usize) -> Option<usize> {
        let [long, _] = self.inputs[input].series.periods();
        (long > 0).then_some(long)
    }

    /// Missing values so far, over all inputs.
    #[must_use]
    pub fn missing_values(&self) -> u64 {
        self.missing_values
    }

    /// Share of the intervals `step` observations ahead (from 1) that contained the value, over all
    /// inputs and since the start; NaN before any has been compared.
    #[must_use]
    pub fn measured_coverage(&self, step: usize) -> f64 {
        let (mut held, mut compared) = (0, 0);
        for input in &self.inputs {
            if let Some(step) = input.series.steps.get(step.saturating_sub(1)) {
                held += step.interval.held;
                compared += step.interval.compared;
            }
        }
        held as f64 / compared as f64
    }

    /// Errors of the forecasts, for each step ahead and input.
    #[must_use]
    pub fn errors(&self) -> ForecastErrors {
        let figure = |of: fn(&step::Figures) -> f64| {
            self.each(|series, step| {
                let figures = &series.steps[step - 1].figures;
                if figures.count > 0.0 {
                    of(figures)
                } else {
                    f64::NAN
                }
            })
        };
        ForecastErrors {
            mean_absolute: figure(|figures| figures.absolute),
            root_mean_square: figure(|figures| figures.square.sqrt()),
            bias: figure(|figures| figures.signed),
            interval_precision: figure(|figures| figures.held),
        }
    }

    /// A figure for each step, from 1, and input.
    fn each(&self, figure: impl Fn(&Series, usize) -> f64) -> Array2<f64> {
        let shape = (self.config.horizon, self.config.input_dimensions);
        Array2::from_shape_fn(shape, |(step, input)| {
            figure(&self.inputs[input].series, step + 1)
        })
    }

    /// Lets the components, the forest and the statistics of the transform learn an observation.
    fn learn(&mut self, values: &[f64]) {
        let is_given = self.newest.is_some();
        let miss = is_given.then_some((1.0 - self.config.coverage) / 2.0);
        let inputs = self.inputs.iter_mut().zip(values);
        let filled: Vec<Option<f64>> = inputs
            .map(|(input, &value)| input.series.push((!value.is_nan()).then_some(value), miss))
            .collect();
        let missing = values.iter().filter(|value| value.is_nan()).count();
        self.missing_values = self.missing_values.saturating_add(missing as u64);
        let transform = self.config.transform;
        let is_ready = |input: &Input| input.transform.is_ready(transform);
        let is_known = filled.iter().all(Option::is_some);
        if is_known && self.inputs.iter().all(is_ready) {
            let inputs = self.inputs.iter().zip(filled.iter().flatten());
            let transformed = inputs.map(|(input, &value)| {
                let map = input.transform.map(transform, input.last, 1.0);
                map.apply(value).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE)
            });
            let transformed: Vec<f64> = transformed.collect();
            self.missing.pop_front();
            self.missing.push_back(missing);
            let of_shingle: usize = self.missing.iter().sum();
            if 2 * of_shingle <= self.missing.len() * values.len() {
                self.forest.update_checked(&transformed);
            } else {
                self.forest.pass(&transformed);
            }
        }
        let keep = self.config.keep();
        for ((input, &value), filled) in self.inputs.iter_mut().zip(values).zip(filled) {
            if !value.is_nan() {
                input.transform.push(value, input.last, keep);
            }
            input.last = filled.or(input.last);
        }
    }

    /// Forecasts the next observations.
    fn forecast(&mut self) -> Result<(), InputError> {
        let mut forest = None;
        if self.forest.is_ready() {
            let mut median = self.forest.forecast(self.config.horizon)?.median;
            // Back in the units of the input. A difference is relative to the previous forecast.
            for (column, input) in median.columns_mut().into_iter().zip(&self.inputs) {
                let mut last = input.last;
                for value in column {
                    let map = input.transform.map(self.config.transform, last, 1.0);
                    *value = map.invert(*value).clamp(-MAX_MAGNITUDE, MAX_MAGNITUDE);
                    last = Some(*value);
                }
            }
            forest = Some(median);
        }
        for (i, input) in self.inputs.iter_mut().enumerate() {
            let limits = self.config.limits.get(i);
            let limits = limits
                .copied()
                .unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
            let of_forest = |step: usize| forest.as_ref().map(|forest| forest[[step - 1, i]]);
            input.series.forecast(of_forest, limits);
        }
        self.recall();
        Ok(())
    }

    /// Puts the newest forecasts of the inputs together; none until the forest is ready.
    pub(crate) fn recall(&mut self) {
        let part = |part: fn(&Forecast) -> f64| {
            self.each(|series, step| series.newest(step).map_or(f64::NAN, part))
        };
        self.newest = self.forest.is_ready().then(|| IntervalForecast {
            expected: part(|forecast| forecast.expected),
            lower: part(|forecast| forecast.lower),
            upper: part(|forecast| forecast.upper),
        });
    }
}
