//! The engines: they read a stream and return alerts, and a score and an evidence for each row.

mod controls;
mod detector;

use super::Stream;

/// The results of an engine for a stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// How unusual each row is, before any decision.
    pub scores: Vec<f64>,
    /// The evidence for the decision on each row.
    pub evidence: Vec<f64>,
    /// The values to which NAB's scorer applies a threshold.
    pub severities: Vec<f64>,
    /// The p-value of the evidence on each row; empty if the engine has none.
    pub p_values: Vec<f64>,
    /// The alerts in order, without reminders of events that have been reported.
    pub alerts: Vec<Alert>,
}

/// One alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Its row.
    pub row: usize,
    /// What it rests on.
    pub kind: &'static str,
    /// How much.
    pub evidence: f64,
    /// The input that is named first.
    pub input: Option<usize>,
}

/// An engine with its parameters, the same for all streams.
#[derive(Debug, Clone, Copy)]
pub struct Engine {
    /// Its name in tables and on the command line.
    pub name: &'static str,
    /// Whether the results depend on the seed.
    pub is_random: bool,
    run: Run,
}

/// Runs an engine on a stream with a seed.
type Control = fn(&Stream, u64) -> anyhow::Result<Answers>;

#[derive(Debug, Clone, Copy)]
enum Run {
    Detector(detector::Configure),
    Control(Control),
}

impl Engine {
    /// All, the detector's configurations first.
    pub fn all() -> Vec<Self> {
        let detectors = detector::CONFIGURATIONS
            .iter()
            .map(|&(name, configure)| Self {
                name,
                is_random: true,
                run: Run::Detector(configure),
            });
        let controls = controls::ALL.iter().map(|&(name, is_random, run)| Self {
            name,
            is_random,
            run: Run::Control(run),
        });
        detectors.chain(controls).collect()
    }

    /// The engine of that name.
    ///
    /// # Errors
    /// A message that lists the names.
    pub fn parse(name: &str) -> Result<Self, String> {
        let all = Self::all();
        all.iter()
            .find(|engine| engine.name == name)
            .copied()
            .ok_or_else(|| {
                let names: Vec<_> = all.iter().map(|engine| engine.name).collect();
                format!("there is {}", names.join(", "))
            })
    }

    /// Whether its results have p-values.
    pub const fn gives_p_values(&self) -> bool {
        matches!(self.run, Run::Detector(_))
    }

    /// Reads the stream from its first row to its last.
    ///
    /// # Errors
    /// The engine rejects its parameters or an observation.
    pub fn run(&self, stream: &Stream, seed: u64) -> anyhow::Result<Answers> {
        match self.run {
            Run::Detector(configure) => detector::run(configure, stream, seed),
            Run::Control(run) => run(stream, seed),
        }
    }
}
