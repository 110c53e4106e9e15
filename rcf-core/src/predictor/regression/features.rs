//! The features of an observation: recent and seasonal lags, relative to its value.

use crate::predictor::Window;

/// The numbers of features and steps, and the forgetting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shape {
    /// Recent features: the mean and the `order − 1` values before the newest one; at least 1.
    pub(crate) order: usize,
    /// Steps that have their own weights; at least 1.
    pub(crate) steps: usize,
    /// Number of periods.
    pub(crate) periods: usize,
    /// λ, the weight of an observation relative to the next one: above 0, at most 1.
    pub(crate) forgetting: f64,
}

impl Shape {
    pub(super) fn features(&self) -> usize {
        self.order + self.periods * (self.steps + 1)
    }

    /// The features of the newest of these values. A period of 0, or one given twice, has none.
    pub(super) fn fill(
        &self,
        features: &mut [f64],
        values: &[f64],
        window: &Window,
        periods: &[usize],
    ) {
        let (Some((&newest, before)), deviation) = (values.split_last(), window.deviation()) else {
            return;
        };
        features.fill(0.0);
        let relative = |value: f64| (value - newest) / deviation;
        features[0] = relative(window.mean());
        let (recent, seasonal) = features.split_at_mut(self.order);
        for (feature, &value) in recent[1..].iter_mut().zip(before.iter().rev()) {
            *feature = relative(value);
        }
        let blocks = seasonal.chunks_exact_mut(self.steps + 1);
        for (i, (features, &period)) in blocks.zip(periods).enumerate() {
            if period == 0 || periods[..i].contains(&period) {
                continue;
            }
            for (step, feature) in features.iter_mut().enumerate() {
                let back = period * step.div_ceil(period).max(1) - step;
                if let Some(at) = before.len().checked_sub(back) {
                    *feature = relative(values[at]);
                }
            }
        }
    }
}
