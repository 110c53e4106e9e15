//! Forecasts of one step of one series: the weights of the components, the interval, and the
//! errors.

use super::components::{Component, Each, Used};
use crate::predictor::numbers::Numbers;

/// Weight of an error relative to the next one, in the weights of the components.
const KEEP: f64 = 0.99;
/// Step size of a tracked quantile for the first step ahead, in units of the mean absolute error.
const STEP: f64 = 0.1;
/// Errors by which the mean absolute error is known.
const MEMORY: f64 = 200.0;
/// Least share of the newest error in the reported figures.
const REPORTED: f64 = 0.001;

/// What is known of the forecasts this many observations ahead.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Step {
    /// Discounted absolute errors of the components, in deviations of the series.
    components: Each,
    pub(crate) interval: Interval,
    pub(crate) figures: Figures,
}

/// Quantiles of the signed error, in the units of the observations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Interval {
    pub(crate) count: f64,
    /// Mean absolute error.
    pub(crate) size: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// Intervals that have been compared, and those that held the value.
    pub(crate) compared: u64,
    pub(crate) held: u64,
}

/// Errors of the forecasts, over the last thousand or so.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Figures {
    pub(crate) count: f64,
    pub(crate) absolute: f64,
    pub(crate) square: f64,
    pub(crate) signed: f64,
    pub(crate) held: f64,
}

impl Interval {
    /// The quantiles, the lower one first.
    pub(crate) fn quantiles(&self) -> (f64, f64) {
        (self.low.min(self.high), self.high.max(self.low))
    }

    /// Learns an error, of which a fraction of `miss` should lie outside on each side. Errors of
    /// forecasts far ahead come in long runs, so the quantiles move the more slowly.
    fn push(&mut self, error: f64, step: usize, miss: f64, held: bool) {
        self.compared += 1;
        self.held += u64::from(held);
        self.count += 1.0;
        let share = (1.0 / self.count).max(1.0 / MEMORY);
        self.size += share * (error.abs() - self.size);
        // Large moves first, to come near the quantile at all.
        let least = STEP / (step as f64).sqrt();
        let move_by = self.size * (2.0 / self.count.sqrt()).max(least);
        self.high += move_by * (f64::from(u8::from(error > self.high)) - miss);
        self.low -= move_by * (f64::from(u8::from(error < self.low)) - miss);
    }
}

impl Figures {
    fn push(&mut self, error: f64, held: bool) {
        self.count += 1.0;
        let share = (1.0 / self.count).max(REPORTED);
        self.absolute += share * (error.abs() - self.absolute);
        self.square += share * (error * error - self.square);
        self.signed += share * (error - self.signed);
        self.held += share * (f64::from(u8::from(held)) - self.held);
    }
}

impl Step {
    /// For a forecaster whose forecasts were the forest's alone. Its weight is nearly 1 until the
    /// other components have been compared for some time.
    pub(crate) fn of_forest(interval: Interval) -> Self {
        let mut step = Self {
            components: [2.0 / (1.0 - KEEP); _],
            interval,
            ..Self::default()
        };
        step.components[Component::Forest as usize] /= 2.0;
        step
    }

    /// The weights of the components, 1 together: the eighth power of how many times smaller the
    /// smallest error is than theirs. That is close to the best one alone, and a mean where several
    /// are as good.
    pub(crate) fn weights(&self, used: Used) -> Each {
        let mut errors = self.components;
        for (error, used) in errors.iter_mut().zip(used) {
            if !used {
                *error = f64::INFINITY;
            }
        }
        let least = errors.iter().copied().fold(f64::INFINITY, f64::min);
        let mut total = 0.0;
        let weights = errors.map(|error| {
            let ratio = if error > 0.0 { least / error } else { 1.0 };
            let square = ratio * ratio;
            let fourth = square * square;
            total += fourth * fourth;
            fourth * fourth
        });
        weights.map(|weight| weight / total)
    }

    /// Learns the outcome of a forecast for this step, from 1. Without `miss` the forecast was not
    /// returned, and only the weights learn from it: the errors of the first observations are no
    /// guide to later ones. The deviation of the series makes errors comparable after a change of
    /// scale; without one, the weights do not learn.
    pub(crate) fn push(
        &mut self,
        value: f64,
        past: &Forecast,
        (step, deviation, miss): (usize, f64, Option<f64>),
    ) {
        if deviation > 0.0 {
            for (error, forecast) in self.components.iter_mut().zip(&past.components) {
                *error = KEEP * *error + (value - forecast).abs() / deviation;
            }
        }
        let Some(miss) = miss else {
            return;
        };
        let error = value - past.expected;
        let held = past.lower <= value && value <= past.upper;
        self.interval.push(error, step, miss, held);
        self.figures.push(error, held);
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        let Self {
            components,
            interval,
            figures,
        } = self;
        numbers.extend(components);
        numbers.extend([interval.count, interval.size, interval.low, interval.high]);
        numbers.extend([interval.compared as f64, interval.held as f64]);
        numbers.extend([figures.count, figures.absolute, figures.square]);
        numbers.extend([figures.signed, figures.held]);
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut step = Self::default();
        for error in &mut step.components {
            *error = numbers.amount()?;
        }
        step.interval = Interval {
            count: numbers.amount()?,
            size: numbers.amount()?,
            low: numbers.value()?,
            high: numbers.value()?,
            compared: numbers.count()?,
            held: numbers.count()?,
        };
        step.figures = Figures {
            count: numbers.amount()?,
            absolute: numbers.amount()?,
            square: numbers.amount()?,
            signed: numbers.value()?,
            held: numbers.amount()?,
        };
        (step.interval.held <= step.interval.compared).then_some(step)
    }
}

/// A forecast of one value, until the value comes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Forecast {
    pub(crate) components: Each,
    pub(crate) expected: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Forecast {
    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.extend(self.components);
        numbers.extend([self.expected, self.lower, self.upper]);
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut components = [0.0; _];
        numbers.fill(&mut components)?;
        let forecast = Self {
            components,
            expected: numbers.value()?,
            lower: numbers.value()?,
            upper: numbers.value()?,
        };
        (forecast.lower <= forecast.upper).then_some(forecast)
    }
}
