//! What a forest occupies, against the allocator's count.
//!
//! A separate test binary: counting replaces the global allocator.

use std::time::{Duration, Instant};

use rcf_core::{AnomalyDetector, Arrival, MemoryProfile, RandomCutForest, RandomCutForestBuilder};

/// A value between 0 and 1 that looks like no other.
fn value(t: usize, i: usize) -> f64 {
    let mixed = (t as u64 * 65_537 + i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// A forest that has taken this many records, and the bytes that the allocator counts for it.
fn grown(builder: &RandomCutForestBuilder, records: usize) -> (RandomCutForest, usize) {
    let mut built = None;
    let counted = allocation_counter::measure(|| {
        let mut forest = builder.clone().build().unwrap();
        let length = forest.config().values_per_call();
        let labelled = forest.config().store_labels;
        let mut record = vec![0.0; length];
        for t in 0..records {
            record
                .iter_mut()
                .enumerate()
                .for_each(|(i, x)| *x = value(t, i));
            let arrival = if labelled {
                Arrival::new().label(3)
            } else {
                Arrival::new()
            };
            forest.update_with(&record, arrival).unwrap();
        }
        drop(record);
        built = Some(forest);
    });
    let heap = usize::try_from(counted.bytes_current).unwrap();
    (built.unwrap(), heap + size_of::<RandomCutForest>())
}

fn off_by(a: usize, b: usize) -> f64 {
    (a as f64 / b as f64 - 1.0).abs()
}

fn shapes() -> Vec<RandomCutForestBuilder> {
    let forest = RandomCutForest::builder;
    vec![
        forest(1),
        forest(1).number_of_trees(100).sample_size(628),
        forest(1).shingle_size(8),
        forest(5).shingle_size(4),
        forest(1).shingle_size(48),
        forest(50),
        forest(2).shingle_size(4).shingle_rotation(true),
        forest(2).store_labels(true).store_sequence_numbers(true),
        forest(1).time_decay(0.0).noise_floor([0.1]),
        forest(3).number_of_trees(1).sample_size(1),
        forest(2).number_of_trees(300).sample_size(300),
        forest(1).internal_shingling(false).shingle_size(3),
        forest(5).shingle_size(4).bounding_box_cache_fraction(1.0),
        forest(8).bounding_box_cache_fraction(0.125),
        forest(1).number_of_trees(3).sample_size(2_049),
    ]
}

#[test]
fn the_size_is_the_allocators_to_two_per_cent() {
    for builder in shapes() {
        for records in [0, 1, 10, 300, 4_000] {
            let (forest, counted) = grown(&builder, records);
            let size = forest.size_in_bytes();
            assert!(
                off_by(size, counted) <= 0.02,
                "{builder:?}: {size}, counted {counted}"
            );
        }
    }
}

#[test]
fn the_size_of_a_restored_forest_is_the_allocators_too() {
    for builder in shapes() {
        let (forest, _) = grown(&builder, 2_000);
        let bytes = forest.to_bytes();
        let mut restored = None;
        let counted = allocation_counter::measure(|| {
            restored = Some(RandomCutForest::from_bytes(&bytes).unwrap());
        });
        let counted = usize::try_from(counted.bytes_current).unwrap();
        let counted = counted + size_of::<RandomCutForest>();
        let size = restored.unwrap().size_in_bytes();
        assert!(
            off_by(size, counted) <= 0.02,
            "{builder:?}: {size}, counted {counted}"
        );
    }
}

/// Known before anything is built, to a tenth.
#[test]
fn the_estimate_is_the_size_of_a_warm_forest() {
    for builder in shapes() {
        let estimate = builder.estimate_bytes().unwrap();
        let built = builder.clone().build().unwrap();
        assert_eq!(built.config().estimate_bytes(), estimate);
        let (trees, size) = (built.config().number_of_trees, built.config().sample_size);
        // Without decay it takes long until trees share no points, which is what the estimate
        // assumes.
        let rounds = match built.config().time_decay {
            0.0 => 200,
            _ => 30,
        };
        let records = rounds * size.min(1_000) + 2 * trees;
        let (forest, _) = grown(&builder, records);
        let size = forest.size_in_bytes();
        eprintln!("estimate {estimate}, size {size}");
        assert!(
            off_by(estimate, size) <= 0.1,
            "{builder:?}: {estimate}, is {size}"
        );
    }
    assert!(RandomCutForest::builder(0).estimate_bytes().is_err());
}

/// Far beyond the usual: it works, in bounded time and in the memory that was estimated.
fn extreme(builder: RandomCutForestBuilder, records: usize, limit: Duration) {
    let start = Instant::now();
    let (forest, counted) = grown(&builder, records);
    let record = vec![2.0; forest.config().values_per_call()];
    let usual = vec![0.5; record.len()];
    let score = forest.score(&record).unwrap();
    assert!(score > forest.score(&usual).unwrap(), "{score}");
    let total = forest.attribution(&record).unwrap().total();
    assert!((total - score).abs() <= 1e-9 * score);
    let bytes = forest.to_bytes();
    let restored = RandomCutForest::from_bytes(&bytes).unwrap();
    assert_eq!(restored.score(&record).unwrap().to_bits(), score.to_bits());
    assert!(off_by(forest.size_in_bytes(), counted) <= 0.02);
    assert!(counted as f64 <= 1.1 * builder.estimate_bytes().unwrap() as f64);
    let taken = start.elapsed();
    eprintln!(
        "{taken:?}, {} MB, saved {} MB",
        counted >> 20,
        bytes.len() >> 20
    );
    assert!(taken <= limit, "{taken:?}");
}

#[test]
fn samples_of_65_536_and_more() {
    let builder = RandomCutForest::builder(2).number_of_trees(2);
    let limit = Duration::from_secs(60);
    extreme(builder.clone().sample_size(65_536), 150_000, limit);
    extreme(builder.sample_size(100_000), 150_000, limit);
    // In one dimension such large samples have trees with boxes, and do not cost in proportion.
    let line = RandomCutForest::builder(1).number_of_trees(2);
    extreme(line.sample_size(65_536), 150_000, limit);
}

#[test]
fn ten_thousand_dimensions() {
    let builder = RandomCutForest::builder(10_000).number_of_trees(10);
    extreme(
        builder.clone().sample_size(64),
        300,
        Duration::from_secs(60),
    );
    let shingled = RandomCutForest::builder(10)
        .shingle_size(1_000)
        .number_of_trees(5);
    extreme(shingled.sample_size(64), 1_400, Duration::from_secs(60));
}

#[test]
fn a_thousand_trees() {
    let builder = RandomCutForest::builder(1).number_of_trees(1_000);
    extreme(builder.sample_size(256), 3_000, Duration::from_secs(60));
}

/// Trees of overlapping shingles are less even than those of independent points.
#[test]
fn a_warm_forest_of_shingles_allocates_nothing() {
    for (dimensions, shingle) in [(1, 8), (5, 4)] {
        let mut forest = RandomCutForest::builder(dimensions)
            .shingle_size(shingle)
            .time_decay(0.1 / 256.0)
            .build()
            .unwrap();
        let mut record = vec![0.0; dimensions];
        let mut learn = |range: std::ops::Range<usize>| {
            for t in range {
                for (i, x) in record.iter_mut().enumerate() {
                    *x = (t as f64 / (8.0 + i as f64)).sin() + 0.2 * value(t, i);
                }
                forest.update(&record).unwrap();
            }
        };
        learn(0..4_000);
        let counted = allocation_counter::measure(|| learn(4_000..9_000));
        eprintln!("{dimensions} {shingle} {}", counted.count_total);
        assert_eq!(counted.count_total, 0, "{dimensions}×{shingle}");
    }
}

/// Candidates are described on the heap; all other records leave nothing there.
#[test]
fn a_warm_detector_allocates_for_candidates_alone() {
    for inputs in [1, 3] {
        for profile in MemoryProfile::ALL {
            let builder = AnomalyDetector::builder(inputs).memory_profile(profile);
            let mut detector = builder.build().unwrap();
            let mut record = vec![0.0; inputs];
            let mut process = |t: usize| {
                for (i, x) in record.iter_mut().enumerate() {
                    *x = (t as f64 / (8.0 + i as f64)).sin() + 0.2 * value(t, i);
                }
                detector.process(&record).unwrap().candidate.is_some()
            };
            for t in 0..6_000 {
                process(t);
            }
            let (mut allocations, mut records) = (0, 0);
            for t in 6_000..10_000 {
                let mut is_candidate = false;
                let counted = allocation_counter::measure(|| is_candidate = process(t));
                if !is_candidate {
                    allocations += counted.count_total;
                    records += 1;
                }
            }
            eprintln!("{inputs} {profile:?}: {allocations} in {records}");
            assert!(records > 3_500);
            assert_eq!(allocations, 0, "{inputs} {profile:?}");
        }
    }
}

#[test]
fn a_fast_detector_is_a_compact_one_with_more_memory() {
    let build = |profile| AnomalyDetector::builder(2).memory_profile(profile).build();
    let mut fast = build(MemoryProfile::Fast).unwrap();
    let mut compact = build(MemoryProfile::Compact).unwrap();
    for t in 0..3_000 {
        let record = [value(t, 0), value(t, 1)];
        let [a, b] = [&mut fast, &mut compact].map(|it| it.process(&record).unwrap());
        assert_eq!(a, b);
    }
    assert!(fast.size_in_bytes() > compact.size_in_bytes());
    assert_eq!(fast.to_bytes(), compact.to_bytes());
    let size = fast.size_in_bytes();
    let mut restored = AnomalyDetector::from_bytes(&fast.to_bytes()).unwrap();
    assert_eq!(restored.config().memory_profile, MemoryProfile::Compact);
    restored.set_memory_profile(MemoryProfile::Fast);
    assert!(off_by(restored.size_in_bytes(), size) <= 0.02);
    fast.set_memory_profile(MemoryProfile::Compact);
    assert!(fast.size_in_bytes() < size);
    for t in 3_000..3_300 {
        let record = [value(t, 0), value(t, 1)];
        let detections =
            [&mut fast, &mut compact, &mut restored].map(|it| it.process(&record).unwrap());
        assert_eq!(detections[0], detections[1]);
        assert_eq!(detections[0], detections[2]);
    }
}
