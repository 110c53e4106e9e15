//! The flags of the detector.

use std::str::FromStr;

use rcf_core::parameters::{DETECTOR, find};
use rcf_core::{
    AnomalyDetector, ConfigError, DetectorConfig, Imputation, Learning, MemoryProfile, Rule,
    Threshold, Transform,
};
use rcf_stream::config::random_seed;

use super::standard::say;

/// The flags. Those without a comment are parameters of the table, which has their help.
#[derive(clap::Args)]
#[command(next_help_heading = "Detector")]
pub(crate) struct DetectorFlags {
    #[arg(long, value_name = "COUNT", help = help("shingle_size"))]
    shingle_size: Option<usize>,
    #[arg(long, value_name = "COUNT", visible_alias = "trees", help = help("number_of_trees"))]
    number_of_trees: Option<usize>,
    #[arg(long, value_name = "COUNT", help = help("sample_size"))]
    sample_size: Option<usize>,
    #[arg(long, value_name = "NUMBER", help = help("time_decay"))]
    time_decay: Option<f64>,
    #[arg(long, value_name = "NUMBER", help = help("initial_accept_fraction"))]
    initial_accept_fraction: Option<f64>,
    #[arg(long, value_name = "COUNT|random", help = help("seed"))]
    seed: Option<SeedFlag>,
    #[arg(long, value_name = "COUNT", alias = "output-after", help = help("warm_up"))]
    warm_up: Option<usize>,
    #[arg(long, value_enum, help = help("transform"))]
    transform: Option<TransformFlag>,
    #[arg(long, value_enum, alias = "missing", help = help("imputation"))]
    imputation: Option<ImputationFlag>,
    #[arg(long, value_enum, help = help("learning"))]
    learning: Option<LearningFlag>,
    #[arg(long, value_name = "COUNT", help = help("patience"))]
    patience: Option<u32>,
    #[arg(long, value_name = "FRACTION", value_parser = |text: &str| within("false_alarm_rate", text),
        conflicts_with = "score_threshold", help = help("false_alarm_rate"))]
    false_alarm_rate: Option<f64>,
    /// Report every score above this number, instead of using the calibrated threshold
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    score_threshold: Option<f64>,
    #[arg(long, value_name = "COUNT", help = help("silence"))]
    silence: Option<u32>,
    #[arg(long, value_name = "COUNT", help = help("quiet"))]
    quiet: Option<u32>,
    #[arg(long, value_name = "FRACTION", value_parser = |text: &str| within("noise_floor", text),
        help = help("noise_floor"))]
    noise_floor: Option<f64>,
    #[arg(long, value_name = "RULE", help = rules_help())]
    rules: Vec<String>,
    #[arg(long, value_enum, help = memory_profile_help())]
    memory_profile: Option<MemoryFlag>,
    /// Use the times of records: absent records are filled in as `--imputation` says; with `zero`,
    /// an outage is judged when the stream resumes
    #[arg(long)]
    pub(crate) use_time: bool,
}

/// A seed, or a request to draw one.
#[derive(Clone, Copy)]
enum SeedFlag {
    Number(u64),
    Random,
}

impl FromStr for SeedFlag {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "random" => Ok(Self::Random),
            _ => text
                .parse()
                .map(Self::Number)
                .map_err(|_| "it must be a whole number, 0 or more, or random"),
        }
    }
}

/// Help and default of a parameter, from the table of rcf-core.
fn help(name: &str) -> String {
    let row = find(DETECTOR, name).expect("each flag is a row of the table, as a test holds");
    format!("{} [default: {}]", row.help, row.default)
}

fn memory_profile_help() -> String {
    let row = find(DETECTOR, "memory_profile").expect("a row of the table, as a test holds");
    format!("{} [default: fast; compact with --key]", row.help)
}

fn rules_help() -> String {
    let example = "\"load within 5% above\" or \"when speed < 10\"";
    format!("{}, as {example}; may be repeated", help("rules"))
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ImputationFlag {
    /// With 0: for counts, where no report means a count of 0
    Zero,
    /// With the previous value
    Previous,
    /// By linear extrapolation of the previous two values
    Linear,
    /// With the value that the forest expects
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
    /// Everything, so that a new level soon becomes usual
    Always,
    /// Nothing until the stretch has lasted for the patience
    Skip,
    /// Everything once the stretch has lasted for the patience
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

#[derive(Clone, Copy, clap::ValueEnum)]
enum MemoryFlag {
    /// For few keys: less time, more memory
    Fast,
    /// For many keys: less memory, more time
    Compact,
}

impl MemoryFlag {
    fn profile(self) -> MemoryProfile {
        match self {
            Self::Fast => MemoryProfile::Fast,
            Self::Compact => MemoryProfile::Compact,
        }
    }
}

/// A number in the range of a parameter.
fn within(name: &str, text: &str) -> Result<f64, String> {
    let row = find(DETECTOR, name).expect("the table has this row");
    let number = text.parse().ok().filter(|number| row.allows(*number));
    number.ok_or_else(|| format!("it must be a number in {}", row.range))
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum TransformFlag {
    /// No transform
    None,
    /// Subtract the moving average: for a drifting level
    SubtractMovingAverage,
    /// Subtract the moving average and divide by the moving deviation: for inputs of different
    /// units
    Normalize,
    /// Subtract the previous value: for counters
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
    /// The configuration of a detector for these columns, with all defaults filled in: many
    /// detectors share the memory, a single one may spend it on speed.
    ///
    /// # Errors
    /// An invalid rule, or a rule about another column.
    pub(crate) fn config(
        &self,
        columns: &[String],
        has_keys: bool,
    ) -> Result<DetectorConfig, ConfigError> {
        let mut detector = AnomalyDetector::builder(columns.len());
        detector = match self.seed {
            None => detector,
            Some(SeedFlag::Number(seed)) => detector.seed(seed),
            Some(SeedFlag::Random) => {
                let seed = random_seed();
                say(format_args!(
                    "the seed is {seed}; repeat this with --seed {seed}"
                ));
                detector.seed(seed)
            }
        };
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
        let patience = self
            .patience
            .unwrap_or_else(|| Learning::default_patience(detector.config().sample_size));
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
        if let Some(records) = self.quiet {
            detector = detector.quiet(records);
        }
        if let Some(fraction) = self.noise_floor {
            detector = detector.noise_floor(fraction);
        }
        detector = detector.memory_profile(match self.memory_profile {
            Some(profile) => profile.profile(),
            None if has_keys => MemoryProfile::Compact,
            None => MemoryProfile::Fast,
        });
        let rules = self.rules.iter().map(|text| Rule::parse(text, columns));
        Ok(detector
            .rules(rules.collect::<Result<Vec<_>, _>>()?)
            .config())
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;

    /// Flags without a parameter of the same name, which set the threshold.
    const OTHERWISE: [&str; 2] = ["score_threshold", "use_time"];

    #[test]
    fn one_detector_is_fast_and_many_are_compact() {
        let profile = |has_keys, flags: &[&str]| {
            let command = DetectorFlags::augment_args(Command::new("score"));
            let matches = command.get_matches_from([&["score"], flags].concat());
            let flags = DetectorFlags::from_arg_matches(&matches).unwrap();
            let config = flags.config(&["load".to_owned()], has_keys).unwrap();
            config.memory_profile
        };
        assert_eq!(profile(false, &[]), MemoryProfile::Fast);
        assert_eq!(profile(true, &[]), MemoryProfile::Compact);
        let fast = ["--memory-profile", "fast"];
        assert_eq!(profile(true, &fast), MemoryProfile::Fast);
    }

    #[test]
    fn flags_are_parameters_with_the_help_of_the_table() {
        let command = DetectorFlags::augment_args(Command::new("score"));
        for flag in command.get_arguments() {
            let name = flag.get_id().as_str();
            if OTHERWISE.contains(&name) {
                continue;
            }
            let row = find(DETECTOR, name).unwrap_or_else(|| panic!("--{name} has no row"));
            let said = flag.get_help().expect("each flag has help").to_string();
            let expected = match row.name {
                "memory_profile" => memory_profile_help(),
                name => help(name),
            };
            assert!(said.starts_with(&expected), "{said}");
            assert_eq!(flag.get_long(), Some(name.replace('_', "-").as_str()));
        }
    }
}
