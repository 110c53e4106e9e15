//! A shingle is a window over the last records, oldest first.

use rcf_core::{RandomCutForest, RandomCutForestBuilder};

use crate::testing::Random;

fn builder(input_dimensions: usize, shingle_size: usize) -> RandomCutForestBuilder {
    RandomCutForest::builder(input_dimensions)
        .shingle_size(shingle_size)
        .number_of_trees(10)
        .sample_size(32)
        .output_after(1)
}

/// To the bit: scores and attributions of records are those of the windows that they complete.
#[test]
fn shingles_made_inside_are_those_made_outside() {
    for (input_dimensions, shingle_size) in [(1, 1), (1, 8), (3, 2), (2, 5)] {
        let mut random = Random::new(1);
        let mut inside = builder(input_dimensions, shingle_size).build().unwrap();
        let outside = builder(input_dimensions, shingle_size).internal_shingling(false);
        let mut outside = outside.build().unwrap();
        assert_eq!(outside.dimensions(), input_dimensions * shingle_size);

        let mut window: Vec<f64> = Vec::new();
        for t in 0..400 {
            let record = random.normal_point(input_dimensions);
            window.extend(&record);
            if t + 1 < shingle_size {
                inside.update(&record).unwrap();
                assert!(!inside.is_ready());
                continue;
            }
            let attribution = inside.attribution(&record).unwrap();
            assert_eq!(attribution, outside.attribution(&window).unwrap());
            let scores = [inside.process(&record), outside.process(&window)];
            assert_eq!(scores[0], scores[1]);
            window.drain(..input_dimensions);
        }
        assert!(inside.is_ready() && outside.is_ready());
    }
}

/// To the bit: with rotation the record after `n` others is at block `n mod shingle_size`, and
/// the others stay where they are.
#[test]
fn rotated_shingles_keep_records_in_their_places() {
    for (input_dimensions, shingle_size) in [(1, 1), (1, 8), (3, 2), (2, 5)] {
        let mut random = Random::new(4);
        let inside = builder(input_dimensions, shingle_size).shingle_rotation(true);
        let mut inside = inside.build().unwrap();
        let outside = builder(input_dimensions, shingle_size).internal_shingling(false);
        let mut outside = outside.build().unwrap();
        let mut point = vec![0.0; input_dimensions * shingle_size];
        for t in 0..400 {
            let mut record = random.normal_point(input_dimensions);
            if t < shingle_size {
                // The origins of both forests are their first records: make them the same.
                record.fill(0.5);
            }
            let block = t % shingle_size * input_dimensions;
            point[block..block + input_dimensions].copy_from_slice(&record);
            if t + 1 < shingle_size {
                inside.update(&record).unwrap();
                continue;
            }
            let attribution = inside.attribution(&record).unwrap();
            assert_eq!(attribution, outside.attribution(&point).unwrap());
            let scores = [inside.process(&record), outside.process(&point)];
            assert_eq!(scores[0], scores[1]);
            if t % 7 == 0 {
                inside = RandomCutForest::from_bytes(&inside.to_bytes()).unwrap();
            }
        }
    }
    let rotated_outside = builder(1, 4)
        .internal_shingling(false)
        .shingle_rotation(true);
    let refused = rotated_outside.build().unwrap_err();
    assert_eq!(refused, rcf_core::ConfigError::RotationOutside);
}

/// A jump is first explained by the newest record, and moves towards the oldest.
#[test]
fn attributions_name_the_record_of_a_jump() {
    let shingle_size = 4;
    let mut random = Random::new(2);
    let mut forest = builder(2, shingle_size).sample_size(256).build().unwrap();
    for _ in 0..1_000 {
        forest.update(&random.normal_point(2)).unwrap();
    }
    for (input, jump) in [(0, 20.0), (1, -20.0)] {
        let mut record = random.normal_point(2);
        record[input] = jump;
        for age in 0..shingle_size {
            let attribution = forest.attribution(&record).unwrap();
            let parts = [attribution.high.clone(), attribution.low.clone()].concat();
            let highest = (0..parts.len()).max_by(|&a, &b| parts[a].total_cmp(&parts[b]));
            let place = 2 * (shingle_size - 1 - age) + input;
            let place = if jump > 0.0 {
                place
            } else {
                place + 2 * shingle_size
            };
            assert_eq!(highest, Some(place), "{attribution:?}");
            assert!(parts[place] > 0.6 * attribution.total());
            forest.update(&record).unwrap();
            record = random.normal_point(2);
        }
    }
}

#[test]
fn scores_start_when_they_should() {
    for (shingle_size, output_after) in [(1, 1), (1, 50), (6, 1), (6, 3), (6, 40)] {
        let mut forest = builder(1, shingle_size)
            .output_after(output_after)
            .build()
            .unwrap();
        let mut random = Random::new(3);
        for t in 0..60 {
            // A whole window and a point in the trees to compare with, then the parameter's word.
            let ready = t >= output_after.max(shingle_size);
            assert_eq!(forest.is_ready(), ready, "{t}");
            let record = [random.normal()];
            assert_eq!(forest.attribution(&record).unwrap().total() > 0.0, ready);
            assert_eq!(forest.process(&record).unwrap() > 0.0, ready);
            assert_eq!(forest.updates(), t as u64 + 1);
        }
    }
}

/// The records in the shingle are the newest ones, oldest first, whatever the form of the forest;
/// and
/// `update_shingle` is an update that no tree learns.
#[test]
fn the_shingle_is_read_and_fed_alone() {
    for (inputs, size, rotates, outside) in [
        (1, 1, false, false),
        (2, 5, false, false),
        (2, 5, true, false),
        (3, 2, false, true),
    ] {
        let mut forest = builder(inputs, size)
            .shingle_rotation(rotates)
            .internal_shingling(!outside)
            .build()
            .unwrap();
        let mut random = Random::new(6);
        let mut newest: Vec<Vec<f64>> = Vec::new();
        assert_eq!(forest.shingle().dim(), (0, inputs));
        for t in 0..60 {
            let records = if outside { size } else { 1 };
            // Sixteenths are exact in single precision.
            let mut record = || -> Vec<f64> {
                let point = random.normal_point(inputs);
                point.iter().map(|x| (x * 16.0).round() / 16.0).collect()
            };
            let call: Vec<Vec<f64>> = (0..records).map(|_| record()).collect();
            let values = call.concat();
            newest.extend(call);
            newest.drain(..newest.len().saturating_sub(size));

            let (mut paused, mut restored) = (forest.clone(), None);
            if t % 3 == 0 {
                let sample = forest.sample();
                paused.pause_sampling();
                paused.update(&values).unwrap();
                paused.resume_sampling();
                forest.update_shingle(&values).unwrap();
                assert_eq!(forest.sample(), sample);
                assert!(forest.to_bytes() == paused.to_bytes());
                restored = Some(RandomCutForest::from_bytes(&forest.to_bytes()).unwrap());
            } else {
                forest.update(&values).unwrap();
            }
            let rows: Vec<Vec<f64>> = forest
                .shingle()
                .outer_iter()
                .map(|row| row.to_vec())
                .collect();
            assert_eq!(rows, newest, "after {t} calls of {inputs} × {size}");
            if let Some(restored) = restored {
                assert_eq!(restored.shingle(), forest.shingle());
            }
        }
        assert_eq!(forest.updates(), 60);
        assert!(forest.update_shingle(&vec![f64::NAN; inputs]).is_err());
        assert!(forest.is_sampling());
    }
}
