//! The sample over time: clocks, decay that changes, weights, pauses, uniform sampling. The ages of
//! sampled records follow from their sequence numbers.

use rcf_core::{Arrival, RandomCutForest, RandomCutForestBuilder};

use crate::testing::{
    Random, assert_kolmogorov_smirnov, assert_mean, assert_multinomial_scaled, assert_same_law,
};

const TREES: usize = 2000;

/// Forests whose trees are many independent samples.
fn builder(sample_size: usize, time_decay: f64) -> RandomCutForestBuilder {
    RandomCutForest::builder(1)
        .number_of_trees(TREES)
        .sample_size(sample_size)
        .time_decay(time_decay)
        .initial_accept_fraction(1.0)
        .store_sequence_numbers(true)
}

/// The sample of each tree, as positions in the stream: the value of a record is its position.
fn samples(forest: &RandomCutForest) -> Vec<Vec<i64>> {
    let places = |tree: usize| {
        let sample = forest.sample_of_tree(tree).unwrap();
        let values = sample.points.column(0);
        values.iter().map(|&place| place as i64).collect()
    };
    (0..forest.config().number_of_trees).map(places).collect()
}

/// How often each of `length` positions is picked at random from the samples.
fn picked(samples: &[Vec<i64>], length: usize, random: &mut Random) -> Vec<u64> {
    let mut counts = vec![0; length];
    for sample in samples {
        counts[sample[random.below(sample.len())] as usize] += 1;
    }
    counts
}

/// The sampler by its definition: a key `ln E − A − ln w` for each record, the lowest are kept.
/// `A` is the decay up to the record.
fn by_keys(sample_size: usize, records: &[(f64, f64)], random: &mut Random) -> Vec<i64> {
    let key = |&(decay, weight): &(f64, f64)| (-random.unit().ln()).ln() - decay - f64::ln(weight);
    let mut keys: Vec<(f64, i64)> = records.iter().map(key).zip(0..).collect();
    keys.sort_by(|a, b| a.0.total_cmp(&b.0));
    keys.truncate(sample_size);
    keys.into_iter().map(|(_, place)| place).collect()
}

/// Law: that of explicit keys of records with these decays and weights. Statistic: χ² of
/// homogeneity of one sampled record's place.
fn assert_law_of_keys(what: &str, samples: &[Vec<i64>], records: &[(f64, f64)]) {
    let mut random = Random::new(5);
    let size = samples[0].len();
    let explicit: Vec<Vec<i64>> = (0..4 * TREES)
        .map(|_| by_keys(size, records, &mut random))
        .collect();
    let [ours, theirs] =
        [samples, &explicit].map(|samples| picked(samples, records.len(), &mut random));
    assert_same_law(what, &ours, &theirs);
}

/// The fault of others: keys in single precision with an unbounded `λt`, so that 67 % of them tie
/// at a clock of 10⁹ and the sampler freezes at milliseconds since 1970. Here a clock may start
/// anywhere, also across a change of λ and a restart.
#[test]
fn keys_are_exact_at_any_clock() {
    let run = |start: i64| {
        let mut forest = builder(16, 0.01).number_of_trees(50).build().unwrap();
        let mut scores = Vec::new();
        for t in 0..3_000 {
            let first = t == 0;
            let arrival = if first {
                Arrival::at(start)
            } else {
                Arrival::new()
            };
            match t {
                1_500 => forest.set_time_decay(0.003).unwrap(),
                2_000 => forest = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap(),
                _ => {}
            }
            let x = f64::from(t % 1_000);
            scores.push(forest.process_with(&[x], arrival).unwrap().to_bits());
        }
        let mut sample = forest.sample();
        sample
            .sequence_numbers
            .iter_mut()
            .for_each(|time| *time -= start);
        (scores, sample)
    };
    let at_zero = run(0);
    for start in [
        1_000_000_000,
        1_700_000_000_000,
        1_000_000_000_000,
        -5,
        i64::MIN,
        i64::MAX - 3_000,
    ] {
        assert!(run(start) == at_zero, "a clock that starts at {start}");
    }
}

/// The length of the time steps does not matter.
#[test]
fn only_decay_times_time_counts() {
    let run = |step: i64| {
        let mut forest = builder(16, 0.25 / step as f64)
            .number_of_trees(50)
            .build()
            .unwrap();
        for t in 0..2_000 {
            forest
                .update_with(&[t as f64], Arrival::at(t * step))
                .unwrap();
        }
        samples(&forest)
    };
    let expected = run(1);
    for step in [1 << 4, 1 << 20, 1 << 40] {
        assert_eq!(run(step), expected);
    }
}

/// Law: with λ = 0 every record is in a sample with probability s/n. Statistic: χ², scaled for
/// samples without replacement.
#[test]
fn without_decay_sampling_is_uniform() {
    let (sample_size, length) = (20, 100);
    let mut forest = builder(sample_size, 0.0).build().unwrap();
    for t in 0..length {
        // Times do not matter.
        forest
            .update_with(&[t as f64], Arrival::at(t as i64 * 1_000_000))
            .unwrap();
    }
    let mut counts = vec![0u64; length];
    for place in samples(&forest).into_iter().flatten() {
        counts[place as usize] += 1;
    }
    let p = sample_size as f64 / length as f64;
    let scale = (1.0 - p) * length as f64 / (length as f64 - 1.0);
    let uniform = vec![1.0 / length as f64; length];
    assert_multinomial_scaled("uniform", &counts, &uniform, scale);
}

#[test]
fn weights_weigh() {
    let weights = [1.0, 0.1, 5.0, 1e-9, 100.0, 1.0];
    let (length, size) = (120, 12);
    for decay in [0.0, 0.02] {
        let mut forest = builder(size, decay).build().unwrap();
        let mut records = Vec::new();
        for t in 0..length {
            // The sample fills with the first records, regardless of their weight; keys decide
            // after that.
            let weight = weights[t % weights.len()];
            forest
                .update_with(&[t as f64], Arrival::new().weight(weight))
                .unwrap();
            records.push((decay * t as f64, weight));
        }
        assert_law_of_keys(
            &format!("weights, decay {decay}"),
            &samples(&forest),
            &records,
        );
    }
}

/// A gap, many records at one time, and some late ones.
#[test]
fn weights_decay_with_the_time_between_points() {
    let (size, decay) = (10, 0.01);
    let mut forest = builder(size, decay).build().unwrap();
    let mut records = Vec::new();
    for t in 0..150_i64 {
        let time = match t {
            0..50 => t,
            50..80 => 200,
            80..120 if t % 3 == 0 => 120 + t,
            _ => 180 + t,
        };
        forest.update_with(&[t as f64], Arrival::at(time)).unwrap();
        records.push((decay * time as f64, 1.0));
    }
    assert_law_of_keys("times", &samples(&forest), &records);
}

/// λ is changed in the middle, twice; saved and restored in between.
#[test]
fn decay_changes_at_run_time() {
    let (size, decays) = (10, [0.005, 0.1, 0.0]);
    let mut forest = builder(size, decays[0]).build().unwrap();
    let (mut records, mut decay) = (Vec::new(), 0.0);
    for t in 0..180 {
        if t > 0 && t % 60 == 0 {
            forest.set_time_decay(decays[t / 60]).unwrap();
            assert_eq!(forest.config().time_decay, decays[t / 60]);
            forest = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        }
        decay += decays[t / 60] * f64::from(u8::from(t > 0));
        forest.update(&[t as f64]).unwrap();
        records.push((decay, 1.0));
    }
    assert_law_of_keys("a changed decay", &samples(&forest), &records);
    let before = forest.to_bytes();
    for refused in [-0.1, 1.5, f64::NAN] {
        assert!(forest.set_time_decay(refused).is_err());
    }
    assert!(forest.to_bytes() == before);
}

/// The fault of others: a forest saved after a change of λ learns nothing after it is restored.
#[test]
fn a_sample_saved_after_a_change_of_decay_continues_to_learn() {
    let mut forest = RandomCutForest::builder(1)
        .store_sequence_numbers(true)
        .build()
        .unwrap();
    for t in 0..3_000 {
        forest.update(&[f64::from(t % 50)]).unwrap();
        if t == 1_500 {
            forest.set_time_decay(0.01).unwrap();
        }
    }
    let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
    for t in 0..3_000 {
        let x = [f64::from(t % 50)];
        assert_eq!(forest.process(&x), restored.process(&x));
    }
    assert!(forest.to_bytes() == restored.to_bytes());
    let times = restored.sample().sequence_numbers;
    let recent = times.iter().filter(|&&time| time >= 3_000).count();
    assert!(
        recent as f64 > 0.99 * times.len() as f64,
        "{recent} of {}",
        times.len()
    );
}

/// The fault that was ours: where λ times the sample size passed 36, waits were lost to rounding,
/// and chance records stayed for ever. Law: as good as a window over the last records.
#[test]
fn the_strongest_decay_keeps_the_last_records() {
    for sample_size in [100, 1_000] {
        let forest = builder(sample_size, 1.0).number_of_trees(3);
        let mut forest = forest.build().unwrap();
        let length = 10 * sample_size as i64;
        for t in 0..length {
            forest.update(&[t as f64]).unwrap();
        }
        for sample in samples(&forest) {
            assert_eq!(sample.len(), sample_size);
            let oldest = length - sample.iter().min().unwrap();
            assert!(
                oldest < sample_size as i64 + 30,
                "{oldest} of {sample_size}"
            );
        }
    }
}

/// After a gap that lets everything before weigh nothing, the next records are all taken, and
/// follow their law among themselves.
#[test]
fn a_gap_makes_the_past_forgotten() {
    let (size, decay) = (8, 0.01);
    let mut forest = builder(size, decay).build().unwrap();
    for t in 0..200 {
        forest.update(&[-1.0 - f64::from(t)]).unwrap();
    }
    let mut records = Vec::new();
    for t in 0..40 {
        let after = Arrival::at(1_000_000_000_000 + t);
        forest.update_with(&[t as f64], after).unwrap();
        records.push((decay * t as f64, 1.0));
        let new = |sample: &Vec<i64>| sample.iter().filter(|&&place| place >= 0).count();
        let expected = size.min(t as usize + 1);
        assert!(
            samples(&forest)
                .iter()
                .all(|sample| new(sample) == expected)
        );
    }
    assert_law_of_keys("after a gap", &samples(&forest), &records);
}

#[test]
fn a_paused_forest_scores_and_does_not_learn() {
    let builder = RandomCutForest::builder(1)
        .shingle_size(4)
        .store_sequence_numbers(true);
    let mut forest = builder.build().unwrap();
    let wave = |t: i64| [(t as f64 / 5.0).sin()];
    for t in 0..1_000 {
        forest.update(&wave(t)).unwrap();
    }
    let sample = forest.sample();
    forest.pause_sampling();
    assert!(!forest.is_sampling());
    forest = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
    assert!(!forest.is_sampling());
    for t in 1_000..2_000 {
        assert!(forest.process(&wave(t)).unwrap() > 0.0);
    }
    assert_eq!(forest.sample(), sample);
    assert_eq!(
        (forest.updates(), forest.newest_time()),
        (2_000, Some(1_999))
    );
    forest.resume_sampling();
    for t in 2_000..2_100 {
        forest.update(&wave(t)).unwrap();
    }
    let times = forest.sample().sequence_numbers;
    assert!(times.iter().all(|time| !(1_000..2_000).contains(time)));
    assert!(times.iter().filter(|&&time| time >= 2_000).count() > 50);
}

/// The age distribution of a long stream at a clock of 10¹² is that at 0. Statistics:
/// Kolmogorov–Smirnov of one age of each sample against the law of the other forest, and z of the
/// difference of means. (10⁸ updates: `ages_follow_the_law_after_a_hundred_million_points`.)
#[test]
fn ages_at_a_clock_of_1e12_are_those_at_0() {
    let length = 4_000;
    let ages = |start: i64, seed: u64| {
        let mut forest = builder(32, 1.0 / 320.0).seed(seed).build().unwrap();
        for t in 0..length {
            // In no order, so that trees are flat; 1999 is prime.
            let x = (t * 7919 % 1_999) as f64 + if t < 1_999 { 0.25 } else { 0.5 };
            forest.update_with(&[x], Arrival::at(start + t)).unwrap();
        }
        let mut random = Random::new(seed);
        let mut age = |tree| {
            let times = forest.sample_of_tree(tree).unwrap().sequence_numbers;
            // Whole numbers, spread over the unit that each represents.
            (start + length - times[random.below(times.len())]) as f64 - random.unit()
        };
        (0..TREES).map(&mut age).collect::<Vec<f64>>()
    };
    let (mut here, there) = (ages(0, 1), ages(1_000_000_000_000, 2));
    let mut sorted = there.clone();
    sorted.sort_by(f64::total_cmp);
    let differences: Vec<f64> = here.iter().zip(&there).map(|(a, b)| a - b).collect();
    assert_mean("mean age", &differences, 0.0, 1);
    // Of two samples of n the statistic is as of one of n/2.
    here.truncate(TREES / 2);
    assert_kolmogorov_smirnov("ages", &mut here, |age| {
        sorted.partition_point(|&other| other <= age) as f64 / sorted.len() as f64
    });
}
