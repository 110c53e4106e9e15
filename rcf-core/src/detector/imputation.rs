//! The value that is taken for a missing one.

/// How missing values are filled in.
///
/// An observation is learned only if at least half of the values of its shingle are real; the share
/// of real values is part of [`Detection::confidence`](crate::Detection::confidence).
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Imputation {
    /// With 0: for counts, where no report means a count of 0.
    Zero,
    /// With these values, one for each input.
    Fixed(Vec<f64>),
    /// With the last known value of the input.
    #[default]
    Previous,
    /// One step further on the line through the last two known values, then held. Within a gap of
    /// timestamps: on the line between the values at both ends.
    Linear,
    /// With what the forest expects, given the other values and the observations before; like
    /// `Previous` until the forest is ready.
    Forest,
}

/// The last known values of one input.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Known {
    pub(crate) last: Option<f64>,
    pub(crate) before: Option<f64>,
    /// Observations since the last one.
    pub(crate) age: u64,
}

impl Known {
    pub(crate) fn push(&mut self, value: f64) {
        // A line goes through neighbours only.
        self.before = self.last.filter(|_| self.age == 0);
        self.last = Some(value);
        self.age = 0;
    }

    pub(crate) fn skip(&mut self) {
        self.age = self.age.saturating_add(1);
    }

    /// The value in place of the next one; `None` if nothing is known yet.
    pub(crate) fn fill(&self, policy: &Imputation, input: usize) -> Option<f64> {
        match policy {
            Imputation::Zero => Some(0.0),
            Imputation::Fixed(values) => Some(values[input]),
            Imputation::Previous | Imputation::Forest => self.last,
            Imputation::Linear => match (self.last, self.before) {
                (Some(last), Some(before)) => Some(last + (last - before)),
                (last, _) => last,
            },
        }
    }
}
