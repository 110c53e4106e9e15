//! How many alerts a stream may have beyond its rate.
//!
//! Evidence says how unusual an observation is for a calm stream of its kind. Some streams have
//! unusual observations all the time, and there each would be an alert. So a stream has an
//! allowance, which grows by the false alarm rate with each observation and shrinks by one with
//! each alert. Once it is used up, an alert also needs a p-value within the rate: then its evidence
//! is among the largest of this very stream, and alerts keep to the rate in the long run.

/// The largest allowance, and the largest debt. Forty events in 10,000 observations are within it.
const LARGEST: f64 = 64.0;

/// The allowance of one stream.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Budget {
    pub(crate) left: f64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: LARGEST }
    }
}

impl Budget {
    /// What was saved, if it is possible.
    pub(crate) fn restore(left: f64) -> Option<Self> {
        (left.abs() <= LARGEST).then_some(Self { left })
    }

    /// An observation passes.
    pub(crate) fn tick(&mut self, rate: f64) {
        self.left = (self.left + rate).min(LARGEST);
    }

    /// Whether an observation of this p-value may be an alert.
    pub(crate) fn allows(self, p_value: f64, rate: f64) -> bool {
        self.left >= 1.0 || p_value <= rate
    }

    /// It was one.
    pub(crate) fn spend(&mut self) {
        self.left = (self.left - 1.0).max(-LARGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_keep_to_the_rate_in_the_long_run() {
        // One observation in a hundred is a candidate, a twentieth of those within the rate.
        let (mut budget, mut alerts) = (Budget::default(), 0);
        let rate = 5e-4;
        for t in 0..1_000_000 {
            budget.tick(rate);
            let p_value = if t % 2_000 == 0 { rate } else { 0.01 };
            if t % 100 == 0 && budget.allows(p_value, rate) {
                budget.spend();
                alerts += 1;
            }
        }
        assert!((500..=600).contains(&alerts), "{alerts}");
    }

    #[test]
    fn a_burst_is_within_the_allowance_and_debt_is_bounded() {
        let mut budget = Budget::default();
        for _ in 0..63 {
            assert!(budget.allows(1.0, 1e-3));
            budget.spend();
        }
        (0..1_000).for_each(|_| budget.spend());
        assert!(!budget.allows(1.0, 1e-3) && budget.allows(1e-3, 1e-3));
        (0..66_000).for_each(|_| budget.tick(1e-3));
        assert!(budget.allows(1.0, 1e-3));
        assert_eq!(Budget::restore(budget.left), Some(budget));
        assert_eq!(Budget::restore(f64::NAN), None);
        assert_eq!(Budget::restore(65.0), None);
    }
}
