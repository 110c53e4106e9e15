//! Clusters of objects with a distance.

use std::sync::Arc;

use rcf_core::InputError;
use rcf_core::distance::{Cluster, Summarizer};

use crate::testing::Random;
use crate::{NAMES, absolute, edits, name};

type Point = [f64; 2];

fn euclidean(a: &Point, b: &Point) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn clusters_of_strings_are_found_where_they_are() {
    let mut random = Random::new(1);
    let lines: Vec<String> = (0..600).map(|_| name(&mut random)).collect();
    for most in [3, 10, 40] {
        let clusters = Summarizer::new(most).summarize(&lines, edits).unwrap();
        assert!(clusters.len() >= 3 && clusters.len() <= most);
        for name in NAMES.map(str::to_owned) {
            let found = clusters
                .iter()
                .find(|found| edits(found.primary(), &name) <= 1.0);
            let cluster = found.unwrap_or_else(|| panic!("no cluster around {name:?}"));
            assert!((cluster.weight() - 1.0 / 3.0).abs() < 0.08, "{cluster:?}");
            // One letter in twenty is changed.
            let root = (name.len() as f64 * 0.05).sqrt();
            assert!(cluster.radius() < 2.0 * root + 0.5, "{cluster:?}");
        }
    }
}

#[test]
fn a_summary_adds_up_and_no_two_overlap() {
    let mut random = Random::new(2);
    let points: Vec<Point> = (0..500)
        .map(|_| {
            [
                random.normal() + [0.0, 30.0][random.below(2)],
                random.normal(),
            ]
        })
        .collect();
    for (most, representatives) in [(1, 1), (2, 1), (7, 3), (400, 5)] {
        let summarizer = Summarizer::new(most).representatives(representatives);
        let clusters = summarizer.summarize(&points, euclidean).unwrap();
        assert!((1..=most).contains(&clusters.len()));
        assert!(clusters.is_sorted_by(|a, b| a.weight() >= b.weight()));
        let weight: f64 = clusters.iter().map(Cluster::weight).sum();
        assert!((weight - 1.0).abs() < 1e-9);
        for (i, a) in clusters.iter().enumerate() {
            assert!(a.representatives().len() <= representatives);
            assert!(a.representatives().all(|point| points.contains(point)));
            for b in &clusters[..i] {
                let pairs = a
                    .representatives()
                    .flat_map(|a| b.representatives().map(move |b| (a, b)));
                let nearest = pairs
                    .map(|(a, b)| euclidean(a, b))
                    .fold(f64::INFINITY, f64::min);
                assert!(nearest > 2.0 * (a.radius() + b.radius()));
            }
        }
    }
    // One cluster: about its primary object, which is the one with the least radius.
    let one = &Summarizer::new(1).summarize(&points, euclidean).unwrap()[0];
    let squares: f64 = points
        .iter()
        .map(|p| euclidean(p, one.primary()).powi(2))
        .sum();
    let radius = (squares / points.len() as f64).sqrt();
    assert!((one.radius() - radius).abs() < 1e-9 * radius);
}

/// Two long bars: no center represents one of them, several objects do.
#[test]
fn representatives_follow_the_shape_of_a_cluster() {
    let mut random = Random::new(3);
    let bar = |random: &mut Random| -> Point {
        [
            100.0 * random.unit(),
            [0.0, 12.0][random.below(2)] + 0.3 * random.normal(),
        ]
    };
    let points: Vec<Point> = (0..800).map(|_| bar(&mut random)).collect();
    let purity = |representatives: usize| {
        let summarizer = Summarizer::new(2).representatives(representatives);
        let clusters = summarizer.summarize(&points, euclidean).unwrap();
        let nearest = |point: &Point| {
            let distance = |cluster: &Cluster<Point>| {
                let from = cluster.representatives().map(|one| euclidean(one, point));
                from.fold(f64::INFINITY, f64::min)
            };
            (0..clusters.len())
                .min_by(|&a, &b| distance(&clusters[a]).total_cmp(&distance(&clusters[b])))
                .unwrap()
        };
        let low = points
            .iter()
            .filter(|point| (point[1] < 6.0) == (nearest(point) == 0));
        let share = low.count() as f64 / points.len() as f64;
        share.max(1.0 - share)
    };
    assert!(purity(16) > 0.95, "{}", purity(16));
    assert!(purity(1) < 0.8, "{}", purity(1));
}

#[test]
fn full_shrinkage_leaves_the_primary_representative_alone() {
    let mut random = Random::new(4);
    let values: Vec<f64> = (0..400)
        .map(|_| 10.0 * random.normal().round() + random.normal())
        .collect();
    let one = Summarizer::new(9).summarize(&values, absolute).unwrap();
    let shrunk = Summarizer::new(9).representatives(4).shrinkage(1.0);
    let shrunk = shrunk.summarize(&values, absolute).unwrap();
    let of = |clusters: &[Cluster<f64>]| -> Vec<[f64; 3]> {
        let all = clusters.iter();
        all.map(|cluster| [*cluster.primary(), cluster.radius(), cluster.weight()])
            .collect()
    };
    assert_eq!(of(&one), of(&shrunk));
}

#[test]
fn weights_count_objects_several_times() {
    let mut random = Random::new(5);
    let values: Vec<f64> = (0..60)
        .map(|_| random.normal() + [0.0, 40.0][random.below(2)])
        .collect();
    let repeated: Vec<f64> = values.iter().flat_map(|&value| [value; 3]).collect();
    let summarizer = Summarizer::new(6);
    let expected = summarizer.summarize(&repeated, absolute).unwrap();
    let shared: Vec<_> = values.into_iter().map(Arc::new).collect();
    let clusters = summarizer
        .summarize_shared(&shared, &[3.0; 60], absolute)
        .unwrap();
    assert_eq!(clusters.len(), expected.len());
    for (one, other) in clusters.iter().zip(&expected) {
        assert_eq!(one.primary(), other.primary());
        assert!((one.weight() - other.weight()).abs() < 1e-9);
        assert!((one.radius() - other.radius()).abs() < 1e-9);
    }
}

#[test]
fn invalid_input_of_clustering_is_refused_by_name() {
    let values = [1.0, 2.0, 3.0];
    let none = Summarizer::new(3).summarize(&[], absolute);
    assert_eq!(none, Ok(vec![]));
    let same = Summarizer::new(3).summarize(&[4.0; 9], absolute).unwrap();
    assert_eq!(
        (same.len(), same[0].radius(), same[0].weight()),
        (1, 0.0, 1.0)
    );
    assert_eq!(
        Summarizer::new(0).summarize(&values, absolute),
        Err(InputError::NoClusters)
    );
    let refused = Summarizer::new(1)
        .shrinkage(-0.1)
        .summarize(&values, absolute);
    assert_eq!(refused, Err(InputError::Shrinkage { got: -0.1 }));
    let negative = Summarizer::new(1).summarize(&values, |a, b| a - b);
    assert!(matches!(negative, Err(InputError::Distance { got }) if got < 0.0));
    let shared = values.map(Arc::new);
    let refused = Summarizer::new(1).summarize_shared(&shared, &[1.0, 0.0, 1.0], absolute);
    assert!(matches!(refused, Err(InputError::Weight { got: 0.0, .. })));
    let refused = Summarizer::new(1).summarize_shared(&shared, &[1.0], absolute);
    assert_eq!(
        refused,
        Err(InputError::WrongLength {
            expected: 3,
            got: 1
        })
    );
}
