//! A high quantile of the scores, followed online.
//!
//! Stochastic approximation (Robbins, Monro 1951): up by a multiple of `1 − b` at a score beyond
//! the estimate and down by the same multiple of `b` at any other, so that it is stationary where a
//! share of `b` lies beyond. The best multiple is one over the density there, which an exponential
//! tail gives as `b / mean excess`. It is forgotten exponentially, as by Chen, Lambert and
//! Pinheiro,
//! *Incremental Quantile Estimation for Massive Tracking* (KDD 2000): a share `γ` of a step is
//! taken,
//! `1 / n` at the n-th score and later the weight of one record.
//!
//! How far beyond a score lies hardly matters, and an event counts as what it is: so many records.
//! The estimate rises at once where scores do; it falls by a mean excess in `1 / γ` records.

use super::Tail;

impl Tail {
    /// The score that a share of `beyond` exceeds; infinite while too few are known to tell.
    pub(crate) fn exceeded_by(&self, beyond: f64) -> f64 {
        if self.count * beyond < 1.0 || !self.is_known() {
            f64::INFINITY
        } else {
            self.quantile
        }
    }

    /// Learns a score for the quantile that a share of `beyond`, in (0, 1), exceeds.
    pub(crate) fn follow(&mut self, score: f64, keep: f64, beyond: f64) {
        if self.count == 0.0 {
            self.quantile = score;
        }
        self.count += 1.0;
        let part = (1.0 / self.count).max(1.0 - keep);
        let (width, limit) = (self.width(), self.limit());
        let distance = score - self.quantile;
        if distance > 0.0 {
            // Until a score beyond is due, this is the largest one.
            let share = part / beyond;
            self.quantile += (share * (1.0 - beyond) * width).min(distance);
            self.excesses += 1.0;
            let share = (1.0 / self.excesses).max(share).min(1.0);
            self.excess += share * (distance.min(limit) - self.excess);
        } else {
            self.quantile -= part * width;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// The share of scores beyond the estimate made before them, once there is one.
    fn share_beyond(scores: impl Iterator<Item = f64>, keep: f64, beyond: f64) -> f64 {
        let (mut tail, mut count, mut known) = (Tail::default(), 0.0, 0.0);
        for score in scores {
            let boundary = tail.exceeded_by(beyond);
            if boundary.is_finite() {
                known += 1.0;
                count += f64::from(u8::from(score > boundary));
            }
            tail.follow(score, keep, beyond);
        }
        count / known
    }

    type Law = fn(&mut Random) -> f64;
    const LAWS: [(&str, Law); 4] = [
        ("normal", |random| 3.0 + 0.3 * random.normal()),
        ("uniform", |random| 8.0 * random.unit()),
        ("exponential", |random| 1.0 - (1.0 - random.unit()).ln()),
        ("heavy", |random| (0.7 * random.normal()).exp()),
    ];

    /// Higher scores become usual: later as few lie beyond as before.
    #[test]
    fn the_estimate_follows_a_rise() {
        for (name, law) in LAWS {
            let (mut random, mut tail) = (Random::new(3), Tail::default());
            let keep = 1.0 - 1.0 / 4000.0;
            let mut beyond = 0;
            for t in 0..60_000 {
                let score = law(&mut random) + if t < 20_000 { 0.0 } else { 4.0 };
                // 400 are due; what is forgotten makes the estimate, and the count, less certain.
                beyond += i32::from(t >= 20_100 && score > tail.exceeded_by(0.01));
                tail.follow(score, keep, 0.01);
            }
            assert!((300..600).contains(&beyond), "{name}: {beyond}");
        }
    }

    #[test]
    fn the_share_beyond_is_as_configured_for_any_distribution() {
        for (name, law) in LAWS {
            for decades in [1, 2, 3] {
                let beyond = 0.1f64.powi(decades);
                // 400 are due; five standard errors of that.
                for seed in 0..5 {
                    let mut random = Random::new(seed);
                    let records = 400 * 10usize.pow(decades as u32);
                    let scores = (0..records).map(|_| law(&mut random));
                    let share = share_beyond(scores, 1.0 - 1e-5, beyond) / beyond;
                    assert!(
                        (share - 1.0).abs() < 0.25,
                        "{name} {decades} {seed}: {share}"
                    );
                }
            }
        }
    }
}
