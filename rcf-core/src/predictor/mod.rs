//! Online predictors of one series: cheap, of fixed size, the same bits everywhere.
//!
//! | module | predictor |
//! |---|---|
//! | [`regression`] | recursive least squares on recent and seasonal lags, all steps ahead at once |
//! | [`autoregression`] | one step ahead by that regression, with its own history |
//! | [`period`] | two periods of the series, for the seasonal predictors |
//! | [`cycles`] | mean of past cycles, with a fading deviation |
//! | [`smoothing`] | exponential smoothing of level and season (Holt and Winters) |
//!
//! They share a [`History`] of cleaned values and the [`Window`] statistics of the last few hundred
//! of them. Both forget completely: a series whose scale collapses by 10⁹ is predicted as well as
//! any other once the window has passed. Nothing is allocated after construction, and there are no
//! fused operations and no functions of the platform's mathematics library.
//!
//! State goes out and comes back as plain numbers (`save`, `restore`), in a fixed order that the
//! frozen formats rely on.

pub(crate) mod autoregression;
pub(crate) mod cycles;
mod history;
pub(crate) mod numbers;
pub(crate) mod period;
pub(crate) mod regression;
pub(crate) mod smoothing;
mod window;

pub(crate) use autoregression::Autoregression;
pub(crate) use history::History;
pub(crate) use period::PeriodFinder;
pub(crate) use regression::{Regression, Shape};
pub(crate) use window::Window;
