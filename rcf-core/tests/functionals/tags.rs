//! Sequence numbers and labels of sampled records.

use std::collections::HashMap;

use rcf_core::{Arrival, InputError, RandomCutForest, RandomCutForestBuilder, Sample};

use crate::testing::Random;

fn builder() -> RandomCutForestBuilder {
    RandomCutForest::builder(2)
        .number_of_trees(20)
        .sample_size(32)
}

/// A record, its time and its label, by its first value, which no two share.
fn stream() -> Vec<([f64; 2], i64, i64)> {
    let mut random = Random::new(1);
    let mut time = 1_700_000_000_000;
    let mut record = |i: i64| {
        time += 1 + random.below(5) as i64;
        ([i as f64, random.normal()], time, -i)
    };
    (0..500).map(&mut record).collect()
}

fn check(sample: &Sample, by_value: &HashMap<u64, (i64, i64)>) {
    let rows = sample.points.rows().into_iter();
    for (i, row) in rows.enumerate() {
        let (time, label) = by_value[&row[0].to_bits()];
        assert_eq!(sample.sequence_numbers[i], time);
        assert_eq!(sample.labels[i], Some(label));
    }
}

#[test]
fn samples_and_neighbors_carry_the_tags_of_their_records() {
    let builder = builder().store_sequence_numbers(true).store_labels(true);
    let mut forest = builder.time_decay(0.001).build().unwrap();
    let mut by_value = HashMap::new();
    for (record, time, label) in stream() {
        by_value.insert(record[0].to_bits(), (time, label));
        forest
            .update_with(&record, Arrival::at(time).label(label))
            .unwrap();
    }
    assert_eq!(forest.newest_time(), stream().last().map(|record| record.1));
    let restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
    for forest in [&forest, &restored] {
        for tree in 0..20 {
            let sample = forest.sample_of_tree(tree).unwrap();
            assert_eq!(sample.counts.iter().sum::<usize>(), 32);
            check(&sample, &by_value);
        }
        assert_eq!(forest.sample_of_tree(20), None);
        let all = forest.sample();
        assert_eq!(all.counts.iter().sum::<usize>(), 20 * 32);
        assert_eq!(all.points.shape(), [all.counts.len(), 2]);
        check(&all, &by_value);
        for (query, _, _) in stream().into_iter().step_by(50) {
            for neighbor in forest.near_neighbors(&query).unwrap() {
                let (time, label) = by_value[&neighbor.point[0].to_bits()];
                assert_eq!(neighbor.sequence_number, Some(time));
                assert_eq!(neighbor.label, Some(label));
            }
        }
    }
}

#[test]
fn equal_records_answer_with_the_newest() {
    let builder = builder().store_sequence_numbers(true).store_labels(true);
    let mut forest = builder.initial_accept_fraction(1.0).build().unwrap();
    for i in 0..20 {
        let arrival = Arrival::new();
        let arrival = if i == 19 { arrival } else { arrival.label(i) };
        forest.update_with(&[5.0, 5.0], arrival).unwrap();
    }
    let neighbors = forest.near_neighbors(&[5.0, 6.0]).unwrap();
    assert_eq!(neighbors.len(), 1);
    assert_eq!(neighbors[0].trees, 20);
    assert_eq!(neighbors[0].sequence_number, Some(19));
    assert_eq!(neighbors[0].label, None);
    let sample = forest.sample();
    assert_eq!(
        (sample.counts, sample.sequence_numbers),
        (vec![400], vec![19])
    );
}

#[test]
fn nothing_is_stored_unasked() {
    let mut plain = builder().build().unwrap();
    let mut tagged = builder().store_sequence_numbers(true).build().unwrap();
    let mut labelled = builder().store_labels(true).build().unwrap();
    for (record, ..) in stream() {
        plain.update(&record).unwrap();
        tagged.update(&record).unwrap();
        labelled
            .update_with(&record, Arrival::new().label(3))
            .unwrap();
        // Tags do not enter into scores.
        assert_eq!(plain.score(&record), tagged.score(&record));
        assert_eq!(plain.score(&record), labelled.score(&record));
    }
    let slots = 20 * 32;
    assert_eq!(plain.to_bytes().len() + 8 * slots, tagged.to_bytes().len());
    assert_eq!(
        plain.to_bytes().len() + 8 * slots,
        labelled.to_bytes().len()
    );
    assert!(plain.sample().sequence_numbers.is_empty());
    assert!(plain.sample().labels.is_empty());
    // The number of records before, where no times are given.
    let newest = tagged.sample().sequence_numbers.into_iter().max();
    assert!((490..500).contains(&newest.unwrap()), "{newest:?}");
    let neighbor = &labelled.near_neighbors(&[1.0, 1.0]).unwrap()[0];
    assert_eq!((neighbor.sequence_number, neighbor.label), (None, Some(3)));
}

#[test]
fn arrivals_that_make_no_sense_are_refused() {
    let mut forest = builder().build().unwrap();
    let mut labelled = builder().store_labels(true).build().unwrap();
    let before = (forest.to_bytes(), labelled.to_bytes());
    for got in [0.0, -1.0, 1e-10, 1e10, f64::NAN, f64::INFINITY] {
        let refused = forest.update_with(&[0.0, 0.0], Arrival::new().weight(got));
        assert!(
            matches!(refused, Err(InputError::Weight { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(
        forest.process_with(&[0.0, 0.0], Arrival::new().label(1)),
        Err(InputError::LabelsNotStored)
    );
    assert_eq!(
        labelled.process_with(&[0.0, 0.0], Arrival::default().label(i64::MIN)),
        Err(InputError::Label)
    );
    assert!(labelled.process_with(&[0.0], Arrival::new()).is_err());
    assert_eq!((forest.to_bytes(), labelled.to_bytes()), before);
    assert_eq!(forest.newest_time(), None);
}
