//! Clusters of the sample.

use rcf_core::{Cluster, InputError, RandomCutForest};

use crate::forests;
use crate::testing::Random;

/// Points around these centers, one after the other, each as often as its weight says.
fn around(centers: &[([f64; 2], usize)], deviation: f64) -> RandomCutForest {
    let mut random = Random::new(3);
    let mut forest = RandomCutForest::builder(2).build().unwrap();
    for _ in 0..600 {
        for &(center, times) in centers {
            for _ in 0..times {
                let noise = random.normal_point(2);
                let record = [0, 1].map(|i| center[i] + deviation * noise[i]);
                forest.update(&record).unwrap();
            }
        }
    }
    forest
}

#[test]
fn clusters_are_found_where_they_are() {
    let centers = [
        ([0.0, 0.0], 5),
        ([20.0, 0.0], 3),
        ([0.0, -30.0], 1),
        ([25.0, 25.0], 1),
    ];
    let forest = around(&centers, 1.0);
    for most in [4, 10, 40] {
        let clusters = forest.summarize(most).unwrap();
        for (center, times) in centers {
            let near =
                |cluster: &&Cluster| (0..2).all(|i| (cluster.center[i] - center[i]).abs() < 1.0);
            let cluster = clusters.iter().find(near).unwrap();
            let share = times as f64 / 10.0;
            assert!((cluster.weight - share).abs() < 0.1, "{cluster:?}");
            // Of a normal law in two dimensions it is √2.
            assert!((cluster.radius - 1.41).abs() < 0.35, "{cluster:?}");
        }
        // What is left are points on the edge, if anything.
        let known: f64 = clusters.iter().take(4).map(|cluster| cluster.weight).sum();
        assert!(known > 0.9, "{clusters:?}");
    }
    assert!(forest.summarize(40).unwrap().len() < 15);
}

#[test]
fn a_summary_adds_up_to_the_sample() {
    for (forest, _) in forests() {
        let sample = forest.sample();
        let total: usize = sample.counts.iter().sum();
        for most in [1, 2, 7, 1_000] {
            let clusters = forest.summarize(most).unwrap();
            assert!((1..=most).contains(&clusters.len()));
            assert!(clusters.is_sorted_by(|a, b| a.weight >= b.weight));
            let weight: f64 = clusters.iter().map(|cluster| cluster.weight).sum();
            assert!((weight - 1.0).abs() < 1e-9);
            // The mean of the centers is the mean of the sample, and the boxes hold all of it.
            for i in 0..forest.dimensions() {
                let column = || sample.points.column(i).into_iter().zip(&sample.counts);
                let mean = column().map(|(x, &count)| x * count as f64).sum::<f64>() / total as f64;
                let centers = clusters.iter().map(|c| c.weight * c.center[i]).sum::<f64>();
                assert!((mean - centers).abs() < 1e-9, "{mean} {centers}");
                let low = clusters
                    .iter()
                    .map(|c| c.low[i])
                    .fold(f64::INFINITY, f64::min);
                let high = clusters
                    .iter()
                    .map(|c| c.high[i])
                    .fold(f64::NEG_INFINITY, f64::max);
                assert_eq!(low, column().map(|(&x, _)| x).fold(f64::INFINITY, f64::min));
                assert_eq!(
                    high,
                    column().map(|(&x, _)| x).fold(f64::NEG_INFINITY, f64::max)
                );
            }
            for cluster in &clusters {
                let inside =
                    |i: usize| (cluster.low[i]..=cluster.high[i]).contains(&cluster.center[i]);
                assert!((0..forest.dimensions()).all(|i| inside(i) || cluster.radius < 1e-9));
            }
            // No two overlap.
            for (i, a) in clusters.iter().enumerate() {
                for b in &clusters[..i] {
                    let squares = a.center.iter().zip(&b.center).map(|(a, b)| (a - b).powi(2));
                    assert!(
                        squares.sum::<f64>().sqrt() > 2.0 * (a.radius + b.radius) * (1.0 - 1e-9)
                    );
                }
            }
        }
        // One cluster: its radius is the deviation of the sample.
        let one = &forest.summarize(1).unwrap()[0];
        let rows = sample.points.rows().into_iter().zip(&sample.counts);
        let squares: f64 = rows
            .map(|(row, &count)| {
                let distance = row
                    .iter()
                    .zip(&one.center)
                    .map(|(x, c)| (x - c).powi(2))
                    .sum::<f64>();
                count as f64 * distance
            })
            .sum();
        let deviation = (squares / total as f64).sqrt();
        assert!((one.radius - deviation).abs() <= 1e-9 * deviation);
        let restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        assert_eq!(restored.summarize(1).unwrap().len(), 1);
    }
}

#[test]
fn small_and_empty_samples_have_summaries() {
    let mut forest = RandomCutForest::builder(1).build().unwrap();
    assert_eq!(forest.summarize(0), Err(InputError::NoClusters));
    assert_eq!(forest.summarize(3), Ok(vec![]));
    forest.update(&[4.0]).unwrap();
    let clusters = forest.summarize(3).unwrap();
    assert_eq!(
        (clusters.len(), clusters[0].weight, clusters[0].radius),
        (1, 1.0, 0.0)
    );
    assert_eq!(clusters[0].center, [4.0]);
    for _ in 0..300 {
        forest.update(&[4.0]).unwrap();
    }
    assert_eq!(forest.summarize(3).unwrap(), clusters);
}
