//! Exponential smoothing of a level and, if there is a period, of a season (Holt and Winters,
//! additive, without a trend).

use super::History;
use super::numbers::Numbers;

/// Share of the newest value in the level.
const LEVEL: f64 = 0.1;
/// Share of the newest value in its phase of the season.
const SEASON: f64 = 0.4;

/// A smoothed series.
#[derive(Debug, Clone)]
pub(crate) struct Smoothing {
    level: f64,
    /// How far each phase lies above the level; the first `period` are in use.
    season: Vec<f64>,
    period: usize,
    /// Phase of the newest value.
    phase: usize,
    is_empty: bool,
}

impl Smoothing {
    /// A season has at most `longest` phases.
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            level: 0.0,
            season: vec![0.0; longest],
            period: 0,
            phase: 0,
            is_empty: true,
        }
    }

    /// Takes the newest value of the history. Another period restarts the season from it.
    pub(crate) fn push(&mut self, history: &History, period: usize) {
        let values = history.values();
        let Some(&value) = values.last() else {
            return;
        };
        if self.is_empty {
            self.level = value;
            self.is_empty = false;
        }
        if period != self.period && period <= values.len() {
            self.period = period;
            self.phase = 0;
            if period > 0 {
                // The newest value is the last phase of the cycle, which ends here.
                let cycle = &values[values.len() - period..];
                self.level = cycle.iter().sum::<f64>() / period as f64;
                for (season, value) in self.season.iter_mut().zip(cycle) {
                    *season = value - self.level;
                }
                self.phase = period - 1;
            }
        } else if self.period > 0 {
            self.phase = (self.phase + 1) % self.period;
        }
        if self.period == 0 {
            self.level += LEVEL * (value - self.level);
            return;
        }
        let season = &mut self.season[self.phase];
        self.level += LEVEL * (value - *season - self.level);
        *season += SEASON * (value - self.level - *season);
    }

    /// Forecasts the next values, as many as `forecast` has.
    pub(crate) fn forecast(&self, forecast: &mut [f64]) {
        if self.period == 0 {
            forecast.fill(self.level);
            return;
        }
        let mut phase = self.phase;
        for value in forecast {
            phase = if phase + 1 == self.period {
                0
            } else {
                phase + 1
            };
            *value = self.level + self.season[phase];
        }
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        let is_empty = f64::from(u8::from(self.is_empty));
        numbers.extend([is_empty, self.level, self.period as f64, self.phase as f64]);
        numbers.extend(&self.season[..self.period]);
    }

    pub(crate) fn restore(longest: usize, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut smoothing = Self::new(longest);
        smoothing.is_empty = numbers.index(1)? == 1;
        smoothing.level = numbers.value()?;
        smoothing.period = numbers.index(longest)?;
        smoothing.phase = numbers.index(smoothing.period.saturating_sub(1))?;
        numbers.fill(&mut smoothing.season[..smoothing.period])?;
        Some(smoothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn push(smoothing: &mut Smoothing, history: &mut History, value: f64, period: usize) {
        history.push(value);
        smoothing.push(history, period);
    }

    #[test]
    fn a_season_is_repeated_at_a_level_that_moves() {
        let (mut smoothing, mut history) = (Smoothing::new(40), History::new(40));
        let cycle = |t: usize| if t % 7 < 5 { 10.0 } else { 0.0 };
        for t in 0..400 {
            let level = if t < 200 { 0.0 } else { 1e6 };
            let period = if t < 30 { 0 } else { 7 };
            push(&mut smoothing, &mut history, level + cycle(t), period);
            if t == 199 || t == 399 {
                let mut next = [0.0; 9];
                smoothing.forecast(&mut next);
                for (step, value) in (t + 1..).zip(next) {
                    assert!(
                        (value - level - cycle(step)).abs() < 0.5,
                        "{t} {step} {value}"
                    );
                }
            }
        }
    }

    #[test]
    fn without_a_period_it_is_the_discounted_mean() {
        let (mut smoothing, mut history) = (Smoothing::new(4), History::new(4));
        let mut expected = 3.0;
        for (t, value) in [3.0, 5.0, -1.0, 2.0].into_iter().enumerate() {
            push(&mut smoothing, &mut history, value, 0);
            if t > 0 {
                expected = (1.0 - LEVEL) * expected + LEVEL * value;
            }
        }
        let mut next = [0.0; 2];
        smoothing.forecast(&mut next);
        assert!((next[0] - expected).abs() < 1e-12 && next[0] == next[1]);
    }

    #[test]
    fn restored_state_continues_bit_for_bit() {
        let (mut smoothing, mut history) = (Smoothing::new(20), History::new(20));
        let mut random = Random::new(1);
        for t in 0..200 {
            let mut saved = Vec::new();
            smoothing.save(&mut saved);
            let mut numbers = Numbers::new(&saved);
            let restored = Smoothing::restore(20, &mut numbers).unwrap();
            assert_eq!(numbers.end(), Some(()));
            let (mut a, mut b) = ([0.0; 5], [0.0; 5]);
            smoothing.forecast(&mut a);
            restored.forecast(&mut b);
            assert_eq!(a, b);
            smoothing = restored;
            push(
                &mut smoothing,
                &mut history,
                random.normal(),
                [0, 12, 20][t / 70],
            );
        }
        let broken = [0.0, 1.0, 3.0, 3.0, 1.0, 2.0, 3.0];
        assert!(Smoothing::restore(20, &mut Numbers::new(&broken)).is_none());
    }
}
