//! Sampling: times, weights and labels of observations, decay, pauses.

use ndarray::Array2;

use super::RandomCutForest;
use crate::config::check_time_decay;
use crate::error::{ConfigError, InputError};
use crate::real::Real;
use crate::sampling::Arrival;

impl RandomCutForest {
    /// [`update`](Self::update) with an observation's time, weight or label.
    ///
    /// # Errors
    /// As for [`update`](Self::update); a weight out of range, or a label that cannot be kept.
    pub fn update_with<T: Real>(
        &mut self,
        values: &[T],
        arrival: Arrival,
    ) -> Result<(), InputError> {
        arrival.check(self.config.store_labels)?;
        T::with(values, |values| self.take(values, arrival))
    }

    /// [`process`](Self::process) with an observation's time, weight or label. The score is that of
    /// the values alone.
    ///
    /// # Errors
    /// As for [`update_with`](Self::update_with).
    pub fn process_with<T: Real>(
        &mut self,
        values: &[T],
        arrival: Arrival,
    ) -> Result<f64, InputError> {
        arrival.check(self.config.store_labels)?;
        T::with(values, |values| {
            self.shingle.check(values)?;
            Ok(self.process_checked(values, arrival))
        })
    }

    /// The newest time, or sequence number, of an observation; `None` before the first one.
    #[must_use]
    pub fn newest_time(&self) -> Option<i64> {
        self.clock.newest()
    }

    /// Changes λ. Past decay is kept: sampled points keep their weights relative to each other, and
    /// from now on all decay by the new λ.
    ///
    /// # Errors
    /// [`ConfigError::TimeDecay`]; the forest is unchanged then.
    pub fn set_time_decay(&mut self, time_decay: f64) -> Result<(), ConfigError> {
        check_time_decay(time_decay)?;
        self.config.time_decay = time_decay;
        self.clock.set_time_decay(time_decay);
        Ok(())
    }

    /// Pauses sampling: the forest scores, but does not learn. Shingles, times and counts continue,
    /// and the weights of sampled points continue to decay, which has an effect after the pause.
    pub fn pause_sampling(&mut self) {
        self.sampling = false;
    }

    /// Resumes sampling.
    pub fn resume_sampling(&mut self) {
        self.sampling = true;
    }

    /// Takes an observation into the shingle and the clock alone, as if sampling were paused: the
    /// next score follows it, and no tree learns it.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn update_shingle<T: Real>(&mut self, values: &[T]) -> Result<(), InputError> {
        let sampling = std::mem::replace(&mut self.sampling, false);
        let result = self.update(values);
        self.sampling = sampling;
        result
    }

    /// The newest observations, as the forest keeps them: rows × values, the oldest first,
    /// `shingle_size` of them or as many as there have been. They are in the units of the
    /// observations, in single precision relative to the forest's origin.
    #[must_use]
    pub fn shingle(&self) -> Array2<f64> {
        let inputs = self.config.input_dimensions;
        let point = self.shingle.point();
        // Where observations keep their places, the next one takes that of the oldest.
        let oldest = if self.config.shingle_rotation {
            self.shingle.next()
        } else {
            0
        };
        let per_call = self.config.values_per_call() / inputs;
        let missing = self.shingle.missing() * per_call;
        let rows = self.config.shingle_size - missing;
        Array2::from_shape_fn((rows, inputs), |(row, input)| {
            let at = (oldest + (missing + row) * inputs) % point.len() + input;
            self.in_input_units(input, f64::from(point[at]))
        })
    }

    /// Whether observations are offered to the trees.
    #[must_use]
    pub fn is_sampling(&self) -> bool {
        self.sampling
    }
}
