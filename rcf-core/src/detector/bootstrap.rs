//! A start from a few points of the past.
//!
//! Where the past is known more coarsely than the stream, say by the hour of a stream of minutes,
//! the observations between its points are interpolated linearly. The forest, and the transform,
//! learn them: they span what is usual, and there are scores and expected values from the first
//! observation of the stream on. Nothing else does. Lines are calmer than any stream, so what they
//! score says nothing of how high scores usually are; ranges, tails and levels know real
//! observations only. Each detection says how much is synthetic.

use ndarray::ArrayView2;

use super::{AnomalyDetector, Buffers};
use crate::error::{ArrayError, InputError};
use crate::real::Real;

/// How far apart the points of a bootstrap may lie, in observations.
const FARTHEST: usize = 10_000;

/// Of what the forest has learned, how much was synthetic.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Synthetic {
    /// Synthetic observations of the bootstrap, …
    pub(crate) count: u64,
    /// … of this many that the forest learned with them.
    pub(crate) of: u64,
}

impl Synthetic {
    /// Real ones among the observations that the forest has learned.
    pub(crate) fn real(&self, learned: u64) -> u64 {
        learned.saturating_sub(self.count)
    }

    /// The share in a sample in which an observation weighs `exp(-decay)` as much as the next one.
    fn share(&self, learned: u64, decay: f64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let (of, learned) = (self.of as f64, learned as f64);
        // The weight of the observations from the n-th last one on, up to a factor.
        let weight = |n: f64| {
            if decay > 0.0 {
                -libm::expm1(-decay * n)
            } else {
                n
            }
        };
        let bootstrap = weight(learned) - weight(learned - of);
        (self.count as f64 / of * bootstrap / weight(learned)).clamp(0.0, 1.0)
    }
}

impl AnomalyDetector {
    /// Starts from a few points of the past that lie `spacing` observations of the stream apart,
    /// the oldest first: the observations between them are interpolated linearly. So there are
    /// scores and decisions at once, rough ones:
    /// [`Detection::synthetic_fraction`](crate::Detection::synthetic_fraction) says how much of the
    /// model is synthetic, and [`Detection::confidence`](crate::Detection::confidence) counts real
    /// points only.
    ///
    /// Of observations of the stream itself, a spacing of 1, there is nothing to make up, and this
    /// is [`fit`](Self::fit).
    ///
    /// # Errors
    /// A point that [`process`](Self::process) would refuse, fewer than two points, a spacing of 0
    /// or above 10,000, or a detector that has taken observations already. Nothing is learned then.
    ///
    /// ```
    /// use ndarray::Array2;
    /// use rcf_core::AnomalyDetector;
    ///
    /// // Two days by the hour, for a stream of a record in five minutes.
    /// let hours = Array2::from_shape_fn((48, 1), |(t, _)| (t as f64 / 4.0).sin());
    /// let mut detector = AnomalyDetector::builder(1).seed(7).build()?;
    /// detector.bootstrap(hours.view(), 12)?;
    /// let detection = detector.process(&[(12.0f64).sin()])?;
    /// assert!(detection.warm_up == 0 && detection.score > 0.0);
    /// assert!(detection.synthetic_fraction > 0.9 && detection.confidence < 0.5);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bootstrap<A: Real>(
        &mut self,
        points: ArrayView2<'_, A>,
        spacing: usize,
    ) -> Result<(), ArrayError> {
        let refuse = |source| Err(ArrayError { row: 0, source });
        if self.records > 0 {
            let observations = self.records;
            return refuse(InputError::AlreadyStarted { observations });
        }
        if !(1..=FARTHEST).contains(&spacing) {
            let (got, most) = (spacing, FARTHEST);
            return refuse(InputError::Spacing { got, most });
        }
        if points.nrows() < 2 {
            let got = points.nrows();
            return refuse(InputError::TooFewPoints { got });
        }
        self.check_rows(points, false)?;
        if spacing == 1 {
            return self.fit(points);
        }
        let (mut buffer, mut before) = (Vec::new(), Vec::new());
        for point in points.rows() {
            let point = A::row(&point, &mut buffer);
            for step in (1..spacing).filter(|_| !before.is_empty()) {
                let part = step as f64 / spacing as f64;
                let line = before.iter().zip(point).map(|(a, b)| a + (b - a) * part);
                let line: Vec<f64> = line.collect();
                self.study(&line, true);
            }
            self.study(point, false);
            before.clear();
            before.extend_from_slice(point);
        }
        self.synthetic.of = self.forest.updates();
        Ok(())
    }

    /// Learns an observation without judging it.
    fn study(&mut self, record: &[f64], is_synthetic: bool) {
        self.buffers.values.clear();
        self.buffers.values.extend_from_slice(record);
        if self.transform(1.0) {
            let Buffers {
                values,
                transformed,
                maps,
                ..
            } = &self.buffers;
            let imputed = if is_synthetic { values.len() } else { 0 };
            self.window.push(values, transformed, maps, imputed);
            self.forest.update_checked(transformed);
            if let Some(forest) = &mut self.point_forest {
                forest.update_checked(transformed);
            }
            self.synthetic.count += u64::from(is_synthetic);
        }
        let keep = self.keep_of_transform();
        for (input, &value) in self.inputs.iter_mut().zip(record) {
            let transform = self.config.transform;
            if !is_synthetic && input.transform.is_ready(transform) {
                input.range.push(input.watched(transform, value));
            }
            input.transform.push(value, input.known.last, keep);
            input.known.push(value);
        }
        self.records += u64::from(!is_synthetic);
    }

    /// The share of what the forest remembers that is synthetic.
    pub(super) fn synthetic_fraction(&self) -> f64 {
        let learned = self.forest.updates();
        self.synthetic.share(learned, self.config.time_decay)
    }
}

#[cfg(test)]
mod tests {
    use super::Synthetic;

    #[test]
    fn the_share_made_up_is_that_of_the_weights() {
        let (count, of) = (90, 100);
        let synthetic = Synthetic { count, of };
        for decay in [0.0f64, 1e-6, 0.01, 0.5] {
            for learned in [100u32, 130, 1_000] {
                let weight = |age: u32| (-decay * f64::from(age)).exp();
                let all: f64 = (0..learned).map(weight).sum();
                let of_bootstrap: f64 = (learned - 100..learned).map(weight).sum();
                let share = synthetic.share(u64::from(learned), decay);
                let expected = 0.9 * of_bootstrap / all;
                assert!(
                    (share - expected).abs() < 1e-6,
                    "{decay} {learned}: {share}"
                );
            }
        }
        assert_eq!(Synthetic::default().share(0, 0.1), 0.0);
    }
}
