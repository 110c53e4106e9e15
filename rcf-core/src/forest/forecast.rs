//! Forecasts: future observations, imputed as missing values.

use ndarray::Array2;

use super::RandomCutForest;
use crate::error::InputError;

/// Future observations: horizon × input dimensions, in the units of the observations, the next one
/// first.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Forecast {
    /// The expected values: medians over the trees.
    pub median: Array2<f64>,
    /// The 10th percentiles over the trees.
    pub p10: Array2<f64>,
    /// The 90th percentiles over the trees.
    pub p90: Array2<f64>,
}

impl RandomCutForest {
    /// The next `horizon` observations. Changes nothing.
    ///
    /// Each observation is imputed as the missing newest one of a shingle; its median then counts
    /// as known for the next. The percentiles show how much the trees disagree at each step, given
    /// the medians before it: they do not accumulate uncertainty from step to step.
    ///
    /// Forecasts need shingles: a forest of shingle size 1 does not use the past and expects the
    /// median of its sample. With [external
    /// shingling](crate::RandomCutForestBuilder::internal_shingling) the last point given is taken
    /// as the last observations.
    ///
    /// ```
    /// # use rcf_core::RandomCutForest;
    /// let wave = |t: u32| f64::from(t % 24).powi(2);
    /// let mut forest = RandomCutForest::builder(1).shingle_size(6).build()?;
    /// for t in 0..1000 {
    ///     forest.update(&[wave(t)])?;
    /// }
    /// let forecast = forest.forecast(48)?;
    /// for (t, median) in (1000..).zip(forecast.median.column(0)) {
    ///     assert!((median - wave(t)).abs() < 50.0);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InputError::NotReady`].
    pub fn forecast(&self, horizon: usize) -> Result<Forecast, InputError> {
        self.check_ready()?;
        let (dimensions, block) = (self.dimensions(), self.config.input_dimensions);
        let empty = || Array2::zeros((horizon, block));
        let (mut median, mut p10, mut p90) = (empty(), empty(), empty());
        let mut row = vec![0.0; self.row.len()];
        row[..dimensions].copy_from_slice(self.shingle.point());
        let rotates = self.config.shingle_rotation;
        let mut next = if rotates {
            self.shingle.next()
        } else {
            dimensions - block
        };
        for step in 0..horizon {
            let newest: Vec<usize> = (next..next + block).collect();
            let phase = rotates.then_some(next / block);
            if rotates {
                next = (next + block) % dimensions;
            } else {
                row.copy_within(block..dimensions, 0);
            }
            let field = self.field(&row, &newest, 1.0, phase);
            for (i, &coordinate) in newest.iter().enumerate() {
                row[coordinate] = field.median[i] as f32 + 0.0;
                let at = |value| self.in_input_units(coordinate, value);
                median[[step, i]] = at(field.median[i]);
                p10[[step, i]] = at(field.p10[i]);
                p90[[step, i]] = at(field.p90[i]);
            }
        }
        Ok(Forecast { median, p10, p90 })
    }
}
