//! The trees of a forest with their samples, over one store of points.

use crate::index::Index;
use crate::point_store::PointStore;
use crate::rng::TreeRng;
use crate::sampler::{DecayClock, Sampler, size_of_val_capacity};
use crate::simd::{Kernel, SimdLevel};
use crate::tree::bounding_box::{Geometry, Lanes, Line, stride};
use crate::tree::{Path, Tree};
use crate::visitor::attribution::{AttributionSum, AttributionVisitor};
use crate::visitor::score::{ScoreVisitor, normalizer};
use crate::visitor::walk_all;

/// Trees, samples and points, named by numbers of width `I`.
#[derive(Debug, Clone)]
pub(crate) struct Ensemble<I> {
    pub(crate) dimensions: usize,
    pub(crate) points: PointStore,
    /// A tree, the sample that it is built of and the source of its randomness share an index.
    pub(crate) trees: Vec<Tree<I>>,
    pub(crate) samplers: Vec<Sampler<I>>,
    pub(crate) rngs: Vec<TreeRng>,
    /// Working memory of updates.
    pub(crate) path: Path<I>,
}

/// Whether width `I` can name every node and point of such a forest.
pub(crate) fn fits<I: Index>(number_of_trees: usize, sample_size: usize) -> bool {
    // Internal nodes, then all points that there can be and one that is offered, then a spare.
    number_of_trees
        .checked_mul(sample_size)
        .and_then(|points| points.checked_add(sample_size + 2))
        .is_some_and(|names| names < I::MAX)
}

/// Evaluates `$body` with `$geometry` bound to the geometry for this number of dimensions.
macro_rules! with_geometry {
    ($dimensions:expr, $geometry:ident => $body:expr) => {
        if $dimensions == 1 {
            let $geometry = Line;
            $body
        } else {
            let $geometry = Lanes::new($dimensions);
            $body
        }
    };
}
pub(crate) use with_geometry;

impl<I: Index> Ensemble<I> {
    pub(crate) fn new(
        dimensions: usize,
        number_of_trees: usize,
        sample_size: usize,
        seed: u64,
    ) -> Self {
        Self {
            dimensions,
            points: PointStore::new(stride(dimensions)),
            trees: (0..number_of_trees)
                .map(|_| Tree::new(sample_size))
                .collect(),
            samplers: (0..number_of_trees)
                .map(|_| Sampler::new(sample_size))
                .collect(),
            rngs: TreeRng::family(seed, number_of_trees),
            path: Path::new(),
        }
    }

    /// Whether no tree has a point.
    pub(crate) fn is_empty(&self) -> bool {
        // The first point offered is taken by all trees.
        self.trees.iter().all(|tree| tree.mass() == 0)
    }

    /// The mean score over the trees.
    pub(crate) fn score(&self, level: SimdLevel, x: &[f32]) -> f64 {
        with_geometry!(self.dimensions, geometry => {
            level.run(ScorePass { ensemble: self, geometry, x })
        })
    }

    /// The mean attribution over the trees: high and low, padded.
    pub(crate) fn attribution(&self, level: SimdLevel, x: &[f32]) -> (Vec<f64>, Vec<f64>) {
        with_geometry!(self.dimensions, geometry => {
            level.run(AttributionPass { ensemble: self, geometry, x })
        })
    }

    /// Offers a point to all samplers and changes the trees of those that take it.
    pub(crate) fn update(
        &mut self,
        level: SimdLevel,
        clock: &DecayClock,
        accept_fraction: f64,
        x: &[f32],
    ) {
        with_geometry!(self.dimensions, geometry => {
            level.run(UpdatePass { ensemble: self, geometry, clock, accept_fraction, x });
        });
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.points.heap_bytes()
            + size_of_val_capacity(&self.trees)
            + self.trees.iter().map(Tree::heap_bytes).sum::<usize>()
            + size_of_val_capacity(&self.samplers)
            + self.samplers.iter().map(Sampler::heap_bytes).sum::<usize>()
            + size_of_val_capacity(&self.rngs)
            + size_of_val_capacity(&self.path)
    }
}

struct ScorePass<'a, I, G> {
    ensemble: &'a Ensemble<I>,
    geometry: G,
    x: &'a [f32],
}

impl<I: Index, G: Geometry> Kernel for ScorePass<'_, I, G> {
    type Output = f64;

    #[inline(always)]
    fn run(self) -> f64 {
        let Self {
            ensemble: Ensemble { points, trees, .. },
            geometry,
            x,
        } = self;
        let mut sum = 0.0;
        let mut normalizers = Normalizers::default();
        walk_all(
            trees,
            points,
            geometry,
            x,
            |_| ScoreVisitor::default(),
            |tree, visitor| sum += normalizers.of(tree.mass()) * visitor.score,
        );
        sum / trees.len() as f64
    }
}

struct AttributionPass<'a, I, G> {
    ensemble: &'a Ensemble<I>,
    geometry: G,
    x: &'a [f32],
}

impl<I: Index, G: Geometry> Kernel for AttributionPass<'_, I, G> {
    type Output = (Vec<f64>, Vec<f64>);

    #[inline(always)]
    fn run(self) -> Self::Output {
        let Self {
            ensemble:
                Ensemble {
                    dimensions,
                    points,
                    trees,
                    ..
                },
            geometry,
            x,
        } = self;
        let mut sum = AttributionSum::new(x.len());
        let mut normalizers = Normalizers::default();
        let mut path = Path::new();
        for tree in trees {
            let mut visitor = AttributionVisitor {
                x,
                dimensions: *dimensions,
                sum: &mut sum,
            };
            crate::visitor::walk(tree, points, geometry, x, &mut path, &mut visitor);
            sum.add_tree(normalizers.of(tree.mass()) / trees.len() as f64);
        }
        (sum.high, sum.low)
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

struct UpdatePass<'a, I, G> {
    ensemble: &'a mut Ensemble<I>,
    geometry: G,
    clock: &'a DecayClock,
    accept_fraction: f64,
    x: &'a [f32],
}

impl<I: Index, G: Geometry> Kernel for UpdatePass<'_, I, G> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self {
            ensemble,
            geometry,
            clock,
            accept_fraction,
            x,
        } = self;
        let Ensemble {
            points,
            trees,
            samplers,
            rngs,
            path,
            ..
        } = ensemble;
        // Stored when the first tree takes it.
        let mut stored = None;
        for ((tree, sampler), rng) in trees.iter_mut().zip(samplers).zip(rngs) {
            let Some(acceptance) = sampler.offer(clock, accept_fraction, rng) else {
                continue;
            };
            if let Some(evicted) = sampler.evicted(acceptance) {
                tree.delete(geometry, points, evicted.get(), path);
                points.release(evicted.get());
            }
            let point = *stored.get_or_insert_with(|| points.add(x));
            let leaf = tree.insert(geometry, points, point, rng, path);
            points.retain(leaf);
            sampler.accept(acceptance, I::new(leaf), clock, rng);
        }
        if let Some(point) = stored {
            points.drop_if_unused(point);
        }
    }
}
