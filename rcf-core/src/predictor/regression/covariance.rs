//! The covariance of the features, which all steps share.

use super::vectors::{add_scaled, dot};
use crate::predictor::numbers::Numbers;

/// Diagonal of the covariance of the prior. The weights are pulled to 0, the last value.
pub(super) const PRIOR: f64 = 1.0;

/// features × features, symmetric.
#[derive(Debug, Clone)]
pub(super) struct Covariance(pub(super) Vec<f64>);

impl Covariance {
    /// That of the prior.
    pub(super) fn new(size: usize) -> Self {
        let mut covariance = Self(vec![0.0; size * size]);
        covariance.restart(size);
        covariance
    }

    /// Updates the covariance by an observation's features, and writes its gain. `scratch` has one
    /// number for each feature.
    pub(super) fn update(
        &mut self,
        features: &[f64],
        forgetting: f64,
        gain: &mut [f64],
        scratch: &mut [f64],
    ) {
        let mut form = self.multiply(features, scratch);
        if !(0.0..f64::INFINITY).contains(&form) {
            // Rounding has made the covariance indefinite: it starts again, the weights stay.
            self.restart(features.len());
            form = self.multiply(features, scratch);
        }
        let scale = 1.0 / (forgetting + form);
        let root = scale.sqrt();
        for (gain, product) in gain.iter_mut().zip(scratch.iter_mut()) {
            *gain = *product * scale;
            *product *= root;
        }
        let remember = 1.0 / forgetting;
        let mut exceeds = false;
        let rows = self.0.chunks_exact_mut(features.len());
        for (i, (row, &left)) in rows.zip(&*scratch).enumerate() {
            for (at, &right) in row.iter_mut().zip(&*scratch) {
                *at = (*at - left * right) * remember;
            }
            exceeds |= row[i] > PRIOR;
        }
        if exceeds {
            self.bound(scratch);
        }
    }

    /// Writes `C f` to the scratch buffer and returns `fᵀ C f`.
    fn multiply(&self, features: &[f64], scratch: &mut [f64]) -> f64 {
        scratch.fill(0.0);
        let rows = self.0.chunks_exact(features.len());
        for (row, &feature) in rows.zip(features) {
            add_scaled(scratch, feature, row);
        }
        dot(scratch, features)
    }

    /// Limits the diagonal to that of the prior.
    fn bound(&mut self, scratch: &mut [f64]) {
        let diagonal = self.0.iter().step_by(scratch.len() + 1);
        for (shrink, &variance) in scratch.iter_mut().zip(diagonal) {
            *shrink = if variance > PRIOR {
                (PRIOR / variance).sqrt()
            } else {
                1.0
            };
        }
        let rows = self.0.chunks_exact_mut(scratch.len());
        for (row, &left) in rows.zip(&*scratch) {
            for (at, &right) in row.iter_mut().zip(&*scratch) {
                *at *= left * right;
            }
        }
    }

    fn restart(&mut self, size: usize) {
        self.0.fill(0.0);
        let diagonal = self.0.iter_mut().step_by(size + 1);
        diagonal.for_each(|at| *at = PRIOR);
    }

    pub(super) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    /// Saves the lower triangle.
    pub(super) fn save(&self, size: usize, numbers: &mut Vec<f64>) {
        for (i, row) in self.0.chunks_exact(size).enumerate() {
            numbers.extend(&row[..=i]);
        }
    }

    /// Restores what [`save`](Self::save) wrote.
    pub(super) fn restore(size: usize, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut covariance = Self::new(size);
        let Self(values) = &mut covariance;
        for i in 0..size {
            numbers.fill(&mut values[i * size..=i * size + i])?;
            for j in 0..i {
                values[j * size + i] = values[i * size + j];
            }
        }
        Some(covariance)
    }
}
