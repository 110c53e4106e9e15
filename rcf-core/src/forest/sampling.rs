//! What reaches the samples: times, weights and labels of records, decay, pauses.

use ndarray::Array2;

use super::RandomCutForest;
use crate::config::check_time_decay;
use crate::error::{ConfigError, InputError};
use crate::real::Real;
use crate::sampling::Arrival;

impl RandomCutForest {
    /// [`update`](Self::update) with a record's time, weight or label.
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

    /// [`process`](Self::process) with a record's time, weight or label. The score is that of the
    /// values alone.
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

    /// The newest time, or sequence number, of a record; `None` before the first one.
    #[must_use]
    pub fn newest_time(&self) -> Option<i64> {
        self.clock.newest()
    }

    /// Goes on with another λ. What decay there was stays: points sampled before keep the weights
    /// that they have relative to each other, and all lose by the new λ from now on.
    ///
    /// # Errors
    /// [`ConfigError::TimeDecay`]; the forest is unchanged then.
    pub fn set_time_decay(&mut self, time_decay: f64) -> Result<(), ConfigError> {
        check_time_decay(time_decay)?;
        self.config.time_decay = time_decay;
        self.clock.set_time_decay(time_decay);
        Ok(())
    }

    /// Stops offering records to the trees: the forest scores, but does not learn. Shingles, times
    /// and counts go on, and time decays the sampled points as ever, which shows in what comes
    /// after the pause.
    pub fn pause_sampling(&mut self) {
        self.sampling = false;
    }

    /// Offers records to the trees again.
    pub fn resume_sampling(&mut self) {
        self.sampling = true;
    }

    /// Takes a record into the shingle and the clock alone, as if sampling were paused: the next
    /// score follows it, and no tree learns it.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn update_shingle<T: Real>(&mut self, values: &[T]) -> Result<(), InputError> {
        let sampling = std::mem::replace(&mut self.sampling, false);
        let result = self.update(values);
        self.sampling = sampling;
        result
    }

    /// The newest records, as the forest keeps them: rows × values, the oldest first,
    /// `shingle_size` of them or as many as there have been. They are in the units of the records,
    /// in single precision relative to the forest's origin.
    #[must_use]
    pub fn shingle(&self) -> Array2<f64> {
        let inputs = self.config.input_dimensions;
        let point = self.shingle.point();
        // Where records keep their places, the next one takes that of the oldest.
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

    /// Whether records are offered to the trees.
    #[must_use]
    pub fn is_sampling(&self) -> bool {
        self.sampling
    }
}
