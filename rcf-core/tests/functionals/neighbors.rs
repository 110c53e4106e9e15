//! Near neighbours.

use rcf_core::{InputError, RandomCutForest};

use crate::forests;
use crate::testing::Random;

#[test]
fn each_tree_brings_one_neighbor_nearest_first() {
    for (forest, queries) in forests() {
        for query in queries {
            let neighbors = forest.near_neighbors(&query).unwrap();
            let trees: usize = neighbors.iter().map(|neighbor| neighbor.trees).sum();
            assert_eq!(trees, forest.config().number_of_trees);
            assert!(neighbors.is_sorted_by(|a, b| a.distance <= b.distance));
            let points: Vec<_> = neighbors.iter().map(|neighbor| &neighbor.point).collect();
            assert!((1..points.len()).all(|i| !points[..i].contains(&points[i])));
            let length = forest.dimensions();
            assert!(points.iter().all(|point| point.len() == length));
        }
    }
}

/// The forest holds records taken, rounded; distances are those of the points.
#[test]
fn neighbors_are_records_and_at_their_distance() {
    for offset in [0.0, 1e6, -1e12] {
        let mut random = Random::new(3);
        let mut record = || -> Vec<f64> {
            let point = random.normal_point(2);
            // Sixteenths, so that the offset adds exactly.
            point
                .iter()
                .map(|x| (x * 16.0).round() / 16.0 + offset)
                .collect()
        };
        let mut forest = RandomCutForest::builder(2).sample_size(64).build().unwrap();
        let records: Vec<Vec<f64>> = (0..500).map(|_| record()).collect();
        for record in &records {
            forest.update(record).unwrap();
        }
        let mut near = 0;
        for _ in 0..50 {
            let query = record();
            for neighbor in forest.near_neighbors(&query).unwrap() {
                assert!(records.contains(&neighbor.point), "{neighbor:?}");
                let differences = query.iter().zip(&neighbor.point).map(|(a, b)| a - b);
                let distance = differences.map(|x| x * x).sum::<f64>().sqrt();
                assert!((neighbor.distance - distance).abs() <= 1e-12);
                near += usize::from(distance < 1.0) * neighbor.trees;
            }
        }
        assert!(near > 50 * 50 / 2, "most trees bring a near one: {near}");
    }
}

#[test]
fn a_point_that_all_trees_hold_is_its_own_neighbor() {
    let mut forest = RandomCutForest::builder(1)
        .sample_size(32)
        .initial_accept_fraction(1.0)
        .build()
        .unwrap();
    for t in 0..20 {
        forest.update(&[f64::from(t * t)]).unwrap();
    }
    for t in 0..20 {
        let x = f64::from(t * t);
        let neighbors = forest.near_neighbors(&[x]).unwrap();
        assert_eq!(neighbors.len(), 1);
        assert_eq!(neighbors[0].point, [x]);
        assert_eq!((neighbors[0].distance, neighbors[0].trees), (0.0, 50));
    }
}

#[test]
fn a_restored_forest_brings_the_same_neighbors() {
    for (forest, queries) in forests() {
        let restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        for query in queries {
            let neighbors =
                [&forest, &restored].map(|forest| forest.near_neighbors(&query).unwrap());
            assert_eq!(neighbors[0], neighbors[1]);
        }
    }
}

#[test]
fn neighbors_within_a_distance_are_those_of_all_that_are() {
    for (forest, queries) in forests() {
        for query in queries {
            let all = forest.near_neighbors(&query).unwrap();
            let reach = all[all.len() / 2].distance;
            for distance in [0.0, reach / 2.0, reach, f64::INFINITY] {
                let mut expected = all.clone();
                expected.retain(|neighbor| neighbor.distance <= distance);
                let near = forest.near_neighbors_within(&query, distance).unwrap();
                assert_eq!(near, expected, "{query:?} within {distance}");
            }
            for distance in [-1.0, f64::NAN] {
                let refused = forest.near_neighbors_within(&query, distance);
                assert!(matches!(refused, Err(InputError::Distance { .. })));
            }
        }
    }
}
