//! The exact law of depths in one dimension.

/// P(depth = k) of the point at `index` in the random cut tree of the sorted, distinct `points`.
///
/// In one dimension a random cut tree of `x_0 < … < x_n` is a random interval tree: an interval
/// `(i, j)` is cut inside the gap `t` with probability `(x_{t+1} − x_t) / (x_j − x_i)`. Dynamic
/// programming over the intervals that contain the point, depth by depth.
pub(crate) fn depth_law(points: &[f64], index: usize) -> Vec<f64> {
    let n = points.len();
    let mut law = vec![0.0; n];
    // reached[i][j]: the probability that the interval (i, j), which contains the point, is a node
    // at the current depth.
    let mut reached = vec![vec![0.0; n]; index + 1];
    reached[0][n - 1] = 1.0;
    for at_depth in &mut law {
        let mut next = vec![vec![0.0; n]; index + 1];
        for i in 0..=index {
            for j in index..n {
                let probability = reached[i][j];
                if i == j {
                    *at_depth += probability;
                } else if probability > 0.0 {
                    let density = probability / (points[j] - points[i]);
                    for t in i..j {
                        let (a, b) = if t < index { (t + 1, j) } else { (i, t) };
                        next[a][b] += density * (points[t + 1] - points[t]);
                    }
                }
            }
        }
        reached = next;
    }
    law
}

#[test]
fn a_depth_law_is_a_probability_law() {
    let points = [-3.0, -1.0, 0.5, 0.75, 4.0];
    let laws: Vec<_> = (0..5).map(|index| depth_law(&points, index)).collect();
    for law in &laws {
        assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{law:?}");
    }
    // Kraft: a full binary tree's leaves have Σ 2^−depth = 1, so that the expectations do too.
    let kraft = |law: &Vec<f64>| (0..5).map(|k| law[k] / f64::from(1 << k)).sum::<f64>();
    assert!((laws.iter().map(kraft).sum::<f64>() - 1.0).abs() < 1e-12);
    // Two points are separated by the first cut.
    assert_eq!(depth_law(&[0.0, 1.0], 0), [0.0, 1.0]);
}
