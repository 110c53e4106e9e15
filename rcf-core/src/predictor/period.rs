//! Two periods of a series, learned online.
//!
//! For each lag, the variance of the differences between values that far apart, discounted. It dips
//! at a period. The best lag may be a long one (a week); the shortest that is nearly as good is
//! reported, too (a day).

use super::numbers::Numbers;
use super::{History, Window};

/// Values that the window must hold before anything is learned.
const FIRST: f64 = 16.0;
/// Weight of a difference relative to the next one.
const KEEP: f64 = 0.9995;
/// Differences count as this many deviations of the series at most, …
const CLIP: f64 = 6.0;
/// … and as this many deviations of the differences at their lag. An event counts at each lag in
/// turn (when the newest value is so far behind it); so one difference must not move a variance by
/// what makes another lag look [better](BETTER): 8² · (1 − KEEP) is 3 %.
const OWN_CLIP: f64 = 8.0;
/// The latter are at least this many deviations of the series: an exact cycle may begin to vary.
const LEAST: f64 = 0.02;
/// Differences at a lag until their deviation is known.
const KNOWN: f64 = 20.0;
/// The weight of all differences in the long run.
const WHOLE: f64 = 1.0 / (1.0 - KEEP);
/// Lags that are processed together: few differences are clipped, and only they need a root.
const LAGS: usize = 8;
/// `KEEP` to the power of minus their place.
const STEPS: Lags = {
    let mut steps = [1.0; LAGS];
    let mut i = 1;
    while i < LAGS {
        steps[i] = steps[i - 1] / KEEP;
        i += 1;
    }
    steps
};
type Lags = [f64; LAGS];
/// Observations between two searches.
const EVERY: usize = 8;
/// A period's variance is below this share of the mean one, and of the largest at shorter lags.
const DIP: f64 = 0.8;
/// A new period must be this much better than the one that was found before.
const BETTER: f64 = 0.9;
/// The short period may give away this share of what the best one gains over the mean.
const NEARLY: f64 = 0.3;

/// Looks for periods of 2 to `longest` observations.
#[derive(Debug, Clone)]
pub(crate) struct PeriodFinder {
    /// For each lag from 1, the sum of the differences and of their squares, in deviations.
    sums: Vec<f64>,
    squares: Vec<f64>,
    taken: usize,
    /// `KEEP` to the power of `taken`.
    faded: f64,
    periods: [usize; 2],
    /// Variances, of no meaning between calls.
    variances: Vec<f64>,
}

impl PeriodFinder {
    /// `longest` is at least 4. The history must hold one value more than that.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            sums: vec![0.0; longest],
            squares: vec![0.0; longest],
            taken: 0,
            faded: 1.0,
            periods: [0; 2],
            variances: vec![0.0; longest],
        }
    }

    /// The best lag and the shortest one that is nearly as good; 0 if there is none.
    pub(crate) fn periods(&self) -> [usize; 2] {
        self.periods
    }

    /// Takes the newest value of the history; the window holds it, too.
    pub(crate) fn push(&mut self, history: &History, window: &Window) {
        let Some((&newest, before)) = history.values().split_last() else {
            return;
        };
        if window.count() < FIRST {
            return;
        }
        let deviation = window.deviation();
        let per_deviation = if deviation > 0.0 {
            1.0 / deviation
        } else {
            0.0
        };
        // A forged state may have taken more than its history holds.
        let taken = self.taken.min(self.sums.len()).min(before.len());
        let (sums, last_sums) = self.sums[..taken].as_chunks_mut();
        let (squares, last_squares) = self.squares[..taken].as_chunks_mut();
        let (before, values) = before.as_rchunks();
        let mut missing = self.faded / KEEP;
        let mut take = |sums: &mut Lags, squares: &mut Lags, values: &Lags| {
            let mut apart = [0.0; LAGS];
            let mut exceeds = false;
            for i in 0..LAGS {
                let distance = (newest - values[LAGS - 1 - i]) * per_deviation;
                apart[i] = distance.clamp(-CLIP, CLIP);
                let weight = (1.0 - missing * STEPS[i]) * WHOLE;
                let own = OWN_CLIP * OWN_CLIP * squares[i];
                exceeds |= apart[i] * apart[i] * weight > own;
            }
            if exceeds {
                clip(&mut apart, squares, missing);
            }
            for i in 0..LAGS {
                sums[i] = KEEP * sums[i] + apart[i];
                squares[i] = KEEP * squares[i] + apart[i] * apart[i];
            }
            missing *= STEPS[LAGS - 1] / KEEP;
        };
        let full = sums.len();
        let lags = sums.iter_mut().zip(squares);
        for ((sums, squares), values) in lags.zip(values.iter().rev()) {
            take(sums, squares, values);
        }
        // Only while the series is short, or if their number is odd.
        let left = last_sums.len();
        if left > 0 {
            let [mut sums, mut squares, mut nearest] = [[0.0; LAGS]; 3];
            let rest = match values.len().checked_sub(full + 1) {
                Some(at) => &values[at][..],
                None => before,
            };
            sums[..left].copy_from_slice(last_sums);
            squares[..left].copy_from_slice(last_squares);
            nearest[LAGS - left..].copy_from_slice(&rest[rest.len() - left..]);
            take(&mut sums, &mut squares, &nearest);
            last_sums.copy_from_slice(&sums[..left]);
            last_squares.copy_from_slice(&squares[..left]);
        }
        self.taken = (self.taken + 1).min(TAKEN);
        self.faded *= KEEP;
        if self.faded < f64::MIN_POSITIVE {
            self.faded = 0.0;
        }
        if self.taken.is_multiple_of(EVERY) || self.taken == TAKEN {
            self.look();
        }
    }

    /// Finds the periods among the lags of which two cycles have been seen.
    fn look(&mut self) {
        let longest = (self.taken / 2).min(self.sums.len());
        if longest < 4 {
            return;
        }
        let mut missing = self.faded / KEEP;
        let variances = &mut self.variances[..longest];
        let sums = self.sums.iter().zip(&self.squares);
        for (variance, (sum, square)) in variances.iter_mut().zip(sums) {
            // Differences at this lag have been taken since there was one.
            let per_weight = (1.0 - KEEP) / (1.0 - missing);
            let mean = sum * per_weight;
            *variance = square * per_weight - mean * mean;
            missing *= 1.0 / KEEP;
        }
        let mean = variances.iter().sum::<f64>() / longest as f64;
        let at = |lag: usize| variances[lag - 1];
        let dips = || {
            let mut largest = 0.0f64;
            (2..longest).filter(move |&lag| {
                largest = largest.max(at(lag - 1));
                at(lag) <= at(lag - 1) && at(lag) <= at(lag + 1) && at(lag) < DIP * largest
            })
        };
        let is_low = |&lag: &usize| at(lag) < DIP * mean;
        let Some(best) = dips()
            .filter(is_low)
            .min_by(|&a, &b| at(a).total_cmp(&at(b)))
        else {
            self.periods = [0; 2];
            return;
        };
        let known = self.periods[0];
        let is_new = known == 0 || known >= longest || at(best) < BETTER * at(known);
        let long = if is_new { best } else { known };
        let nearly = at(long) + NEARLY * (mean - at(long));
        let mut short_dips = dips().take_while(|&lag| lag < long);
        let short = match short_dips.find(|&lag| at(lag) <= nearly) {
            // With noise, the slope of a wide dip has small dips: descend to the bottom.
            Some(first) => (first..=(first + first / 4).min(long))
                .min_by(|&a, &b| at(a).total_cmp(&at(b)))
                .unwrap_or(first),
            None => long,
        };
        self.periods = [long, short];
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        8 * (self.sums.capacity() + self.squares.capacity() + self.variances.capacity())
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.extend([self.taken as f64, self.faded]);
        numbers.extend(self.periods.map(|period| period as f64));
        numbers.extend(self.sums.iter().chain(&self.squares));
    }

    pub(crate) fn restore(longest: usize, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut finder = Self::new(longest);
        finder.taken = numbers.index(TAKEN)?;
        finder.faded = numbers.amount().filter(|&faded| faded <= 1.0)?;
        for period in &mut finder.periods {
            *period = numbers.index(longest)?;
        }
        numbers.fill(&mut finder.sums)?;
        numbers.fill(&mut finder.squares)?;
        if finder.squares.iter().any(|&square| square < 0.0) {
            return None;
        }
        Some(finder)
    }
}

/// Clips differences to what is usual at their lags.
#[cold]
fn clip(apart: &mut [f64], squares: &[f64], mut missing: f64) {
    for (apart, &square) in apart.iter_mut().zip(squares) {
        let weight = (1.0 - missing) * WHOLE;
        if weight > KNOWN {
            let own = (OWN_CLIP * (square / weight).sqrt()).clamp(LEAST, CLIP);
            *apart = apart.clamp(-own, own);
        }
        missing *= 1.0 / KEEP;
    }
}

/// Counters stop here; from then on every observation starts a search.
const TAKEN: usize = super::numbers::MANY;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// The periods of a series after each observation, and the finder.
    fn periods(values: impl Iterator<Item = f64>) -> (Vec<[usize; 2]>, PeriodFinder) {
        let mut history = History::new(401);
        let mut window = Window::default();
        let mut finder = PeriodFinder::new(400);
        let found = values.map(|value| {
            history.push(value);
            window.push(value);
            finder.push(&history, &window);
            finder.periods()
        });
        (found.collect(), finder)
    }

    fn wave(t: usize, period: f64) -> f64 {
        (t as f64 * std::f64::consts::TAU / period).sin()
    }

    #[test]
    fn a_period_is_found_after_two_or_three_cycles_at_any_scale() {
        for period in [5, 12, 24, 168, 288, 390] {
            for (level, unit) in [(0.0, 1.0), (1e12, 1e6), (1.0, 1e-9)] {
                let mut random = Random::new(1);
                let mut next = |t| level + unit * (wave(t, period as f64) + 0.2 * random.normal());
                let (found, _) = periods((0..3 * period + 100).map(&mut next));
                let [long, short] = found[found.len() - 1];
                let off = (long as f64 / period as f64).fract();
                assert!(off.min(1.0 - off) < 0.06, "{period}: {long}");
                assert!(
                    short.abs_diff(period) <= 1 + period / 24,
                    "{period}: {short}"
                );
            }
        }
    }

    #[test]
    fn a_week_of_days_has_two_periods() {
        let mut random = Random::new(2);
        let week: Vec<f64> = (0..7).map(|_| random.normal()).collect();
        let value = |t: usize| 2.0 * wave(t, 24.0) + week[t / 24 % 7];
        let (found, _) = periods((0..1_000).map(|t| value(t) + 0.1 * random.normal()));
        assert_eq!(found[999], [168, 24]);
    }

    #[test]
    fn noise_walks_and_constants_have_none() {
        let mut random = Random::new(3);
        let share = |found: &[[usize; 2]]| {
            found.iter().filter(|found| found[0] > 0).count() as f64 / found.len() as f64
        };
        let (noise, _) = periods((0..5_000).map(|_| random.normal()));
        assert_eq!(share(&noise[500..]), 0.0);
        let mut level = 0.0;
        let (walk, _) = periods((0..5_000).map(|_| {
            level += random.normal();
            level
        }));
        assert!(share(&walk) < 0.5, "{}", share(&walk));
        let (constant, _) = periods((0..1_000).map(|_| 3.0));
        assert_eq!(share(&constant), 0.0);
        let (trend, _) = periods((0..1_000).map(|t| t as f64));
        assert_eq!(share(&trend), 0.0);
    }

    #[test]
    fn a_large_event_does_not_change_a_period() {
        for noise in [0.0, 0.03, 0.1] {
            for height in [30.0, -5.0, 1e6] {
                let mut random = Random::new(7);
                let (found, _) = periods((0..3_000).map(|t| {
                    let event = if t == 2_000 { height } else { 0.0 };
                    wave(t, 63.0) + noise * random.normal() + event
                }));
                let before = found[1_999];
                // Without noise, all multiples are exact.
                let is_same = |now: [usize; 2]| {
                    now[0] == before[0] || noise == 0.0 && now[0].is_multiple_of(63) && now[1] == 63
                };
                let other = found[2_000..].iter().find(|&&now| !is_same(now));
                assert_eq!(other, None, "{noise} {height}, from {before:?}");
            }
        }
    }

    #[test]
    fn a_collapse_of_the_scale_is_forgotten() {
        let mut random = Random::new(4);
        let mut next = |t: usize| {
            let unit = if t < 2_000 { 1e9 } else { 1.0 };
            unit * (wave(t, if t < 2_000 { 31.0 } else { 48.0 }) + 0.1 * random.normal())
        };
        let (found, _) = periods((0..8_000).map(&mut next));
        assert!(found[1_999][1].abs_diff(31) <= 1, "{:?}", found[1_999]);
        assert!(found[7_999][1].abs_diff(48) <= 2, "{:?}", found[7_999]);
    }

    #[test]
    fn the_variances_are_those_of_the_definition() {
        let mut random = Random::new(5);
        let values: Vec<f64> = (0..600).map(|_| random.normal()).collect();
        let mut history = History::new(401);
        let mut window = Window::default();
        let mut finder = PeriodFinder::new(400);
        let (mut weight, mut sum, mut square) = (0.0, 0.0, 0.0);
        for (t, &value) in values.iter().enumerate() {
            history.push(value);
            window.push(value);
            finder.push(&history, &window);
            if t >= FIRST as usize - 1 + 7 {
                let apart = (value - values[t - 7]) / window.deviation();
                weight = KEEP * weight + 1.0;
                sum = KEEP * sum + apart;
                square = KEEP * square + apart * apart;
            }
        }
        finder.look();
        let expected = square / weight - (sum / weight) * (sum / weight);
        let got = finder.variances[6];
        assert!((got - expected).abs() < 1e-9, "{got} {expected}");
    }

    #[test]
    fn restored_state_continues_bit_for_bit() {
        let mut random = Random::new(6);
        let (_, finder) = periods((0..900).map(|t| wave(t, 50.0) + random.normal()));
        let mut saved = Vec::new();
        finder.save(&mut saved);
        let mut numbers = Numbers::new(&saved);
        let restored = PeriodFinder::restore(400, &mut numbers).unwrap();
        assert_eq!(numbers.end(), Some(()));
        let mut again = Vec::new();
        restored.save(&mut again);
        assert_eq!(saved, again);
        assert_eq!(restored.periods(), finder.periods());
        saved[2] = 401.0;
        assert!(PeriodFinder::restore(400, &mut Numbers::new(&saved)).is_none());
    }
}
