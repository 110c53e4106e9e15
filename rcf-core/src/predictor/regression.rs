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

use super::numbers::Numbers;
use super::{History, Window};

/// Values that the window must hold before anything is learned.
const FIRST: f64 = 16.0;
/// Diagonal of the covariance of the prior. The weights are pulled to 0, the last value.
const PRIOR: f64 = 1.0;
/// Errors count as this many mean absolute errors at most, as soon as those are known.
const CLIP: f64 = 3.0;
/// Errors by which a mean absolute error is known.
const KNOWN: f64 = 30.0;
/// Least share of the newest error in the mean absolute error.
const SHARE: f64 = 0.02;
/// An error raises the mean absolute error like one this many times as large at most.
const RAISE: f64 = 20.0;

/// What is regressed on what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    /// Recent features: the mean and the `order − 1` values before the newest one; at least 1.
    pub(crate) order: usize,
    /// Steps that have weights of their own; at least 1.
    pub(crate) steps: usize,
    /// Number of periods.
    pub(crate) periods: usize,
    /// λ, the weight of an observation relative to the next one: above 0, at most 1.
    pub(crate) forgetting: f64,
}

impl Shape {
    fn features(&self) -> usize {
        self.order + self.periods * (self.steps + 1)
    }

    /// The features of the newest of these values. A period of 0, or one given twice, has none.
    fn fill(&self, features: &mut [f64], values: &[f64], window: &Window, periods: &[usize]) {
        let (Some((&newest, before)), deviation) = (values.split_last(), window.deviation()) else {
            return;
        };
        features.fill(0.0);
        let relative = |value: f64| (value - newest) / deviation;
        features[0] = relative(window.mean());
        let (recent, seasonal) = features.split_at_mut(self.order);
        for (feature, &value) in recent[1..].iter_mut().zip(before.iter().rev()) {
            *feature = relative(value);
        }
        let blocks = seasonal.chunks_exact_mut(self.steps + 1);
        for (i, (features, &period)) in blocks.zip(periods).enumerate() {
            if period == 0 || periods[..i].contains(&period) {
                continue;
            }
            for (step, feature) in features.iter_mut().enumerate() {
                let back = period * step.div_ceil(period).max(1) - step;
                if let Some(at) = before.len().checked_sub(back) {
                    *feature = relative(values[at]);
                }
            }
        }
    }
}

/// Forecasts of a series, relative to its newest value.
#[derive(Debug, Clone)]
pub(crate) struct Regression {
    shape: Shape,
    /// steps × features.
    weights: Vec<f64>,
    /// features × features, symmetric.
    covariance: Vec<f64>,
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

/// The mean absolute error of one step, in deviations.
#[derive(Debug, Clone, Copy, Default)]
struct AbsoluteError {
    count: f64,
    mean: f64,
}

impl AbsoluteError {
    /// Takes an error; returns it as far as it teaches.
    fn push(&mut self, error: f64) -> f64 {
        self.count += 1.0;
        let (mut taught, mut size) = (error, error.abs());
        if self.count > KNOWN && self.mean > 0.0 {
            taught = error.clamp(-CLIP * self.mean, CLIP * self.mean);
            size = size.min(RAISE * self.mean);
        }
        self.mean += (1.0 / self.count).max(SHARE) * (size - self.mean);
        taught
    }
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
        let mut regression = Self {
            shape,
            weights: vec![0.0; shape.steps * features],
            covariance: vec![0.0; features * features],
            waiting: vec![waiting; shape.steps],
            newest: 0,
            errors: vec![AbsoluteError::default(); shape.steps],
            learned: 0,
            scratch: vec![0.0; features],
            extended: Vec::new(),
        };
        regression.restart_covariance();
        regression
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
            self.excite();
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

    /// Updates the gain and the covariance by the newest features.
    fn excite(&mut self) {
        let (size, forgetting) = (self.shape.features(), self.shape.forgetting);
        let mut form = self.multiply();
        if !(0.0..f64::INFINITY).contains(&form) {
            // Rounding has cost the covariance its definiteness: it starts again, the weights stay.
            self.restart_covariance();
            form = self.multiply();
        }
        let scale = 1.0 / (forgetting + form);
        let root = scale.sqrt();
        let gain = &mut self.waiting[self.newest].gain;
        for (gain, product) in gain.iter_mut().zip(&mut self.scratch) {
            *gain = *product * scale;
            *product *= root;
        }
        let remember = 1.0 / forgetting;
        let mut exceeds = false;
        let rows = self.covariance.chunks_exact_mut(size);
        for (i, (row, &left)) in rows.zip(&self.scratch).enumerate() {
            for (at, &right) in row.iter_mut().zip(&self.scratch) {
                *at = (*at - left * right) * remember;
            }
            exceeds |= row[i] > PRIOR;
        }
        if exceeds {
            self.bound();
        }
    }

    /// Puts `C f` into the scratch buffer and returns `fᵀ C f`.
    fn multiply(&mut self) -> f64 {
        let features = &self.waiting[self.newest].features;
        self.scratch.fill(0.0);
        let rows = self.covariance.chunks_exact(features.len());
        for (row, &feature) in rows.zip(features) {
            add_scaled(&mut self.scratch, feature, row);
        }
        dot(&self.scratch, features)
    }

    /// Brings the diagonal of the covariance down to that of the prior.
    fn bound(&mut self) {
        let size = self.shape.features();
        let diagonal = self.covariance.iter().step_by(size + 1);
        for (shrink, &variance) in self.scratch.iter_mut().zip(diagonal) {
            *shrink = if variance > PRIOR {
                (PRIOR / variance).sqrt()
            } else {
                1.0
            };
        }
        let rows = self.covariance.chunks_exact_mut(size);
        for (row, &left) in rows.zip(&self.scratch) {
            for (at, &right) in row.iter_mut().zip(&self.scratch) {
                *at *= left * right;
            }
        }
    }

    fn restart_covariance(&mut self) {
        let size = self.shape.features();
        self.covariance.fill(0.0);
        let diagonal = self.covariance.iter_mut().step_by(size + 1);
        diagonal.for_each(|at| *at = PRIOR);
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
        let size = self.shape.features();
        numbers.extend([self.learned as f64, self.newest as f64]);
        numbers.extend(&self.weights);
        for (i, row) in self.covariance.chunks_exact(size).enumerate() {
            numbers.extend(&row[..=i]);
        }
        for waiting in &self.waiting {
            numbers.extend([waiting.value, waiting.deviation]);
            numbers.extend(waiting.features.iter().chain(&waiting.gain));
        }
        for errors in &self.errors {
            numbers.extend([errors.count, errors.mean]);
        }
    }

    pub(crate) fn restore(shape: Shape, numbers: &mut Numbers<'_>) -> Option<Self> {
        let (mut regression, size) = (Self::new(shape), shape.features());
        regression.learned = numbers.index(LEARNED)?;
        regression.newest = numbers.index(shape.steps - 1)?;
        numbers.fill(&mut regression.weights)?;
        for i in 0..size {
            numbers.fill(&mut regression.covariance[i * size..=i * size + i])?;
            for j in 0..i {
                regression.covariance[j * size + i] = regression.covariance[i * size + j];
            }
        }
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

/// Counts of learned observations end here; they only say whether a warm-up is over.
const LEARNED: usize = super::numbers::MANY;

/// `to += scale · from`.
fn add_scaled(to: &mut [f64], scale: f64, from: &[f64]) {
    for (to, &from) in to.iter_mut().zip(from) {
        *to += scale * from;
    }
}

/// In four lanes and one order, so that the compiler uses vectors and the bits are the same
/// everywhere.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<4>();
    let (b, b_rest) = b.as_chunks::<4>();
    let mut lanes = [0.0; 4];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    let mut sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    for (a, b) in a_rest.iter().zip(b_rest) {
        sum += a * b;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    struct Series {
        history: History,
        window: Window,
        regression: Regression,
        resets: usize,
    }

    impl Series {
        fn new(shape: Shape) -> Self {
            Self {
                history: History::new(64),
                window: Window::default(),
                regression: Regression::new(shape),
                resets: 0,
            }
        }

        fn push(&mut self, value: f64, periods: &[usize]) {
            self.history.push(value);
            self.window.push(value);
            let (history, window) = (&self.history, &self.window);
            self.resets += usize::from(self.regression.push(value, history, window, periods));
        }

        fn forecast(&mut self, horizon: usize, periods: &[usize]) -> Vec<f64> {
            let mut forecast = vec![f64::NAN; horizon];
            let (history, window) = (&self.history, &self.window);
            self.regression
                .forecast(history, window, periods, &mut forecast);
            forecast
        }
    }

    const RECENT: Shape = Shape {
        order: 4,
        steps: 3,
        periods: 0,
        forgetting: 0.999,
    };

    #[test]
    fn the_weights_are_those_of_regularised_least_squares() {
        // Without forgetting and clipping, recursive least squares solve (C₀⁻¹ + Σ f fᵀ) w = Σ f y.
        let shape = Shape {
            order: 2,
            steps: 1,
            forgetting: 1.0,
            ..RECENT
        };
        let mut series = Series::new(shape);
        let mut random = Random::new(1);
        let (mut matrix, mut side) = ([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0]);
        for t in 0..(FIRST + KNOWN) as usize {
            let value = 5.0 + random.normal();
            if t >= FIRST as usize {
                let waiting = &series.regression.waiting[0];
                let target = (value - waiting.value) / waiting.deviation;
                let features = &waiting.features;
                for (row, feature) in matrix.iter_mut().zip(features) {
                    row.iter_mut()
                        .zip(features)
                        .for_each(|(at, other)| *at += feature * other);
                }
                side.iter_mut()
                    .zip(features)
                    .for_each(|(at, feature)| *at += target * feature);
            }
            series.push(value, &[]);
        }
        let [[a, b], [c, d]] = matrix;
        let determinant = a * d - b * c;
        let expected = [
            (d * side[0] - b * side[1]) / determinant,
            (a * side[1] - c * side[0]) / determinant,
        ];
        for (weight, expected) in series.regression.weights.iter().zip(expected) {
            assert!((weight - expected).abs() < 1e-10, "{weight} {expected}");
        }
    }

    #[test]
    fn an_oscillation_is_continued_at_any_level_and_scale() {
        for (level, unit) in [(0.0, 1.0), (1e9, 1.0), (-3.0, 1e-12), (1e12, 1e9)] {
            let mut series = Series::new(RECENT);
            let wave = |t: u32| level + unit * (f64::from(t) * 0.3).sin();
            (0..3_000).for_each(|t| series.push(wave(t), &[]));
            // Twelve steps: three of them by weights of their own, the others in blocks.
            for (step, forecast) in (3_000..).zip(series.forecast(12, &[])) {
                let off = (forecast - wave(step)).abs() / unit;
                assert!(off < 0.02, "{level} {unit}: {off} at {step}");
            }
        }
    }

    #[test]
    fn a_period_is_a_feature() {
        let shape = Shape {
            order: 2,
            steps: 4,
            periods: 2,
            forgetting: 0.999,
        };
        let mut random = Random::new(2);
        let cycle: Vec<f64> = (0..24).map(|_| random.normal()).collect();
        let mut off = |periods: &[usize]| {
            let mut series = Series::new(shape);
            let mut off = 0.0;
            for t in 0..2_000 {
                series.push(cycle[t % 24] + 0.05 * random.normal(), periods);
                if t > 1_000 {
                    let forecast = series.forecast(4, periods)[3];
                    off += (forecast - cycle[(t + 4) % 24]).abs() / 999.0;
                }
            }
            off
        };
        let (with, without) = (off(&[24, 24]), off(&[0, 0]));
        assert!(with < 0.1 && without > 0.5, "{with} {without}");
    }

    #[test]
    fn nothing_winds_up_where_nothing_moves() {
        let mut series = Series::new(RECENT);
        let mut random = Random::new(4);
        let mut last = 0.0;
        for t in 0..400_000 {
            // One of a hundred thousand observations moves; most of the time the window is
            // constant.
            if t < 1_000 || t % 100_000 == 7 {
                last = random.normal();
            }
            series.push(last, &[]);
            let diagonal = series
                .regression
                .covariance
                .iter()
                .step_by(RECENT.order + 1);
            assert!(diagonal.clone().all(|&v| v > 0.0 && v <= PRIOR), "{t}");
        }
        assert_eq!(series.resets, 0);
        assert_eq!(series.forecast(2, &[]), [last, last]);
    }

    #[test]
    fn weights_that_are_not_finite_are_forgotten() {
        let mut series = Series::new(RECENT);
        let mut random = Random::new(5);
        (0..100).for_each(|_| series.push(random.normal(), &[]));
        series.regression.weights[5] = f64::INFINITY;
        series.push(0.5, &[]);
        assert_eq!((series.resets, series.regression.learned()), (1, 0));
        assert_eq!(series.forecast(1, &[]), [0.5]);
        (0..100).for_each(|_| series.push(random.normal(), &[]));
        assert!(
            series
                .forecast(3, &[])
                .iter()
                .all(|value| value.abs() < 9.0)
        );
        // An indefinite covariance starts again by itself.
        series.regression.covariance.fill(-1.0);
        series.push(0.0, &[]);
        assert!(series.regression.covariance[0] > 0.0);
    }

    #[test]
    fn restored_state_continues_bit_for_bit() {
        let shape = Shape {
            periods: 1,
            ..RECENT
        };
        let mut series = Series::new(shape);
        let mut random = Random::new(6);
        (0..500).for_each(|_| series.push(random.normal(), &[9]));
        let mut saved = Vec::new();
        series.regression.save(&mut saved);
        let mut numbers = Numbers::new(&saved);
        let mut restored = series.history.clone();
        let regression = Regression::restore(shape, &mut numbers).unwrap();
        assert_eq!(numbers.end(), Some(()));
        let mut other = Series {
            regression,
            ..Series::new(shape)
        };
        (other.history, other.window) = (series.history.clone(), series.window);
        for _ in 0..300 {
            let value = random.normal();
            series.push(value, &[9]);
            other.push(value, &[9]);
            restored.push(value);
            assert_eq!(series.forecast(7, &[9]), other.forecast(7, &[9]));
        }
        saved[7] = f64::NAN;
        assert!(Regression::restore(shape, &mut Numbers::new(&saved)).is_none());
        saved.truncate(20);
        assert!(Regression::restore(shape, &mut Numbers::new(&saved)).is_none());
    }
}
