//! Deletion: the trees follow the law of the sample that remains, and nothing comes back.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rcf_core::visitor::{Ancestor, Leaf, Visitor};
use rcf_core::{Arrival, InputError, RandomCutForest};

use crate::testing::{Random, assert_multinomial, assert_same_law, depth_law};

/// Of each tree, the depth of the leaf at which a query arrives.
#[derive(Default)]
struct Depths(Vec<u64>);

impl Visitor for Depths {
    fn leaf(&mut self, leaf: &impl Leaf) -> ControlFlow<()> {
        self.0.resize(self.0.len().max(leaf.depth() + 1), 0);
        self.0[leaf.depth()] += 1;
        ControlFlow::Break(())
    }

    fn ancestor(&mut self, _: &impl Ancestor) {}
}

fn depths(forest: &RandomCutForest, query: &[f64], classes: usize) -> Vec<u64> {
    let mut depths = Depths::default();
    forest.traverse(query, &mut depths).unwrap();
    depths.0.resize(classes, 0);
    depths.0
}

/// A forest whose trees hold all of these points; the label and the time are the place.
fn holding(points: &[Vec<f64>], trees: usize, seed: u64) -> RandomCutForest {
    let mut forest = RandomCutForest::builder(points[0].len())
        .number_of_trees(trees)
        .sample_size(points.len())
        .time_decay(0.0)
        .initial_accept_fraction(1.0)
        .output_after(1)
        .store_sequence_numbers(true)
        .store_labels(true)
        .seed(seed)
        .build()
        .unwrap();
    for (place, point) in (0..).zip(points) {
        let arrival = Arrival::at(place).label(100 + place);
        forest.update_with(point, arrival).unwrap();
    }
    forest
}

const LINE: [f64; 7] = [0.0, 1.0, 1.5, 4.0, 9.0, 9.25, 20.0];

#[test]
fn depths_after_a_deletion_follow_the_law_of_the_other_points() {
    // First those to delete: an outlier, one in the middle, a copy of a point that stays.
    let mut points = vec![vec![1000.0], vec![5.0], vec![4.0]];
    points.extend(LINE.map(|x| vec![x]));
    let mut forest = holding(&points, 20_000, 3);
    assert_eq!(forest.delete_label(100), Ok(20_000));
    assert_eq!(forest.delete_sequence_number(1), Ok(20_000));
    assert_eq!(forest.delete_before(3), Ok(20_000));
    assert_eq!(forest.delete_label(102), Ok(0));
    for (index, &query) in LINE.iter().enumerate() {
        let law = depth_law(&LINE, index);
        let found = depths(&forest, &[query], law.len());
        assert_multinomial(&format!("depth of {query}"), &found, &law);
    }
}

#[test]
fn trees_after_a_deletion_are_those_of_a_forest_that_never_saw_the_point() {
    let mut random = Random::new(5);
    let mut point = |_| (0..3).map(|_| random.normal()).collect::<Vec<f64>>();
    let stay: Vec<Vec<f64>> = (0..9).map(&mut point).collect();
    let go: Vec<Vec<f64>> = (0..4).map(&mut point).collect();
    let all: Vec<Vec<f64>> = go.into_iter().chain(stay.clone()).collect();
    let mut forest = holding(&all, 20_000, 1);
    let other = holding(&stay, 20_000, 2);
    assert_eq!(forest.delete_before(4), Ok(4 * 20_000));
    for query in &stay {
        let (found, expected) = (depths(&forest, query, 9), depths(&other, query, 9));
        assert_same_law("depth", &found, &expected);
    }
}

/// Which points a sample of one holds, after the first half of the stream was deleted.
#[test]
fn the_remaining_sample_is_a_sample_of_the_remaining_points() {
    let (records, trees) = (40, 20_000);
    let mut forest = RandomCutForest::builder(1)
        .number_of_trees(trees)
        .sample_size(1)
        .time_decay(0.0)
        .store_sequence_numbers(true)
        .seed(9)
        .build()
        .unwrap();
    for t in 0..records {
        let arrival = Arrival::at(t);
        forest.update_with(&[t as f64], arrival).unwrap();
    }
    let deleted = forest.delete_before(records / 2).unwrap();
    let sample = forest.sample();
    let mut counts = vec![0; (records / 2) as usize];
    for (number, &count) in sample.sequence_numbers.iter().zip(&sample.counts) {
        counts[(number - records / 2) as usize] += count as u64;
    }
    assert_eq!(deleted as u64 + counts.iter().sum::<u64>(), trees as u64);
    assert_multinomial("the place in the stream", &counts, &[0.05; 20]);

    // Trees without points wait for the next one, which all of them take.
    assert!(!forest.is_ready());
    assert_eq!(forest.score(&[0.0]), Ok(0.0));
    let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
    for forest in [&mut forest, &mut restored] {
        forest.update(&[7.0]).unwrap();
        assert!(forest.is_ready());
    }
    assert!(forest.to_bytes() == restored.to_bytes());
    let held: usize = forest.sample().counts.iter().sum();
    assert_eq!(held, trees);
}

/// Label and sequence number of each place in each tree.
fn tags(forest: &RandomCutForest) -> BTreeMap<(usize, i64), usize> {
    let mut tags = BTreeMap::new();
    for tree in 0..forest.config().number_of_trees {
        let sample = forest.sample_of_tree(tree).unwrap();
        for (number, count) in sample.sequence_numbers.iter().zip(sample.counts) {
            tags.insert((tree, *number), count);
        }
    }
    tags
}

#[test]
fn only_named_points_are_deleted_and_none_returns() {
    for (dimensions, shingle_size, rotates) in
        [(1, 1, false), (2, 1, false), (1, 4, true), (2, 3, false)]
    {
        let mut forest = RandomCutForest::builder(dimensions)
            .shingle_size(shingle_size)
            .shingle_rotation(rotates)
            .number_of_trees(10)
            .sample_size(32)
            .store_sequence_numbers(true)
            .store_labels(true)
            .seed(4)
            .build()
            .unwrap();
        let mut random = Random::new(7);
        let mut feed = |forest: &mut RandomCutForest, times: std::ops::Range<i64>| {
            for t in times {
                // All points are distinct, so each has its own tag.
                let record: Vec<f64> = (0..dimensions).map(|_| random.normal()).collect();
                let arrival = Arrival::at(t).label(t % 10);
                forest.update_with(&record, arrival).unwrap();
            }
        };
        feed(&mut forest, 0..500);
        let before = tags(&forest);
        let deleted = forest.delete_label(3).unwrap();
        let mut expected = before.clone();
        expected.retain(|(_, number), _| number % 10 != 3);
        assert_eq!(tags(&forest), expected);
        assert_eq!(deleted, before.len() - expected.len());
        assert!(forest.delete_before(400).unwrap() > 0);
        expected.retain(|(_, number), _| *number >= 400);
        assert_eq!(tags(&forest), expected);

        // It continues, even from a save, and fills again without the deleted points.
        let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        assert_eq!(tags(&restored), expected);
        feed(&mut forest, 500..501);
        restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        assert!(restored.to_bytes() == forest.to_bytes());
        feed(&mut forest, 501..1500);
        let after = tags(&forest);
        assert_eq!(after.len(), 10 * 32, "the samples are full again");
        assert!(
            after
                .keys()
                .all(|(tree, number)| *number >= 500 || expected.contains_key(&(*tree, *number)))
        );
    }
}

#[test]
fn a_deletion_of_all_points_leaves_a_forest_that_starts_again() {
    let mut forest = holding(&[vec![1.0, 2.0], vec![3.0, 4.0]], 5, 1);
    assert_eq!(forest.delete_before(i64::MAX), Ok(10));
    assert!(!forest.is_ready());
    assert!(forest.sample().counts.is_empty());
    assert!(forest.near_neighbors(&[1.0, 2.0]).is_err());
    let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
    for t in 0..50 {
        let record = [f64::from(t % 7), f64::from(t % 3)];
        let scores = (
            forest.process(&record).unwrap(),
            restored.process(&record).unwrap(),
        );
        assert_eq!(scores.0.to_bits(), scores.1.to_bits());
    }
    assert!(forest.is_ready());
}

#[test]
fn a_forest_that_keeps_no_tags_refuses_deletions() {
    let mut forest = RandomCutForest::builder(1).build().unwrap();
    forest.update(&[1.0]).unwrap();
    let missing = Err(InputError::SequenceNumbersNotStored);
    assert_eq!(forest.delete_sequence_number(0), missing);
    assert_eq!(forest.delete_before(0), missing);
    assert_eq!(forest.delete_label(0), Err(InputError::LabelsNotStored));
    let mut forest = holding(&[vec![1.0]], 1, 1);
    assert_eq!(forest.delete_label(i64::MIN), Err(InputError::Label));
}
