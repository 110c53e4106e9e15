//! Moving the origin to follow the data.
//!
//! Points are kept in single precision, relative to an origin: the first observation. If that
//! observation was a glitch, or the signal has since moved far away, rounding would destroy all
//! detail. So each time the samples could have been renewed once, the middle half of one sample is
//! examined: if it lies much further from the origin than it is wide, the origin moves to its
//! median and the trees are rebuilt. The law of a random cut tree depends on its points alone (the
//! paper, theorems 3 and 4), so scores keep their distribution.

use crate::forest::{RandomCutForest, with_ensemble};

/// Distance from the origin, in widths of the middle half, from which the origin moves. Single
/// precision still resolves a 4096th of the width there.
const FAR: f32 = 4096.0;

/// Points of the sample that are examined, and the least number of updates between two
/// examinations.
const LOOKED_AT: usize = 256;

impl RandomCutForest {
    /// Moves the origin of each input dimension that needs it, once in every `sample_size` updates.
    pub(crate) fn recenter_if_due(&mut self) {
        let period = self.config.sample_size.max(LOOKED_AT) as u64;
        let inputs = 0..self.config.input_dimensions;
        if !self.updates.is_multiple_of(period)
            || inputs
                .clone()
                .all(|input| self.distance_from_origin(input) == 0.0)
        {
            return;
        }
        let shifts: Vec<f32> = inputs
            .map(|input| self.distance_from_origin(input))
            .collect();
        let shifts = self.shingle.move_origin(&shifts);
        let level = self.level;
        with_ensemble!(&mut self.trees, ensemble => ensemble.shift_points(level, &shifts));
    }

    /// The median of this input in the newest observations of a sample if it is far from the
    /// origin, otherwise 0.
    fn distance_from_origin(&self, input: usize) -> f32 {
        let newest = self.dimensions() - self.config.input_dimensions + input;
        let mut values = [0.0; LOOKED_AT];
        let count = with_ensemble!(&self.trees, ensemble => {
            let sampled = ensemble.sampled(newest).zip(&mut values);
            sampled.map(|(value, place)| *place = value).count()
        });
        let values = &mut values[..count];
        if is_clearly_near(values) {
            0.0
        } else {
            far_median(values)
        }
    }
}

/// The median of the values if it is [far](FAR) from 0, otherwise 0.
fn far_median(values: &mut [f32]) -> f32 {
    let count = values.len();
    let mut quantile = |quarters| {
        let (_, value, _) = values.select_nth_unstable_by(quarters * count / 4, f32::total_cmp);
        *value
    };
    let (lower, median, upper) = (quantile(1), quantile(2), quantile(3));
    if median.abs() > FAR * (upper - lower) {
        median
    } else {
        0.0
    }
}

/// Whether the values are so wide that their median cannot be far, without looking for it, which
/// would take a tenth of the instructions of updates with fifty inputs: more than a quarter lies on
/// either side of the mean, by more than half of the width at which the greatest of them would be
/// far.
fn is_clearly_near(values: &[f32]) -> bool {
    let (mut greatest, mut sum) = (0.0_f32, 0.0);
    for &value in values {
        greatest = greatest.max(value.abs());
        sum += value;
    }
    let count = values.len();
    let (mean, apart) = (sum / count as f32, greatest / FAR);
    let (mut below, mut above) = (0, 0);
    for &value in values {
        below += usize::from(value <= mean - apart);
        above += usize::from(value >= mean + apart);
    }
    below.min(above) > count / 4
}

#[cfg(test)]
mod tests {
    use super::{far_median, is_clearly_near};
    use crate::RandomCutForest;
    use crate::testing::Random;

    /// Noise of mean absolute deviation 1.
    fn noise(random: &mut Random) -> f64 {
        (random.unit() - 0.5) * 4.0
    }

    /// The score of a value 12 deviations from the noise, over the largest of the noise.
    fn contrast(offset: f64, first: f64) -> f64 {
        let mut forest = RandomCutForest::builder(1).seed(3).build().unwrap();
        let mut random = Random::new(1);
        forest.update(&[first]).unwrap();
        for _ in 0..20_000 {
            forest.update(&[offset + noise(&mut random)]).unwrap();
        }
        let usual = (0..500).map(|_| forest.score(&[offset + noise(&mut random)]).unwrap());
        let usual = usual.fold(0.0, f64::max);
        forest.score(&[offset + 14.0]).unwrap() / usual
    }

    #[test]
    fn what_is_clearly_near_is_not_far() {
        let mut random = Random::new(5);
        let (mut near, mut far) = (0, 0);
        for trial in 0..20_000 {
            let count = 1 + (random.unit() * 20.0) as usize;
            // Around the distance at which they become far.
            let offset = 10f64.powf(2.0 + 4.0 * random.unit());
            let power = f64::from(1 + trial % 3);
            let values = (0..count).map(|_| (offset + noise(&mut random).powf(power)) as f32);
            let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
            if values.is_empty() {
                continue;
            }
            let is_near = is_clearly_near(&values);
            let is_far = far_median(&mut values) != 0.0;
            assert!(!(is_near && is_far), "{values:?}");
            near += usize::from(is_near);
            far += usize::from(is_far);
        }
        assert!(near > 1000 && far > 1000, "{near} {far}");
    }

    #[test]
    fn a_glitch_in_the_first_record_does_not_blind_the_forest() {
        for (offset, first) in [(0.0, 1e15), (1.7e9, 0.0), (1e12, 3.0), (5.0, -1e29)] {
            let contrast = contrast(offset, first);
            assert!(
                contrast > 1.5,
                "offset {offset:e} after {first:e}: {contrast}"
            );
        }
    }

    #[test]
    fn the_origin_follows_a_signal_that_moves_away_for_good() {
        let mut forest = RandomCutForest::builder(1).seed(3).build().unwrap();
        let mut random = Random::new(1);
        for offset in [0.0, 1e12] {
            for _ in 0..20_000 {
                forest.update(&[offset + noise(&mut random)]).unwrap();
            }
        }
        // Near enough: 4096 widths of the noise's middle half.
        assert!((forest.shingle.origin()[0] - 1e12).abs() <= 8192.0);
        let usual = forest.score(&[1e12 + noise(&mut random)]).unwrap();
        assert!(forest.score(&[1e12 + 14.0]).unwrap() > 2.0 * usual);
    }

    #[test]
    fn a_moved_origin_survives_a_save() {
        let mut forest = RandomCutForest::builder(2)
            .shingle_size(3)
            .seed(3)
            .build()
            .unwrap();
        let mut random = Random::new(1);
        forest.update(&[1e20, 0.0]).unwrap();
        for _ in 0..3_000 {
            forest
                .update(&[noise(&mut random), noise(&mut random)])
                .unwrap();
        }
        assert!(forest.shingle.origin()[0].abs() < 4.0);
        assert_eq!(forest.shingle.origin()[1], 0.0);
        let mut restored = RandomCutForest::from_bytes(&forest.to_bytes()).unwrap();
        for _ in 0..1_000 {
            let record = [noise(&mut random), noise(&mut random)];
            let scores = (
                forest.process(&record).unwrap(),
                restored.process(&record).unwrap(),
            );
            assert_eq!(scores.0.to_bits(), scores.1.to_bits());
        }
        assert_eq!(forest.to_bytes(), restored.to_bytes());
    }
}
