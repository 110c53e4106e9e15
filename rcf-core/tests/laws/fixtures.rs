//! States of format 1, written once and readable for ever: they load, are saved as the same bytes,
//! and continue as they did when they were written, to the bit.
//!
//! A missing file is rewritten by `cargo test -p rcf-core --test laws write_missing --
//! --ignored`. Files that are there are never overwritten, because users have such files.

use std::path::PathBuf;

use rcf_core::{Arrival, RandomCutForest};

/// Records before and after the save.
type Grow = fn() -> RandomCutForest;

const FIXTURES: [(&str, Grow); 7] = [
    ("empty", || grown(1, 1, 0)),
    ("half-shingle", || grown(2, 3, 1)),
    ("warming-up", || grown(1, 1, 9)),
    ("line", || grown(1, 1, 300)),
    ("overlapping", || grown(2, 4, 300)),
    ("everything", everything),
    ("wide", wide),
];

/// Exact in single precision, with duplicates, the same on every machine.
fn value(t: u32, i: u32) -> f64 {
    f64::from((t * 37 + i * 11) % 61) / 8.0
}

fn record(forest: &RandomCutForest, t: u32) -> Vec<f64> {
    (0..forest.config().values_per_call() as u32)
        .map(|i| value(t, i))
        .collect()
}

fn grown(dimensions: usize, shingle_size: usize, records: u32) -> RandomCutForest {
    let builder = RandomCutForest::builder(dimensions).shingle_size(shingle_size);
    let builder = builder.number_of_trees(5).sample_size(16).time_decay(0.01);
    let mut forest = builder.output_after(5).seed(7).build().unwrap();
    for t in 0..records {
        forest.update(&record(&forest, t)).unwrap();
    }
    forest
}

/// Everything that a state can contain.
fn everything() -> RandomCutForest {
    let builder = RandomCutForest::builder(2)
        .shingle_size(3)
        .shingle_rotation(true)
        .number_of_trees(4)
        .sample_size(12)
        .store_sequence_numbers(true)
        .store_labels(true)
        .noise_floor([0.25, 0.0])
        .relative_noise_floor(0.01);
    let mut forest = builder.output_after(5).seed(9).build().unwrap();
    for t in 0..200 {
        if t == 100 {
            forest.set_time_decay(0.02).unwrap();
        }
        if t == 190 {
            forest.pause_sampling();
        }
        let arrival = Arrival::at(1_700_000_000 + 5 * i64::from(t)).weight(1.0 + f64::from(t % 3));
        let arrival = if t % 2 == 0 {
            arrival.label(i64::from(t))
        } else {
            arrival
        };
        forest.update_with(&record(&forest, t), arrival).unwrap();
    }
    forest.resume_sampling();
    forest
}

/// Names of 32 bits.
fn wide() -> RandomCutForest {
    let builder = RandomCutForest::builder(1)
        .number_of_trees(2)
        .sample_size(40_000);
    let mut forest = builder.output_after(5).seed(11).build().unwrap();
    for t in 0..50 {
        forest.update(&record(&forest, t)).unwrap();
    }
    forest
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v1")
}

/// The scores of the next hundred records as bits, one per line.
fn next_scores(forest: &mut RandomCutForest) -> String {
    let mut lines = String::new();
    for t in 1_000..1_100 {
        let record = record(forest, t);
        let score = forest.process(&record).unwrap();
        lines += &format!("{:016x}\n", score.to_bits());
    }
    lines
}

#[test]
fn states_of_format_1_load_and_continue_for_ever() {
    for (name, _) in FIXTURES {
        let bytes = std::fs::read(folder().join(format!("{name}.rcf"))).unwrap();
        let scores = std::fs::read_to_string(folder().join(format!("{name}.scores"))).unwrap();
        for decode in [
            RandomCutForest::from_bytes,
            RandomCutForest::from_trusted_bytes,
        ] {
            let mut forest = decode(&bytes).unwrap();
            assert!(forest.to_bytes() == bytes, "{name} is saved as other bytes");
            assert_eq!(
                next_scores(&mut forest),
                scores,
                "{name} continues differently"
            );
        }
    }
}

/// Input that once made the decoder fail.
#[test]
fn crashes_of_the_decoder_are_errors_now() {
    let folder = folder().with_file_name("crashes");
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for decode in [
            RandomCutForest::from_bytes,
            RandomCutForest::from_trusted_bytes,
        ] {
            if let Ok(mut forest) = decode(&bytes) {
                assert_eq!(next_scores(&mut forest).lines().count(), 100);
            }
        }
    }
}

#[test]
#[ignore = "writes files into the repository, where they are missing"]
fn write_missing() {
    std::fs::create_dir_all(folder()).unwrap();
    for (name, grow) in FIXTURES {
        let path = folder().join(format!("{name}.rcf"));
        if !path.exists() {
            let mut forest = grow();
            std::fs::write(path, forest.to_bytes()).unwrap();
            let scores = folder().join(format!("{name}.scores"));
            std::fs::write(scores, next_scores(&mut forest)).unwrap();
        }
    }
}
