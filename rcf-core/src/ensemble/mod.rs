//! The trees of a forest with their samples, over one store of points.

use crate::arena::Boxes;
use crate::arena::Phases;
use crate::arena::PointStore;
use crate::config::Config;
use crate::layout::Index;
use crate::layout::scratch_len;
use crate::layout::size_of_val_capacity;
use crate::rng::TreeRng;
use crate::row_buffer::RowBuffer;
use crate::sampling::Sampler;
use crate::shingle::shift_row;
use crate::simd::{Kernel, Reached, Simd, SimdLevel};
use crate::tree::boxed::Buffers;
use crate::tree::cut::Cut;
use crate::tree::{CutTree, TreeSet, with_trees};
use crate::visitor::score::normalizer;

/// Trees, samples and points, named by numbers of width `I`.
#[derive(Debug, Clone)]
pub(crate) struct Ensemble<I> {
    pub(crate) dimensions: usize,
    pub(crate) points: PointStore,
    pub(crate) phases: Phases,
    /// A tree, the sample that it is built of and the source of its randomness share an index.
    pub(crate) trees: TreeSet<I>,
    pub(crate) samplers: Vec<Sampler<I>>,
    pub(crate) rngs: Vec<TreeRng>,
    /// Working memory of updates.
    pub(crate) buffers: Buffers,
    /// Where the descents ended of the point that was scored and will be taken next; empty if there
    /// is none.
    pub(crate) reached: Vec<Reached>,
}

mod array;
mod delete;
mod explain;
pub(crate) mod impute;
mod traverse;
mod update;

impl<I: Index> Ensemble<I> {
    pub(crate) fn new(config: &Config) -> Self {
        let &Config {
            number_of_trees,
            seed,
            ..
        } = config;
        let dimensions = config.dimensions();
        Self {
            dimensions,
            points: PointStore::of(config),
            phases: Phases::new(config.shingle_rotation),
            trees: TreeSet::new(config),
            samplers: (0..number_of_trees).map(|_| Sampler::new(config)).collect(),
            rngs: TreeRng::family(seed, number_of_trees),
            buffers: Buffers::default(),
            reached: Vec::new(),
        }
    }

    /// The mean score over the trees.
    pub(crate) fn score(&self, level: SimdLevel, x: &[f32]) -> f64 {
        level.run(ScorePass {
            ensemble: self,
            x,
            reached: None,
        })
    }

    /// The same for a point that [`update`](Self::update) will take next, before all else.
    pub(crate) fn score_before_update(&mut self, level: SimdLevel, x: &[f32]) -> f64 {
        let mut reached = std::mem::take(&mut self.reached);
        reached.clear();
        let score = level.run(ScorePass {
            ensemble: self,
            x,
            reached: Some(&mut reached),
        });
        self.reached = reached;
        score
    }

    /// This coordinate of the points in the first sample.
    pub(crate) fn sampled(&self, dimension: usize) -> impl Iterator<Item = f32> {
        let points = self.samplers[0].points().iter();
        points.map(move |point| self.points.padded_row(point.get())[dimension])
    }

    /// Moves all points against the shift of the origin, and rebuilds the trees.
    pub(crate) fn shift_points(&mut self, level: SimdLevel, shifts: &[f64]) {
        for floats in self.points.floats_mut() {
            let coordinates = self.dimensions.min(floats.len());
            shift_row(&mut floats[..coordinates], shifts);
        }
        level.run(RebuildAllPass { ensemble: self });
    }

    /// From now on caches as many boxes as these parameters specify.
    pub(crate) fn cache_boxes(&mut self, level: SimdLevel, config: &Config) {
        self.points.boxes = Boxes::of(config);
        level.run(BoxesPass { ensemble: self });
    }

    /// Adds a tree with these cuts and points, which are in the store. `false` if the
    /// cuts are not those of a tree of these points.
    pub(crate) fn add_tree(&mut self, sample_size: usize, points: &[I], cuts: &[Cut]) -> bool {
        let level = SimdLevel::best();
        level.run(RebuildPass {
            ensemble: self,
            sample_size,
            points,
            cuts,
        })
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.points.heap_bytes()
            + self.phases.heap_bytes()
            + self.trees.heap_bytes()
            + size_of_val_capacity(&self.samplers)
            + self.samplers.iter().map(Sampler::heap_bytes).sum::<usize>()
            + size_of_val_capacity(&self.rngs)
            + self.buffers.heap_bytes()
            + size_of_val_capacity(&self.reached)
    }
}

/// Whether a kernel is compiled for each usual length of rows: for the most common forests, on the
/// most common processors.
const fn by_length<S: Simd, I: Index>() -> bool {
    S::IS_WIDE && I::MAX == u16::MAX as usize
}

struct ScorePass<'a, I> {
    ensemble: &'a Ensemble<I>,
    x: &'a [f32],
    reached: Option<&'a mut Vec<Reached>>,
}

impl<I: Index> Kernel for ScorePass<'_, I> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f64 {
        let Self {
            ensemble:
                Ensemble {
                    dimensions,
                    points,
                    trees,
                    ..
                },
            x,
            reached,
        } = self;
        let mut normalizers = Normalizers::default();
        let mut scratch = RowBuffer::new(scratch_len(*dimensions));
        let scratch = scratch.as_mut();
        let sum = with_trees!(by length if by_length::<S, I>(); simd, *dimensions, trees, geometry, trees => {
            let normalizer = |mass| normalizers.of(mass);
            CutTree::sum_score(trees, points, geometry, x, scratch, reached, normalizer)
        });
        sum / trees.len() as f64
    }
}

/// The factors of scores by tree mass; full trees share one.
#[derive(Default)]
struct Normalizers {
    mass: usize,
    normalizer: f64,
}

impl Normalizers {
    #[inline(always)]
    fn of(&mut self, mass: usize) -> f64 {
        if mass != self.mass {
            *self = Self {
                mass,
                normalizer: normalizer(mass),
            };
        }
        self.normalizer
    }
}

/// Builds each tree again from its sample.
struct RebuildAllPass<'a, I> {
    ensemble: &'a mut Ensemble<I>,
}

impl<I: Index> Kernel for RebuildAllPass<'_, I> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Ensemble {
            dimensions,
            points,
            phases,
            trees,
            samplers,
            rngs,
            buffers,
            ..
        } = self.ensemble;
        points.boxes.clear();
        let members = samplers.iter_mut().zip(rngs);
        with_trees!(simd, *dimensions, trees, geometry, trees => for (tree, (sampler, rng)) in trees.iter_mut().zip(members) {
            tree.clear();
            for slot in sampler.points_mut() {
                let point = slot.get();
                let mut at = [Reached::default()];
                let row = points.row(geometry, point);
                CutTree::locate(geometry, &[(&*tree, row)], &mut at);
                let leaf = CutTree::insert(tree, geometry, points, point, at[0], rng, buffers);
                if leaf != point {
                    // Rounding has made two points one.
                    if let Some(set) = phases.of(point) {
                        phases.merge(leaf, set);
                    }
                    points.retain(leaf);
                    points.release(point);
                    *slot = I::new(leaf);
                }
            }
        });
    }
}

/// Computes the cached boxes of all trees.
struct BoxesPass<'a, I> {
    ensemble: &'a mut Ensemble<I>,
}

impl<I: Index> Kernel for BoxesPass<'_, I> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Ensemble {
            dimensions,
            points,
            trees,
            ..
        } = self.ensemble;
        with_trees!(simd, *dimensions, trees, geometry, trees => for tree in trees {
            CutTree::cache_boxes(tree, geometry, points);
        });
    }
}

struct RebuildPass<'a, I> {
    ensemble: &'a mut Ensemble<I>,
    sample_size: usize,
    points: &'a [I],
    cuts: &'a [Cut],
}

impl<I: Index> Kernel for RebuildPass<'_, I> {
    type Output = bool;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> bool {
        let Self {
            ensemble,
            sample_size,
            points,
            cuts,
        } = self;
        let store = &mut ensemble.points;
        with_trees!(simd, ensemble.dimensions, &mut ensemble.trees, geometry, trees => {
            let tree = CutTree::rebuild(geometry, store, sample_size, points, cuts);
            let rebuilt = tree.is_some();
            trees.extend(tree);
            rebuilt
        })
    }
}

#[cfg(test)]
mod tests;
