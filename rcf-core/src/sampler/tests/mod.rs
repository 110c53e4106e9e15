//! The reservoir: the law of its sample.

mod ages;
mod explicit_keys;

use super::*;
use crate::testing::assert_multinomial_scaled;

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
