//! The reservoir against one that computes every key.

use super::*;
use crate::testing::{
    Random, assert_kolmogorov_smirnov, assert_mean, assert_multinomial_scaled, assert_same_law,
};

impl<I: Index> Sampler<I> {
    /// Panics unless the keys form a heap, the worst on top.
    pub(crate) fn validate(&self) {
        assert!(self.is_valid(), "{:?}", self.keys);
        assert_eq!(self.target.is_finite(), self.is_full());
    }
}

/// How points are taken.
#[derive(Debug, Clone, Copy)]
struct Setting {
    capacity: usize,
    time_decay: f64,
    accept_fraction: f64,
    /// Points offered.
    length: usize,
    /// Where the clock stands before the first point.
    ticks: u64,
}

impl Setting {
    const fn uniform(capacity: usize, length: usize) -> Self {
        Self {
            capacity,
            time_decay: 0.0,
            accept_fraction: 1.0,
            length,
            ticks: 0,
        }
    }

    fn clock(self) -> DecayClock {
        DecayClock {
            ticks: self.ticks,
            ..DecayClock::new(self.time_decay)
        }
    }
}

/// What was sampled in the end, and which points were taken at all, by their place in the stream.
struct Outcome {
    sample: Vec<usize>,
    taken: Vec<usize>,
}

/// Offers a stream to many samplers with one clock.
fn run(setting: Setting, samplers: usize, seed: u64) -> Vec<Outcome> {
    let mut clock = setting.clock();
    let mut members: Vec<(Sampler<u32>, TreeRng, Vec<usize>)> = TreeRng::family(seed, samplers)
        .into_iter()
        .map(|rng| (Sampler::new(setting.capacity), rng, Vec::new()))
        .collect();
    for time in 0..setting.length {
        let rebase = clock.tick();
        assert!(clock.is_valid(), "{clock:?}");
        for (sampler, rng, taken) in &mut members {
            if let Some(rebase) = rebase {
                sampler.rebase(rebase);
            }
            let Some(acceptance) = sampler.offer(&clock, setting.accept_fraction, rng) else {
                continue;
            };
            let worst = sampler.points().first().copied();
            let evicted = sampler.evicted(acceptance);
            assert!(evicted.is_none() || evicted == worst);
            sampler.accept(acceptance, time as u32, &clock, rng);
            taken.push(time);
        }
    }
    members.iter().for_each(|(sampler, ..)| sampler.validate());
    let outcome = |(sampler, _, taken): (Sampler<u32>, _, _)| {
        let sample = sampler.points().iter().map(|&time| time as usize).collect();
        Outcome { sample, taken }
    };
    members.into_iter().map(outcome).collect()
}

/// The definition: a key `ln E − λt` for each point, the lowest are kept.
fn run_by_keys(setting: Setting, random: &mut Random) -> Outcome {
    let Setting {
        capacity,
        time_decay,
        accept_fraction,
        ..
    } = setting;
    let mut sample: Vec<(f64, usize)> = Vec::new();
    let mut taken = Vec::new();
    for time in 0..setting.length {
        let key = (-random.unit().ln()).ln() - time_decay * time as f64;
        let filled = sample.len() as f64 / capacity as f64;
        let by_coin = filled < accept_fraction
            || filled < 1.0 && random.unit() < (1.0 - filled) / (1.0 - accept_fraction);
        if !by_coin {
            let worst = sample
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.0.total_cmp(&b.1.0));
            match worst {
                Some((place, &(worst, _))) if key < worst => sample.swap_remove(place),
                _ => continue,
            };
        }
        sample.push((key, time));
        taken.push(time);
    }
    let sample = sample.into_iter().map(|(_, time)| time).collect();
    Outcome { sample, taken }
}

/// Law: each point is in the sample with probability s/n. Statistic: χ², scaled for the dependence
/// among points of one sample, of which there are exactly s.
#[test]
fn without_decay_every_point_is_as_likely() {
    let near_a_rebase = REBASE_TICKS - 30;
    for (capacity, length, ticks) in [
        (1, 60, 0),
        (2, 90, 0),
        (10, 100, 0),
        (25, 80, near_a_rebase),
    ] {
        let setting = Setting {
            ticks,
            ..Setting::uniform(capacity, length)
        };
        let mut counts = vec![0u64; length];
        for outcome in run(setting, 20_000, 1) {
            assert_eq!(outcome.sample.len(), capacity);
            outcome.sample.iter().for_each(|&time| counts[time] += 1);
        }
        let probability = capacity as f64 / length as f64;
        // Var(count) = R p (1 − p), where Pearson's statistic divides by R p; and the counts add up
        // to R s, which leaves n − 1 degrees of freedom: the factor n / (n − 1) on each variance.
        let scale = (1.0 - probability) * length as f64 / (length as f64 - 1.0);
        let uniform = vec![1.0 / length as f64; length];
        assert_multinomial_scaled(&format!("{setting:?}"), &counts, &uniform, scale);
    }
}

/// Law: that of explicit keys. Statistics, on independent streams: χ² of homogeneity of the place
/// of one sampled point, and of the number of points taken in the last half of the stream.
fn is_the_sampler_of_explicit_keys(setting: Setting) {
    let streams = 10_000;
    let mut random = Random::new(77);
    let jumping = run(setting, streams, 2);
    let by_keys: Vec<Outcome> = (0..streams)
        .map(|_| run_by_keys(setting, &mut random))
        .collect();

    let mut places = |outcomes: &[Outcome]| {
        let mut counts = vec![0u64; setting.length];
        for Outcome { sample, .. } in outcomes {
            counts[sample[random.below(sample.len())]] += 1;
        }
        counts
    };
    assert_same_law(
        &format!("place in the stream, {setting:?}"),
        &places(&jumping),
        &places(&by_keys),
    );

    let taken = |outcomes: &[Outcome]| {
        let mut counts = vec![0u64; setting.length];
        for Outcome { taken, .. } in outcomes {
            counts[taken
                .iter()
                .filter(|&&time| time >= setting.length / 2)
                .count()] += 1;
        }
        counts
    };
    assert_same_law(
        &format!("points taken, {setting:?}"),
        &taken(&jumping),
        &taken(&by_keys),
    );
}

#[test]
fn with_decay_it_is_the_sampler_of_explicit_keys() {
    let setting = Setting {
        time_decay: 0.01,
        ..Setting::uniform(8, 300)
    };
    is_the_sampler_of_explicit_keys(setting);
    is_the_sampler_of_explicit_keys(Setting {
        capacity: 1,
        ..setting
    });
}

/// The base of the clock moves every 16 points.
#[test]
fn with_strong_decay_it_is_the_sampler_of_explicit_keys() {
    is_the_sampler_of_explicit_keys(Setting {
        time_decay: 0.5,
        ..Setting::uniform(5, 200)
    });
    is_the_sampler_of_explicit_keys(Setting {
        time_decay: 1.0,
        ..Setting::uniform(3, 40)
    });
}

/// The coin makes the early sample differ from that of the lowest keys.
/// The law does not depend on where the clock stands, nor on when its base moves. (Single choices
/// do: a key may be any residue of a target, so that the last bits of both grow into the first.)
#[test]
fn with_a_shifted_clock_it_is_the_sampler_of_explicit_keys() {
    let setting = Setting {
        time_decay: 0.02,
        accept_fraction: 0.125,
        ..Setting::uniform(10, 200)
    };
    for ticks in [1, 250, 399] {
        is_the_sampler_of_explicit_keys(Setting { ticks, ..setting });
    }
}

#[test]
fn while_filling_it_is_the_sampler_of_explicit_keys() {
    for length in [12, 30, 80] {
        for (accept_fraction, time_decay) in [(0.125, 0.005), (0.5, 0.0), (1e-9, 0.1)] {
            is_the_sampler_of_explicit_keys(Setting {
                accept_fraction,
                time_decay,
                ..Setting::uniform(16, length)
            });
        }
    }
}

/// `Ein(c) = ∫₀ᶜ (1 − e⁻ᵘ) / u du`, by its power series.
fn exponential_integral(c: f64) -> f64 {
    let (mut term, mut sum) = (c, c);
    for k in 2..60 {
        let k = f64::from(k);
        term *= -c / k;
        sum += term / k;
    }
    sum
}

/// Law of the age `a` of a sampled point of a long stream and a large sample: the threshold of the
/// keys hardly moves, so that a point is still there with probability `1 − exp(−c e^(−λa))`, where
/// `c` makes the sum over all ages equal `s`: `Ein(c) = λs`.
/// Statistics: Kolmogorov–Smirnov on one point of each sample; z of the mean.
fn ages_follow_the_stationary_law(setting: Setting, samplers: usize) {
    let Setting {
        capacity,
        time_decay,
        ..
    } = setting;
    let (mut low, mut high) = (0.0, 10.0);
    while high - low > 1e-12 {
        let c = (low + high) / 2.0;
        if exponential_integral(c) < time_decay * capacity as f64 {
            low = c;
        } else {
            high = c;
        }
    }
    let reach = |age: f64| exponential_integral(low * (-time_decay * age).exp());
    let older_than = |age: f64| reach(age) / reach(0.0);
    // The mean is the integral of the tail.
    let step = 0.01 / time_decay;
    let mean: f64 = (0..4000)
        .map(|i| step * older_than(step * (f64::from(i) + 0.5)))
        .sum();

    let mut random = Random::new(5);
    let outcomes = run(setting, samplers, 3);
    let mut age_of_one = |outcome: &Outcome| {
        let time = outcome.sample[random.below(capacity)];
        // Ages are whole numbers: spread over the unit that each stands for.
        (setting.length - 1 - time) as f64 + random.unit()
    };
    let mut ages: Vec<f64> = outcomes.iter().map(&mut age_of_one).collect();
    assert_mean("mean age", &ages, mean, 1);
    // λ · mean age ≈ 1: the documented rule of thumb.
    assert!(
        (time_decay * mean - 1.0).abs() < 0.05,
        "{}",
        time_decay * mean
    );
    assert_kolmogorov_smirnov("ages", &mut ages, |age| 1.0 - older_than(age));
}

#[test]
fn ages_follow_the_law_of_the_default_decay() {
    let (capacity, time_decay) = (256, 1.0 / 2560.0);
    let setting = Setting {
        time_decay,
        ..Setting::uniform(capacity, 25_000)
    };
    ages_follow_the_stationary_law(setting, 1_500);
}

#[test]
#[ignore = "long: 10⁸ points, some minutes"]
fn ages_follow_the_law_after_a_hundred_million_points() {
    let (capacity, time_decay) = (256, 1.0 / 2560.0);
    let setting = Setting {
        time_decay,
        ..Setting::uniform(capacity, 100_000_000)
    };
    ages_follow_the_stationary_law(setting, 100);
}

/// To the bit: the heap stays one, and what is due stays due.
#[test]
fn a_rebase_keeps_order_and_targets() {
    let mut clock = DecayClock::new(0.5);
    let mut rng = TreeRng::family(1, 1).remove(0);
    let mut sampler = Sampler::<u16>::new(20);
    for time in 0..1000 {
        if let Some(rebase) = clock.tick() {
            let (points, waiting) = (sampler.points().to_vec(), sampler.target() > rebase.elapsed);
            sampler.rebase(rebase);
            assert_eq!(sampler.points(), points);
            assert_eq!(sampler.target() > 0.0, waiting);
        }
        if let Some(acceptance) = sampler.offer(&clock, 1.0, &mut rng) {
            sampler.accept(acceptance, time, &clock, &mut rng);
        }
        sampler.validate();
    }
}
