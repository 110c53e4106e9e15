//! The next value of a series, by recursive least squares on its last values.

use std::collections::VecDeque;

use super::numbers::Numbers;
use super::{History, Regression, Shape, Window};

/// A value further than this many mean absolute errors from its prediction enters the history as
/// one that far away, so that one glitch does not spoil the predictions after it.
const FARTHEST: f64 = 50.0;
/// This many such values in a row are accepted.
const BELIEVED: usize = 12;
/// Errors by which the mean absolute error is known.
const KNOWN: usize = 100;
/// Least share of the newest error in the mean absolute error.
const SHARE: f64 = 0.02;

/// Predicts each value of a series before it comes.
///
/// Up to two extra lags, such as the periods of a [`PeriodFinder`](super::PeriodFinder), may be
/// given with each value. State is of fixed size: about `(order + 4)² + 2 · longest lag` numbers.
#[derive(Debug, Clone)]
pub(crate) struct Autoregression {
    order: usize,
    history: History,
    window: Window,
    regression: Regression,
    cleaner: Cleaner,
    /// The values that recent lags see, newest first, as they were before steps moved them.
    recent: VecDeque<f64>,
    /// Where the next value is expected.
    prediction: Option<f64>,
}

/// Limits values that are far off.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Cleaner {
    count: usize,
    /// Mean absolute error.
    size: f64,
    /// Values in a row that were too far off.
    run: usize,
}

impl Cleaner {
    /// The value as it enters the history.
    pub(crate) fn clean(&mut self, value: f64, predicted: f64) -> f64 {
        let error = value - predicted;
        let farthest = FARTHEST * self.size;
        let is_wild = self.count >= KNOWN && farthest > 0.0 && error.abs() > farthest;
        self.count = (self.count + 1).min(KNOWN);
        let size = if is_wild { farthest } else { error.abs() };
        self.size += (1.0 / self.count as f64).max(SHARE) * (size - self.size);
        if !is_wild || self.run >= BELIEVED {
            if !is_wild {
                self.run = 0;
            }
            return value;
        }
        self.run += 1;
        predicted + farthest * error.signum()
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.extend([self.count as f64, self.size, self.run as f64]);
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        Some(Self {
            count: numbers.index(KNOWN)?,
            size: numbers.amount()?,
            run: numbers.index(BELIEVED)?,
        })
    }
}

impl Autoregression {
    /// A predictor by `order` recent features (at least 1) and lags of up to `longest` observations
    /// (0: none), which forgets by the factor `forgetting` with each observation.
    pub(crate) fn new(order: usize, longest: usize, forgetting: f64) -> Self {
        let shape = Self::shape(order, longest, forgetting);
        Self {
            order,
            history: History::new(Self::capacity(order, longest)),
            window: Window::default(),
            regression: Regression::new(shape),
            cleaner: Cleaner::default(),
            recent: VecDeque::with_capacity(order + 1),
            prediction: None,
        }
    }

    fn shape(order: usize, longest: usize, forgetting: f64) -> Shape {
        let (steps, periods) = (1, if longest == 0 { 0 } else { 2 });
        Shape {
            order,
            steps,
            periods,
            forgetting,
        }
    }

    fn capacity(order: usize, longest: usize) -> usize {
        order.max(longest + 1)
    }

    /// Where the next value is expected: at the last one while nothing is learned, `None` before
    /// the first.
    pub(crate) fn prediction(&self) -> Option<f64> {
        self.prediction
    }

    /// Values that have been learned from; a few times `order` make a warm-up.
    pub(crate) fn learned(&self) -> usize {
        self.regression.learned()
    }

    /// Takes a value, which must be finite, and returns how far it lies above its prediction;
    /// `None` for the first one. A lag of 0 means none.
    pub(crate) fn push(&mut self, value: f64, lags: [usize; 2]) -> Option<f64> {
        let error = self.prediction.map(|prediction| value - prediction);
        let cleaned = match self.prediction {
            Some(prediction) => self.cleaner.clean(value, prediction),
            None => value,
        };
        self.go_on(value, cleaned, lags);
        error
    }

    /// Takes a value that is a step of a known kind: nothing is learned from the error, and recent
    /// lags see the earlier values shifted by the step, so that predictions continue as if there
    /// had been none.
    pub(crate) fn step(&mut self, value: f64, lags: [usize; 2]) {
        if let Some(prediction) = self.prediction {
            let step = value - prediction;
            for ago in 0..self.recent.len() {
                self.history.amend(ago, |value| value + step);
            }
            self.regression.drop_waiting();
        }
        self.go_on(value, value, lags);
    }

    /// Takes a value, and what enters the history in its place.
    fn go_on(&mut self, value: f64, cleaned: f64, lags: [usize; 2]) {
        self.history.push(cleaned);
        self.recent.push_front(cleaned);
        if self.recent.len() > self.order
            && let Some(before) = self.recent.pop_back()
        {
            self.history.amend(self.order, |_| before);
        }
        self.window.push(cleaned);
        self.regression
            .push(value, &self.history, &self.window, &lags);
        let mut next = [cleaned];
        self.regression
            .forecast(&self.history, &self.window, &lags, &mut next);
        self.prediction = Some(next[0]);
    }

    /// Changes the value this many before the newest one, as lags see it from now on.
    pub(crate) fn amend(&mut self, ago: usize, change: impl Fn(f64) -> f64) {
        self.history.amend(ago, change);
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        8 * self.recent.capacity() + self.history.heap_bytes() + self.regression.heap_bytes()
    }

    /// The state as numbers.
    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        self.history.save(numbers);
        self.window.save(numbers);
        self.regression.save(numbers);
        self.cleaner.save(numbers);
        numbers.push(self.recent.len() as f64);
        numbers.extend(&self.recent);
        numbers.extend(self.prediction);
    }

    /// Restores what [`save`](Self::save) wrote for a predictor of the same parameters.
    pub(crate) fn restore(
        order: usize,
        longest: usize,
        forgetting: f64,
        numbers: &mut Numbers<'_>,
    ) -> Option<Self> {
        let history = History::restore(Self::capacity(order, longest), numbers)?;
        let is_empty = history.newest().is_none();
        let window = Window::restore(numbers)?;
        let regression = Regression::restore(Self::shape(order, longest, forgetting), numbers)?;
        let cleaner = Cleaner::restore(numbers)?;
        let mut recent = VecDeque::with_capacity(order + 1);
        for _ in 0..numbers.index(order)? {
            recent.push_back(numbers.value()?);
        }
        Some(Self {
            order,
            history,
            window,
            regression,
            cleaner,
            recent,
            prediction: if is_empty {
                None
            } else {
                Some(numbers.value()?)
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn mean_error(predictor: &mut Autoregression, values: impl Iterator<Item = f64>) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for value in values {
            sum += predictor.push(value, [0; 2]).unwrap().abs();
            count += 1.0;
        }
        sum / count
    }

    #[test]
    fn the_error_is_the_noise_of_the_process() {
        // An autoregressive process of order 2: no predictor has a smaller error than its noise,
        // whose mean is √(2/π) deviations.
        let mut random = Random::new(1);
        let mut process = [0.0f64, 0.0];
        let mut values = std::iter::repeat_with(|| {
            process = [
                1.5 * process[0] - 0.7 * process[1] + random.normal(),
                process[0],
            ];
            1e6 + process[0]
        });
        let mut predictor = Autoregression::new(8, 0, 0.999);
        assert_eq!(predictor.push(values.next().unwrap(), [0; 2]), None);
        mean_error(&mut predictor, values.by_ref().take(1_000));
        let error = mean_error(&mut predictor, values.take(4_000));
        assert!((0.78..0.84).contains(&error), "{error}");
    }

    #[test]
    fn a_lag_is_learned() {
        let mut random = Random::new(2);
        let cycle: Vec<f64> = (0..300).map(|_| random.normal()).collect();
        let mut predictor = Autoregression::new(6, 400, 0.999);
        let mut sum = 0.0;
        for t in 0..4_000 {
            let error = predictor.push(cycle[t % 300] + 0.1 * random.normal(), [300, 0]);
            sum += error.filter(|_| t >= 3_000).unwrap_or(0.0).abs() / 1_000.0;
        }
        // The value a period ago has the noise, too: √2 of 0.08.
        assert!(sum < 0.16, "{sum}");
    }

    #[test]
    fn a_scale_may_change_by_any_factor() {
        let mut random = Random::new(3);
        let mut predictor = Autoregression::new(8, 0, 0.999);
        let mut t = 0.0f64;
        for scale in [1.0, 1e9, 1.0, 1e-9, 1e9] {
            let mut next = |_| {
                t += 1.0;
                scale * ((t * 0.2).sin() + 0.05 * random.normal())
            };
            let values: Vec<f64> = (0..2_000).map(&mut next).collect();
            if predictor.prediction().is_none() {
                predictor.push(values[0], [0; 2]);
            }
            mean_error(&mut predictor, values[..1_000].iter().copied());
            let error = mean_error(&mut predictor, values[1_000..].iter().copied()) / scale;
            // The noise alone is 0.04, the last value is off by 0.13.
            assert!(error < 0.075, "{scale}: {error}");
        }
    }

    #[test]
    fn a_glitch_spoils_little_after_it() {
        let after = |glitch: f64| {
            let mut random = Random::new(4);
            let mut predictor = Autoregression::new(8, 0, 0.999);
            let mut next = |t: f64| (t * 0.2).sin() + 0.05 * random.normal();
            predictor.push(next(0.0), [0; 2]);
            for t in 1..2_000 {
                predictor.push(next(f64::from(t)), [0; 2]);
            }
            predictor.push(next(2_000.0) + glitch, [0; 2]);
            mean_error(&mut predictor, (2_030..2_230).map(|t| next(f64::from(t))))
        };
        let (none, glitch) = (after(0.0), after(1e6));
        assert!(glitch < 1.5 * none, "{none} {glitch}");
    }

    #[test]
    fn a_known_step_leaves_the_predictions_after_it_as_good() {
        // A ramp that falls back; the fall itself is announced.
        let mut random = Random::new(8);
        let mut predictor = Autoregression::new(8, 60, 0.999);
        let (mut x, mut sum, mut count) = (0.0, 0.0, 0.0);
        for t in 0..4_000 {
            x += 1.0 + 0.3 * random.normal();
            if x > 90.0 {
                x = 10.0;
                predictor.step(x, [60, 0]);
            } else if let Some(error) = predictor.push(x, [60, 0]) {
                sum += if t >= 2_000 { error.abs() } else { 0.0 };
                count += f64::from(u8::from(t >= 2_000));
            }
        }
        // The noise alone is 0.24.
        assert!(sum / count < 0.28, "{}", sum / count);
        // Lags of a period see what was, not what was moved.
        let values = predictor.history.values();
        assert!(values[..values.len() - 8].iter().all(|&value| value < 92.0));
    }

    #[test]
    fn ten_million_constants_change_nothing() {
        let mut random = Random::new(5);
        let mut predictor = Autoregression::new(8, 0, 0.999);
        for _ in 0..1_000 {
            predictor.push(random.normal(), [0; 2]);
        }
        let mut error = None;
        for _ in 0..10_000_000 {
            error = predictor.push(0.7, [0; 2]);
        }
        assert_eq!(error, Some(0.0));
        // And one more step is seen as what it is.
        assert_eq!(predictor.push(0.8, [0; 2]), Some(0.8 - 0.7));
        let mut saved = Vec::new();
        predictor.save(&mut saved);
        assert!(saved.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn extreme_values_keep_it_finite() {
        let mut random = Random::new(6);
        let mut predictor = Autoregression::new(4, 30, 0.99);
        for t in 0..20_000 {
            let exponent = (random.unit() * 60.0 - 30.0).trunc() as i32;
            let value = random.normal().clamp(-1.0, 1.0) * 10f64.powi(exponent);
            let error = predictor.push(value, [7, 30]);
            assert!(error.is_none_or(f64::is_finite), "{t}: {error:?}");
            assert!(predictor.prediction().unwrap().is_finite());
        }
    }

    #[test]
    fn restored_state_continues_bit_for_bit() {
        for count in [0, 1, 10, 700] {
            let mut random = Random::new(7);
            let mut predictor = Autoregression::new(5, 40, 0.998);
            for _ in 0..count {
                predictor.push(random.normal(), [12, 40]);
            }
            if count > 0 {
                predictor.step(5.0, [12, 40]);
            }
            let mut saved = Vec::new();
            predictor.save(&mut saved);
            let mut numbers = Numbers::new(&saved);
            let mut restored = Autoregression::restore(5, 40, 0.998, &mut numbers).unwrap();
            assert_eq!(numbers.end(), Some(()));
            for _ in 0..200 {
                let value = random.normal();
                assert_eq!(
                    predictor.push(value, [12, 40]),
                    restored.push(value, [12, 40])
                );
            }
            let mut other = Vec::new();
            restored.save(&mut other);
            saved.clear();
            predictor.save(&mut saved);
            assert_eq!(saved, other);
        }
    }
}
