//! The eight workloads: typical tasks of a forest.

/// Share of the sample that is accepted unconditionally at the start; the same for every engine.
pub const INITIAL_ACCEPT_FRACTION: f64 = 0.125;

/// Seed of every forest of a workload.
pub const SEED: u64 = 42;

/// The parameters of one forest, and the stream that goes with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workload {
    /// Its name in tables and on the command line.
    pub name: &'static str,
    /// Values per row of the stream.
    pub input_dimensions: usize,
    /// Rows per shingle. The forest builds the shingles if this is above 1.
    pub shingle_size: usize,
    /// Trees in the forest.
    pub number_of_trees: usize,
    /// Points in the sample of each tree.
    pub sample_size: usize,
    /// Seed of every random choice.
    pub seed: u64,
}

impl Workload {
    /// All eight, smallest first.
    pub const ALL: [Self; 8] = [
        Self::new("W1a", 1, 1, 50, 256),
        Self::new("W1b", 1, 1, 100, 256),
        Self::new("W1c", 1, 1, 100, 628),
        Self::new("W2", 1, 8, 50, 256),
        Self::new("W3", 5, 4, 50, 256),
        Self::new("W3b", 5, 4, 100, 256),
        Self::new("W4", 1, 48, 50, 256),
        Self::new("W5", 50, 1, 50, 256),
    ];

    const fn new(
        name: &'static str,
        input_dimensions: usize,
        shingle_size: usize,
        number_of_trees: usize,
        sample_size: usize,
    ) -> Self {
        Self {
            name,
            input_dimensions,
            shingle_size,
            number_of_trees,
            sample_size,
            seed: SEED,
        }
    }

    /// The workload of that name, ignoring case.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|workload| workload.name.eq_ignore_ascii_case(name))
    }

    /// [`find`](Self::find) for the command line.
    ///
    /// # Errors
    /// A message that lists the names.
    pub fn parse(name: &str) -> Result<Self, String> {
        Self::find(name).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|workload| workload.name).collect();
            format!("there is {}", names.join(", "))
        })
    }

    /// The requested workloads, or all if there are none.
    pub fn all_if_none(asked: Vec<Self>) -> Vec<Self> {
        if asked.is_empty() {
            Self::ALL.to_vec()
        } else {
            asked
        }
    }

    /// Dimensions of a point in a tree.
    pub const fn dimensions(&self) -> usize {
        self.input_dimensions * self.shingle_size
    }

    /// Time decay: a point's expected stay is ten samples long.
    pub fn time_decay(&self) -> f64 {
        0.1 / self.sample_size as f64
    }

    /// Updates before the first score.
    pub const fn output_after(&self) -> usize {
        self.sample_size / 4
    }

    /// Updates until the steady state of the forest: full trees, in which points are inserted and
    /// go.
    pub fn warm_up(&self) -> usize {
        (12 * self.sample_size).max(4000)
    }

    /// Whether the forest builds the shingle.
    pub const fn internal_shingling(&self) -> bool {
        self.shingle_size > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_in_any_case() {
        for workload in Workload::ALL {
            assert_eq!(
                Workload::find(&workload.name.to_lowercase()),
                Some(workload)
            );
        }
        assert_eq!(Workload::find("W9"), None);
    }

    #[test]
    fn warm_up_is_at_least_four_thousand_updates() {
        assert_eq!(Workload::find("W1a").map(|w| w.warm_up()), Some(4000));
        assert_eq!(Workload::find("W1c").map(|w| w.warm_up()), Some(12 * 628));
    }
}
