//! The attribution of a score.

/// How much of a score each dimension explains.
///
/// Both parts have one entry per coordinate of the point: input dimensions × shingle size, oldest
/// observation first. All entries are non-negative, and they add up to the score.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Attribution {
    /// The part due to the coordinate being higher than usual.
    pub high: Vec<f64>,
    /// The part due to the coordinate being lower than usual.
    pub low: Vec<f64>,
}

impl Attribution {
    /// The score: the sum of all parts.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.high.iter().sum::<f64>() + self.low.iter().sum::<f64>()
    }
}
