//! Operations for the detector: whole points, and observations that are not learned.

use super::{Explanation, RandomCutForest, with_ensemble};
use crate::forest::Attribution;
use crate::sampling::Arrival;

impl RandomCutForest {
    /// [`score`](Self::score) of a checked observation. It is the next one that
    /// [`update_checked`](Self::update_checked) or [`pass`](Self::pass) is given.
    pub(crate) fn score_checked(&mut self, values: &[f64]) -> f64 {
        self.shingle.peek(values, &mut self.row);
        self.score_before_update()
    }

    /// [`update`](Self::update) with a checked observation.
    pub(crate) fn update_checked(&mut self, values: &[f64]) {
        self.shingle.peek(values, &mut self.row);
        self.insert(values, Arrival::new());
    }

    /// Scores a whole point in the units of the observations, oldest observation first, within the
    /// limits of observations. The forest is ready.
    pub(crate) fn score_point(&self, point: &[f64]) -> f64 {
        self.score_row(&self.row_of(point))
    }

    /// [`explain`](Self::explain) of a whole point. The forest is ready.
    pub(crate) fn explain_point(&self, point: &[f64]) -> Explanation {
        let row = self.row_of(point);
        let explained = with_ensemble!(&self.trees, ensemble => {
            ensemble.explain(self.level, &row, 0.0, self.noise_floor.as_ref())
        });
        let (mut high, mut low) = (explained.high, explained.low);
        high.truncate(point.len());
        low.truncate(point.len());
        Explanation {
            score: explained.score,
            attribution: Attribution { high, low },
            trees: explained.trees,
        }
    }

    /// Takes a checked observation into the shingle only: the trees learn nothing.
    pub(crate) fn pass(&mut self, values: &[f64]) {
        self.forget_descents();
        self.shingle.peek(values, &mut self.row);
        self.shingle.push(values, &self.row);
    }

    /// Takes a whole point into the trees only: the shingle does not change.
    pub(crate) fn learn_point(&mut self, point: &[f64]) {
        self.forget_descents();
        // Taken out, so that nothing is allocated.
        let mut row = std::mem::take(&mut self.row);
        self.write_row(point, &mut row);
        self.row = row;
        self.learn_row(0, Arrival::new());
    }

    /// The values expected at the missing coordinates of a whole point: the medians. What is there
    /// is not read. The forest is ready.
    pub(crate) fn impute_point(&self, point: &[f64], missing: &[usize]) -> Vec<f64> {
        self.medians(&self.row_of(point), missing, None)
    }

    /// The same for a checked observation as if it came next.
    pub(crate) fn impute_next(&self, values: &[f64], missing: &[usize]) -> Vec<f64> {
        let mut row = vec![0.0; self.row.len()];
        self.shingle.peek(values, &mut row);
        let first = self.shingle.next();
        let missing: Vec<usize> = missing.iter().map(|position| first + position).collect();
        let phase = self.config.shingle_rotation.then(|| self.next_phase());
        self.medians(&row, &missing, phase)
    }

    fn medians(&self, row: &[f32], missing: &[usize], phase: Option<usize>) -> Vec<f64> {
        let medians = self.field(row, missing, 1.0, phase).median;
        let pairs = missing.iter().zip(medians);
        pairs
            .map(|(&i, median)| self.in_input_units(i, median))
            .collect()
    }

    /// The padded row of a point.
    fn row_of(&self, point: &[f64]) -> Vec<f32> {
        let mut row = vec![0.0; self.row.len()];
        self.write_row(point, &mut row);
        row
    }

    /// Writes a point into a row, whose padding is unchanged.
    fn write_row(&self, point: &[f64], row: &mut [f32]) {
        for (i, (row, value)) in row.iter_mut().zip(point).enumerate() {
            // Adding zero turns −0 into 0, as for observations.
            *row = (value - self.in_input_units(i, 0.0)) as f32 + 0.0;
        }
    }
}
