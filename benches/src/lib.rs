//! Benchmarks: our forest and its rivals behind one interface, on eight fixed workloads.
//!
//! The programs are `compare` (time, all engines interleaved in one run) and `footprint` (memory);
//! the criterion bench `forest` is for day-to-day work on our own engine. The folder's README
//! explains how to run them and how to read what they print.
//!
//! [`accuracy`] measures correctness instead of time: the program `nab` scores detectors on the
//! Numenta Anomaly Benchmark, see `docs/accuracy.md`. [`labelled`] does so on sets that were not
//! used to choose constants of the detector, by its alerts.
//!
//! ```text
//! workload + stream ─► engine (ours | krcflib | krcf | rcf3) ─► race ─► report ─► record/
//! ```

pub mod accuracy;
pub mod chart;
pub mod clock;
pub mod engines;
pub mod environment;
pub mod footprint;
pub mod goals;
pub mod instructions;
pub mod labelled;
pub mod race;
pub mod report;
pub mod statistics;
pub mod stream;
pub mod workload;
