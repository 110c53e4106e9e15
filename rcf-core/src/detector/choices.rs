//! The choices of a detector by the names that the table of parameters gives them. Every interface
//! takes and shows them by these names.

use super::{Imputation, Learning, Threshold, Transform};

impl Transform {
    /// All transforms.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::SubtractMovingAverage,
        Self::Normalize,
        Self::Difference,
        Self::NormalizedDifference,
    ];

    /// Its name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SubtractMovingAverage => "subtract_moving_average",
            Self::Normalize => "normalize",
            Self::Difference => "difference",
            Self::NormalizedDifference => "normalized_difference",
        }
    }

    /// The transform of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

impl Imputation {
    /// Its name in settings.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Fixed(_) => "fixed",
            Self::Previous => "previous",
            Self::Linear => "linear",
            Self::Forest => "forest",
        }
    }

    /// The method of this name, unless it needs values (`fixed`).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::Zero, Self::Previous, Self::Linear, Self::Forest];
        all.into_iter().find(|it| it.as_str() == name)
    }
}

impl Learning {
    /// Its name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Frozen { .. } => "frozen",
            Self::Skip { .. } => "skip",
            Self::Delay { .. } => "delay",
            Self::DownWeight { .. } => "down_weight",
        }
    }

    /// The numbers that follow its name in settings: `after`, or `one_in` and the patience.
    #[must_use]
    pub fn numbers(self) -> Vec<u64> {
        match self {
            Self::Always => vec![],
            Self::Frozen { after } => vec![after],
            Self::Skip { patience } | Self::Delay { patience } => vec![patience.into()],
            Self::DownWeight { one_in, patience } => vec![one_in.into(), patience.into()],
        }
    }

    /// The policy of this name with these numbers, which may leave out the `patience`. `None` if
    /// the name is unknown, or takes other numbers.
    ///
    /// ```
    /// use rcf_core::Learning;
    ///
    /// let skip = Learning::named("skip", &[], 512);
    /// assert_eq!(skip, Some(Learning::Skip { patience: 512 }));
    /// assert_eq!(Learning::named("down_weight", &[], 512), None);
    /// ```
    #[must_use]
    pub fn named(name: &str, numbers: &[u32], patience: u32) -> Option<Self> {
        let patience_at = |at: usize| numbers.get(at).copied().unwrap_or(patience);
        Some(match (name, numbers) {
            ("always", []) => Self::Always,
            ("frozen", &[after]) => Self::Frozen {
                after: after.into(),
            },
            ("skip", [] | [_]) => Self::Skip {
                patience: patience_at(0),
            },
            ("delay", [] | [_]) => Self::Delay {
                patience: patience_at(0),
            },
            ("down_weight", &[one_in] | &[one_in, _]) => Self::DownWeight {
                one_in,
                patience: patience_at(1),
            },
            _ => return None,
        })
    }
}

impl Threshold {
    /// Its name in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Calibrated { .. } => "calibrated",
            Self::ExtremeValue { .. } => "extreme_value",
            Self::Quantile { .. } => "quantile",
            Self::Deviations { .. } => "deviations",
            Self::Fixed { .. } => "fixed",
        }
    }

    /// Its number: the false alarm rate, decades, factor or score.
    #[must_use]
    pub const fn number(self) -> f64 {
        match self {
            Self::Calibrated { false_alarm_rate } => false_alarm_rate,
            Self::ExtremeValue { decades } | Self::Quantile { decades } => decades,
            Self::Deviations { factor } => factor,
            Self::Fixed { score } => score,
        }
    }

    /// The strategy of this name with its number; `None` if the name is unknown.
    ///
    /// ```
    /// use rcf_core::Threshold;
    ///
    /// let quantile = Threshold::named("quantile", 3.0);
    /// assert_eq!(quantile, Some(Threshold::Quantile { decades: 3.0 }));
    /// ```
    #[must_use]
    pub fn named(name: &str, number: f64) -> Option<Self> {
        let all = [
            Self::Calibrated {
                false_alarm_rate: number,
            },
            Self::ExtremeValue { decades: number },
            Self::Quantile { decades: number },
            Self::Deviations { factor: number },
            Self::Fixed { score: number },
        ];
        all.into_iter().find(|it| it.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::{DETECTOR, ParameterKind, find};

    fn names(parameter: &str) -> &'static [&'static str] {
        match find(DETECTOR, parameter).map(|row| row.kind) {
            Some(ParameterKind::Name(names)) => names,
            _ => panic!("{parameter} has no names"),
        }
    }

    #[test]
    fn every_name_of_the_table_is_a_choice_of_that_name() {
        assert_eq!(Transform::ALL.map(Transform::as_str), names("transform"));
        for name in names("imputation") {
            let imputation = match *name {
                "fixed" => Imputation::Fixed(vec![]),
                name => Imputation::named(name).unwrap(),
            };
            assert_eq!(imputation.as_str(), *name);
        }
        for name in names("threshold") {
            let threshold = Threshold::named(name, 0.25).unwrap();
            assert_eq!((threshold.as_str(), threshold.number()), (*name, 0.25));
        }
        for name in names("learning") {
            let with = |numbers: &[u32]| Learning::named(name, numbers, 9);
            let all: Vec<_> = [&[][..], &[3], &[3, 4]]
                .into_iter()
                .filter_map(with)
                .collect();
            assert!(!all.is_empty(), "{name}");
            assert!(all.iter().all(|it| it.as_str() == *name));
        }
        assert_eq!(Transform::named(""), None);
        assert_eq!(Threshold::named("combined", 1.0), None);
    }

    #[test]
    fn numbers_of_learning_round_trip() {
        for learning in [
            Learning::Always,
            Learning::Frozen { after: 5 },
            Learning::Skip { patience: 6 },
            Learning::Delay { patience: 7 },
            Learning::DownWeight {
                one_in: 3,
                patience: 8,
            },
        ] {
            let numbers: Vec<u32> = learning.numbers().iter().map(|&it| it as u32).collect();
            let again = Learning::named(learning.as_str(), &numbers, 1);
            assert_eq!(again, Some(learning));
        }
        let patience = |numbers: &[u32]| Learning::named("down_weight", numbers, 9);
        let one_in = 3;
        assert_eq!(
            patience(&[3]),
            Some(Learning::DownWeight {
                one_in,
                patience: 9
            })
        );
        assert_eq!(patience(&[]), None);
        assert_eq!(Learning::named("always", &[1], 9), None);
    }
}
