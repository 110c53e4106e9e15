//! The detectors that run on NAB: they read a series and return one number for each row.

use rcf_core::{AnomalyDetector, AnomalyDetectorBuilder, Learning, RandomCutForest, Threshold};

use super::controls::{Range, TrailingZ, Treatment};
use crate::engines::EngineId;
use crate::stream::Row;
use crate::workload::Workload;

/// A detector with fixed parameters, the same for all series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum DetectorId {
    /// `AnomalyDetector` with nothing set but the seed: its severity.
    Rcf,
    /// The same with a threshold that is a quantile, one record in a thousand.
    RcfQuantile,
    /// The same without learning long anomalies.
    RcfSkip,
    /// The score of our forest, shingle 1.
    RcfScore,
    /// The score of our forest, shingle 8.
    RcfScore8,
    /// krcflib's score, shingle 1.
    KrcflibScore,
    /// The same with the treatment.
    Krcflib,
    /// rcf3's score, shingle 1.
    Rcf3Score,
    /// The same with the treatment.
    Rcf3,
    /// Control: distance outside the range so far.
    Range,
    /// The same with the treatment.
    RangeTreated,
    /// Control: trailing z-score.
    ZScore,
    /// The same with the treatment.
    ZScoreTreated,
    /// Control: distance to the last value.
    Difference,
    /// The same with the treatment.
    DifferenceTreated,
}

impl DetectorId {
    /// In the order of the table.
    pub const ALL: [Self; 15] = [
        Self::Rcf,
        Self::RcfQuantile,
        Self::RcfSkip,
        Self::RcfScore,
        Self::RcfScore8,
        Self::KrcflibScore,
        Self::Krcflib,
        Self::Rcf3Score,
        Self::Rcf3,
        Self::Range,
        Self::RangeTreated,
        Self::ZScore,
        Self::ZScoreTreated,
        Self::Difference,
        Self::DifferenceTreated,
    ];

    /// Its description for the table.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Rcf => "**rcf `AnomalyDetector`, defaults**",
            Self::RcfQuantile => "the same with `Threshold::Quantile { decades: 3 }`",
            Self::RcfSkip => "the same with `Learning::Skip { patience: 512 }`",
            Self::RcfScore => "rcf forest, raw score, shingle 1",
            Self::RcfScore8 => "rcf forest, raw score, shingle 8",
            Self::KrcflibScore => "krcflib 4.0.2, raw score, shingle 1",
            Self::Krcflib => "krcflib 4.0.2, shingle 1, treated",
            Self::Rcf3Score => "rcf3 0.5.2, raw score, shingle 1",
            Self::Rcf3 => "rcf3 0.5.2, shingle 1, treated",
            Self::Range => "control: outside of the range so far",
            Self::RangeTreated => "control: outside of the range so far, treated",
            Self::ZScore => "control: trailing z-score",
            Self::ZScoreTreated => "control: trailing z-score, treated",
            Self::Difference => "control: first difference",
            Self::DifferenceTreated => "control: first difference, treated",
        }
    }

    /// Whether the seed changes the result.
    pub const fn is_random(self) -> bool {
        matches!(
            self,
            Self::Rcf | Self::RcfQuantile | Self::RcfSkip | Self::RcfScore | Self::RcfScore8
        )
    }

    /// Name for folders and files.
    pub fn name(self) -> String {
        let value = clap::ValueEnum::to_possible_value(&self).expect("no variant is skipped");
        value.get_name().replace('-', "_")
    }

    /// One number for each value, computed from it and the previous ones.
    ///
    /// # Errors
    /// A detector rejects its parameters or a value.
    pub fn run(self, values: &[f64], seed: u64) -> anyhow::Result<Vec<f64>> {
        match self {
            Self::Rcf => severities(AnomalyDetector::builder(1), values, seed),
            Self::RcfQuantile => {
                let threshold = Threshold::Quantile { decades: 3.0 };
                severities(
                    AnomalyDetector::builder(1).threshold(threshold),
                    values,
                    seed,
                )
            }
            Self::RcfSkip => {
                let learning = Learning::Skip { patience: 512 };
                severities(AnomalyDetector::builder(1).learning(learning), values, seed)
            }
            Self::RcfScore => forest(values, 1, seed),
            Self::RcfScore8 => forest(values, 8, seed),
            Self::KrcflibScore => engine(EngineId::Krcflib, values),
            Self::Krcflib => Ok(treated(values, &engine(EngineId::Krcflib, values)?)),
            Self::Rcf3Score => engine(EngineId::Rcf3, values),
            Self::Rcf3 => Ok(treated(values, &engine(EngineId::Rcf3, values)?)),
            Self::Range => Ok(outside(values)),
            Self::RangeTreated => Ok(treated(values, &outside(values))),
            Self::ZScore => Ok(trailing(values)),
            Self::ZScoreTreated => Ok(treated(values, &trailing(values))),
            Self::Difference => Ok(differences(values)),
            Self::DifferenceTreated => Ok(treated(values, &differences(values))),
        }
    }
}

fn severities(
    builder: AnomalyDetectorBuilder,
    values: &[f64],
    seed: u64,
) -> anyhow::Result<Vec<f64>> {
    let mut detector = builder.seed(seed).build()?;
    let detections = values.iter().map(|&value| detector.process(&[value]));
    detections
        .map(|detection| Ok(detection?.severity))
        .collect()
}

fn forest(values: &[f64], shingle_size: usize, seed: u64) -> anyhow::Result<Vec<f64>> {
    let builder = RandomCutForest::builder(1).shingle_size(shingle_size);
    let mut forest = builder.seed(seed).build()?;
    let scores = values.iter().map(|&value| forest.process(&[value]));
    Ok(scores.collect::<Result<_, _>>()?)
}

fn engine(engine: EngineId, values: &[f64]) -> anyhow::Result<Vec<f64>> {
    let workload = Workload::find("W1a").expect("the first workload");
    let mut engine = engine.build(&workload)?;
    let scores = values.iter().map(|&value| {
        engine.process(Row {
            double: &[value],
            single: &[value as f32],
        })
    });
    Ok(scores.collect())
}

fn outside(values: &[f64]) -> Vec<f64> {
    let mut range = Range::default();
    values.iter().map(|&value| range.excess(value)).collect()
}

fn trailing(values: &[f64]) -> Vec<f64> {
    let mut control = TrailingZ::default();
    values.iter().map(|&value| control.score(value)).collect()
}

fn differences(values: &[f64]) -> Vec<f64> {
    let mut last = None;
    let steps = values.iter().map(|&value| {
        last.replace(value)
            .map_or(0.0, |last| f64::abs(value - last))
    });
    steps.collect()
}

fn treated(values: &[f64], scores: &[f64]) -> Vec<f64> {
    let mut treatment = Treatment::default();
    let mut speaks = false;
    let pairs = values.iter().zip(scores);
    pairs
        .map(|(&value, &score)| {
            // A forest that is not ready scores 0.
            speaks |= score > 0.0;
            treatment.severity(value, speaks.then_some(score))
        })
        .collect()
}
