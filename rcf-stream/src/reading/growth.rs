//! Growth of a column from record to record: indexes, clocks and counters.

/// How a column grows from record to record.
pub(super) struct Growth {
    pub(super) steps: usize,
    pub(super) rises: usize,
    pub(super) falls: usize,
    ones: usize,
    /// How many steps equal the median one, within rounding.
    usual: usize,
}

impl Growth {
    pub(super) fn of(numbers: &[f64]) -> Self {
        let steps: Vec<f64> = numbers.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mut sorted = steps.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        let largest = numbers
            .iter()
            .fold(0.0_f64, |most, number| most.max(number.abs()));
        let slack = median.abs() * 1e-6 + largest * 1e-9;
        let count = |is: &dyn Fn(f64) -> bool| steps.iter().filter(|step| is(**step)).count();
        Self {
            steps: steps.len(),
            rises: count(&|step| step > 0.0),
            falls: count(&|step| step < 0.0),
            ones: count(&|step| step == median.signum()),
            usual: count(&|step| median != 0.0 && (step - median).abs() <= slack),
        }
    }

    /// Up or down: the records of a file may be numbered from its end.
    pub(super) fn is_index(&self) -> bool {
        self.is_monotonic() && self.ones * 100 >= self.steps * 95
    }

    pub(super) fn is_steady(&self) -> bool {
        self.is_monotonic() && self.usual * 100 >= self.steps * 95
    }

    pub(super) fn is_monotonic(&self) -> bool {
        self.steps > 0 && (self.falls == 0 || self.rises == 0)
    }

    /// A counter may be reset now and then.
    pub(super) fn is_counter(&self) -> bool {
        self.rises * 2 >= self.steps && self.falls * 100 <= self.steps
    }
}
