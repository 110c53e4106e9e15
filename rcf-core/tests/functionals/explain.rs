//! Score and attribution together; estimates from some of the trees.

use rcf_core::{AnomalyScore, RandomCutForest, ScoringFunction};

use crate::forests;
use crate::testing::Random;

#[test]
fn one_traversal_gives_score_and_attribution() {
    for (forest, queries) in forests() {
        for query in queries {
            let (score, explanation) = (
                forest.score(&query).unwrap(),
                forest.explain(&query).unwrap(),
            );
            assert_eq!(explanation.score.to_bits(), score.to_bits());
            assert_eq!(explanation.attribution, forest.attribution(&query).unwrap());
            assert!((explanation.attribution.total() - score).abs() <= 1e-9 * score);
            assert_eq!(explanation.trees, forest.config().number_of_trees);
        }
    }
}

#[test]
fn precision_zero_asks_all_trees() {
    for (forest, queries) in forests() {
        for query in queries {
            let estimate = forest.converging_score(&query, 0.0).unwrap();
            assert_eq!(
                estimate.score.to_bits(),
                forest.score(&query).unwrap().to_bits()
            );
            assert_eq!(estimate.trees, forest.config().number_of_trees);
        }
    }
}

/// Law: the error of an estimate has about the stated deviation at most. (The deviation is itself
/// estimated, and looked at until it is small enough: hence the factor.)
#[test]
fn estimates_have_their_precision() {
    for precision in [0.02, 0.05, 0.1, 0.3] {
        let (mut squares, mut count, mut asked) = (0.0, 0.0, 0);
        for (forest, _) in forests() {
            let mut random = Random::new(1);
            for i in 0..200 {
                let mut query = random.normal_point(forest.config().input_dimensions);
                query[0] *= f64::from(i % 4);
                let score = forest.score(&query).unwrap();
                let estimate = forest.converging_score(&query, precision).unwrap();
                squares += (estimate.score - score).powi(2);
                count += 1.0;
                asked += estimate.trees;
            }
        }
        let deviation = f64::sqrt(squares / count);
        let trees = f64::from(asked as u32) / count;
        eprintln!("precision {precision}: deviation {deviation:.4} with {trees:.1} of 50 trees");
        assert!(deviation <= 1.2 * precision, "{deviation}");
        assert!(trees < 50.0, "no tree is saved");
    }
}

#[test]
fn a_converging_explanation_is_one_of_the_converging_score() {
    for (forest, queries) in forests() {
        for query in queries {
            for precision in [0.03, 0.1, f64::INFINITY] {
                let estimate = forest.converging_score(&query, precision).unwrap();
                let explanation = forest.converging_explanation(&query, precision).unwrap();
                assert_eq!(explanation.trees, estimate.trees);
                assert_eq!(explanation.score.to_bits(), estimate.score.to_bits());
                let total = explanation.attribution.total();
                assert!((total - estimate.score).abs() <= 1e-9 * total);
            }
        }
    }
}

#[test]
fn an_outlier_is_extreme_in_every_functional() {
    for (forest, queries) in forests() {
        let dimensions = forest.config().input_dimensions;
        let usual = &queries[0];
        let outlier = vec![1000.0; dimensions];
        let pairs = [
            [usual, &outlier].map(|x| forest.displacement(x).unwrap()),
            [usual, &outlier].map(|x| forest.collusive_displacement(x).unwrap()),
            [usual, &outlier].map(|x| forest.score_with(x, &AnomalyScore).unwrap()),
        ];
        for [usual, outlier] in pairs {
            assert!(outlier > 2.0 * usual, "{outlier} {usual}");
        }
        assert!(forest.displacement(&outlier).unwrap() < 1.0);
        assert!(forest.collusive_displacement(&outlier).unwrap() <= 64.0);
    }
}

/// What a second copy hides, and ignoring it shows.
#[test]
fn an_outlier_taken_before_is_seen_without_its_copy() {
    for (mut forest, _) in forests() {
        if forest.config().shingle_size > 1 {
            continue;
        }
        let outlier = vec![1000.0; forest.config().input_dimensions];
        let first = forest.process(&outlier).unwrap();
        let ignoring = forest.score_ignoring(&outlier, 1).unwrap();
        // The trees that took it lost another point for it.
        assert!(
            (ignoring - first).abs() < 0.02 * first,
            "{ignoring} {first}"
        );
        while forest.score(&outlier).unwrap() > 0.8 * first {
            forest.update(&outlier).unwrap();
        }
        let copies = forest.config().sample_size;
        let ignoring = forest.score_ignoring(&outlier, copies).unwrap();
        assert!(ignoring > 0.9 * first, "{ignoring} {first}");
    }
}

/// One for each tree in which the query is set apart from something.
struct Apart;

impl ScoringFunction for Apart {
    fn seen(&self, _: usize, _: usize) -> f64 {
        0.0
    }

    fn unseen(&self, _: usize, _: usize) -> f64 {
        1.0
    }
}

#[test]
fn a_tree_that_holds_only_the_copy_is_ignored() {
    for dimensions in [1, 2] {
        let mut forest = RandomCutForest::builder(dimensions)
            .sample_size(1)
            .build()
            .unwrap();
        let record = |t: usize| vec![t as f64; dimensions];
        (0..1000).for_each(|t| forest.update(&record(t)).unwrap());
        let trees = forest.config().number_of_trees;
        let points = |tree| forest.sample_of_tree(tree).unwrap().points;
        let query = points(trees / 2).row(0).to_vec();
        let others = (0..trees).filter(|&tree| points(tree).row(0).to_vec() != query);
        let others = others.count();
        assert!(others > 0);
        let score = forest.score_with_ignoring(&query, &Apart, 1).unwrap();
        assert_eq!(score, others as f64 / trees as f64);
    }
}
