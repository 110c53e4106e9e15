//! Forecasts of one series by the mixture.

use super::components::{Component, Components, Each, Used};
use super::step::{Forecast, Step};
use crate::predictor::numbers::Numbers;

/// The components of one series, mixed for each step of the horizon on its own.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    used: Used,
    components: Components,
    /// One for each step ahead.
    pub(crate) steps: Vec<Step>,
    /// The forecasts that wait for their values: for the step `k` a ring of `k`, one ring behind
    /// the other.
    waiting: Vec<Option<Forecast>>,
    /// How often a forecast has been made.
    pub(crate) made: u64,
    /// A forecast for each step, of one component and of all; of no meaning between calls.
    scratch: Vec<f64>,
    parts: Vec<Each>,
}

impl Series {
    pub(crate) fn new(horizon: usize, used: Used) -> Self {
        Self {
            used,
            components: Components::new(horizon),
            steps: vec![Step::default(); horizon],
            waiting: vec![None; horizon * (horizon + 1) / 2],
            made: 0,
            scratch: vec![0.0; horizon],
            parts: vec![Each::default(); horizon],
        }
    }

    /// The long and the short period; 0 if there is none.
    pub(crate) fn periods(&self) -> [usize; 2] {
        self.components.periods()
    }

    /// Takes the next value and returns it; for a missing value, its prediction or the last value;
    /// `None` if nothing is known of the series yet. Intervals should miss a fraction `miss` on
    /// each side; `None` before forecasts are returned.
    pub(crate) fn push(&mut self, value: Option<f64>, miss: Option<f64>) -> Option<f64> {
        let expected = self.waiting[slot(1, self.made)].map(|forecast| forecast.expected);
        let filled = value.or(expected).or(self.components.newest())?;
        self.components.push(filled, expected);
        let deviation = self.components.deviation();
        for (step, state) in (1..).zip(&mut self.steps) {
            let past = self.waiting[slot(step, self.made)].take();
            if let (Some(past), Some(value)) = (past, value) {
                state.push(value, &past, (step, deviation, miss));
            }
        }
        Some(filled)
    }

    /// Forecasts the next values, within `limits`, by the cheap components and what the forest
    /// forecasts for each step, from 1.
    pub(crate) fn forecast(
        &mut self,
        forest: impl Fn(usize) -> Option<f64>,
        (least, greatest): (f64, f64),
    ) {
        let Some(newest) = self.components.newest() else {
            return;
        };
        for component in Component::ALL {
            self.components.forecast(component, &mut self.scratch);
            for (step, (parts, &part)) in (1..).zip(self.parts.iter_mut().zip(&self.scratch)) {
                parts[component as usize] = match component {
                    Component::Forest => forest(step).unwrap_or(newest),
                    _ => part,
                };
            }
        }
        for (step, (state, &components)) in (1..).zip(self.steps.iter().zip(&self.parts)) {
            let pairs = state.weights(self.used).into_iter().zip(components);
            let expected: f64 = pairs.map(|(weight, part)| weight * part).sum();
            let (low, high) = state.interval.quantiles();
            self.waiting[slot(step, self.made)] = Some(Forecast {
                components,
                expected: expected.clamp(least, greatest),
                lower: (expected + low).clamp(least, greatest),
                upper: (expected + high).clamp(least, greatest),
            });
        }
        self.made += 1;
    }

    /// The weights of the components, `step` observations ahead.
    pub(crate) fn weights(&self, step: usize) -> Each {
        self.steps[step - 1].weights(self.used)
    }

    /// The newest forecast of `step` observations ahead, if there is one.
    pub(crate) fn newest(&self, step: usize) -> Option<&Forecast> {
        self.waiting[slot(step, self.made.checked_sub(1)?)].as_ref()
    }

    /// Starts with a value that was known before.
    pub(crate) fn start(&mut self, value: f64) {
        self.components.push(value, None);
    }

    /// Lets an interval, of a forecast made `age` observations before the newest one, wait for its
    /// value.
    pub(crate) fn await_interval(&mut self, age: usize, step: usize, interval: [f64; 3]) {
        let [expected, lower, upper] = interval;
        let made = self.made.saturating_sub(1 + age as u64);
        self.waiting[slot(step, made)] = Some(Forecast {
            components: [expected; _],
            expected,
            lower,
            upper,
        });
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.push(self.made as f64);
        self.components.save(numbers);
        self.steps.iter().for_each(|step| step.save(numbers));
        for waiting in &self.waiting {
            numbers.push(f64::from(u8::from(waiting.is_some())));
            if let Some(forecast) = waiting {
                forecast.save(numbers);
            }
        }
    }

    /// What [`save`](Self::save) wrote, and nothing else.
    pub(crate) fn restore(horizon: usize, used: Used, numbers: &[f64]) -> Option<Self> {
        let (mut series, mut numbers) = (Self::new(horizon, used), Numbers::new(numbers));
        series.made = numbers.count()?;
        series.components = Components::restore(horizon, &mut numbers)?;
        for step in &mut series.steps {
            *step = Step::restore(&mut numbers)?;
        }
        for waiting in &mut series.waiting {
            if numbers.index(1)? == 1 {
                *waiting = Some(Forecast::restore(&mut numbers)?);
            }
        }
        numbers.end().map(|()| series)
    }
}

/// Where the forecast of `step` observations ahead waits that is made after this many others.
fn slot(step: usize, made: u64) -> usize {
    (step - 1) * step / 2 + (made % step as u64) as usize
}
