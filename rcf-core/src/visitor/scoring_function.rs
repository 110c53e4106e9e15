//! Functions of a query's depth and of the masses around it.

/// A functional of the random insertion of a query into a tree.
///
/// The query descends into the tree as if it were inserted. Either a cut sets it apart from a
/// node of the tree, at some depth, or it meets a sampled point that it equals. The forest computes
/// the expectation of the value given here over the random cuts, then the mean over the trees. With
/// `p` the probability that a cut separates the query from a bounding box on its path,
///
/// ```text
/// at the leaf, depth k, mass m:      S = unseen(k, m),  or if the query equals its point,
///                                    S = damp(m, M) · seen(k, m)  and the walk ends
/// at an ancestor, depth k, mass m:   S ← p · unseen(k, m) + (1 − p) · S
/// value of the tree of mass M:       normalizer(M) · S
/// ```
///
/// ```
/// use rcf_core::{RandomCutForest, ScoringFunction};
///
/// /// The expected depth of the query: lower is more anomalous.
/// struct Depth;
///
/// impl ScoringFunction for Depth {
///     fn seen(&self, depth: usize, _mass: usize) -> f64 {
///         depth as f64
///     }
///     fn unseen(&self, depth: usize, _mass: usize) -> f64 {
///         depth as f64 + 1.0
///     }
/// }
///
/// let mut forest = RandomCutForest::builder(1).build()?;
/// for t in 0..1000 {
///     forest.update(&[(f64::from(t) / 10.0).sin()])?;
/// }
/// assert!(forest.score_with(&[5.0], &Depth)? < 2.0);
/// assert!(forest.score_with(&[0.5], &Depth)? > 5.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait ScoringFunction {
    /// The value for a query that equals `mass` sampled points, below `depth` cuts.
    fn seen(&self, depth: usize, mass: usize) -> f64;

    /// The value for a query that is set apart from a node at `depth` that holds `mass` points.
    fn unseen(&self, depth: usize, mass: usize) -> f64;

    /// The factor of [`seen`](Self::seen) for `mass` equal points among the `tree_mass` of a tree.
    fn damp(&self, mass: usize, tree_mass: usize) -> f64 {
        let _ = (mass, tree_mass);
        1.0
    }

    /// The factor of the value of a tree that holds `tree_mass` points.
    fn normalizer(&self, tree_mass: usize) -> f64 {
        let _ = tree_mass;
        1.0
    }
}

/// The anomaly score as a [`ScoringFunction`]: what [`score`](crate::RandomCutForest::score)
/// computes, but for rounding.
///
/// `seen = 1/(k + log₂(m + 1))`, `unseen = 1/(k + 1)`, `damp = 1 − m/2M`, normaliser `log₂(M + 1)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AnomalyScore;

impl ScoringFunction for AnomalyScore {
    fn seen(&self, depth: usize, mass: usize) -> f64 {
        1.0 / (depth as f64 + libm::log2(mass as f64 + 1.0))
    }

    fn unseen(&self, depth: usize, _: usize) -> f64 {
        1.0 / (depth as f64 + 1.0)
    }

    fn damp(&self, mass: usize, tree_mass: usize) -> f64 {
        1.0 - mass as f64 / (2.0 * tree_mass as f64)
    }

    fn normalizer(&self, tree_mass: usize) -> f64 {
        libm::log2(tree_mass as f64 + 1.0)
    }
}

/// Displacement as a [`ScoringFunction`]: how many points the query would push down by a level, as
/// a fraction of the tree.
///
/// `seen = 1/(1 + m)`, `unseen = m`, normaliser `1/(1 + M)` (Guha et al. 2016, section 3,
/// normalised as the AWS libraries have it).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Displacement;

impl ScoringFunction for Displacement {
    fn seen(&self, _: usize, mass: usize) -> f64 {
        1.0 / (1.0 + mass as f64)
    }

    fn unseen(&self, _: usize, mass: usize) -> f64 {
        mass as f64
    }

    fn normalizer(&self, tree_mass: usize) -> f64 {
        1.0 / (1.0 + tree_mass as f64)
    }
}
