//! The reservoir: the law of its sample.

mod ages;
mod clock;
mod explicit_keys;
mod heap;

use super::*;
use crate::testing::assert_multinomial_scaled;

const TAG: Tag = Tag {
    sequence_number: 0,
    label: 0,
};

impl<I: Index> Sampler<I> {
    /// Panics unless the keys form a heap, the worst on top.
    pub(crate) fn validate(&self) {
        assert!(self.is_valid(), "{:?}", self.keys);
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
    /// Time of the first point.
    start: i64,
    /// Points offered to the clock, but to no sampler, before the first point.
    ticks: usize,
}

impl Setting {
    const fn uniform(capacity: usize, length: usize) -> Self {
        Self {
            capacity,
            time_decay: 0.0,
            accept_fraction: 1.0,
            length,
            start: 0,
            ticks: 0,
        }
    }

    fn clock(self) -> DecayClock {
        let mut clock = DecayClock::new(self.time_decay);
        for tick in 0..self.ticks {
            let time = clock.see((tick == 0).then(|| self.start - self.ticks as i64));
            let _ = clock.offer(time, 1.0);
        }
        clock
    }

    fn config(self) -> Config {
        let builder = crate::RandomCutForest::builder(1).sample_size(self.capacity);
        builder.build().unwrap().config().clone()
    }
}

/// What was sampled in the end, by the place in the stream, and how many points of the stream's
/// second half were taken at all.
#[derive(PartialEq, Eq)]
struct Outcome {
    sample: Vec<usize>,
    taken_late: usize,
}

/// Offers a stream to many samplers with one clock.
fn run(setting: Setting, samplers: usize, seed: u64) -> Vec<Outcome> {
    let (mut clock, config) = (setting.clock(), setting.config());
    let mut members: Vec<(Sampler<u32>, TreeRng, usize)> = TreeRng::family(seed, samplers)
        .into_iter()
        .map(|rng| (Sampler::new(&config), rng, 0))
        .collect();
    for time in 0..setting.length {
        let now = clock.see((time == 0).then_some(setting.start));
        let rebase = clock.offer(now, 1.0);
        assert!(DecayClock::restore(setting.time_decay, clock.parts()).is_some());
        for (sampler, rng, taken_late) in &mut members {
            if let Some(rebase) = rebase {
                sampler.rebase(rebase);
            }
            let Some(acceptance) = sampler.offer(&clock, setting.accept_fraction, rng) else {
                continue;
            };
            let worst = sampler.points().first().copied();
            let evicted = sampler.evicted(acceptance);
            assert!(evicted.is_none() || evicted == worst);
            sampler.accept(acceptance, time as u32, TAG, &clock, rng);
            *taken_late += usize::from(time >= setting.length / 2);
        }
    }
    members.iter().for_each(|(sampler, ..)| sampler.validate());
    let outcome = |(sampler, _, taken_late): (Sampler<u32>, _, _)| {
        let sample = sampler.points().iter().map(|&time| time as usize).collect();
        Outcome { sample, taken_late }
    };
    members.into_iter().map(outcome).collect()
}

/// Law: each point is in the sample with probability s/n. Statistic: χ², scaled for the dependence
/// among points of one sample, of which there are exactly s.
#[test]
fn without_decay_every_point_is_as_likely() {
    let near_a_rebase = (1 << 20) - 30;
    for (capacity, length, ticks, start) in [
        (1, 60, 0, 0),
        (2, 90, 0, i64::MAX - 50),
        (10, 100, 0, i64::MIN),
        (25, 80, near_a_rebase, 0),
    ] {
        let setting = Setting {
            ticks,
            start,
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
fn a_rebase_keeps_order_and_waits() {
    let mut clock = DecayClock::new(0.5);
    let mut rng = TreeRng::family(1, 1).remove(0);
    let config = Setting::uniform(20, 0).config();
    let mut sampler = Sampler::<u16>::new(&config);
    let mut rebases = 0;
    for time in 0..1000 {
        let now = clock.see(None);
        if let Some(rebase) = clock.offer(now, 1.0) {
            let (points, wait) = (sampler.points().to_vec(), sampler.wait());
            let left = wait.since + wait.reach - rebase.elapsed;
            sampler.rebase(rebase);
            assert_eq!(sampler.points(), points);
            // The same stretch of the clock, in the units of the new base.
            let scale = libm::exp(-rebase.key_shift);
            let reach = sampler.wait().reach;
            if sampler.is_full() {
                let error = (reach - left * scale).abs();
                assert!(error <= 1e-5 * reach + 1e-12 * rebase.elapsed * scale);
                rebases += 1;
            }
        }
        if let Some(acceptance) = sampler.offer(&clock, 1.0, &mut rng) {
            sampler.accept(acceptance, time, TAG, &clock, &mut rng);
        }
        sampler.validate();
    }
    assert!(rebases > 50);
}
