//! Every implementation behind one interface, each configured as the workload says.

#[cfg(feature = "rivals")]
mod encoding;
pub mod java;
#[cfg(feature = "rivals")]
mod krcf;
#[cfg(feature = "rivals")]
mod krcflib;
mod ours;
#[cfg(feature = "rivals")]
mod rcf3;

use std::ops::Range;
use std::time::Duration;

use rcf_core::MemoryProfile;
use serde::{Deserialize, Serialize};

use crate::{
    race::Operation,
    stream::{Row, Stream},
    workload::Workload,
};

/// Attribution of one point: a share of the score for each dimension and direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// Because the value is too high; one for each dimension, oldest block of the shingle first.
    pub high: Vec<f64>,
    /// Because the value is too low.
    pub low: Vec<f64>,
}

impl Attribution {
    /// The sum of all shares.
    pub fn total(&self) -> f64 {
        self.high.iter().chain(&self.low).sum()
    }
}

/// A forest of any library. Rows are valid by construction, so an engine that rejects one panics.
pub trait Engine {
    /// Whether this operation can be timed.
    fn offers(&self, _operation: Operation) -> bool {
        true
    }

    /// Processes these rows and returns the duration, for an engine in a separate process, which
    /// must measure its own time.
    fn own_time(
        &mut self,
        _operation: Operation,
        _stream: &Stream,
        _rows: Range<usize>,
    ) -> Option<Duration> {
        None
    }

    /// Updates the forest with the row.
    fn update(&mut self, row: Row<'_>);

    /// Scores the row as the next one of the stream, without learning it.
    fn score(&self, row: Row<'_>) -> f64;

    /// Scores the row, then learns it.
    fn process(&mut self, row: Row<'_>) -> f64 {
        let score = self.score(row);
        self.update(row);
        score
    }

    /// Scores rows, each as the next one of the stream, without learning any: in one call if the
    /// engine has one, otherwise row by row.
    fn score_array(&self, stream: &Stream, rows: Range<usize>) -> Vec<f64> {
        stream.rows(rows).map(|row| self.score(row)).collect()
    }

    /// The rows to come, one value for each dimension of each row. The shingle is longer than one.
    fn forecast(&self, rows: usize) -> Vec<f64>;

    /// Splits the score of the row over its dimensions.
    fn attribution(&self, row: Row<'_>) -> Attribution;

    /// The whole state, in the format that the engine offers (if it only derives `serde`,
    /// bincode).
    fn save(&self) -> Vec<u8>;

    /// A new engine from saved bytes.
    fn load(&self, bytes: &[u8]) -> Box<dyn Engine>;
}

/// The engines that can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineId {
    /// This repository.
    Rcf,
    /// The same with the fewest boxes.
    RcfEighth,
    /// The same in the memory profile of detectors and keyed maps.
    RcfCompact,
    /// The same with all boxes.
    RcfAll,
    /// The default without AVX-512, as most processors compute it.
    RcfAvx2,
    /// Amazon's Rust port as published on crates.io: the reference.
    Krcflib,
    /// A wrapper around `krcflib` that its author tuned.
    Krcf,
    /// An independent implementation. Not a true random cut forest: it keeps the lowest cut.
    Rcf3,
    /// Amazon's Java, if it [is installed](java::missing).
    Java,
}

impl EngineId {
    /// The engines that are compared unless others are requested, ours first.
    pub const ALL: [Self; 4] = [Self::Rcf, Self::Krcflib, Self::Krcf, Self::Rcf3];

    /// The one that the others are compared with.
    pub const REFERENCE: Self = Self::Krcflib;

    /// The requested engines, or all if there are none.
    pub fn all_if_none(asked: Vec<Self>) -> Vec<Self> {
        if asked.is_empty() {
            Self::ALL.to_vec()
        } else {
            asked
        }
    }

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rcf => "rcf",
            Self::RcfEighth => "rcf-eighth",
            Self::RcfCompact => "rcf-compact",
            Self::RcfAll => "rcf-all",
            Self::RcfAvx2 => "rcf-avx2",
            Self::Krcflib => "krcflib",
            Self::Krcf => "krcf",
            Self::Rcf3 => "rcf3",
            Self::Java => "java",
        }
    }

    /// Name and release.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rcf => concat!("**rcf ", env!("CARGO_PKG_VERSION"), "**"),
            Self::RcfEighth => "rcf, an eighth of the boxes",
            Self::RcfCompact => "rcf, compact",
            Self::RcfAll => "rcf, all boxes",
            Self::RcfAvx2 => "rcf, AVX2",
            Self::Krcflib => "krcflib 4.0.2",
            Self::Krcf => "krcf 0.4.0",
            Self::Rcf3 => "rcf3 0.5.2",
            Self::Java => "AWS Java 4.3.0",
        }
    }

    /// An empty forest for the workload.
    ///
    /// # Errors
    /// If the engine refuses the parameters.
    pub fn build(self, workload: &Workload) -> anyhow::Result<Box<dyn Engine>> {
        let profile = |it: MemoryProfile| ours::build(workload, it.bounding_box_cache_fraction());
        match self {
            Self::Rcf => profile(MemoryProfile::Fast),
            Self::RcfEighth => ours::build(workload, 0.125),
            Self::RcfCompact => profile(MemoryProfile::Compact),
            Self::RcfAll => ours::build(workload, 1.0),
            Self::RcfAvx2 => ours::build_for_avx2(workload),
            #[cfg(feature = "rivals")]
            Self::Krcflib => krcflib::build(workload),
            #[cfg(feature = "rivals")]
            Self::Krcf => krcf::build(workload),
            #[cfg(feature = "rivals")]
            Self::Rcf3 => rcf3::build(workload),
            Self::Java => java::build(workload),
            #[cfg(not(feature = "rivals"))]
            _ => anyhow::bail!(
                "{} is left out: build with the feature `rivals`",
                self.name()
            ),
        }
    }
}
