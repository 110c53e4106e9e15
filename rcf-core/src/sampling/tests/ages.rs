//! The ages of sampled points, long after the start.

use super::{Outcome, Setting, run};
use crate::testing::{Random, assert_kolmogorov_smirnov, assert_mean};

const SEED: u64 = 3;

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
/// Statistics: Kolmogorov–Smirnov on one point of each sample; z of the mean. Returns what was
/// sampled.
fn ages_follow_the_stationary_law(setting: Setting, samplers: usize) -> Vec<Outcome> {
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
    let outcomes = run(setting, samplers, SEED);
    let mut age_of_one = |outcome: &Outcome| {
        let time = outcome.sample[random.below(capacity)];
        // Ages are whole numbers: spread over the unit that each represents.
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
    outcomes
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

/// At a clock of 10¹², as at any other: the law, and the very points that are sampled at a clock of
/// 0.
#[test]
#[ignore = "long: 10⁸ points, some minutes"]
fn ages_follow_the_law_after_a_hundred_million_points() {
    let (capacity, time_decay) = (256, 1.0 / 2560.0);
    let setting = Setting {
        time_decay,
        start: 1_000_000_000_000,
        ..Setting::uniform(capacity, 100_000_000)
    };
    let samplers = 100;
    let late = ages_follow_the_stationary_law(setting, samplers);
    let early = run(
        Setting {
            start: 0,
            ..setting
        },
        samplers,
        SEED,
    );
    assert!(late == early);
}
