//! Metadata of an observation: time, weight and label.

use crate::error::InputError;

/// The smallest weight.
const LEAST_WEIGHT: f64 = 1e-9;
/// The largest weight.
pub(crate) const GREATEST_WEIGHT: f64 = 1e9;

/// Means "no label".
pub(crate) const NO_LABEL: i64 = i64::MIN;

/// How an observation arrives: when, with what weight, under which label.
///
/// ```
/// # use rcf_core::{Arrival, RandomCutForest};
/// let mut forest = RandomCutForest::builder(1).store_labels(true).build()?;
/// forest.update_with(&[1.5], Arrival::at(1_700_000_000).weight(3.0).label(7))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arrival {
    pub(crate) time: Option<i64>,
    pub(crate) weight: f64,
    pub(crate) label: Option<i64>,
}

impl Arrival {
    /// One unit of time after the newest observation, or at 0 if there is none; of weight 1,
    /// without a label.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            time: None,
            weight: 1.0,
            label: None,
        }
    }

    /// At this time, or with this sequence number: λ is the decay per unit of it. Only differences
    /// count, so the origin is arbitrary. An observation older than the newest one counts as one
    /// that has already decayed.
    #[must_use]
    pub const fn at(time: i64) -> Self {
        Self {
            time: Some(time),
            ..Self::new()
        }
    }

    /// With this weight, from 1e-9 to 1e9: full samples take the observation as likely as that many
    /// observations of weight 1 together, and keep it as long.
    #[must_use]
    pub const fn weight(mut self, weight: f64) -> Self {
        self.weight = weight;
        self
    }

    /// With this label, which neighbours and samples return. Any number but `i64::MIN`.
    #[must_use]
    pub const fn label(mut self, label: i64) -> Self {
        self.label = Some(label);
        self
    }

    pub(crate) fn check(&self, stores_labels: bool) -> Result<(), InputError> {
        if !(LEAST_WEIGHT..=GREATEST_WEIGHT).contains(&self.weight) {
            return Err(InputError::Weight {
                got: self.weight,
                least: LEAST_WEIGHT,
                most: GREATEST_WEIGHT,
            });
        }
        match self.label {
            Some(_) if !stores_labels => Err(InputError::LabelsNotStored),
            Some(NO_LABEL) => Err(InputError::Label),
            _ => Ok(()),
        }
    }
}

impl Default for Arrival {
    fn default() -> Self {
        Self::new()
    }
}
