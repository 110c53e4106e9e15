//! A forest that computes everything from scratch from cuts and points, in time proportional to the
//! sample.

use super::format::{SavedTree, State};

/// A tree over points that are in it, with multiplicity.
#[derive(Debug)]
enum Tree {
    Leaf {
        x: Vec<f32>,
        mass: usize,
    },
    Node {
        dimension: usize,
        value: f32,
        points: Vec<Vec<f32>>,
        children: Box<[Tree; 2]>,
    },
}

impl Tree {
    /// Takes as many cuts as it needs.
    fn grow(points: Vec<Vec<f32>>, cuts: &mut impl Iterator<Item = (usize, f32)>) -> Self {
        if points.iter().all(|point| *point == points[0]) {
            let (x, mass) = (points[0].clone(), points.len());
            return Self::Leaf { x, mass };
        }
        let (dimension, value) = cuts.next().expect("a cut for each node");
        let is_left = |point: &Vec<f32>| point[dimension] <= value;
        let (left, right): (Vec<_>, Vec<_>) = points.iter().cloned().partition(is_left);
        assert!(
            !left.is_empty() && !right.is_empty(),
            "a cut that separates nothing"
        );
        let children = Box::new([Self::grow(left, cuts), Self::grow(right, cuts)]);
        Self::Node {
            dimension,
            value,
            points,
            children,
        }
    }

    fn mass(&self) -> usize {
        match self {
            Self::Leaf { mass, .. } => *mass,
            Self::Node { points, .. } => points.len(),
        }
    }

    fn points(&self) -> &[Vec<f32>] {
        match self {
            Self::Leaf { x, .. } => std::slice::from_ref(x),
            Self::Node { points, .. } => points,
        }
    }

    fn child(&self, x: &[f32]) -> Option<&Self> {
        match self {
            Self::Leaf { .. } => None,
            Self::Node {
                dimension,
                value,
                children,
                ..
            } => Some(&children[usize::from(x[*dimension] > *value)]),
        }
    }

    /// Sides of the box of the points below with `x`.
    fn sides(&self, x: &[f32]) -> Vec<f64> {
        let side = |i: usize| {
            let coordinates = || self.points().iter().map(|point| point[i]).chain([x[i]]);
            let high = coordinates().fold(f32::NEG_INFINITY, f32::max);
            f64::from(high) - f64::from(coordinates().fold(f32::INFINITY, f32::min))
        };
        (0..x.len()).map(side).collect()
    }

    /// The probability that a cut separates `x` from all that is below, with these floors.
    fn separation(&self, x: &[f32], floors: &[f64]) -> f64 {
        let with = self.sides(x);
        let without = self.sides(&self.points()[0]);
        let gap = with.iter().sum::<f64>() - without.iter().sum::<f64>();
        if with == without {
            return 0.0;
        }
        let range: f64 = with
            .iter()
            .zip(floors)
            .map(|(side, floor)| side.max(*floor))
            .sum();
        (gap / range).min(1.0)
    }
}

/// The functionals, by their definitions from the root down.
pub(crate) struct Naive {
    state: State,
    trees: Vec<Tree>,
}

impl Naive {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let state = State::read(bytes);
        let grow = |tree: &SavedTree| {
            let mut cuts = tree.cuts.iter().copied();
            let grown = Tree::grow(tree.points.clone(), &mut cuts);
            assert_eq!(cuts.next(), None, "more cuts than nodes");
            grown
        };
        let full = state.trees.iter().filter(|tree| !tree.points.is_empty());
        let trees = full.map(grow).collect();
        let naive = Self { state, trees };
        naive.check();
        naive
    }

    /// The invariants of samples.
    fn check(&self) {
        for tree in &self.state.trees {
            assert!(tree.keys.len() <= self.state.sample_size);
            let full = tree.keys.len() == self.state.sample_size;
            assert_eq!(tree.hazard.is_finite(), full);
            assert!(
                tree.keys.iter().all(|key| *key <= tree.keys[0]),
                "the worst is first"
            );
            for tags in [&tree.sequence_numbers, &tree.labels] {
                assert!(tags.is_empty() || tags.len() == tree.keys.len());
            }
        }
        let empty = self.state.trees.len() - self.trees.len();
        assert!(empty == 0 || self.trees.is_empty(), "some trees are empty");
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    pub(crate) fn updates(&self) -> u64 {
        self.state.updates
    }

    pub(crate) fn origin(&self) -> &[f64] {
        &self.state.origin
    }

    /// Number of points in all samples.
    pub(crate) fn sampled(&self) -> usize {
        self.state.trees.iter().map(|tree| tree.points.len()).sum()
    }

    /// All sampled values of an input, from 0, or of a coordinate of whole points.
    pub(crate) fn values_of(&self, value: usize) -> impl Iterator<Item = f64> + Clone {
        let State {
            input_dimensions,
            origin,
            ..
        } = &self.state;
        let input = value % input_dimensions;
        let points = self.state.trees.iter().flat_map(|tree| &tree.points);
        let inputs =
            points.flat_map(move |point| point.iter().skip(input).step_by(*input_dimensions));
        inputs.map(move |&x| f64::from(x) + origin[input])
    }

    pub(crate) fn shingle_is_full(&self) -> bool {
        self.state.missing == 0
    }

    /// The point that a record, or a whole point, would make.
    pub(crate) fn point(&self, values: &[f64]) -> Vec<f32> {
        let State {
            input_dimensions,
            shingle_size,
            rotates,
            ..
        } = self.state;
        let mut point = self.state.shingle.clone();
        let first = if rotates {
            self.state.updates as usize % shingle_size * input_dimensions
        } else {
            point.rotate_left(values.len());
            point.len() - values.len()
        };
        for (i, value) in values.iter().enumerate() {
            let origin = self.state.origin.get(i % input_dimensions);
            point[first + i] = (value - origin.unwrap_or(value)) as f32 + 0.0;
        }
        point
    }

    fn floors(&self, tree: &Tree, x: &[f32]) -> Vec<f64> {
        let absolute = |i: usize| match self.state.noise_floor.as_slice() {
            [] => 0.0,
            floors => floors[i % floors.len()],
        };
        let sides = tree.sides(x).into_iter().enumerate();
        sides
            .map(|(i, side)| absolute(i).max(self.state.relative_noise_floor * side))
            .collect()
    }

    /// The mean over the trees of `value(tree, floors)`.
    fn mean(&self, x: &[f32], value: impl Fn(&Tree, &[f64]) -> f64) -> f64 {
        let values = self
            .trees
            .iter()
            .map(|tree| value(tree, &self.floors(tree, x)));
        values.sum::<f64>() / self.trees.len() as f64
    }

    pub(crate) fn score(&self, x: &[f32]) -> f64 {
        self.mean(x, |tree, floors| {
            let mass = tree.mass() as f64;
            let seen = |depth: f64, m: f64| (1.0 - m / (2.0 * mass)) / (depth + (m + 1.0).log2());
            expect(tree, x, floors, 0.0, &seen, &|depth, _| 1.0 / (depth + 1.0))
                * (mass + 1.0).log2()
        })
    }

    pub(crate) fn displacement(&self, x: &[f32]) -> f64 {
        self.mean(x, |tree, floors| {
            let seen = |_: f64, m: f64| 1.0 / (1.0 + m);
            expect(tree, x, floors, 0.0, &seen, &|_, m| m) / (1.0 + tree.mass() as f64)
        })
    }

    /// CoDisp: the best ratio on the way counts, so that it goes down with it.
    pub(crate) fn collusive_displacement(&self, x: &[f32]) -> f64 {
        fn below(tree: &Tree, x: &[f32], floors: &[f64], best: f64) -> f64 {
            let mass = tree.mass() as f64;
            let inside = match tree.child(x) {
                None => best,
                Some(child) => {
                    let beside = mass - child.mass() as f64;
                    below(
                        child,
                        x,
                        floors,
                        best.max(beside / (child.mass() as f64 + 1.0)),
                    )
                }
            };
            let p = tree.separation(x, floors);
            p * best.max(mass) + (1.0 - p) * inside
        }
        self.mean(x, |tree, floors| below(tree, x, floors, 0.0))
    }

    /// The point at which the query arrives in each tree.
    pub(crate) fn neighbors(&self, x: &[f32]) -> Vec<Vec<f32>> {
        let arrive = |mut tree: &Tree| {
            loop {
                match (tree.child(x), tree) {
                    (Some(child), _) => tree = child,
                    (None, Tree::Leaf { x, .. }) => return x.clone(),
                    _ => unreachable!("nodes have children"),
                }
            }
        };
        self.trees.iter().map(arrive).collect()
    }
}

/// The expectation over the random insertion of `x`.
fn expect(
    tree: &Tree,
    x: &[f32],
    floors: &[f64],
    depth: f64,
    seen: &impl Fn(f64, f64) -> f64,
    unseen: &impl Fn(f64, f64) -> f64,
) -> f64 {
    let inside = match (tree, tree.child(x)) {
        (Tree::Leaf { mass, .. }, _) => seen(depth, *mass as f64),
        (_, Some(child)) => expect(child, x, floors, depth + 1.0, seen, unseen),
        _ => unreachable!("nodes have children"),
    };
    match tree.separation(x, floors) {
        0.0 => inside,
        p => p * unseen(depth, tree.mass() as f64) + (1.0 - p) * inside,
    }
}
