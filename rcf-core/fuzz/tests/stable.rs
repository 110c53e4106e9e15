//! Fuzzing on stable Rust: mutates good inputs at random, from a fixed seed: this many, or for a
//! time.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::SplitMix64;
use rcf_core::{
    AnomalyDetector, Arrival, Forecaster, Imputation, Learning, RandomCutForest, Rule, Threshold,
};
use rcf_fuzz::{decode_state, ops_vs_naive};

struct Random(SplitMix64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(SplitMix64::seed_from_u64(seed))
    }

    fn next(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound.max(1))
    }
}

/// `RCF_FUZZ_SECONDS`, otherwise 30 at most; `RCF_FUZZ_SEED`, otherwise 1.
fn setting(name: &str, default: u64) -> u64 {
    let given = std::env::var(name).ok();
    given.map_or(default, |given| given.parse().expect("a whole number"))
}

#[test]
fn decode_state_survives_mutated_states() {
    let bodies = bodies();
    fuzz("decode_state", decode_state, |random| {
        mutated(&bodies, random)
    });
}

#[test]
fn ops_vs_naive_survives_random_operations() {
    fuzz("ops_vs_naive", ops_vs_naive, |random| {
        let length = 20 + random.below(400);
        (0..length).map(|_| random.next() as u8).collect()
    });
}

/// Without a time, this many inputs at most: a faster machine then tries no others than a slower
/// one.
const SHORT: u64 = 3_000;

/// Runs the target on inputs until the time is up.
fn fuzz(name: &str, target: impl Fn(&[u8]), input: impl Fn(&mut Random) -> Vec<u8>) {
    let time = Duration::from_secs(setting("RCF_FUZZ_SECONDS", 30));
    let (first, start) = (setting("RCF_FUZZ_SEED", 1) << 32, Instant::now());
    let last = match std::env::var_os("RCF_FUZZ_SECONDS") {
        Some(_) => u64::MAX,
        None => first + SHORT,
    };
    let mut seed = first;
    while start.elapsed() < time && seed < last {
        // Each input has its own seed, by which it can be made again.
        let data = input(&mut Random::new(seed));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&data))) {
            let file = std::env::temp_dir().join(format!("crash-{name}-{seed}.bin"));
            let kept = std::fs::write(&file, &data);
            eprintln!(
                "{name}: input {seed} fails, see {}: {kept:?}",
                file.display()
            );
            resume_unwind(panic);
        }
        seed += 1;
    }
    eprintln!("{name}: {} inputs in {:.0?}", seed - first, start.elapsed());
}

/// Bodies of states of all kinds, of different stages and shapes.
fn bodies() -> Vec<Vec<u8>> {
    let mut bodies = bodies_of_detectors();
    bodies.extend(bodies_of_forecasters());
    for (dimensions, shingle_size, tags) in [(1, 1, false), (2, 3, false), (1, 4, true)] {
        for records in [0, 2, 9, 80] {
            let builder = RandomCutForest::builder(dimensions)
                .shingle_size(shingle_size)
                .shingle_rotation(tags)
                .store_labels(tags)
                .store_sequence_numbers(tags)
                .number_of_trees(3)
                .sample_size(6)
                .output_after(1)
                .time_decay(0.05);
            let mut forest = builder.build().expect("parameters that keep their rules");
            for t in 0..records {
                let record = vec![f64::from(t * 37 % 11); dimensions];
                let arrival = Arrival::new().weight(2.0);
                forest
                    .update_with(&record, arrival)
                    .expect("a record without fault");
            }
            bodies.push(forest.to_bytes()[28..].to_vec());
        }
    }
    bodies
}

fn bodies_of_detectors() -> Vec<Vec<u8>> {
    let small = |inputs| {
        AnomalyDetector::builder(inputs)
            .number_of_trees(2)
            .sample_size(8)
            .shingle_size(2)
    };
    let kinds = [
        small(1),
        small(2)
            .learning(Learning::Delay { patience: 5 })
            .imputation(Imputation::Linear),
        small(1)
            .threshold(Threshold::Deviations { factor: 3.0 })
            .time_gap_input(true),
        small(1).threshold(Threshold::Quantile { decades: 2.0 }),
        small(1)
            .max_time_jump(1e6)
            .imputation(Imputation::Fixed(vec![1.0])),
        small(1).rules(vec![
            Rule::parse::<&str>("0 within 2% or 3 above", &[]).expect("a rule"),
            Rule::parse::<&str>("when 0 >= 3 and 0 != 5", &[]).expect("a rule"),
        ]),
    ];
    let mut bodies = Vec::new();
    for builder in kinds {
        for records in [0, 3, 40, 300] {
            let mut detector = builder.clone().build().expect("parameters in their rules");
            for t in 0..records {
                let value = if t % 97 == 60 {
                    500.0
                } else {
                    f64::from(t * 37 % 11)
                };
                let record = vec![value; detector.config().input_dimensions];
                let taken = detector.process_at(f64::from(t), &record);
                taken.expect("a record without fault");
            }
            bodies.push(detector.to_bytes()[28..].to_vec());
        }
    }
    bodies
}

fn bodies_of_forecasters() -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    for inputs in [1, 2] {
        for records in [0, 3, 60] {
            let builder = Forecaster::builder(inputs).number_of_trees(2);
            let builder = builder.sample_size(8).shingle_size(2).horizon(3);
            let mut forecaster = builder.build().expect("parameters in their rules");
            for t in 0..records {
                let record = vec![f64::from(t * 37 % 11); inputs];
                forecaster.process(&record).expect("a record without fault");
            }
            bodies.push(forecaster.to_bytes()[28..].to_vec());
        }
    }
    bodies
}

/// Numbers at the edges of their types.
const NUMBERS: [u64; 10] = [
    0,
    1,
    u64::MAX,
    i64::MAX as u64,
    0x7ff0_0000_0000_0000,
    0x7ff8_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x7f80_0000_7fc0_0000,
    0x0000_ffff_0001_0000,
    1 << 40,
];

fn mutated(bodies: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut body = bodies[random.below(bodies.len())].clone();
    for _ in 0..=random.below(4) {
        let place = random.below(body.len());
        match random.below(5) {
            0 => body[place] ^= 1 << random.below(8),
            1 => body[place] = random.next() as u8,
            2 => {
                let number = NUMBERS[random.below(NUMBERS.len())].to_le_bytes();
                let width = [1, 2, 4, 8][random.below(4)].min(body.len() - place);
                body[place..place + width].copy_from_slice(&number[..width]);
            }
            3 => {
                let other = &bodies[random.below(bodies.len())];
                let from = random.below(other.len());
                let length = random
                    .below(32)
                    .min(other.len() - from)
                    .min(body.len() - place);
                body[place..place + length].copy_from_slice(&other[from..from + length]);
            }
            _ => body.truncate(place.max(1)),
        }
    }
    body
}
