//! The three-dimensional example of the paper's figure 3: two clusters at ±5 on the first axis, and
//! eleven anomalies at the origin, which no single axis separates.

use rcf_core::RandomCutForest;

use crate::shared_data;

const ANOMALIES: [usize; 11] = [293, 403, 606, 942, 1054, 1091, 1162, 1559, 1693, 1959, 2005];

#[test]
fn anomalies_between_the_clusters_have_the_highest_scores() {
    let Some(points) = shared_data::read_numbers("rcf-paper.csv", 0) else {
        return;
    };
    for seed in 0..10 {
        let mut forest = RandomCutForest::builder(3).seed(seed).build().unwrap();
        let scores: Vec<f64> = points
            .iter()
            .map(|point| forest.process(point).unwrap())
            .collect();
        let anomalous = |row: &usize| ANOMALIES.contains(row);
        let (anomalies, mut normal): (Vec<usize>, Vec<usize>) =
            (0..points.len()).partition(anomalous);
        normal.retain(|&row| scores[row] > 0.0);
        normal.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));

        let lowest = anomalies
            .iter()
            .map(|&row| scores[row])
            .fold(f64::INFINITY, f64::min);
        let highest = scores[*normal.last().unwrap()];
        let median = scores[normal[normal.len() / 2]];
        eprintln!(
            "seed {seed}: anomalies ≥ {lowest:.2}, normal ≤ {highest:.2}, median {median:.3}"
        );
        assert!(lowest > highest, "the area under the curve is not 1");
        assert!(lowest >= 2.4, "{lowest}");
        assert!((0.6..=0.9).contains(&median), "{median}");
    }
}
