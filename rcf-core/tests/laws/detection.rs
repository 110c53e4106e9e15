//! Anomalies that must be found: the drops in the sine wave, and a jump at any offset.

use std::f64::consts::TAU;
use std::ops::Range;

use rcf_core::RandomCutForest;

use crate::testing::Random;

const SEEDS: Range<u64> = 0..10;

/// A sine between 0 and 20 with a cycle of about 628 records; −17 in the drops.
fn sine(t: usize, drops: impl Fn(f64) -> bool) -> f64 {
    let x = t as f64 / 100.0;
    if drops(x) {
        -17.0
    } else {
        10.0 * x.sin() + 10.0
    }
}

fn within_drop(phase: f64) -> bool {
    phase > 2.4 && phase < 2.6
}

fn scores(values: &[f64], seed: u64) -> Vec<f64> {
    let mut forest = RandomCutForest::builder(1)
        .sample_size(628)
        .seed(seed)
        .build()
        .unwrap();
    values
        .iter()
        .map(|&value| forest.process(&[value]).unwrap())
        .collect()
}

/// The lowest score of the drops and the highest of all other records in these ranges.
fn extremes(scores: &[f64], values: &[f64], range: Range<usize>) -> (f64, f64) {
    let (mut lowest, mut highest) = (f64::INFINITY, 0.0f64);
    for t in range {
        if values[t] == -17.0 {
            lowest = lowest.min(scores[t]);
        } else {
            highest = highest.max(scores[t]);
        }
    }
    (lowest, highest)
}

/// The original's stream, whose phase is in degrees: a drop every 36,000 records.
#[test]
fn a_drop_in_the_sine_wave_after_36_000_records() {
    let values: Vec<f64> = (0..36_260)
        .map(|t| sine(t, |x| within_drop(x % 360.0)))
        .collect();
    let drop: Vec<usize> = (1000..36_260).filter(|&t| values[t] == -17.0).collect();
    assert_eq!(drop, (36_241..36_260).collect::<Vec<_>>());
    for seed in SEEDS {
        let scores = scores(&values, seed);
        let (lowest, highest) = extremes(&scores, &values, 30_241..36_260);
        assert!(
            lowest > highest,
            "seed {seed}: dropped {lowest}, normal {highest}"
        );
        eprintln!("seed {seed}: dropped ≥ {lowest:.2}, normal ≤ {highest:.2}");
    }
}

/// A forest that learns each drop must still distinguish the next ones from normal.
#[test]
fn a_drop_in_every_cycle_of_the_sine_wave() {
    let cycle = |c: usize| (c as f64 * TAU * 100.0).ceil() as usize;
    let values: Vec<f64> = (0..cycle(7))
        .map(|t| sine(t, |x| x > TAU && within_drop(x % TAU)))
        .collect();
    for seed in SEEDS {
        let scores = scores(&values, seed);
        for c in 1..=6 {
            let (lowest, highest) = extremes(&scores, &values, cycle(c)..cycle(c + 1));
            assert!(
                lowest > highest,
                "seed {seed}, cycle {c}: dropped {lowest}, normal {highest}"
            );
            eprintln!("seed {seed}, cycle {c}: dropped ≥ {lowest:.2}, normal ≤ {highest:.2}");
        }
    }
}

/// Twelve deviations from a noisy level. Without an origin in double precision a forest cannot see
/// it: single precision has steps of 128 at 1.7e9 and of 65,536 at 1e12.
#[test]
fn a_jump_of_twelve_deviations_is_seen_at_any_offset() {
    for offset in [0.0, -3.0e5, 1.7e9, 1.0e12, -1.0e12] {
        for shingle_size in [1, 4] {
            let mut random = Random::new(11);
            let mut forest = RandomCutForest::builder(1)
                .shingle_size(shingle_size)
                .build()
                .unwrap();
            let mut usual = Vec::new();
            for t in 0..2000 {
                let score = forest.process(&[offset + random.normal()]).unwrap();
                if t >= 1000 {
                    usual.push(score);
                }
            }
            usual.sort_by(f64::total_cmp);
            let high = usual[usual.len() * 99 / 100];
            for jump in [12.0, -12.0] {
                let score = forest.score(&[offset + jump]).unwrap();
                let what =
                    format!("offset {offset:e}, shingle {shingle_size}: {score}, usual {high}");
                assert!(score > 1.5 * high, "{what}");
                eprintln!("{what}");
            }
        }
    }
}
