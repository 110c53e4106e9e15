//! The demonstration: a sine wave with a drop, through the whole chain, judged by its results.
//!
//! Generator → input stream → operator with a Random Cut Forest → output stream, with both
//! streams [in memory](rcf_stream::connectors::memory) and everything else as in `rcf run`.
//! Results are read back from the output stream before they are shown and judged.

mod judge;
mod picture;
mod run;
mod table;

pub use judge::{Group, Judgement};
pub use run::{DemoError, ScoredPoint, run};

use std::time::Duration;

use crate::report::Report;
use rcf_stream::connectors::sine::{Drops, SineConfig};
use rcf_stream::operator::ForestParameters;

/// Records of the original demonstration: its second drop and some more.
const ORIGINAL_RECORDS: u64 = 36_600;
/// The first cycle stays clean, then six have a drop.
const CYCLES_WITH_DROPS: std::ops::RangeInclusive<u64> = 1..=6;
/// Records in seven cycles of the wave, which is 2π · 100 records long.
const SEVEN_CYCLES: u64 = 4_399;

/// What to demonstrate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SineDemo {
    /// The seed of the forest.
    pub seed: u64,
    /// One drop in each of six cycles, after one clean cycle, instead of the original's drops,
    /// which are 36,000 records apart.
    pub every_cycle: bool,
    /// The standard deviation of Gaussian noise on the wave; the same seed makes it.
    pub noise: f64,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What was demonstrated.
    pub demo: SineDemo,
    /// All records with their scores, in order, read back from the output stream.
    pub points: Vec<ScoredPoint>,
    /// Whether the drops had the highest scores.
    pub judgement: Judgement,
    /// The time from the first generated record to the last result read.
    pub elapsed: Duration,
    /// The parameters of the forest, with all defaults filled in.
    pub forest: rcf_core::Config,
}

impl SineDemo {
    /// The wave.
    #[must_use]
    pub fn wave(&self) -> SineConfig {
        let (count, drops) = if self.every_cycle {
            (SEVEN_CYCLES, Drops::Cycles(CYCLES_WITH_DROPS.collect()))
        } else {
            (ORIGINAL_RECORDS, Drops::Original)
        };
        SineConfig {
            count: Some(count),
            drops,
            noise: self.noise,
            seed: self.seed,
            ..SineConfig::default()
        }
    }

    /// The parameters of the original: one dimension, no shingle, a sample of one cycle.
    fn forest(&self) -> ForestParameters {
        ForestParameters {
            shingle_size: Some(1),
            sample_size: Some(628),
            seed: self.seed,
            ..ForestParameters::default()
        }
    }
}

impl Outcome {
    /// The results as a report with both curves.
    ///
    /// # Errors
    /// Never for an outcome of [`run`]; a [`ReportError`](crate::report::ReportError) if points
    /// were changed so that they are out of order.
    pub fn report(&self) -> Result<Report, crate::report::ReportError> {
        picture::report(self)
    }

    /// A short table around the last drop, and the verdict as its last line.
    #[must_use]
    pub fn table(&self) -> String {
        table::table(self)
    }
}
