//! A tree in one dimension is the boxed tree, to the bit.

use std::ops::ControlFlow;

use proptest::prelude::*;

use super::{FIRST, LAST, LEVEL, POINT, SortedTree, Stretch};
use crate::arena::PointStore;
use crate::forest::RandomCutForest;
use crate::geometry::OneDimensional;
use crate::layout::Index;
use crate::rng::TreeRng;
use crate::simd::Reached;
use crate::testing::Random;
use crate::tree::CutTree;
use crate::tree::boxed::{BoxedTree, Buffers};
use crate::tree::imputation::Imputer;
use crate::visitor::attribution::{Attribute, AttributionVisitor};
use crate::visitor::collusive::CollusiveDisplacementSum;
use crate::visitor::noise_floor::{Floored, NoiseFloor};
use crate::visitor::score::{ScoreVisitor, TreeScore};
use crate::visitor::scoring::ScoringSum;
use crate::visitor::scoring_function::{AnomalyScore, Displacement, ScoringFunction};
use crate::visitor::{Ancestor, Leaf, Visitor};

impl<I: Index> SortedTree<I> {
    /// Panics unless all invariants hold; returns the point and the mass of each leaf.
    pub(crate) fn validate(&self, points: &PointStore) -> Vec<(usize, usize)> {
        let count = self.cuts.len();
        if self.mass == 0 {
            assert_eq!([count, self.leaves.len(), self.masses.len()], [0; 3]);
            return Vec::new();
        }
        assert_eq!(self.leaves.len(), count + 1);
        assert!([0, count].contains(&self.masses.len()));
        for leaf in 1..count {
            let (before, value) = (self.value(points, leaf - 1), self.value(points, leaf));
            let cut = self.cuts[leaf];
            assert!(before <= cut && cut < value, "{before} | {cut} | {value}");
        }
        let ends = [self.leaves[0], self.leaves[count]];
        assert!(ends.iter().all(|end| end[LEVEL].get() == 0));
        let mut pending = vec![(
            Stretch {
                first: 0,
                last: count - 1,
            },
            1,
        )];
        while let Some((Stretch { first, last }, level)) = pending.pop() {
            let roots = (first + 1..=last).filter(|&cut| self.leaves[cut][LEVEL].get() == level);
            let roots: Vec<usize> = roots.collect();
            let count = usize::from(first < last);
            assert_eq!(
                roots.len(),
                count,
                "cuts of level {level} in {first}..={last}"
            );
            for cut in roots {
                let node = self.leaves[cut];
                assert_eq!([node[FIRST].get(), node[LAST].get()], [first, last]);
                pending.push((
                    Stretch {
                        first,
                        last: cut - 1,
                    },
                    level + 1,
                ));
                pending.push((Stretch { first: cut, last }, level + 1));
            }
        }
        let leaves = (0..count).map(|leaf| (self.point(leaf), self.leaf_mass(leaf)));
        let leaves: Vec<_> = leaves.collect();
        assert_eq!(leaves.iter().map(|leaf| leaf.1).sum::<usize>(), self.mass);
        leaves
    }

    /// The boxed tree that has the same points and cuts.
    pub(crate) fn boxed(&self, points: &mut PointStore) -> BoxedTree<I> {
        let leaves = (0..self.cuts.len())
            .flat_map(|leaf| vec![I::new(self.point(leaf)); self.leaf_mass(leaf)]);
        let leaves: Vec<I> = leaves.collect();
        let tree = BoxedTree::rebuild(
            OneDimensional,
            points,
            self.sample_size,
            &leaves,
            &self.cuts(),
        );
        tree.expect("cuts of these points")
    }
}

const SAMPLE_SIZE: usize = 40;

/// Everything that a visitor may read from leaves and ancestors.
#[derive(Default)]
struct Walk {
    seen: Vec<f64>,
}

impl Visitor for Walk {
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        let masses = (0..=leaf.depth()).map(|depth| leaf.mass_at(depth) as f64);
        self.seen.extend(masses);
        let numbers = [leaf.depth(), leaf.mass(), leaf.tree_mass(), leaf.point()];
        self.seen.extend(numbers.map(|number| number as f64));
        ControlFlow::Continue(())
    }

    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let numbers = [ancestor.depth(), ancestor.mass()];
        self.seen.extend(numbers.map(|number| number as f64));
        self.seen.extend([ancestor.gap(), ancestor.range()]);
    }

    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        self.seen.push(tree_mass as f64);
        ControlFlow::Continue(())
    }
}

/// Both kinds of trees, over one store.
struct Pair<I> {
    store: PointStore,
    line: SortedTree<I>,
    line_rng: TreeRng,
    boxed: BoxedTree<I>,
    boxed_rng: TreeRng,
    buffers: Buffers,
}

impl<I: Index> Pair<I> {
    fn new(seed: u64) -> Self {
        let rng = || TreeRng::family(seed, 1).remove(0);
        Self {
            store: PointStore::new(1, 0),
            line: SortedTree::new(SAMPLE_SIZE),
            line_rng: rng(),
            boxed: BoxedTree::new(SAMPLE_SIZE),
            boxed_rng: rng(),
            buffers: Buffers::default(),
        }
    }

    fn insert(&mut self, x: f32) {
        let point = self.store.add(&[x]);
        let leaf = self.line.insert(&self.store, point, &mut self.line_rng);
        let at = self.locate(x);
        let (store, rng) = (&mut self.store, &mut self.boxed_rng);
        let boxed = &mut self.boxed;
        let other = CutTree::insert(
            boxed,
            OneDimensional,
            store,
            point,
            at,
            rng,
            &mut self.buffers,
        );
        assert_eq!(leaf, other);
        self.store.retain(leaf);
        self.store.drop_if_unused(point);
    }

    fn delete(&mut self, x: f32) {
        let point = self.line.point(self.line.descend(x));
        assert_eq!(self.store.padded_row(point), [x]);
        self.line.delete(&self.store, point);
        let at = self.locate(x);
        let (store, buffers) = (&mut self.store, &mut self.buffers);
        let _ = CutTree::delete(&mut self.boxed, OneDimensional, store, point, at, buffers);
        self.store.release(point);
    }

    /// The position of a point in the boxed tree.
    fn locate(&self, x: f32) -> Reached {
        let (mut at, row) = ([Reached::default()], [x]);
        let lanes: [(_, &[f32]); 1] = [(&self.boxed, &row)];
        BoxedTree::locate(OneDimensional, &lanes, &mut at);
        at[0]
    }

    /// All results of one of them: visitors, functionals, imputation.
    fn read<T: CutTree<I, OneDimensional>>(&self, tree: &T, x: f32) -> Vec<u64> {
        let (x, scratch) = ([x], &mut [0.0; 2]);
        let trees = std::slice::from_ref(tree);
        let mut walk = Walk::default();
        T::traverse(
            trees,
            &self.store,
            OneDimensional,
            &x,
            scratch,
            None,
            &mut walk,
        );
        let mut noted = Walk::default();
        self.traverse_one(tree, &x, 0, &mut noted);
        assert_eq!(walk.seen, noted.seen, "masses on demand are those noted");
        let mut seen = walk.seen;
        let mut attribution = AttributionVisitor::new(&x, 1);
        T::traverse(
            trees,
            &self.store,
            OneDimensional,
            &x,
            scratch,
            None,
            &mut attribution,
        );
        seen.push(attribution.score());
        attribution.add_tree(1.0);
        let parts = attribution.sum();
        seen.extend([parts.high[0], parts.low[0]]);
        seen.extend(T::sum_scores(
            trees,
            &self.store,
            OneDimensional,
            &x,
            |mass| mass as f64,
        ));

        let config = RandomCutForest::builder(1)
            .relative_noise_floor(0.1)
            .config();
        let config = config.expect("valid parameters");
        let floor = NoiseFloor::new(&config).expect("a floor");
        let mut score = ScoreVisitor::default();
        let mut floored = Floored::new(&mut score, Some(&floor), &x);
        T::traverse(
            trees,
            &self.store,
            OneDimensional,
            &x,
            scratch,
            None,
            &mut floored,
        );
        seen.push(score.score);
        for ignored_mass in [0, 1, 2] {
            seen.extend(self.value(tree, &x, ignored_mass, &AnomalyScore));
            seen.extend(self.value(tree, &x, ignored_mass, &Displacement));
            let mut collusive = CollusiveDisplacementSum::default();
            self.traverse_one(tree, &x, ignored_mass, &mut collusive);
            seen.push(collusive.sum());
        }
        for (missing, centrality) in [(&[0][..], 1.0), (&[0], 0.3), (&[], 0.5)] {
            let draws = TreeRng::family(7, 1).remove(0);
            let mut imputer = Imputer::new(&x, missing, centrality, draws);
            let odd = |point| point % 2 == 1;
            let best = [
                tree.best(&mut imputer, &self.store, OneDimensional, |_| true),
                tree.best(&mut imputer, &self.store, OneDimensional, odd),
            ];
            seen.extend(best.map(|point| point as f64));
        }
        seen.into_iter().map(f64::to_bits).collect()
    }

    /// Its results by direction, computed in its own way.
    fn parts<T: CutTree<I, OneDimensional>>(&self, tree: &T, x: f32) -> [f64; 2] {
        let (x, scratch) = ([x], &mut [0.0; 2]);
        let mut visitor = T::Attribution::new(&x, 1);
        let trees = std::slice::from_ref(tree);
        T::traverse(
            trees,
            &self.store,
            OneDimensional,
            &x,
            scratch,
            None,
            &mut visitor,
        );
        visitor.add_tree(1.0);
        let parts = visitor.sum();
        [parts.high[0], parts.low[0]]
    }

    fn traverse_one<T: CutTree<I, OneDimensional>, V: Visitor>(
        &self,
        tree: &T,
        x: &[f32],
        ignored_mass: usize,
        visitor: &mut V,
    ) {
        let walker = &mut T::Walker::default();
        let _ = tree.traverse_one(
            walker,
            &self.store,
            OneDimensional,
            x,
            ignored_mass,
            visitor,
        );
    }

    fn value<T: CutTree<I, OneDimensional>, F: ScoringFunction>(
        &self,
        tree: &T,
        x: &[f32],
        ignored_mass: usize,
        function: &F,
    ) -> Option<f64> {
        let mut sum = ScoringSum::new(function);
        self.traverse_one(tree, x, ignored_mass, &mut sum);
        Some(sum.sum())
    }

    /// The bits of the sum of the scores.
    fn score<T: CutTree<I, OneDimensional>>(&self, trees: &[T], x: f32) -> u64 {
        let (x, scratch) = ([x], &mut [0.0; 2]);
        let weight = |mass| mass as f64;
        T::sum_score(
            trees,
            &self.store,
            OneDimensional,
            &x,
            scratch,
            None,
            weight,
        )
        .to_bits()
    }

    /// Panics unless both trees are equal.
    fn compare(&self, queries: &[f32]) {
        self.line.validate(&self.store);
        assert_eq!(self.line.mass(), self.boxed.mass());
        let cuts = self.line.cuts();
        assert_eq!(cuts, self.boxed.cuts());
        if self.line.mass() == 0 {
            return;
        }
        for &x in queries {
            let (line, boxed) = (&self.line, &self.boxed);
            assert_eq!(self.read(line, x), self.read(boxed, x), "at {x}");
            let parts = self.parts(line, x).into_iter();
            for (part, other) in parts.zip(self.parts(boxed, x)) {
                let error = (part - other).abs();
                assert!(error <= 1e-12 * (part + other), "{part} or {other} at {x}");
            }
        }
        let scores = |x: &[f32]| {
            let trees = std::slice::from_ref(&self.line);
            SortedTree::sum_scores(trees, &self.store, OneDimensional, x, |mass| mass as f64)
        };
        let one_by_one: Vec<f64> = queries.iter().flat_map(|&x| scores(&[x])).collect();
        assert_eq!(scores(queries), one_by_one);

        // A group of trees in step, and one more.
        let lines = vec![self.line.clone(); 5];
        let boxes = vec![self.boxed.clone(); 5];
        for &x in queries {
            assert_eq!(self.score(&lines, x), self.score(&boxes, x), "at {x}");
        }

        let sample: Vec<I> = (0..self.line.len())
            .flat_map(|leaf| vec![I::new(self.line.point(leaf)); self.line.leaf_mass(leaf)])
            .collect();
        let again = SortedTree::rebuild(&self.store, SAMPLE_SIZE, &sample, &cuts);
        let again = again.expect("cuts of these points");
        again.validate(&self.store);
        assert_eq!(again.cuts(), cuts);
    }
}

#[derive(Debug, Clone)]
enum Operation {
    Insert(f32),
    Delete(usize),
}

/// Few values, so that points coincide, with the largest possible rounding errors.
fn coordinate() -> impl Strategy<Value = f32> {
    prop_oneof![
        3 => (-6..=6i8).prop_map(f32::from),
        2 => -1.0f32..1.0,
        1 => prop::sample::select(vec![
            f32::from_bits(1),
            -f32::from_bits(1),
            1.0f32.next_up(),
            1.0f32.next_down(),
            1e30,
            -1e30,
            1e30f32.next_down(),
        ]),
    ]
    .prop_map(|x| x + 0.0)
}

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        3 => coordinate().prop_map(Operation::Insert),
        2 => (0..64usize).prop_map(Operation::Delete),
    ];
    prop::collection::vec(operation, 1..90)
}

fn run<I: Index>(operations: &[Operation], queries: &[f32], seed: u64) {
    let mut pair = Pair::<I>::new(seed);
    let mut sample: Vec<f32> = Vec::new();
    for operation in operations {
        match *operation {
            Operation::Insert(_) if sample.len() == SAMPLE_SIZE => continue,
            Operation::Insert(x) => {
                pair.insert(x);
                sample.push(x);
            }
            Operation::Delete(_) if sample.is_empty() => continue,
            Operation::Delete(at) => pair.delete(sample.swap_remove(at % sample.len())),
        }
        let recent = sample.last().copied();
        let queries: Vec<f32> = queries.iter().copied().chain(recent).collect();
        pair.compare(&queries);
    }
}

proptest! {
    #[test]
    fn both_kinds_of_trees_are_one(
        operations in operations(),
        queries in prop::collection::vec(coordinate(), 1..6),
        seed in 0..1000u64,
    ) {
        run::<u16>(&operations, &queries, seed);
        run::<u32>(&operations, &queries, seed);
    }
}

#[test]
fn leaves_not_sorted_by_the_cuts_are_refused() {
    let mut pair = Pair::<u16>::new(1);
    let mut random = Random::new(1);
    (0..20).for_each(|_| pair.insert(random.normal() as f32));
    let tree = &pair.line;
    let sample: Vec<u16> = tree.leaves[..20].iter().map(|leaf| leaf[POINT]).collect();
    let rebuild = |sample: &[u16], cuts: &[_]| {
        SortedTree::rebuild(&pair.store, SAMPLE_SIZE, sample, cuts).is_some()
    };
    let cuts = tree.cuts();
    assert!(rebuild(&sample, &cuts));
    assert!(!rebuild(&sample, &cuts[..18]), "a cut is missing");
    assert!(!rebuild(&sample[1..], &cuts), "a cut parts nothing");
    assert!(!rebuild(&[], &cuts));
    assert!(!rebuild(&sample[..1], &cuts[..1]), "a cut is left");
    let crowd = [sample[0]; SAMPLE_SIZE + 1];
    assert!(rebuild(&crowd[1..], &[]));
    assert!(!rebuild(&crowd, &[]), "too many points");
    let mut moved = cuts.clone();
    moved[7].value = 1e6;
    assert!(!rebuild(&sample, &moved), "a cut lies elsewhere");
    let mut twins = sample.clone();
    let twin = pair.store.add(&[pair.line.value(&pair.store, 3)]);
    twins.push(twin as u16);
    let rebuilt = SortedTree::rebuild(&pair.store, SAMPLE_SIZE, &twins, &cuts);
    assert!(rebuilt.is_none(), "two points of one value");
}

#[test]
fn depth_is_unlimited() {
    // Each point is far from all previous ones: a chain.
    let mut pair = Pair::<u16>::new(3);
    (0..SAMPLE_SIZE).for_each(|i| pair.insert((i as f32).exp2() * 1e-3 - 1.0));
    pair.compare(&[-1.0, 0.0, 1e9, -5.0]);
}
