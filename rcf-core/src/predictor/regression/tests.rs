use super::absolute_error::KNOWN;
use super::covariance::PRIOR;
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
        // Twelve steps: three of them with their own weights, the others in blocks.
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
            .0
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
    // An indefinite covariance is reset automatically.
    series.regression.covariance.0.fill(-1.0);
    series.push(0.0, &[]);
    assert!(series.regression.covariance.0[0] > 0.0);
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
