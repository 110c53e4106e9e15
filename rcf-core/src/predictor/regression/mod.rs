//! Recursive least squares with forgetting, for several steps ahead at once.
//!
//! The features of an observation are, relative to its value and in units of the window's
//! deviation: the window's mean, the values before, and for each period the values one period
//! before the newest one and before each step to come. So nothing depends on level or unit. All
//! steps share the features, hence one covariance `C` serves all of them. The gain of an
//! observation waits until the value of each step comes:
//!
//! ```text
//! gain    = C f / (λ + fᵀ C f)          C ← (C − gain (C f)ᵀ) / λ
//! error_k = (x[t + k] − x[t]) / deviation − w_k · f
//! w_k    ← w_k + gain · clip(error_k)
//! ```
//!
//! Where nothing excites a feature, `C` would grow by `1 / λ` for each observation without end, so
//! its diagonal never exceeds that of the prior. Longer horizons continue in blocks of `steps`,
//! with the forecasts of one block as the values from which the next one starts.

mod absolute_error;
mod covariance;
mod features;
#[cfg(test)]
mod tests;
mod vectors;

pub(crate) use features::Shape;
pub(crate) use vectors::dot;

use absolute_error::AbsoluteError;
use covariance::Covariance;
use vectors::add_scaled;

use super::numbers::Numbers;
use super::{History, Window};

/// Values that the window must hold before anything is learned.
const FIRST: f64 = 16.0;
/// Counts of learned observations stop here; they only show whether a warm-up is over.
const LEARNED: usize = super::numbers::MANY;

/// Forecasts of a series, relative to its newest value.
#[derive(Debug, Clone)]
pub(crate) struct Regression {
    shape: Shape,
    /// steps × features.
    weights: Vec<f64>,
    covariance: Covariance,
    /// The observations that wait for values, a ring of `steps`.
    waiting: Vec<Waiting>,
    /// Where the newest of them is.
    newest: usize,
    /// One for each step.
    errors: Vec<AbsoluteError>,
    /// Observations that have been learned from.
    learned: usize,
    /// One number for each feature, of no meaning between calls.
    scratch: Vec<f64>,
    /// Values with their forecasts, for the blocks after the first; of no meaning between calls.
    extended: Vec<f64>,
}

/// An observation whose features wait for values; without a deviation it teaches nothing.
#[derive(Debug, Clone)]
struct Waiting {
    value: f64,
    deviation: f64,
    features: Vec<f64>,
    gain: Vec<f64>,
}

impl Regression {
    pub(crate) fn new(shape: Shape) -> Self {
        let features = shape.features();
        let waiting = Waiting {
            value: 0.0,
            deviation: 0.0,
            features: vec![0.0; features],
            gain: vec![0.0; features],
        };
        Self {
            shape,
            weights: vec![0.0; shape.steps * features],
            covariance: Covariance::new(features),
            waiting: vec![waiting; shape.steps],
            newest: 0,
            errors: vec![AbsoluteError::default(); shape.steps],
            learned: 0,
            scratch: vec![0.0; features],
            extended: Vec::new(),
        }
    }

    /// Forgets everything.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.shape);
    }

    /// Observations that have been learned from.
    pub(crate) fn learned(&self) -> usize {
        self.learned
    }

    /// Takes a value. `history` and `window` hold it already, maybe cleaned; `value` is what came.
    /// Returns whether everything was forgotten, since the weights were no longer finite.
    pub(crate) fn push(
        &mut self,
        value: f64,
        history: &History,
        window: &Window,
        periods: &[usize],
    ) -> bool {
        self.learn(value);
        self.newest = (self.newest + 1) % self.shape.steps;
        let waiting = &mut self.waiting[self.newest];
        waiting.deviation = if window.count() < FIRST {
            0.0
        } else {
            window.deviation()
        };
        if waiting.deviation > 0.0 {
            let values = history.values();
            waiting.value = values[values.len() - 1];
            self.shape
                .fill(&mut waiting.features, values, window, periods);
            self.covariance.update(
                &waiting.features,
                self.shape.forgetting,
                &mut waiting.gain,
                &mut self.scratch,
            );
        }
        let is_broken = !self.weights.iter().all(|weight| weight.is_finite());
        if is_broken {
            self.reset();
        }
        is_broken
    }

    /// The newest features will teach nothing.
    pub(crate) fn drop_waiting(&mut self) {
        self.waiting[self.newest].deviation = 0.0;
    }

    /// Lets the weights of each step learn what came.
    fn learn(&mut self, value: f64) {
        let steps = self.shape.steps;
        let weights = self.weights.chunks_exact_mut(self.shape.features());
        for (step, (weights, errors)) in weights.zip(&mut self.errors).enumerate() {
            let waiting = &self.waiting[(self.newest + steps - step) % steps];
            if waiting.deviation > 0.0 {
                let target = (value - waiting.value) / waiting.deviation;
                let error = errors.push(target - dot(weights, &waiting.features));
                add_scaled(weights, error, &waiting.gain);
                self.learned = (self.learned + usize::from(step == 0)).min(LEARNED);
            }
        }
    }

    /// Forecasts the next values, as many as `forecast` has: the last value while nothing is
    /// learned, and never further out than the recent range is wide.
    pub(crate) fn forecast(
        &mut self,
        history: &History,
        window: &Window,
        periods: &[usize],
        forecast: &mut [f64],
    ) {
        let Some(newest) = history.newest() else {
            return;
        };
        let deviation = window.deviation();
        if self.learned == 0 || deviation == 0.0 {
            forecast.fill(newest);
            return;
        }
        let (least, greatest) = window.range();
        let (least, greatest) = (2.0 * least - greatest, 2.0 * greatest - least);
        let (shape, size) = (self.shape, self.shape.features());
        self.extended.clear();
        for block in forecast.chunks_mut(shape.steps) {
            let values = if self.extended.is_empty() {
                history.values()
            } else {
                &self.extended
            };
            let newest = values[values.len() - 1];
            shape.fill(&mut self.scratch, values, window, periods);
            for (value, weights) in block.iter_mut().zip(self.weights.chunks_exact(size)) {
                let distance = deviation * dot(weights, &self.scratch);
                *value = (newest + distance).clamp(least, greatest);
            }
            if self.extended.is_empty() {
                self.extended.extend(history.values());
            }
            self.extended.extend(block.iter());
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let waiting = self.waiting.iter();
        let waiting = waiting.map(|row| row.features.capacity() + row.gain.capacity());
        let numbers = self.weights.capacity()
            + self.covariance.capacity()
            + self.scratch.capacity()
            + self.extended.capacity()
            + waiting.sum::<usize>();
        8 * numbers
            + self.waiting.capacity() * size_of::<Waiting>()
            + self.errors.capacity() * size_of::<AbsoluteError>()
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.extend([self.learned as f64, self.newest as f64]);
        numbers.extend(&self.weights);
        self.covariance.save(self.shape.features(), numbers);
        for waiting in &self.waiting {
            numbers.extend([waiting.value, waiting.deviation]);
            numbers.extend(waiting.features.iter().chain(&waiting.gain));
        }
        for errors in &self.errors {
            numbers.extend([errors.count, errors.mean]);
        }
    }

    pub(crate) fn restore(shape: Shape, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut regression = Self::new(shape);
        regression.learned = numbers.index(LEARNED)?;
        regression.newest = numbers.index(shape.steps - 1)?;
        numbers.fill(&mut regression.weights)?;
        regression.covariance = Covariance::restore(shape.features(), numbers)?;
        for waiting in &mut regression.waiting {
            waiting.value = numbers.value()?;
            waiting.deviation = numbers.amount()?;
            numbers.fill(&mut waiting.features)?;
            numbers.fill(&mut waiting.gain)?;
        }
        for errors in &mut regression.errors {
            errors.count = numbers.amount()?;
            errors.mean = numbers.amount()?;
        }
        Some(regression)
    }
}
