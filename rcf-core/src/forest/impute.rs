//! Missing values: what the forest would expect in their place.

use ndarray::Array2;

use super::{RandomCutForest, with_ensemble};
use crate::ensemble::impute::Imputation;
use crate::error::InputError;
use crate::rng::TreeRng;

/// What the forest knows of missing values, given the others: a summary of one candidate from each
/// tree. One entry for each missing value, in the order in which they were named, in the units of
/// the observations.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ConditionalField {
    /// The mean.
    pub mean: Vec<f64>,
    /// The standard deviation, as of a whole population.
    pub deviation: Vec<f64>,
    /// The median.
    pub median: Vec<f64>,
    /// The 10th percentile.
    pub p10: Vec<f64>,
    /// The 90th percentile.
    pub p90: Vec<f64>,
}

/// A question about missing values.
struct Query {
    /// The padded point, relative to the origin; missing coordinates may be anything.
    row: Vec<f32>,
    /// The missing coordinates.
    missing: Vec<usize>,
    /// The block of the newest observation, if shingles rotate.
    phase: Option<usize>,
}

impl RandomCutForest {
    /// An observation, or a whole point, with its missing values replaced by what the forest
    /// expects there: the median of one candidate from each tree, the most usual one given the
    /// other values.
    ///
    /// `values` is either an observation, as if it came next, or a point of
    /// [`dimensions`](Self::dimensions) values, oldest observation first unless shingles rotate.
    /// `missing` are positions in it; what is there is not read. All other values are returned
    /// unchanged.
    ///
    /// ```
    /// # use rcf_core::RandomCutForest;
    /// let mut forest = RandomCutForest::builder(2).build()?;
    /// for t in 0..1000 {
    ///     let x = f64::from(t % 100);
    ///     forest.update(&[x, 1000.0 - 3.0 * x])?;
    /// }
    /// let record = forest.impute(&[50.0, f64::NAN], &[1])?;
    /// assert!((record[1] - 850.0).abs() < 20.0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`update`](Self::update) but at missing positions, a position that does not exist or
    /// is named twice, and [`InputError::NotReady`].
    pub fn impute(&self, values: &[f64], missing: &[usize]) -> Result<Vec<f64>, InputError> {
        let field = self.conditional_field(values, missing, 1.0)?;
        let mut values = values.to_vec();
        for (&position, &median) in missing.iter().zip(&field.median) {
            values[position] = median;
        }
        Ok(values)
    }

    /// How missing values are distributed, given the others: mean, deviation, median, and 10th and
    /// 90th percentile of one candidate from each tree. `values` and `missing` are as in
    /// [`impute`](Self::impute).
    ///
    /// With a `centrality` of 1 each tree gives its most usual candidate; the less it is, the more
    /// random draws decide, down to any that the cuts of the known values allow at 0. Same forest,
    /// same query: same answer.
    ///
    /// # Errors
    /// As for [`impute`](Self::impute), and a `centrality` that is not from 0 to 1.
    pub fn conditional_field(
        &self,
        values: &[f64],
        missing: &[usize],
        centrality: f64,
    ) -> Result<ConditionalField, InputError> {
        let Query {
            row,
            missing,
            phase,
        } = self.query(values, missing, centrality)?;
        let mut field = self.field(&row, &missing, centrality, phase);
        let ConditionalField {
            mean,
            median,
            p10,
            p90,
            ..
        } = &mut field;
        for values in [mean, median, p10, p90] {
            for (value, &dimension) in values.iter_mut().zip(&missing) {
                *value = self.in_input_units(dimension, *value);
            }
        }
        Ok(field)
    }

    /// Samples of missing values, given the others: the candidates that
    /// [`conditional_field`](Self::conditional_field) summarizes, a row for each, a column for each
    /// missing value in the order in which they were named.
    ///
    /// Each row holds values of one sampled point, so that its columns belong together as they did
    /// there. There is a row for each tree; where shingles rotate, for each tree that has a point
    /// of the right phase. With a `centrality` of 1 rows are the most usual values, and many are
    /// alike; at 0 they are random draws among those that the cuts of the known values allow.
    ///
    /// ```
    /// # use rcf_core::RandomCutForest;
    /// let mut forest = RandomCutForest::builder(3).build()?;
    /// for t in 0..2000 {
    ///     let (x, side) = (f64::from(t % 100), if t * 7 % 2 == 0 { 1.0 } else { -1.0 });
    ///     forest.update(&[x, side * 50.0, side * 30.0])?;
    /// }
    /// let samples = forest.conditional_samples(&[40.0, f64::NAN, f64::NAN], &[1, 2], 0.0)?;
    /// assert_eq!(samples.dim(), (50, 2));
    /// assert!(samples.rows().into_iter().all(|row| row[0] / 50.0 == row[1] / 30.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`conditional_field`](Self::conditional_field).
    pub fn conditional_samples(
        &self,
        values: &[f64],
        missing: &[usize],
        centrality: f64,
    ) -> Result<Array2<f64>, InputError> {
        let Query {
            row,
            missing,
            phase,
        } = self.query(values, missing, centrality)?;
        let imputation = self.imputation(&row, &missing, centrality, phase);
        Ok(with_ensemble!(&self.trees, ensemble => {
            let candidates = ensemble.candidates(self.level, imputation);
            Array2::from_shape_fn((candidates.len(), missing.len()), |(sample, column)| {
                let dimension = missing[column];
                let value = ensemble.points.padded_row(candidates[sample])[dimension];
                self.in_input_units(dimension, f64::from(value))
            })
        }))
    }

    /// The question about missing values, checked, as the trees understand it.
    fn query(
        &self,
        values: &[f64],
        missing: &[usize],
        centrality: f64,
    ) -> Result<Query, InputError> {
        if !(0.0..=1.0).contains(&centrality) {
            return Err(InputError::Centrality { got: centrality });
        }
        let known = self.check_known(values, missing)?;
        self.check_ready()?;
        let mut row = vec![0.0; self.row.len()];
        let (mut first, mut phase) = (0, None);
        if values.len() == self.config.values_per_call() {
            first = self.shingle.next();
            phase = self.config.shingle_rotation.then(|| self.next_phase());
            self.shingle.peek(&known, &mut row);
        } else {
            for (i, value) in known.iter().enumerate() {
                // Adding zero turns −0 into 0, as for observations.
                row[i] = (value - self.in_input_units(i, 0.0)) as f32 + 0.0;
            }
        }
        let missing = missing.iter().map(|position| first + position).collect();
        Ok(Query {
            row,
            missing,
            phase,
        })
    }

    /// The query to the trees; the draws follow from the state of the forest.
    fn imputation<'a>(
        &self,
        x: &'a [f32],
        missing: &'a [usize],
        centrality: f64,
        phase: Option<usize>,
    ) -> Imputation<'a> {
        let draws = TreeRng::family(self.config.seed.wrapping_add(self.updates), 1).remove(0);
        Imputation {
            x,
            missing,
            centrality,
            draws,
            phase,
        }
    }

    /// The summary for a padded point with missing coordinates, relative to the origin, whose
    /// newest observation is at block `phase`. The forest is ready.
    pub(super) fn field(
        &self,
        x: &[f32],
        missing: &[usize],
        centrality: f64,
        phase: Option<usize>,
    ) -> ConditionalField {
        let imputation = self.imputation(x, missing, centrality, phase);
        let mut field = ConditionalField {
            mean: Vec::with_capacity(missing.len()),
            deviation: Vec::with_capacity(missing.len()),
            median: Vec::with_capacity(missing.len()),
            p10: Vec::with_capacity(missing.len()),
            p90: Vec::with_capacity(missing.len()),
        };
        with_ensemble!(&self.trees, ensemble => {
            let candidates = ensemble.candidates(self.level, imputation);
            let mut sorted = Vec::with_capacity(candidates.len());
            for &dimension in missing {
                sorted.clear();
                let rows = candidates.iter().map(|&point| ensemble.points.padded_row(point));
                sorted.extend(rows.map(|row| f64::from(row[dimension])));
                sorted.sort_unstable_by(f64::total_cmp);
                let count = sorted.len() as f64;
                let mean = sorted.iter().sum::<f64>() / count;
                let squares: f64 = sorted.iter().map(|x| (x - mean).powi(2)).sum();
                field.deviation.push((squares / count).sqrt());
                field.mean.push(mean);
                field.median.push(percentile(&sorted, 0.5));
                field.p10.push(percentile(&sorted, 0.1));
                field.p90.push(percentile(&sorted, 0.9));
            }
        });
        field
    }

    /// The values, of which missing ones are now at the origin.
    fn check_known(&self, values: &[f64], missing: &[usize]) -> Result<Vec<f64>, InputError> {
        let per_call = self.config.values_per_call();
        if values.len() != self.dimensions() && values.len() != per_call {
            let (expected, got) = (per_call, values.len());
            return Err(InputError::WrongLength { expected, got });
        }
        let mut known = values.to_vec();
        let mut seen = vec![false; values.len()];
        for &position in missing {
            match seen.get_mut(position) {
                None => {
                    let length = values.len();
                    return Err(InputError::MissingPosition { position, length });
                }
                Some(seen) if *seen => return Err(InputError::MissingTwice { position }),
                Some(seen) => *seen = true,
            }
            let origin = self.shingle.origin();
            known[position] = origin
                .get(position % self.config.input_dimensions)
                .map_or(0.0, |&x| x);
        }
        for (i, call) in known.chunks_exact(per_call).enumerate() {
            self.shingle
                .check(call)
                .map_err(|error| error.moved_by(i * per_call))?;
        }
        Ok(known)
    }
}

/// The value below which a fraction of the sorted values lies, linear between them.
fn percentile(sorted: &[f64], fraction: f64) -> f64 {
    let position = fraction * (sorted.len() - 1) as f64;
    let below = position as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}
