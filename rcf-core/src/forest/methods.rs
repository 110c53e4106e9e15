//! The public methods of a forest, except those in the file of their topic.

use ndarray::{Array1, ArrayView2};

use super::{RandomCutForest, with_ensemble};
use crate::config::{Config, MemoryProfile, RandomCutForestBuilder, check_box_fraction};
use crate::error::{ArrayError, ConfigError, InputError};
use crate::real::Real;
use crate::row_buffer::RowBuffer;
use crate::sampling::Arrival;
use crate::simd::SimdLevel;
use crate::visitor::noise_floor::NoiseFloor;

impl RandomCutForest {
    /// Starts the configuration of a forest over observations of `input_dimensions` values.
    pub fn builder(input_dimensions: usize) -> RandomCutForestBuilder {
        RandomCutForestBuilder::new(input_dimensions)
    }

    /// Learns an observation.
    ///
    /// # Errors
    /// The observation has the wrong length, or a value that is not finite or out of range. The
    /// forest is unchanged then.
    pub fn update<T: Real>(&mut self, values: &[T]) -> Result<(), InputError> {
        T::with(values, |values| self.take(values, Arrival::new()))
    }

    /// The score of an observation as if it came next; 0 until the forest is ready.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn score<T: Real>(&self, values: &[T]) -> Result<f64, InputError> {
        T::with(values, |values| self.score_next(values))
    }

    fn score_next(&self, values: &[f64]) -> Result<f64, InputError> {
        self.shingle.check(values)?;
        let mut row = RowBuffer::new(self.row.len());
        self.shingle.peek(values, row.as_mut());
        Ok(if self.is_ready() {
            self.score_row(row.as_mut())
        } else {
            0.0
        })
    }

    /// Scores an observation, then learns it: `score` and `update` in one step.
    ///
    /// # Errors
    /// As for [`update`](Self::update).
    pub fn process<T: Real>(&mut self, values: &[T]) -> Result<f64, InputError> {
        T::with(values, |values| {
            self.shingle.check(values)?;
            Ok(self.process_checked(values, Arrival::new()))
        })
    }

    /// [`process`](Self::process) for each row of an array, in order: rows × values in, one score
    /// per row out. The scores equal those of single calls.
    ///
    /// # Errors
    /// The first row that [`update`](Self::update) would refuse. All rows are checked first: on an
    /// error none has been learned.
    pub fn process_array<A: Real>(
        &mut self,
        rows: ArrayView2<'_, A>,
    ) -> Result<Array1<f64>, ArrayError> {
        self.check_rows(rows)?;
        let mut buffer = Vec::new();
        let scores = rows.rows().into_iter();
        Ok(scores
            .map(|row| self.process_checked(A::row(&row, &mut buffer), Arrival::new()))
            .collect())
    }

    /// Whether [`process_array`](Self::process_array) would take these rows: for callers that pass
    /// them in slices.
    ///
    /// # Errors
    /// The first row that would be refused.
    pub fn check_rows<A: Real>(&self, rows: ArrayView2<'_, A>) -> Result<(), ArrayError> {
        let mut buffer = Vec::new();
        for (row, values) in rows.rows().into_iter().enumerate() {
            self.shingle
                .check(A::row(&values, &mut buffer))
                .map_err(|source| ArrayError { row, source })?;
        }
        Ok(())
    }

    /// The parameters, with every default resolved.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Number of coordinates of a point: input dimensions × shingle size.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.config.dimensions()
    }

    /// Number of observations taken so far.
    #[must_use]
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Whether scores are given: after [`Config::output_after`] observations, once the shingle is
    /// full and the trees have a point.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.updates >= self.config.output_after as u64
            && self.shingle.is_full()
            && !self.lacks_points
    }

    /// The memory of the forest in bytes, including the heap.
    #[must_use]
    pub fn size_in_bytes(&self) -> usize {
        size_of::<Self>()
            + self.shingle.heap_bytes()
            + crate::layout::size_of_val_capacity(&self.row)
            + self.noise_floor.as_ref().map_or(0, NoiseFloor::heap_bytes)
            + with_ensemble!(&self.trees, ensemble => ensemble.heap_bytes())
    }

    /// Keeps the bounding boxes of this fraction of the nodes from now on, see
    /// [`bounding_box_cache_fraction`](RandomCutForestBuilder::bounding_box_cache_fraction). Takes
    /// about as long as loading the forest; results stay the same to the bit.
    ///
    /// # Errors
    /// [`ConfigError::BoundingBoxCacheFraction`]; the forest is unchanged then.
    pub fn set_bounding_box_cache_fraction(&mut self, fraction: f64) -> Result<(), ConfigError> {
        check_box_fraction(fraction)?;
        self.cache_boxes(fraction);
        Ok(())
    }

    /// Changes the memory profile, see
    /// [`set_bounding_box_cache_fraction`](Self::set_bounding_box_cache_fraction).
    pub fn set_memory_profile(&mut self, profile: MemoryProfile) {
        self.cache_boxes(profile.bounding_box_cache_fraction());
    }

    fn cache_boxes(&mut self, fraction: f64) {
        if fraction == self.config.bounding_box_cache_fraction {
            return;
        }
        self.config.bounding_box_cache_fraction = fraction;
        with_ensemble!(&mut self.trees, ensemble => ensemble.cache_boxes(self.level, &self.config));
    }

    /// Computes with these vector instructions from now on. For tests and benchmarks: all levels
    /// give the same bits, and the best one is chosen automatically.
    #[doc(hidden)]
    pub fn set_simd_level(&mut self, level: SimdLevel) {
        self.level = level;
    }
}
