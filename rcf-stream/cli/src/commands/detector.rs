//! The flags of the detector.

use rcf_core::{AnomalyDetector, DetectorConfig, Imputation, Learning, Threshold, Transform};

#[derive(clap::Args)]
#[command(next_help_heading = "Detector")]
pub(crate) struct DetectorFlags {
    /// How many records in a row are judged together [default: 8]
    #[arg(long, value_name = "COUNT")]
    shingle_size: Option<usize>,
    /// How many trees the forest has [default: 50]
    #[arg(long, value_name = "COUNT", visible_alias = "trees")]
    number_of_trees: Option<usize>,
    /// How many points each tree holds [default: 256]
    #[arg(long, value_name = "COUNT")]
    sample_size: Option<usize>,
    /// How fast old points leave, per record; 0 for never [default: 1 / (10 sample-size)]
    #[arg(long, value_name = "NUMBER")]
    time_decay: Option<f64>,
    /// Up to which part of the sample every point is taken [default: 0.125]
    #[arg(long, value_name = "NUMBER")]
    initial_accept_fraction: Option<f64>,
    /// The seed of all random choices
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    seed: u64,
    /// How many records are learned before the first decision
    #[arg(long, value_name = "COUNT", alias = "output-after")]
    warm_up: Option<usize>,
    /// What happens to the values before the forest sees them
    #[arg(long, value_enum)]
    transform: Option<TransformFlag>,
    /// How missing values are filled in [default: previous]
    #[arg(long, value_enum, alias = "missing")]
    imputation: Option<ImputationFlag>,
    /// What is learned of an unusual stretch [default: always]
    #[arg(long, value_enum)]
    learning: Option<LearningFlag>,
    /// After how many records of an unusual stretch it counts as usual [default: 2 sample-size]
    #[arg(long, value_name = "COUNT")]
    patience: Option<u32>,
    /// The share of the records of a calm stream that may exceed the boundary; alerts are fewer,
    /// since one stands for an event [default: 0.0005]
    #[arg(long, value_name = "FRACTION", value_parser = rate, conflicts_with = "score_threshold")]
    false_alarm_rate: Option<f64>,
    /// A fixed score above which a record is anomalous, instead of one learned from the scores
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    score_threshold: Option<f64>,
    /// For how many records after the first alert of an event nothing else is reported; 0 reports
    /// each [default: 50]
    #[arg(long, value_name = "COUNT")]
    silence: Option<u32>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ImputationFlag {
    /// With 0: for counts, where nothing reported is nothing counted
    Zero,
    /// With the value before
    Previous,
    /// On the line through the two values before
    Linear,
    /// With what the forest expects
    Forest,
}

impl ImputationFlag {
    fn policy(self) -> Imputation {
        match self {
            Self::Zero => Imputation::Zero,
            Self::Previous => Imputation::Previous,
            Self::Linear => Imputation::Linear,
            Self::Forest => Imputation::Forest,
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum LearningFlag {
    /// Everything, so that a new level is soon usual
    Always,
    /// Nothing, until it has lasted for the patience
    Skip,
    /// Everything, once it has lasted for the patience
    Delay,
}

impl LearningFlag {
    fn learning(self, patience: u32) -> Learning {
        match self {
            Self::Always => Learning::Always,
            Self::Skip => Learning::Skip { patience },
            Self::Delay => Learning::Delay { patience },
        }
    }
}

/// A fraction of records.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text
        .parse()
        .ok()
        .filter(|rate| (1e-12..=0.5).contains(rate));
    rate.ok_or_else(|| "it must be a number above 0, and 0.5 or less".to_owned())
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum TransformFlag {
    /// Values as they are
    None,
    /// Minus the moving average: for a level that wanders
    SubtractMovingAverage,
    /// Minus the moving average, over the moving deviation: for inputs of different units
    Normalize,
    /// Minus the value before: for counters
    Difference,
    /// The difference, normalized
    NormalizedDifference,
}

impl TransformFlag {
    pub(crate) fn transform(self) -> Transform {
        match self {
            Self::None => Transform::None,
            Self::SubtractMovingAverage => Transform::SubtractMovingAverage,
            Self::Normalize => Transform::Normalize,
            Self::Difference => Transform::Difference,
            Self::NormalizedDifference => Transform::NormalizedDifference,
        }
    }
}

impl DetectorFlags {
    /// The configuration, with all defaults filled in.
    pub(crate) fn config(&self, dimensions: usize) -> DetectorConfig {
        let mut detector = AnomalyDetector::builder(dimensions).seed(self.seed);
        if let Some(records) = self.shingle_size {
            detector = detector.shingle_size(records);
        }
        if let Some(trees) = self.number_of_trees {
            detector = detector.number_of_trees(trees);
        }
        if let Some(points) = self.sample_size {
            detector = detector.sample_size(points);
        }
        if let Some(rate) = self.time_decay {
            detector = detector.time_decay(rate);
        }
        if let Some(fraction) = self.initial_accept_fraction {
            detector = detector.initial_accept_fraction(fraction);
        }
        if let Some(records) = self.warm_up {
            detector = detector.warm_up(records);
        }
        if let Some(imputation) = self.imputation {
            detector = detector.imputation(imputation.policy());
        }
        if let Some(transform) = self.transform {
            detector = detector.transform(transform.transform());
        }
        let patience = self.patience.unwrap_or_else(|| {
            let sample_size = self.sample_size.unwrap_or(256);
            u32::try_from(sample_size.saturating_mul(2)).unwrap_or(u32::MAX)
        });
        match (self.learning, self.patience) {
            (Some(learning), _) => detector = detector.learning(learning.learning(patience)),
            (None, Some(patience)) => detector = detector.learning(Learning::Skip { patience }),
            (None, None) => {}
        }
        if let Some(rate) = self.false_alarm_rate {
            detector = detector.false_alarm_rate(rate);
        }
        if let Some(score) = self.score_threshold {
            detector = detector.threshold(Threshold::Fixed { score });
        }
        if let Some(records) = self.silence {
            detector = detector.silence(records);
        }
        detector.config()
    }
}
