//! The public forest: observations in, scores out.

// First, so that the page of `RandomCutForest` begins with `builder` and `update`.
mod methods;

mod array;
mod attribution;
mod delete;
mod density;
mod displacement;
mod explain;
mod forecast;
mod impute;
mod memory;
mod neighbors;
mod points;
mod recenter;
mod sample;
mod sampling;
mod summary;

pub use attribution::Attribution;
pub use density::Density;
pub use explain::{Explanation, ScoreEstimate};
pub use forecast::Forecast;
pub use impute::ConditionalField;
pub use neighbors::Neighbor;
pub use sample::Sample;
pub use summary::Cluster;

use crate::config::{Config, RandomCutForestBuilder};
use crate::ensemble::Ensemble;
use crate::error::{ConfigError, InputError};
use crate::layout::fits;
use crate::sampling::{Arrival, DecayClock, Tag};
use crate::shingle::Shingle;
use crate::simd::SimdLevel;
use crate::visitor::noise_floor::NoiseFloor;

/// A Random Cut Forest over a stream of observations.
///
/// Each observation is a slice of [`Config::input_dimensions`] values; with a shingle size of `k`
/// the last `k` observations together make the point that is scored. (With
/// [`internal_shingling`](RandomCutForestBuilder::internal_shingling) off, each call takes a whole
/// point.)
///
/// Scores are positive, **higher is more anomalous**: about 0.5 to 1 for usual points, up to
/// `log₂(sample_size + 1)` for a point that is far off. They are 0 until the forest
/// [is ready](Self::is_ready).
///
/// # Noise floor
/// A random cut forest is scale-free: on a constant stream a step of 10⁻⁷ scores as high as one of
/// 10⁹. If differences below some size are meaningless, set
/// [`noise_floor`](RandomCutForestBuilder::noise_floor), in the units of the observations, or with
/// [`relative_noise_floor`](RandomCutForestBuilder::relative_noise_floor), as a fraction of the
/// range in the sample: queries that are closer than that to usual points then count as usual. With
/// the floors `f_i`, a cut separates the query from a box with probability `gap / Σ_i max(side_i,
/// f_i)`, where the sides are those of the box with the query; with the remaining probability the
/// query counts as one of the points in the box. This applies to scores, attributions,
/// displacements and scoring functions; density, neighbours, imputation and the trees are not
/// affected.
///
/// # Example
/// ```
/// use rcf_core::RandomCutForest;
///
/// let mut forest = RandomCutForest::builder(1).seed(42).build()?;
/// for t in 0..1000 {
///     let score = forest.process(&[(f64::from(t) / 10.0).sin()])?;
///     assert!(score < 3.0);
/// }
/// assert!(forest.score(&[5.0])? > 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RandomCutForest {
    pub(crate) config: Config,
    pub(crate) shingle: Shingle,
    /// Observations taken.
    pub(crate) updates: u64,
    pub(crate) clock: DecayClock,
    /// Whether observations are offered to the trees.
    pub(crate) sampling: bool,
    pub(crate) trees: Trees,
    pub(crate) level: SimdLevel,
    noise_floor: Option<NoiseFloor>,
    /// Whether a deletion has left a tree without points, while others have some.
    lacks_points: bool,
    /// Working memory: the point of the current observation.
    row: Vec<f32>,
}

/// The ensemble, in the smallest width that can name its nodes and points.
#[derive(Debug, Clone)]
pub(crate) enum Trees {
    Narrow(Ensemble<u16>),
    Wide(Ensemble<u32>),
}

/// Evaluates `$body` with `$ensemble` bound to the ensemble of either width.
macro_rules! with_ensemble {
    ($trees:expr, $ensemble:ident => $body:expr) => {
        match $trees {
            $crate::forest::Trees::Narrow($ensemble) => $body,
            $crate::forest::Trees::Wide($ensemble) => $body,
        }
    };
}
pub(crate) use with_ensemble;

impl RandomCutForestBuilder {
    /// Checks the parameters and builds an empty forest.
    ///
    /// # Errors
    /// The first rule that a parameter breaks.
    pub fn build(self) -> Result<RandomCutForest, ConfigError> {
        Ok(RandomCutForest::new(self.config()?))
    }
}

impl RandomCutForest {
    pub(crate) fn new(config: Config) -> Self {
        let trees = if fits::<u16>(config.number_of_trees, config.sample_size) {
            Trees::Narrow(Ensemble::new(&config))
        } else {
            Trees::Wide(Ensemble::new(&config))
        };
        let shingle = Shingle::new(&config);
        let clock = DecayClock::new(config.time_decay);
        Self::from_parts(config, shingle, 0, clock, true, trees)
    }

    pub(crate) fn from_parts(
        config: Config,
        shingle: Shingle,
        updates: u64,
        clock: DecayClock,
        sampling: bool,
        trees: Trees,
    ) -> Self {
        let row = vec![0.0; crate::layout::stride(config.dimensions())];
        let mut forest = Self {
            noise_floor: NoiseFloor::new(&config),
            lacks_points: false,
            config,
            shingle,
            updates,
            clock,
            sampling,
            trees,
            level: SimdLevel::best(),
            row,
        };
        forest.lacks_points = forest.some_tree_is_empty();
        forest
    }

    fn some_tree_is_empty(&self) -> bool {
        with_ensemble!(&self.trees, ensemble => {
            ensemble.samplers.iter().any(|sampler| sampler.points().is_empty())
        })
    }

    fn process_checked(&mut self, values: &[f64], arrival: Arrival) -> f64 {
        self.shingle.peek(values, &mut self.row);
        let score = self.score_before_update();
        self.insert(values, arrival);
        score
    }

    /// The score of `self.row`, which is to be taken next: records where its descents end.
    pub(crate) fn score_before_update(&mut self) -> f64 {
        if !self.is_ready() {
            return 0.0;
        }
        if self.noise_floor.is_some() {
            return self.score_row(&self.row);
        }
        let (level, row) = (self.level, &self.row);
        with_ensemble!(&mut self.trees, ensemble => ensemble.score_before_update(level, row))
    }

    /// Discards these records: another point is taken, or none.
    pub(crate) fn forget_descents(&mut self) {
        with_ensemble!(&mut self.trees, ensemble => ensemble.reached.clear());
    }

    fn score_row(&self, row: &[f32]) -> f64 {
        with_ensemble!(&self.trees, ensemble => match &self.noise_floor {
            None => ensemble.score(self.level, row),
            // The same sum, in the same order.
            floor => ensemble.converging_score(self.level, row, 0.0, floor.as_ref()).0,
        })
    }

    /// Checks an observation and takes it.
    fn take(&mut self, values: &[f64], arrival: Arrival) -> Result<(), InputError> {
        self.shingle.check(values)?;
        self.shingle.peek(values, &mut self.row);
        self.insert(values, arrival);
        Ok(())
    }

    /// Takes checked values, of which `self.row` is the point.
    fn insert(&mut self, values: &[f64], arrival: Arrival) {
        let phase = self.next_phase();
        self.shingle.push(values, &self.row);
        self.learn_row(phase, arrival);
    }

    /// The block of the next observation.
    fn next_phase(&self) -> usize {
        self.shingle.next() / self.config.input_dimensions
    }

    /// Takes `self.row`, whose newest observation is at block `phase`, into the trees.
    fn learn_row(&mut self, phase: usize, arrival: Arrival) {
        // A restored count may be anything.
        self.updates = self.updates.saturating_add(1);
        let time = self.clock.see(arrival.time);
        if !self.shingle.is_full() || !self.sampling {
            self.forget_descents();
            return;
        }
        let rebase = self.clock.offer(time, arrival.weight);
        let (level, accept_fraction) = (self.level, self.config.initial_accept_fraction);
        let tag = Tag::new(time, arrival.label);
        with_ensemble!(&mut self.trees, ensemble => {
            if let Some(rebase) = rebase {
                ensemble.samplers.iter_mut().for_each(|sampler| sampler.rebase(rebase));
            }
            ensemble.update(level, &self.clock, accept_fraction, &self.row, phase, tag);
        });
        // A sample without points takes any.
        self.lacks_points = false;
        self.recenter_if_due();
    }
}

#[cfg(test)]
mod tests;
