//! The sets, by name.

use std::path::Path;

use super::protocol::Tolerance;
use super::{Stream, files, generate};

/// A set of labelled streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SetId {
    /// UCR anomaly archive, series of up to 20,000 rows.
    Ucr,
    /// SKAB: a water circulation with eight inputs.
    Skab,
    /// NASA's telemetry of the Mars Science Laboratory.
    Msl,
    /// Numenta Anomaly Benchmark.
    Nab,
    /// Ten kinds of event in one input, 20 streams each.
    Kinds,
    /// One of 20 inputs shifted, or decoupled from the others, 20 streams each.
    Kinds20,
    /// Seven kinds of event on nine backgrounds, six streams each.
    Backgrounds,
    /// 40 short events in 10,000 observations, six streams.
    Frequent,
    /// Events that last, in several inputs whose phases come back, 24 streams.
    Lasting,
    /// Ten systems of unlike inputs with six kinds of event, three streams each.
    Systems,
    /// Periodic streams without events.
    Calm,
    /// Streams from public Python packages, which `scripts/public_streams.py` writes; only if
    /// named.
    Public,
}

impl SetId {
    /// All that need no download, in the order of the table.
    pub const ALL: [Self; 11] = [
        Self::Skab,
        Self::Msl,
        Self::Ucr,
        Self::Nab,
        Self::Kinds,
        Self::Kinds20,
        Self::Backgrounds,
        Self::Frequent,
        Self::Lasting,
        Self::Systems,
        Self::Calm,
    ];

    /// Its name in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ucr => "ucr",
            Self::Skab => "skab",
            Self::Msl => "msl",
            Self::Nab => "nab",
            Self::Kinds => "kinds",
            Self::Kinds20 => "kinds20",
            Self::Backgrounds => "backgrounds",
            Self::Frequent => "frequent",
            Self::Lasting => "lasting",
            Self::Systems => "systems",
            Self::Calm => "calm",
            Self::Public => "public",
        }
    }

    /// Tolerance around an event, in rows.
    pub const fn tolerance(self) -> Tolerance {
        match self {
            Self::Ucr => Tolerance::UCR,
            _ => Tolerance::DEFAULT,
        }
    }

    /// The streams; `data` is the folder that contains `ucr/`, `skab/`, `msl/` and `nab/`.
    ///
    /// # Errors
    /// A file is missing or differs from that of the set.
    pub fn load(self, data: &Path) -> anyhow::Result<Vec<Stream>> {
        let folder = data.join(self.name());
        match self {
            Self::Ucr => files::ucr(&folder),
            Self::Skab => files::skab(&folder),
            Self::Msl | Self::Public => files::msl(&folder),
            Self::Nab => files::nab(&folder),
            Self::Kinds => Ok(generate::kinds()),
            Self::Kinds20 => Ok(generate::many_inputs()),
            Self::Backgrounds => Ok(generate::backgrounds()),
            Self::Frequent => Ok(generate::frequent()),
            Self::Lasting => Ok(generate::lasting()),
            Self::Systems => Ok(generate::systems()),
            Self::Calm => Ok(generate::calm()),
        }
    }
}
