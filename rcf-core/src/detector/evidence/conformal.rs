//! How rare is evidence of this size on the stream at hand?
//!
//! The signs say what a calm stream of their kind would show; each has a part of the rate, and the
//! largest decides, so that most streams show as much more rarely than they say, and a stream with
//! a heavy tail more often. The history of the evidence knows. Its p-value is conformal (Vovk,
//! Gammerman and Shafer, *Algorithmic Learning in a Random World*, 2005): the share, among all
//! observations so far and this one, of those with as much evidence. Of exchangeable observations
//! at most a share `p` has a p-value of at most `p`, whatever their law.
//!
//! Where fewer than [`KNOWN`] observations reach as far, their number says little. From there on
//! the tail is that of excesses whose mean is estimated from so few (a Lomax law, as in
//! [`Peaks`](super::Peaks)), and at most three times as light as evidence has it by itself.

/// Bins for evidence as large as the boundary.
const PER_BOUNDARY: f64 = 48.0;
/// Bins; the last one is open.
const BINS: usize = 160;
/// When so many observations are known, all counts are halved: the history fades.
const MEMORY: f64 = 131_072.0;
/// Observations after which a share is known.
const KNOWN: f64 = 16.0;
/// A third of the mean excess of evidence that is as rare as it says: `1 / (3 ln 2000)`.
const LEAST_EXCESS: f64 = 0.0439;

/// The evidence of the observations so far: a histogram of its size.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Conformal {
    /// Counts, up to the last one that is not zero.
    counts: Vec<f32>,
}

impl Conformal {
    /// The share of observations with evidence of at least this size, in (0, 1].
    pub(crate) fn p_value(&self, size: f64) -> f64 {
        let lowest = bin(size);
        // The highest edge, not above this size, beyond which enough observations are known; how
        // many those are, and the sum of their distances to it.
        let (mut edge, mut beyond, mut excesses) = (0, 0.0, 0.0);
        let mut as_large = 0.0;
        for (bin, &count) in self.counts.iter().enumerate().rev() {
            excesses += beyond;
            beyond += f64::from(count);
            edge = bin;
            if bin >= lowest {
                as_large = beyond;
            }
            if bin <= lowest && beyond >= KNOWN {
                break;
            }
        }
        let all = self.count();
        if edge == lowest || beyond < KNOWN {
            return (as_large + 1.0) / (all + 1.0);
        }
        let distance = if lowest < BINS - 1 {
            (lowest - edge) as f64
        } else {
            size * PER_BOUNDARY - edge as f64
        };
        let mean = (0.5 + excesses / beyond).max(LEAST_EXCESS * PER_BOUNDARY);
        (beyond + 1.0) / (all + 1.0) * libm::pow(1.0 + distance / (beyond * mean), -beyond)
    }

    /// Learns the evidence of an observation.
    pub(crate) fn push(&mut self, size: f64) {
        let bin = bin(size);
        if self.counts.len() <= bin {
            // Once and for all, so that no later observation allocates.
            self.counts.reserve_exact(BINS - self.counts.len());
            self.counts.resize(bin + 1, 0.0);
        }
        self.counts[bin] += 1.0;
        if self.count() >= MEMORY {
            self.counts.iter_mut().for_each(|count| *count *= 0.5);
        }
    }

    fn count(&self) -> f64 {
        self.counts.iter().copied().map(f64::from).sum()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of::<f32>() * self.counts.capacity()
    }

    pub(crate) fn save(&self) -> Vec<f32> {
        self.counts.clone()
    }

    /// What [`save`](Self::save) wrote.
    pub(crate) fn restore(counts: Vec<f32>) -> Option<Self> {
        let is_count = |count: &f32| *count >= 0.0 && f64::from(*count) <= MEMORY;
        (counts.len() <= BINS && counts.iter().all(is_count)).then_some(Self { counts })
    }
}

fn bin(size: f64) -> usize {
    ((size * PER_BOUNDARY) as usize).min(BINS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    type Law = fn(&mut Random) -> f64;
    const LAWS: [(&str, Law); 4] = [
        ("light", |random| 0.2 * random.normal().abs()),
        ("exponential", |random| {
            -0.2 * libm::log(1.0 - random.unit())
        }),
        ("heavy", |random| 0.05 * libm::exp(random.normal())),
        ("mostly nothing", |random| {
            (random.unit() - 0.99).max(0.0) * 100.0
        }),
    ];

    #[test]
    fn a_share_p_of_exchangeable_sizes_has_a_p_value_of_at_most_p() {
        for (name, law) in LAWS {
            let (mut random, mut history) = (Random::new(7), Conformal::default());
            let mut counts = [0.0; 3];
            let rates = [1e-2, 1e-3, 1e-4];
            // The history is halved on the way.
            let records = 400_000;
            for _ in 0..records {
                let size = law(&mut random);
                let p_value = history.p_value(size);
                assert!(p_value > 0.0 && p_value <= 1.0, "{name}: {p_value}");
                for (count, rate) in counts.iter_mut().zip(rates) {
                    *count += f64::from(u8::from(p_value <= rate));
                }
                history.push(size);
            }
            for (count, rate) in counts.into_iter().zip(rates) {
                let share = count / f64::from(records) / rate;
                // Sizes in one bin count as equal, which matters where few sizes are rare.
                let least = if name == "mostly nothing" { 0.0 } else { 0.5 };
                assert!((least..1.5).contains(&share), "{name}, {rate}: {share}");
            }
        }
    }

    #[test]
    fn a_p_value_falls_as_evidence_grows_and_is_bounded_by_the_history() {
        let mut random = Random::new(3);
        for known in [0, 1, 15, 16, 100, 10_000] {
            let mut history = Conformal::default();
            (0..known).for_each(|_| history.push(0.3 * random.normal().abs()));
            let mut last = 1.0;
            for size in (0..400).map(|i| f64::from(i) / 50.0).chain([1e12]) {
                let p_value = history.p_value(size);
                assert!(
                    p_value > 0.0 && p_value <= last,
                    "{known}, {size}: {p_value}"
                );
                last = p_value;
            }
        }
        assert_eq!(Conformal::default().p_value(1e12), 1.0);
    }

    #[test]
    fn constant_evidence_is_never_rare() {
        let mut history = Conformal::default();
        for _ in 0..10_000 {
            assert_eq!(history.p_value(0.7), 1.0);
            history.push(0.7);
        }
        assert!(history.p_value(1.5) < 1e-3);
    }
}
