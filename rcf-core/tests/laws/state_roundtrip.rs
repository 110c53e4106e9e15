//! A restored forest is the saved one: it continues bit by bit as if nothing had happened.

use rcf_core::{RandomCutForest, RandomCutForestBuilder};

use crate::testing::Random;

/// The value at time `t`, dimension `i`.
type Signal = fn(t: usize, i: usize, random: &mut Random) -> f64;

fn noise(_: usize, _: usize, random: &mut Random) -> f64 {
    random.normal()
}

fn wave(t: usize, i: usize, random: &mut Random) -> f64 {
    (t as f64 / 20.0 + i as f64).sin() + 0.1 * random.normal()
}

fn constant(_: usize, _: usize, _: &mut Random) -> f64 {
    4.2
}

/// Many duplicates.
fn coarse(_: usize, _: usize, random: &mut Random) -> f64 {
    random.normal().round()
}

fn record(forest: &RandomCutForest, signal: Signal, t: usize, random: &mut Random) -> Vec<f64> {
    (0..forest.config().values_per_call())
        .map(|i| signal(t, i, random))
        .collect()
}

/// Saves after `before` records, restores, and compares the two forests for `after` more.
fn continues(builder: RandomCutForestBuilder, signal: Signal, before: usize, after: usize) {
    let mut random = Random::new(1);
    let mut original = builder.build().unwrap();
    for t in 0..before {
        original
            .update(&record(&original, signal, t, &mut random))
            .unwrap();
    }
    let bytes = original.to_bytes();
    let mut restored = RandomCutForest::from_bytes(&bytes).unwrap();
    assert!(
        restored.to_bytes() == bytes,
        "not the same state when saved again"
    );
    assert_eq!(restored.config(), original.config());
    assert_eq!(restored.updates(), before as u64);
    assert_eq!(restored.is_ready(), original.is_ready());

    for t in before..before + after {
        let record = record(&original, signal, t, &mut random);
        if t % 500 == before % 500 {
            let parts = [&original, &restored].map(|forest| forest.attribution(&record).unwrap());
            assert_eq!(parts[0], parts[1]);
        }
        let scores = [&mut original, &mut restored].map(|forest| forest.process(&record).unwrap());
        assert_eq!(scores[0].to_bits(), scores[1].to_bits(), "record {t}");
        assert_eq!(restored.is_ready(), original.is_ready());
    }
    assert!(
        restored.to_bytes() == original.to_bytes(),
        "states differ after {after} records"
    );
}

fn small(dimensions: usize) -> RandomCutForestBuilder {
    RandomCutForest::builder(dimensions)
        .number_of_trees(10)
        .sample_size(64)
        .seed(7)
}

#[test]
fn in_every_stage_of_warm_up() {
    // Empty; one point, which is every tree's root; filling for sure; filling by chance; just full.
    for before in [0, 1, 2, 8, 9, 15, 16, 17, 40, 64, 100] {
        continues(small(1), noise, before, 2_000);
        continues(small(3), noise, before, 2_000);
        continues(small(1).time_decay(0.0), noise, before, 1_000);
    }
}

#[test]
fn in_the_middle_of_the_first_shingle() {
    for before in 0..=6 {
        continues(small(2).shingle_size(5).output_after(1), wave, before, 500);
    }
}

#[test]
fn for_ten_thousand_records() {
    continues(RandomCutForest::builder(1).seed(1), wave, 3_000, 10_000);
    continues(
        RandomCutForest::builder(2).shingle_size(4).seed(2),
        wave,
        3_000,
        10_000,
    );
}

#[test]
fn for_ten_thousand_records_without_decay() {
    continues(small(3).time_decay(0.0), noise, 500, 10_000);
}

/// The base of the clock moves every eight records.
#[test]
fn for_ten_thousand_records_with_the_strongest_decay() {
    for before in [7, 8, 9, 500] {
        continues(small(2).time_decay(1.0), noise, before, 10_000);
    }
}

#[test]
fn with_nothing_but_duplicates() {
    continues(small(1), constant, 1_000, 10_000);
    continues(small(4).shingle_size(2), constant, 1_000, 1_000);
}

#[test]
fn with_many_duplicates() {
    continues(small(1), coarse, 1_000, 10_000);
    continues(small(2), coarse, 1_000, 10_000);
}

#[test]
fn with_ready_made_points() {
    let builder = small(2).shingle_size(3).internal_shingling(false);
    for before in [0, 1, 1_000] {
        continues(builder.clone(), noise, before, 10_000);
    }
}

#[test]
fn with_a_sample_of_one_point() {
    continues(small(2).sample_size(1), noise, 100, 10_000);
}

/// Far away at first, then near, then far away for good: the origin moves each time.
fn leaping(t: usize, _: usize, random: &mut Random) -> f64 {
    let level = match t {
        0 => 1e15,
        1..3_000 => 0.0,
        _ => -1e12,
    };
    level + random.normal()
}

#[test]
fn while_the_origin_moves() {
    for before in [1, 255, 256, 257, 2_900, 3_100] {
        continues(small(2), leaping, before, 10_000);
    }
    continues(small(1).shingle_size(4), leaping, 2_900, 10_000);
}

/// A change of λ is part of the state: what was decayed before it stays decayed.
#[test]
fn for_ten_thousand_records_after_a_change_of_decay() {
    for decays in [(0.0, 0.05), (0.05, 0.0), (1.0 / 640.0, 0.3)] {
        let mut random = Random::new(3);
        let mut original = small(2).time_decay(decays.0).build().unwrap();
        for t in 0..500 {
            let record = record(&original, wave, t, &mut random);
            original.update(&record).unwrap();
        }
        original.set_time_decay(decays.1).unwrap();
        let mut restored = RandomCutForest::from_bytes(&original.to_bytes()).unwrap();
        assert_eq!(restored.config(), original.config());
        for t in 500..10_500 {
            let record = record(&original, wave, t, &mut random);
            let scores = [&mut original, &mut restored].map(|forest| forest.process(&record));
            assert_eq!(scores[0], scores[1], "record {t}");
        }
        assert!(restored.to_bytes() == original.to_bytes(), "{decays:?}");
    }
}

/// More names than sixteen bits have.
#[test]
fn with_wide_numbers() {
    let wide = RandomCutForest::builder(2)
        .number_of_trees(9)
        .sample_size(8_192)
        .output_after(10);
    continues(wide.seed(5), noise, 3_000, 10_000);
}

/// Saved and restored after every record: nothing is ever lost.
#[test]
fn when_it_is_restored_again_and_again() {
    let mut random = Random::new(2);
    let mut original = small(2).build().unwrap();
    let mut restored = original.clone();
    for t in 0..1_000 {
        let record = record(&original, wave, t, &mut random);
        original.update(&record).unwrap();
        restored.update(&record).unwrap();
        restored = RandomCutForest::from_bytes(&restored.to_bytes()).unwrap();
    }
    assert!(restored.to_bytes() == original.to_bytes());
}
