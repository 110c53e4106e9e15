//! The cheap forecasts of one series.

use crate::predictor::autoregression::Cleaner;
use crate::predictor::numbers::Numbers;
use crate::predictor::smoothing::Smoothing;
use crate::predictor::{History, PeriodFinder, Regression, Shape, Window, cycles};

/// What a [`Forecaster`](crate::Forecaster) mixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Component {
    /// The last value.
    LastValue,
    /// The mean of the last three cycles, with the newest deviation from it, which fades.
    PastCycles,
    /// Exponential smoothing of level and season.
    Smoothing,
    /// Recursive least squares on recent and seasonal lags.
    Regression,
    /// The random cut forest.
    Forest,
}

impl Component {
    /// All of them, in their order.
    pub const ALL: [Self; COMPONENTS] = [
        Self::LastValue,
        Self::PastCycles,
        Self::Smoothing,
        Self::Regression,
        Self::Forest,
    ];

    /// A name in lower case, with underscores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LastValue => "last_value",
            Self::PastCycles => "past_cycles",
            Self::Smoothing => "smoothing",
            Self::Regression => "regression",
            Self::Forest => "forest",
        }
    }
}

/// Which components are mixed.
pub(crate) type Used = [bool; COMPONENTS];

/// A number for each component.
pub(crate) type Each = [f64; COMPONENTS];

pub(crate) const COMPONENTS: usize = 5;

/// Lags up to this may be periods.
const LONGEST: usize = 400;
/// Recent features of the regression.
const ORDER: usize = 12;
/// Steps with their own regression weights; longer horizons continue from their forecasts.
const STEPS: usize = 12;
/// Weight of an observation relative to the next one, in the regression.
const FORGETTING: f64 = 0.999;

/// The predictors, and the values they share.
#[derive(Debug, Clone)]
pub(super) struct Components {
    history: History,
    window: Window,
    finder: PeriodFinder,
    smoothing: Smoothing,
    regression: Regression,
    cleaner: Cleaner,
}

impl Components {
    pub(super) fn new(horizon: usize) -> Self {
        Self {
            history: History::new(2 * LONGEST + 1),
            window: Window::default(),
            finder: PeriodFinder::new(LONGEST),
            smoothing: Smoothing::new(LONGEST),
            regression: Regression::new(Self::shape(horizon)),
            cleaner: Cleaner::default(),
        }
    }

    fn shape(horizon: usize) -> Shape {
        Shape {
            order: ORDER,
            steps: horizon.min(STEPS),
            periods: 2,
            forgetting: FORGETTING,
        }
    }

    pub(super) fn newest(&self) -> Option<f64> {
        self.history.newest()
    }

    /// Standard deviation of the last values; 0 if there is none.
    pub(super) fn deviation(&self) -> f64 {
        self.window.deviation()
    }

    /// The long and the short period; 0 if there is none.
    pub(super) fn periods(&self) -> [usize; 2] {
        self.finder.periods()
    }

    /// Takes a value and its prediction.
    pub(super) fn push(&mut self, value: f64, expected: Option<f64>) {
        let cleaned = match expected {
            Some(expected) => self.cleaner.clean(value, expected),
            None => value,
        };
        self.history.push(cleaned);
        self.window.push(cleaned);
        self.finder.push(&self.history, &self.window);
        let periods = self.finder.periods();
        self.smoothing.push(&self.history, periods[0]);
        self.regression
            .push(value, &self.history, &self.window, &periods);
    }

    /// Writes the forecasts of one component, but not the forest's, for each step.
    pub(super) fn forecast(&mut self, component: Component, forecasts: &mut [f64]) {
        let (history, periods) = (&self.history, self.finder.periods());
        match component {
            Component::LastValue => forecasts.fill(history.newest().unwrap_or(0.0)),
            Component::PastCycles => cycles::forecast(history, periods[0], forecasts),
            Component::Smoothing => self.smoothing.forecast(forecasts),
            Component::Regression => {
                let regression = &mut self.regression;
                regression.forecast(history, &self.window, &periods, forecasts);
            }
            Component::Forest => {}
        }
    }

    pub(super) fn save(&self, numbers: &mut Vec<f64>) {
        self.history.save(numbers);
        self.window.save(numbers);
        self.finder.save(numbers);
        self.smoothing.save(numbers);
        self.regression.save(numbers);
        self.cleaner.save(numbers);
    }

    pub(super) fn restore(horizon: usize, numbers: &mut Numbers<'_>) -> Option<Self> {
        Some(Self {
            history: History::restore(2 * LONGEST + 1, numbers)?,
            window: Window::restore(numbers)?,
            finder: PeriodFinder::restore(LONGEST, numbers)?,
            smoothing: Smoothing::restore(LONGEST, numbers)?,
            regression: Regression::restore(Self::shape(horizon), numbers)?,
            cleaner: Cleaner::restore(numbers)?,
        })
    }
}
