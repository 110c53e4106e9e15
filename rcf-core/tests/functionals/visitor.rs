//! Visitors that users write.

use std::ops::ControlFlow;

use rcf_core::ScoringFunction;
use rcf_core::visitor::{Ancestor, AnomalyScore, Leaf, Visitor};

use super::forests;

/// The anomaly score, written as a user would.
#[derive(Default)]
struct Score {
    value: f64,
    sum: f64,
    trees: usize,
}

impl Visitor for Score {
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        let (depth, mass) = (leaf.depth(), leaf.mass());
        if leaf.is_query() {
            let damp = AnomalyScore.damp(mass, leaf.tree_mass());
            self.value = damp * AnomalyScore.seen(depth, mass);
            return ControlFlow::Break(());
        }
        self.value = AnomalyScore.unseen(depth, mass);
        ControlFlow::Continue(())
    }

    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        let p = ancestor.separation();
        let unseen = AnomalyScore.unseen(ancestor.depth(), ancestor.mass());
        self.value = p * unseen + (1.0 - p) * self.value;
    }

    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        if tree_mass > 0 {
            self.sum += AnomalyScore.normalizer(tree_mass) * self.value;
        }
        self.trees += 1;
        ControlFlow::Continue(())
    }
}

#[test]
fn the_score_of_a_users_visitor_is_that_of_the_forest() {
    for (forest, queries) in forests() {
        for query in queries {
            for copies in [0, 1, 3] {
                let mut score = Score::default();
                forest
                    .traverse_ignoring(&query, copies, &mut score)
                    .unwrap();
                assert_eq!(score.trees, forest.config().number_of_trees);
                let mean = score.sum / score.trees as f64;
                let expected = forest.score_ignoring(&query, copies).unwrap();
                assert_eq!(mean.to_bits(), expected.to_bits(), "{query:?}");
            }
        }
    }
}

/// What a path shows to a visitor that walks as far as it can.
#[derive(Default)]
struct Paths {
    /// Of the leaf on the present tree, or of the last ancestor: depth and mass.
    last: (usize, usize),
    /// Leaf depths, one for each tree.
    depths: Vec<usize>,
    /// Trees after which to stop.
    most: usize,
}

impl Visitor for Paths {
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        assert!(leaf.mass() >= 1 && leaf.mass() <= leaf.tree_mass());
        self.depths.push(leaf.depth());
        self.last = (leaf.depth(), leaf.mass());
        ControlFlow::Continue(())
    }

    fn ancestor(&mut self, ancestor: &impl Ancestor) {
        // One step up each time, to a node that holds more.
        assert_eq!(ancestor.depth() + 1, self.last.0);
        assert!(ancestor.mass() > self.last.1);
        assert!(ancestor.gap() > 0.0 && ancestor.range() > 0.0);
        assert!(ancestor.separation() > 0.0 && ancestor.separation() < 1.0);
        self.last = (ancestor.depth(), ancestor.mass());
    }

    fn finish(&mut self, tree_mass: usize) -> ControlFlow<()> {
        assert!(self.last.1 <= tree_mass);
        if self.depths.len() == self.most {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

#[test]
fn a_visitor_sees_each_path_step_by_step_and_may_stop() {
    for (forest, queries) in forests() {
        for query in queries {
            let all = forest.config().number_of_trees;
            for most in [1, 7, all] {
                let mut paths = Paths {
                    most,
                    ..Paths::default()
                };
                forest.traverse(&query, &mut paths).unwrap();
                assert_eq!(paths.depths.len(), most);
            }
        }
    }
}

#[test]
fn nothing_is_seen_before_the_forest_is_ready_and_wrong_input_is_refused() {
    let forest = rcf_core::RandomCutForest::builder(2).build().unwrap();
    let mut paths = Paths::default();
    forest.traverse(&[1.0, 2.0], &mut paths).unwrap();
    assert!(paths.depths.is_empty());
    assert!(forest.traverse(&[1.0], &mut paths).is_err());
}
