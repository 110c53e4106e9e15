//! How well anomalies are found: detectors on the Numenta Anomaly Benchmark and on other labelled
//! sets.
//!
//! Every detector reads a series record by record and returns one number for each, higher for more
//! anomalous; nothing sees a later record or a label. [`nab`] computes the benchmark's own scores.
//! [Controls](controls) without any model run next to the forests: every claim states its margin
//! over them.

pub mod checks;
pub mod controls;
pub mod corpus;
pub mod detectors;
pub mod forecasts;
pub mod nab;
pub mod ranking;
pub mod run;
pub mod synthetic;
