//! The flags of the detector.

use rcf_core::{AnomalyDetector, DetectorConfig, Threshold, Transform};

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
    /// A fixed score above which a record is anomalous, instead of one learned from the scores
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    score_threshold: Option<f64>,
    /// For how many records after an alert further ones are silenced, unless they are far stronger;
    /// 0 reports each [default: 50]
    #[arg(long, value_name = "COUNT")]
    silence: Option<u32>,
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
        if let Some(transform) = self.transform {
            detector = detector.transform(transform.transform());
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
