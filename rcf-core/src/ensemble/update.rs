//! Insertion of a point, in place of another one, into the trees whose samplers take it.
//!
//! Those trees are few, and none is in the cache. So they descend together, each to the point that
//! leaves, and to the new point unless it has just been scored and the ends of those descents are
//! known. From there, changes follow the links to parents.

use super::{Ensemble, by_length};
use crate::arena::{Phases, PointStore, one};
use crate::geometry::Geometry;
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::sampling::{Acceptance, DecayClock, Sampler, Tag};
use crate::simd::{Kernel, Reached, Simd, SimdLevel};
use crate::tree::boxed::Buffers;
use crate::tree::{CutTree, with_trees};

impl<I: Index> Ensemble<I> {
    /// Offers a point to all samplers and changes the trees of those that take it.
    pub(crate) fn update(
        &mut self,
        level: SimdLevel,
        clock: &DecayClock,
        accept_fraction: f64,
        x: &[f32],
        phase: usize,
        tag: Tag,
    ) {
        let offer = Offer {
            clock,
            accept_fraction,
            x,
            phase,
            tag,
        };
        level.run(UpdatePass {
            ensemble: self,
            offer,
        });
    }
}

/// The new point.
#[derive(Clone, Copy)]
struct Offer<'a> {
    clock: &'a DecayClock,
    accept_fraction: f64,
    x: &'a [f32],
    phase: usize,
    tag: Tag,
}

/// Most trees that descend together.
const TAKERS: usize = 8;

/// A tree that takes the point.
#[derive(Debug, Clone, Copy, Default)]
struct Taker {
    tree: usize,
    acceptance: Acceptance,
    /// The point that must leave.
    evicted: Option<usize>,
}

struct UpdatePass<'a, I> {
    ensemble: &'a mut Ensemble<I>,
    offer: Offer<'a>,
}

impl<I: Index> Kernel for UpdatePass<'_, I> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { ensemble, offer } = self;
        let Ensemble {
            dimensions,
            points,
            phases,
            trees,
            samplers,
            rngs,
            buffers,
            reached,
        } = ensemble;
        let mut exchange = Exchange {
            offer,
            points,
            phases,
            buffers,
            stored: None,
        };
        with_trees!(by length if by_length::<S, I>(); simd, *dimensions, trees, geometry, trees => {
            exchange.in_all(geometry, trees, samplers, rngs, reached);
        });
        reached.clear();
        if let Some(point) = exchange.stored {
            points.drop_if_unused(point);
        }
    }
}

/// Offers the point to samplers until enough take it. Returns how many do, and to how many it was
/// offered.
#[inline(always)]
fn takers<I: Index>(
    offer: Offer<'_>,
    first: usize,
    samplers: &[Sampler<I>],
    rngs: &mut [TreeRng],
    takers: &mut [Taker; TAKERS],
) -> (usize, usize) {
    let rngs = &mut rngs[..samplers.len()];
    let mut count = 0;
    for tree in first..samplers.len() {
        let (sampler, rng) = (&samplers[tree], &mut rngs[tree]);
        if let Some(acceptance) = sampler.offer(offer.clock, offer.accept_fraction, rng) {
            takers[count] = Taker {
                tree,
                acceptance,
                evicted: sampler.evicted(acceptance).map(Index::get),
            };
            count += 1;
            if count == TAKERS {
                return (count, tree + 1);
            }
        }
    }
    (count, samplers.len())
}

/// Replacement of one point by another, tree by tree.
struct Exchange<'a> {
    offer: Offer<'a>,
    points: &'a mut PointStore,
    phases: &'a mut Phases,
    buffers: &'a mut Buffers,
    /// The number of the point, once the first tree has taken it.
    stored: Option<usize>,
}

impl Exchange<'_> {
    /// Changes the trees whose samplers take the point.
    #[inline(always)]
    fn in_all<I: Index, G: Geometry, T: CutTree<I, G>>(
        &mut self,
        geometry: G,
        trees: &mut [T],
        samplers: &mut [Sampler<I>],
        rngs: &mut [TreeRng],
        reached: &mut Vec<Reached>,
    ) {
        let offer = self.offer;
        if !T::IS_LOCATED {
            for (tree, (sampler, rng)) in trees.iter_mut().zip(samplers.iter_mut().zip(rngs)) {
                let acceptance = sampler.offer(offer.clock, offer.accept_fraction, rng);
                let Some(acceptance) = acceptance else {
                    continue;
                };
                let evicted = sampler.evicted(acceptance).map(Index::get);
                let [leaving, entering] = [Reached::default(); 2];
                let leaf = self.in_one(geometry, tree, rng, evicted, leaving, entering);
                sampler.accept(acceptance, I::new(leaf), offer.tag, offer.clock, rng);
            }
            return;
        }
        if reached.capacity() == 0 {
            // Allocated once, while the forest grows, so that no score allocates later.
            reached.reserve_exact(trees.len());
        }
        let mut next = 0;
        while next < trees.len() {
            let mut takers = [Taker::default(); TAKERS];
            let count;
            (count, next) = self::takers(offer, next, samplers, rngs, &mut takers);
            let takers = &takers[..count];
            let ends = self.locate(geometry, trees, takers, reached);
            for taker in 0..count {
                let (leaving, entering) = (ends[taker], ends[count + taker]);
                let Taker {
                    tree,
                    acceptance,
                    evicted,
                } = takers[taker];
                let (sampler, rng) = (&mut samplers[tree], &mut rngs[tree]);
                let tree = &mut trees[tree];
                let leaf = self.in_one(geometry, tree, rng, evicted, leaving, entering);
                sampler.accept(acceptance, I::new(leaf), offer.tag, offer.clock, rng);
            }
        }
    }

    /// Where the descents end in these trees: to the points that leave, then to the new one.
    #[inline(always)]
    fn locate<I: Index, G: Geometry, T: CutTree<I, G>>(
        &self,
        geometry: G,
        trees: &[T],
        takers: &[Taker],
        reached: &[Reached],
    ) -> [Reached; 2 * TAKERS] {
        let x = &self.offer.x[..geometry.row_len()];
        let count = takers.len();
        let mut ends = [Reached::default(); 2 * TAKERS];
        let mut lanes = [(&trees[0], x); 2 * TAKERS];
        for taker in 0..count {
            let Taker { tree, evicted, .. } = takers[taker];
            if let Some(evicted) = evicted {
                lanes[taker] = (&trees[tree], self.points.row(geometry, evicted));
            }
            lanes[count + taker].0 = &trees[tree];
        }
        if reached.is_empty() {
            T::locate(geometry, &lanes[..2 * count], &mut ends[..2 * count]);
        } else {
            T::locate(geometry, &lanes[..count], &mut ends[..count]);
            for taker in 0..count {
                ends[count + taker] = reached[takers[taker].tree];
            }
        }
        ends
    }

    /// Deletes the point that must leave a tree, and inserts the new one. Returns the point that
    /// its leaf refers to.
    #[inline(always)]
    fn in_one<I: Index, G: Geometry, T: CutTree<I, G>>(
        &mut self,
        geometry: G,
        tree: &mut T,
        rng: &mut TreeRng,
        evicted: Option<usize>,
        leaving: Reached,
        mut entering: Reached,
    ) -> usize {
        let Offer { x, phase, .. } = self.offer;
        let x = &x[..geometry.row_len()];
        if let Some(evicted) = evicted {
            let gone = tree.delete(geometry, self.points, evicted, leaving, self.buffers);
            if let Some(gone) = gone {
                entering = tree.relocate(x, entering, gone);
            }
            self.points.release(evicted);
        }
        let point = match self.stored {
            Some(point) => point,
            None => {
                let point = self.points.add(x);
                self.phases.set(point, self.points.capacity(), one(phase));
                *self.stored.insert(point)
            }
        };
        let leaf = tree.insert(geometry, self.points, point, entering, rng, self.buffers);
        self.phases.merge(leaf, one(phase));
        self.points.retain(leaf);
        leaf
    }
}
