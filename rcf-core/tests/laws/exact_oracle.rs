//! The expected score in one dimension, computed exactly, against forests.
//!
//! The law of a point's depth gives the expectation of `1 / depth`, which the score
//! of a forest estimates.

use rcf_core::RandomCutForest;

use crate::testing::{Random, assert_mean, depth_law};

/// The expected score of a query that is not in the sample.
fn expected_score(sample: &[f64], query: f64) -> f64 {
    let mut points = sample.to_vec();
    points.push(query);
    points.sort_by(f64::total_cmp);
    let index = points.iter().position(|&x| x == query).unwrap();
    let law = depth_law(&points, index);
    let inverse: f64 = (1..law.len()).map(|depth| law[depth] / depth as f64).sum();
    inverse * ((sample.len() + 1) as f64).log2()
}

/// A forest in which every tree contains exactly the sample.
fn forest_of(sample: &[f64], number_of_trees: usize, seed: u64) -> RandomCutForest {
    let mut forest = RandomCutForest::builder(1)
        .number_of_trees(number_of_trees)
        .sample_size(sample.len())
        .time_decay(0.0)
        .initial_accept_fraction(1.0)
        .output_after(1)
        .seed(seed)
        .build()
        .unwrap();
    for &x in sample {
        forest.update(&[x]).unwrap();
    }
    forest
}

/// Forty-eight numbers drawn from a normal law, and the exact scores of eight queries.
const SAMPLE: [f64; 48] = [
    0.001230000052601099,
    0.2987459897994995,
    -0.2741380035877228,
    -0.8905919790267944,
    -0.4546709954738617,
    -0.9916470050811768,
    0.06014399975538254,
    1.3402149677276611,
    -0.49220699071884155,
    -0.6204749941825867,
    0.4898419976234436,
    0.35688701272010803,
    0.1054140031337738,
    -0.9304680228233337,
    -0.029252000153064728,
    0.6953030228614807,
    -1.3442150354385376,
    -0.45761600136756897,
    -1.9012229442596436,
    -1.289538025856018,
    -1.8417350053787231,
    -0.23509100079536438,
    -1.2674460411071777,
    0.271263986825943,
    0.15675100684165955,
    -0.18693099915981293,
    -2.5167601108551025,
    -0.5386930108070374,
    -0.04850099980831146,
    0.11330900341272354,
    -1.530135989189148,
    -0.47775301337242126,
    -0.9785190224647522,
    -0.8088369965553284,
    1.060899019241333,
    -0.8075349926948547,
    -0.03252200037240982,
    0.8843899965286255,
    -0.5835999846458435,
    -0.11170200258493423,
    0.11046399921178818,
    0.06378199905157089,
    -1.2250560522079468,
    0.07614000141620636,
    1.3588229417800903,
    -1.5471450090408325,
    0.8593829870223999,
    0.1193540021777153,
];
const EXACT: [(f64, f64); 8] = [
    (-4.0, 3.2041),
    (-2.0, 1.2612),
    (-0.7, 0.8424),
    (0.0123, 0.6585),
    (0.5, 0.8733),
    (1.5, 1.7693),
    (3.0, 3.2751),
    (10.0, 4.6948),
];

#[test]
fn the_exact_scores_are_the_stated_ones() {
    for (query, stated) in EXACT {
        let exact = expected_score(&SAMPLE, query);
        assert!(
            (exact - stated).abs() < 5e-5,
            "{query}: {exact}, stated {stated}"
        );
    }
}

#[test]
fn scores_of_a_large_forest_are_exact() {
    let forest = forest_of(&SAMPLE, 3000, 42);
    for (query, _) in EXACT {
        let (score, exact) = (
            forest.score(&[query]).unwrap(),
            expected_score(&SAMPLE, query),
        );
        assert!(
            (score - exact).abs() < 0.02,
            "{query}: {score}, exact {exact}"
        );
    }
}

/// Law: the scores of independent forests have the exact expectation. Statistic: z of their mean.
#[test]
fn scores_of_small_samples_are_exact() {
    let mut random = Random::new(1);
    let cases: Vec<(Vec<f64>, f64)> = (1..=12)
        .flat_map(|n| [n, n])
        .map(|n| {
            // Coarse steps, so that gaps differ widely; all values are distinct.
            let sample: Vec<f64> = (0..n).map(|_| random.normal().exp()).collect();
            let query = random.normal().exp();
            (sample, query)
        })
        .collect();
    for (sample, query) in &cases {
        let exact = expected_score(sample, *query);
        let scores: Vec<f64> = (0..100)
            .map(|seed| forest_of(sample, 50, seed).score(&[*query]).unwrap())
            .collect();
        if scores.iter().all(|score| score == &scores[0]) {
            // One or two points leave no choice that matters.
            assert!(
                (scores[0] - exact).abs() < 1e-6 * exact,
                "{sample:?} {query}"
            );
        } else {
            assert_mean(
                &format!("{query} in {sample:?}"),
                &scores,
                exact,
                cases.len(),
            );
        }
    }
}
