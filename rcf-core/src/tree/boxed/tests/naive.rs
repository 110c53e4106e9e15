//! A tree that keeps nothing but cuts and points, and computes the rest again each time.

use crate::arena::PointStore;
use crate::layout::Index;
use crate::tree::boxed::BoxedTree;
use crate::tree::boxed::node::{Child, NodeRef};
use crate::tree::cut::Cut;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Naive {
    Leaf {
        x: Vec<f32>,
        mass: usize,
    },
    Node {
        cut: Cut,
        left: Box<Naive>,
        right: Box<Naive>,
    },
}

impl Naive {
    /// What a tree holds; `None` if it is empty.
    pub(crate) fn of<I: Index>(
        tree: &BoxedTree<I>,
        store: &PointStore,
        dimensions: usize,
    ) -> Option<Self> {
        let below = |reference, mass| Self::below(tree, store, dimensions, reference, mass);
        (tree.mass() > 0).then(|| below(tree.root(), tree.mass()))
    }

    fn below<I: Index>(
        tree: &BoxedTree<I>,
        store: &PointStore,
        dimensions: usize,
        reference: NodeRef<I>,
        mass: usize,
    ) -> Self {
        let below = |reference, mass| Self::below(tree, store, dimensions, reference, mass);
        match tree.resolve(reference) {
            Child::Leaf { point } => {
                let x = store.padded_row(point)[..dimensions].to_vec();
                Self::Leaf { x, mass }
            }
            Child::Internal(_) => {
                let node = tree.node(reference).expect("an internal node has a record");
                let Cut { dimension, value } = node.cut();
                let left_mass = node.left_mass.get();
                Self::Node {
                    cut: Cut { dimension, value },
                    left: Box::new(below(node.left(), left_mass)),
                    right: Box::new(below(node.right(), mass - left_mass)),
                }
            }
        }
    }

    /// The tree without one occurrence of `x`.
    pub(crate) fn without(self, x: &[f32]) -> Option<Self> {
        match self {
            Self::Leaf { x: here, mass } => {
                assert_eq!(here, x);
                (mass > 1).then(|| Self::Leaf {
                    x: here,
                    mass: mass - 1,
                })
            }
            Self::Node { cut, left, right } => {
                let (left, right) = if x[cut.dimension] <= cut.value {
                    (left.without(x).map(Box::new), Some(right))
                } else {
                    (Some(left), right.without(x).map(Box::new))
                };
                match (left, right) {
                    (Some(left), Some(right)) => Some(Self::Node { cut, left, right }),
                    (rest, None) | (None, rest) => rest.map(|rest| *rest),
                }
            }
        }
    }

    /// The distinct points.
    pub(crate) fn points(&self) -> Vec<&[f32]> {
        match self {
            Self::Leaf { x, .. } => vec![x],
            Self::Node { left, right, .. } => [left.points(), right.points()].concat(),
        }
    }

    pub(crate) fn mass(&self) -> usize {
        match self {
            Self::Leaf { mass, .. } => *mass,
            Self::Node { left, right, .. } => left.mass() + right.mass(),
        }
    }

    pub(crate) fn child(&self, x: &[f32]) -> Option<&Self> {
        match self {
            Self::Leaf { .. } => None,
            Self::Node { cut, left, .. } if x[cut.dimension] <= cut.value => Some(left),
            Self::Node { right, .. } => Some(right),
        }
    }

    /// The score of `x`, not normalised: the definition, from the root down.
    pub(crate) fn score(&self, x: &[f32]) -> f64 {
        self.score_at(x, 0.0, self.mass() as f64)
    }

    fn score_at(&self, x: &[f32], depth: f64, tree_mass: f64) -> f64 {
        let unseen = 1.0 / (depth + 1.0);
        match self {
            Self::Leaf { x: here, mass } if here == x => {
                let mass = *mass as f64;
                (1.0 - mass / (2.0 * tree_mass)) / (depth + (mass + 1.0).log2())
            }
            Self::Leaf { .. } => unseen,
            Self::Node { .. } => {
                let extent = Extent::of(&self.points());
                let p = extent.gap(x) / (extent.gap(x) + extent.range());
                let below = self.child(x).unwrap().score_at(x, depth + 1.0, tree_mass);
                p * unseen + (1.0 - p) * below
            }
        }
    }

    /// The attribution of `x`, not normalised: high, then low.
    pub(crate) fn attribution(&self, x: &[f32]) -> Vec<f64> {
        let mut path = vec![self];
        while let Some(child) = path.last().unwrap().child(x) {
            path.push(child);
        }
        let Some(Self::Leaf { x: leaf, .. }) = path.last() else {
            panic!("a path ends at a leaf");
        };
        let equal = leaf == x;
        let score = self.score(x);
        let mut parts = vec![score / (2 * x.len()) as f64; 2 * x.len()];
        for (depth, node) in path.iter().enumerate().rev() {
            let mut points = node.points();
            // A point in the sample is measured against the others.
            points.retain(|point| !equal || *point != x);
            if points.is_empty() {
                continue;
            }
            let extent = Extent::of(&points);
            let gap = extent.gap(x);
            if gap == 0.0 {
                break;
            }
            let p = gap / (gap + extent.range());
            for (part, outside) in parts.iter_mut().zip(extent.outside(x)) {
                *part = p / (depth as f64 + 1.0) * outside / gap + (1.0 - p) * *part;
            }
        }
        if equal {
            let total: f64 = parts.iter().sum();
            parts.iter_mut().for_each(|part| *part *= score / total);
        }
        parts
    }
}

/// The bounding box of points.
struct Extent {
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Extent {
    fn of(points: &[&[f32]]) -> Self {
        let of = |choose: fn(f64, f64) -> f64| {
            let coordinate = |i: usize| points.iter().map(move |point| f64::from(point[i]));
            (0..points[0].len())
                .map(|i| coordinate(i).reduce(choose).unwrap())
                .collect()
        };
        Self {
            low: of(f64::min),
            high: of(f64::max),
        }
    }

    fn range(&self) -> f64 {
        self.high
            .iter()
            .zip(&self.low)
            .map(|(high, low)| high - low)
            .sum()
    }

    /// By how much `x` is above the box in each dimension, then by how much below.
    fn outside(&self, x: &[f32]) -> Vec<f64> {
        let above = x
            .iter()
            .zip(&self.high)
            .map(|(&x, high)| (f64::from(x) - high).max(0.0));
        let below = x
            .iter()
            .zip(&self.low)
            .map(|(&x, low)| (low - f64::from(x)).max(0.0));
        above.chain(below).collect()
    }

    fn gap(&self, x: &[f32]) -> f64 {
        self.outside(x).iter().sum()
    }
}
