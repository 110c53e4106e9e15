//! Whether an input follows from all the others.
//!
//! With `Λ`, the inverse of the covariance of the normalised inputs `z`, the error of input `j`
//! predicted by least squares from all others is `(Λ z)_j / Λ_jj`: all errors of a record cost one
//! product of a matrix and a vector. The covariance is discounted, so it cannot wind up: constant
//! inputs let it fall to zero, and the ridge keeps its inverse finite. `Λ` is recomputed once in
//! about as many records as there are inputs, which is `d²` operations a record as well.
//!
//! A fault of one input of many is invisible to a forest of all of them, and plain here.

use crate::detector::evidence::{OF_BULK, Peaks};
use crate::predictor::numbers::Numbers;
use crate::predictor::regression::dot;

/// A record moves mean, deviation and covariance by one in this many.
const MEMORY: f64 = 2000.0;
/// Normalised values are cut at this many deviations when they are learned, once those are known.
const CLIP: f64 = 5.0;
/// Records by which a deviation is known.
const KNOWN: f64 = 30.0;
/// Normalised values are never larger.
const MOST: f64 = 1e4;
/// What a change of a constant input is, in deviations.
const FROM_CONSTANT: f64 = 10.0;
/// Added to the variances, for inputs that follow exactly from others.
const RIDGE: f64 = 0.003;
/// Weight of the newest error in the smoothed one.
const SMOOTHING: f64 = 0.1;
/// Clusters of errors, and of smoothed errors, are this far apart.
const SPACINGS: [u32; 2] = [8, 20];
/// Below this an error is rounding.
const LEAST: f64 = 1e-9;

/// The relations between the inputs.
#[derive(Debug, Clone)]
pub(crate) struct Relations {
    pub(crate) inputs: Vec<Input>,
    /// inputs × inputs.
    pub(crate) covariance: Vec<f64>,
    pub(crate) precision: Vec<f64>,
    /// Records in the covariance, at most [`MEMORY`].
    pub(crate) count: f64,
    /// Records until the precision is computed again.
    pub(crate) due: usize,
    /// The normalised record, and a work space; of no meaning between calls.
    scratch: [Vec<f64>; 3],
}

/// What is known of one input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Input {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
    pub(crate) count: f64,
    pub(crate) smoothed: f64,
    /// Of the newest record: the value, the deviation that normalised it, and the error.
    pub(crate) value: f64,
    pub(crate) scale: f64,
    pub(crate) error: f64,
    /// The tails of its error, and of its smoothed error.
    pub(crate) tails: [Peaks; 2],
}

impl Relations {
    pub(crate) fn new(inputs: usize) -> Self {
        let input = Input {
            mean: 0.0,
            variance: 0.0,
            count: 0.0,
            smoothed: 0.0,
            value: 0.0,
            scale: 0.0,
            error: 0.0,
            tails: SPACINGS.map(|spacing| Peaks::new(spacing, OF_BULK)),
        };
        let mut unit = vec![0.0; inputs * inputs];
        unit.iter_mut().step_by(inputs + 1).for_each(|x| *x = 1.0);
        Self {
            inputs: vec![input; inputs],
            covariance: unit.clone(),
            precision: unit,
            count: 0.0,
            due: 8,
            scratch: [
                vec![0.0; inputs],
                vec![0.0; inputs],
                vec![0.0; inputs * inputs],
            ],
        }
    }

    /// Takes a record and returns the largest surprise, in decades, and its input. Where an input
    /// is not
    /// `real` but filled in, what the others make of each other rests on it, too: such a record is
    /// neither judged nor learned.
    pub(crate) fn push(
        &mut self,
        values: &[f64],
        real: impl Fn(usize) -> bool,
        stepwise: impl Fn(usize) -> bool,
    ) -> (f64, usize) {
        let size = self.inputs.len();
        if !(0..size).all(real) {
            return (0.0, 0);
        }
        let [normal, clipped, work] = &mut self.scratch;
        for ((normal, input), &value) in normal.iter_mut().zip(&mut self.inputs).zip(values) {
            *normal = input.normalise(value);
        }
        for (clipped, normal) in clipped.iter_mut().zip(&*normal) {
            *clipped = normal.clamp(-CLIP, CLIP);
        }
        let is_far = clipped != normal;
        let (mut largest, mut at) = (0.0, 0);
        let rows = self.precision.chunks_exact(size);
        for (j, (row, input)) in rows.zip(&mut self.inputs).enumerate() {
            let mut error = dot(row, normal) / row[j];
            // What lies far out of what was learned speaks for the others only where that makes
            // them less odd: inputs that burst together are usual, and one alone is its own fault.
            if is_far {
                let robust = dot(row, clipped) / row[j] + (normal[j] - clipped[j]);
                if robust.abs() < error.abs() {
                    error = robust;
                }
            }
            input.smoothed += SMOOTHING * (error - input.smoothed);
            input.error = error;
            for (tail, error) in input.tails.iter_mut().zip([error, input.smoothed]) {
                let error = error.abs().max(LEAST);
                // Two looks at each input.
                let surprise = tail.surprise_of(error, stepwise(j)) - std::f64::consts::LOG10_2;
                if surprise > largest {
                    (largest, at) = (surprise, j);
                }
                tail.push(error);
            }
        }

        self.count = (self.count + 1.0).min(MEMORY);
        let share = 1.0 / self.count;
        let rows = self.covariance.chunks_exact_mut(size);
        for (row, &value) in rows.zip(clipped.iter()) {
            for (covariance, &other) in row.iter_mut().zip(clipped.iter()) {
                *covariance += share * (value * other - *covariance);
            }
        }
        self.due -= 1;
        if self.due == 0 {
            let ridge = RIDGE + size as f64 / self.count;
            invert(&self.covariance, ridge, size, &mut self.precision, work);
            let settled = self.count > 4.0 * size as f64;
            self.due = if settled { size.max(4) } else { 4 };
        }
        (largest, at)
    }

    /// What the others made of an input of the newest record.
    pub(crate) fn expected(&self, input: usize) -> f64 {
        let Input {
            error,
            scale,
            value,
            mean,
            ..
        } = &self.inputs[input];
        // An input that never moved has no scale, and is expected where it was.
        if *scale > 0.0 {
            value - error * scale
        } else {
            *mean
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let tails = self.inputs.iter().flat_map(|input| &input.tails);
        let numbers = self.covariance.capacity()
            + self.precision.capacity()
            + self.scratch.iter().map(Vec::capacity).sum::<usize>();
        self.inputs.capacity() * size_of::<Input>()
            + 8 * numbers
            + tails.map(Peaks::heap_bytes).sum::<usize>()
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        for input in &self.inputs {
            numbers.extend([input.mean, input.variance, input.count, input.smoothed]);
            input.tails.iter().for_each(|tail| tail.save(numbers));
        }
        numbers.extend([self.count, self.due as f64]);
        numbers.extend(self.covariance.iter().chain(&self.precision));
    }

    pub(crate) fn restore(inputs: usize, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut relations = Self::new(inputs);
        for input in &mut relations.inputs {
            input.mean = numbers.value()?;
            input.variance = numbers.amount()?;
            input.count = numbers.amount().filter(|&count| count <= MEMORY)?;
            input.smoothed = numbers.value()?;
            for (tail, spacing) in input.tails.iter_mut().zip(SPACINGS) {
                *tail = Peaks::restore(spacing, OF_BULK, numbers)?;
            }
        }
        relations.count = numbers.amount().filter(|&count| count <= MEMORY)?;
        relations.due = numbers.index(inputs.max(8)).filter(|&due| due > 0)?;
        numbers.fill(&mut relations.covariance)?;
        numbers.fill(&mut relations.precision)?;
        let diagonal = |matrix: &[f64]| matrix.iter().step_by(inputs + 1).all(|&x| x >= 0.0);
        (diagonal(&relations.covariance) && diagonal(&relations.precision)).then_some(relations)
    }
}

impl Input {
    /// The value in deviations from the mean, before it is learned.
    fn normalise(&mut self, value: f64) -> f64 {
        if self.count == 0.0 {
            self.mean = value;
        }
        self.count = (self.count + 1.0).min(MEMORY);
        let deviation = self.variance.sqrt();
        (self.value, self.scale) = (value, deviation);
        let mut step = value - self.mean;
        let normal = if deviation > 0.0 {
            (step / deviation).clamp(-MOST, MOST)
        } else if step == 0.0 {
            0.0
        } else {
            FROM_CONSTANT.copysign(step)
        };
        if self.count > KNOWN && deviation > 0.0 {
            step = step.clamp(-CLIP * deviation, CLIP * deviation);
        }
        self.mean += step / self.count;
        self.variance += (step * step * (1.0 - 1.0 / self.count) - self.variance) / self.count;
        normal
    }
}

/// `(matrix + ridge · 1)⁻¹`, of a symmetric matrix without negative eigenvalues, by its Cholesky
/// factor.
fn invert(matrix: &[f64], ridge: f64, size: usize, inverse: &mut [f64], factor: &mut [f64]) {
    for i in 0..size {
        for j in 0..=i {
            let (row, other) = (&factor[i * size..], &factor[j * size..]);
            let rest = matrix[i * size + j] - dot(&row[..j], &other[..j]);
            factor[i * size + j] = if i == j {
                // Rounding must not leave less than the ridge has put there.
                (rest + ridge).max(0.5 * ridge).sqrt()
            } else {
                rest / factor[j * size + j]
            };
        }
    }
    // A column of the inverse solves L Lᵀ x = e; it is symmetric, so a row may represent it.
    for (column, x) in inverse.chunks_exact_mut(size).enumerate() {
        for i in 0..size {
            let unit = f64::from(u8::from(i == column));
            let sum = dot(&factor[i * size..i * size + i], &x[..i]);
            x[i] = (unit - sum) / factor[i * size + i];
        }
        for i in (0..size).rev() {
            x[i] /= factor[i * size + i];
            let (before, at) = x.split_at_mut(i);
            let row = &factor[i * size..i * size + i];
            for (before, coefficient) in before.iter_mut().zip(row) {
                *before -= coefficient * at[0];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn the_inverse_is_one() {
        let (size, mut random) = (7, Random::new(1));
        let half: Vec<f64> = (0..size * size).map(|_| random.normal()).collect();
        let at = |i: usize, j: usize| dot(&half[i * size..][..size], &half[j * size..][..size]);
        let matrix: Vec<f64> = (0..size * size).map(|k| at(k / size, k % size)).collect();
        let (mut inverse, mut work) = (vec![0.0; size * size], vec![0.0; size * size]);
        invert(&matrix, 0.1, size, &mut inverse, &mut work);
        for i in 0..size {
            for j in 0..size {
                let product: f64 = (0..size)
                    .map(|k| {
                        let ridge = if i == k { 0.1 } else { 0.0 };
                        (matrix[i * size + k] + ridge) * inverse[k * size + j]
                    })
                    .sum();
                let unit = f64::from(u8::from(i == j));
                assert!((product - unit).abs() < 1e-9, "{i} {j}: {product}");
            }
        }
    }

    /// Twenty inputs mixed from four sources and a little noise of their own.
    fn record(random: &mut Random, mix: &[f64]) -> Vec<f64> {
        let sources: Vec<f64> = (0..4).map(|_| random.normal()).collect();
        mix.chunks_exact(4)
            .map(|mix| 100.0 + dot(mix, &sources) + 0.3 * random.normal())
            .collect()
    }

    #[test]
    fn one_input_of_twenty_that_leaves_its_group_is_named() {
        let mut random = Random::new(2);
        let mix: Vec<f64> = (0..80).map(|_| random.normal()).collect();
        let mut relations = Relations::new(20);
        let mut calm = 0.0f64;
        for t in 0..2_000 {
            let (surprise, _) = relations.push(&record(&mut random, &mix), |_| true, |_| false);
            calm = if t < 1_000 { 0.0 } else { calm.max(surprise) };
        }
        assert!(calm - 20f64.log10() < 4.0, "{calm}");
        // Within its own range, but not in line with the others.
        let mut odd = record(&mut random, &mix);
        odd[13] = 100.0 - 2.0 * (odd[13] - 100.0).signum();
        let (surprise, input) = relations.push(&odd, |_| true, |_| false);
        assert!(
            surprise - 20f64.log10() > 3.0 && input == 13,
            "{surprise} {input}"
        );
    }

    #[test]
    fn a_burst_of_one_input_makes_no_other_odd_and_one_of_all_is_usual() {
        let mut random = Random::new(4);
        let mut relations = Relations::new(3);
        let mut push = |by: [f64; 3]| {
            let source = random.normal();
            let values = by.map(|by| source + by + 0.5 * random.normal());
            let (surprise, input) = relations.push(&values, |_| true, |_| false);
            let errors = [0, 1, 2].map(|j| relations.inputs[j].error);
            (surprise, input, errors)
        };
        for _ in 0..2_000 {
            push([0.0; 3]);
        }
        let (_, _, together) = push([40.0; 3]);
        assert!(
            together.iter().all(|error| error.abs() < 8.0),
            "{together:?}"
        );
        let (surprise, input, [burst, others @ ..]) = push([40.0, 0.0, 0.0]);
        assert!(surprise > 5.0 && input == 0 && burst > 20.0, "{burst}");
        assert!(others.iter().all(|error| error.abs() < 5.0), "{others:?}");
    }

    #[test]
    fn constants_and_copies_stay_finite() {
        let mut relations = Relations::new(3);
        let mut random = Random::new(3);
        for t in 0..100_000 {
            let x = if t < 500 { random.normal() } else { 1.0 };
            let (surprise, _) = relations.push(&[x, x, 5.0], |_| true, |_| false);
            assert!(surprise.is_finite());
        }
        assert!(relations.precision.iter().all(|x| x.is_finite()));
        let (surprise, input) = relations.push(&[1.0, 1.0, 6.0], |_| true, |_| false);
        assert!(surprise > 3.0 && input == 2, "{surprise} {input}");
    }
}
