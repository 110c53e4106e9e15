//! Evidence of changes: whether an input continues as predicted from its newest values and from
//! past cycles.
//!
//! Two errors, each averaged over the newest [`SPAN`] records:
//!
//! * of a one-step prediction from recent and seasonal lags. It sees spikes, breaks and wrong
//!   shapes at once, but not what changes slowly: the prediction follows. [Steps](super::steps)
//!   that come again and again to the same value are no errors; the prediction continues from
//!   there.
//! * of the median of the same phase in the last three cycles. It sees a peak that is missing, an
//!   amplitude that is lost, a drift or a stuck value. The median of three forgets a single odd
//!   cycle, so that one anomaly is not found again one period later.

use super::steps::Steps;
use crate::detector::evidence::{OF_BULK, Peaks};
use crate::predictor::numbers::Numbers;
use crate::predictor::{Autoregression, History, PeriodFinder, Window};

/// Records over which errors are averaged.
pub(crate) const SPAN: usize = 8;
/// Recent lags of the prediction.
pub(crate) const ORDER: usize = 8;
/// The longest period that is looked for.
pub(crate) const LONGEST: usize = 400;
/// Weight of a record relative to the next one in the regression.
pub(crate) const FORGETTING: f64 = 0.9995;
/// Cycles that say what is usual at a phase.
const CYCLES: usize = 3;
/// Values that these cycles take, also of the value that leaves the recent lags.
const KEPT: usize = CYCLES * LONGEST + ORDER + 1;
/// A value further than this many mean distances from past cycles enters seasonal lags as one that
/// far away.
const ECHO: f64 = 3.0;
/// Past cycles have an edge where they jump by this many deviations from a row to the next.
const EDGE: f64 = 1.0;
/// Distances by which their mean is known.
const KNOWN: f64 = 30.0;
/// Mean errors below this many deviations of the series are none.
const LEAST: f64 = 1e-3;
/// Mean errors of up to this many times the least are no surprise. The least moves with the
/// deviation, and where errors are hardly ever larger, its movements would be what is judged.
const VISIBLE: f64 = 1.5;
/// A value could be foreseen within this many mean errors of its prediction. Chosen by families of
/// series, of 4, 6 and 8.
const FORESEEN: f64 = 6.0;
/// Records over which the unexplained share is averaged.
const SHARE_MEMORY: f64 = 1000.0;

/// The change channel of one input.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) predictor: Autoregression,
    pub(crate) steps: Steps,
    pub(crate) finder: PeriodFinder,
    /// The newest values, for as many cycles of the longest period as are compared.
    pub(crate) history: History,
    pub(crate) window: Window,
    pub(crate) errors: Span,
    pub(crate) seasonal: Span,
    pub(crate) error_tail: Peaks,
    pub(crate) seasonal_tail: Peaks,
    /// Mean error in deviations of the values, each at most 1, and the number of errors in it.
    pub(crate) unexplained: f64,
    /// Mean distance to what past cycles had, as far as it [counts](ECHO), and the number of
    /// distances in it.
    pub(crate) spread: f64,
    pub(crate) cycles: f64,
    pub(crate) count: f64,
    /// Real values until errors are looked at again: predictions made from filled-in values are
    /// off.
    pub(crate) pause: usize,
    /// What was expected in place of the newest value: by the prediction, and by past cycles.
    pub(crate) predicted: Option<f64>,
    pub(crate) usual: Option<f64>,
    /// The newest value less what was predicted.
    pub(crate) error: Option<f64>,
}

impl Default for Change {
    fn default() -> Self {
        Self {
            predictor: Autoregression::new(ORDER, LONGEST, FORGETTING),
            steps: Steps::default(),
            finder: PeriodFinder::new(LONGEST),
            history: History::new(KEPT),
            window: Window::default(),
            errors: Span::default(),
            seasonal: Span::default(),
            error_tail: Peaks::new(SPAN as u32, 0.0),
            seasonal_tail: Peaks::new(SPAN as u32, OF_BULK),
            unexplained: 1.0,
            spread: 0.0,
            cycles: 0.0,
            count: 0.0,
            pause: 0,
            predicted: None,
            usual: None,
            error: None,
        }
    }
}

impl Change {
    /// Takes a value and returns how surprising both errors are, in decades. A value that is not
    /// `real` was filled in: predictions continue from it, but it is not judged.
    pub(crate) fn push(&mut self, value: f64, real: bool, stepwise: bool) -> [f64; 2] {
        let periods = self.finder.periods();
        // A series without noise is predicted to the bit: what is smaller than rounding, or
        // invisible next to the movement of the series, is not an error.
        let rounding = 4.0 * f64::EPSILON * value.abs();
        let least = f64::max(rounding, LEAST * self.window.deviation()).max(f64::MIN_POSITIVE);
        self.predicted = self.predictor.prediction();
        self.error = self.predicted.map(|predicted| value - predicted);
        let values = self.history.values();
        self.usual = median_of_cycles(values, values.len(), periods[0]);
        let seasonal = self
            .usual
            .map(|usual| self.distance_to_cycles(value, usual, periods[0]));
        let is_judged = real && self.pause == 0 && self.predictor.learned() > ORDER;
        let error = self.error.filter(|_| is_judged);
        let moved = value - self.history.newest().unwrap_or(value);
        let is_step = error.is_some_and(|error| self.steps.is_usual(value, moved, error));
        if is_step {
            self.predictor.step(value, periods);
        } else {
            self.predictor.push(value, periods);
        }
        self.history.push(value);
        self.forget_echo(periods[0]);
        self.window.push(value);
        self.finder.push(&self.history, &self.window);
        if !real || self.pause > 0 {
            self.pause = if real { self.pause - 1 } else { ORDER };
            self.errors.clear();
            self.seasonal.clear();
            return [0.0; 2];
        }

        let mut surprises = [0.0; 2];
        let visible = VISIBLE * least;
        match error {
            Some(error) if !is_step => {
                self.explain(error.abs());
                if let Some(mean) = self.errors.push(error.abs()) {
                    let mean = mean.max(least);
                    if mean > visible {
                        surprises[0] = self.error_tail.surprise_of(mean, stepwise);
                    }
                    self.error_tail.push(mean);
                }
            }
            _ => {}
        }
        match seasonal {
            None => self.seasonal.clear(),
            Some(seasonal) => {
                if let Some(mean) = self.seasonal.push(seasonal.abs()) {
                    let mean = mean.max(least);
                    if mean > visible {
                        surprises[1] = self.seasonal_tail.surprise_of(mean, stepwise);
                    }
                    self.seasonal_tail.push(mean);
                }
            }
        }
        surprises
    }

    /// The error beyond what predictions may miss by, with its sign.
    pub(crate) fn unforeseen(&self) -> Option<f64> {
        let usual = FORESEEN * self.steps.mean_error();
        self.error.map(|error| error - error.clamp(-usual, usual))
    }

    /// The share of the deviation that the prediction leaves unexplained; 1 while nothing is known.
    pub(crate) fn unexplained(&self) -> f64 {
        self.unexplained
    }

    /// How far a value is from what past cycles had at its phase. Edges come a little early or
    /// late: next to one, what they had a row before or after is as usual.
    fn distance_to_cycles(&self, value: f64, usual: f64, period: usize) -> f64 {
        let values = self.history.values();
        let jump = EDGE * self.window.deviation();
        let beside = [values.len() - 1, values.len() + 1];
        let beside = beside
            .into_iter()
            .filter_map(|at| median_of_cycles(values, at, period))
            .filter(|median| (median - usual).abs() > jump);
        let (low, high) = beside.fold((usual, usual), |(low, high), median| {
            (low.min(median), high.max(median))
        });
        value - value.clamp(low, high)
    }

    fn explain(&mut self, error: f64) {
        let deviation = self.window.deviation();
        let share = if error < deviation {
            error / deviation
        } else {
            f64::from(u8::from(error > 0.0))
        };
        self.count = (self.count + 1.0).min(SHARE_MEMORY);
        self.unexplained += (share - self.unexplained) / self.count;
    }

    /// Clips the newest value that no recent lag sees any more to what past cycles had at its
    /// phase. Seasonal lags would bring an anomaly back as a wrong prediction one and two periods
    /// later.
    fn forget_echo(&mut self, period: usize) {
        let values = self.history.values();
        let Some(at) = values.len().checked_sub(ORDER + 1) else {
            return;
        };
        let value = values[at];
        let Some(usual) = median_of_cycles(values, at, period) else {
            return;
        };
        let farthest = ECHO * self.spread;
        let mut distance = (value - usual).abs();
        if self.cycles >= KNOWN && self.spread > 0.0 {
            distance = distance.min(farthest);
            let (low, high) = (usual - farthest, usual + farthest);
            self.predictor.amend(ORDER, |value| value.clamp(low, high));
        }
        self.cycles = (self.cycles + 1.0).min(SHARE_MEMORY);
        self.spread += (distance - self.spread) / self.cycles;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.predictor.heap_bytes()
            + self.finder.heap_bytes()
            + self.history.heap_bytes()
            + self.error_tail.heap_bytes()
            + self.seasonal_tail.heap_bytes()
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        self.predictor.save(numbers);
        self.steps.save(numbers);
        self.finder.save(numbers);
        self.history.save(numbers);
        self.window.save(numbers);
        self.errors.save(numbers);
        self.seasonal.save(numbers);
        self.error_tail.save(numbers);
        self.seasonal_tail.save(numbers);
        numbers.extend([self.unexplained, self.count, self.spread, self.cycles]);
        numbers.push(self.pause as f64);
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        Some(Self {
            predictor: Autoregression::restore(ORDER, LONGEST, FORGETTING, numbers)?,
            steps: Steps::restore(numbers)?,
            finder: PeriodFinder::restore(LONGEST, numbers)?,
            history: History::restore(KEPT, numbers)?,
            window: Window::restore(numbers)?,
            errors: Span::restore(numbers)?,
            seasonal: Span::restore(numbers)?,
            error_tail: Peaks::restore(SPAN as u32, 0.0, numbers)?,
            seasonal_tail: Peaks::restore(SPAN as u32, OF_BULK, numbers)?,
            unexplained: numbers.amount().filter(|&share| share <= 1.0)?,
            count: numbers.amount().filter(|&count| count <= SHARE_MEMORY)?,
            spread: numbers.amount()?,
            cycles: numbers.amount().filter(|&cycles| cycles <= SHARE_MEMORY)?,
            pause: numbers.index(ORDER)?,
            // Of the newest observation only, for its explanation.
            predicted: None,
            usual: None,
            error: None,
        })
    }
}

/// The median of the values one, two and three periods before the one at this place, which may be
/// the next or the one after it. Without three cycles there is none: the mean of fewer would repeat
/// an odd one.
fn median_of_cycles(values: &[f64], at: usize, period: usize) -> Option<f64> {
    if period < 2 {
        return None;
    }
    let ago = |cycles: usize| values.get(at.checked_sub(cycles * period)?).copied();
    let (first, second, third) = (ago(1)?, ago(2)?, ago(3)?);
    Some(first.min(second).max(first.max(second).min(third)))
}

/// Mean of the newest [`SPAN`] values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Span {
    /// A ring; `next` counts the values since it was cleared.
    pub(crate) values: [f64; SPAN],
    pub(crate) next: usize,
}

impl Span {
    fn clear(&mut self) {
        self.next = 0;
    }

    /// Takes a value; the mean, once there are enough values.
    fn push(&mut self, value: f64) -> Option<f64> {
        self.values[self.next % SPAN] = value;
        self.next += 1;
        if self.next >= 2 * SPAN {
            self.next -= SPAN;
        }
        // Summed from scratch each time: a running sum would drift, and remember huge values for
        // ever.
        (self.next >= SPAN).then(|| self.values.iter().sum::<f64>() / SPAN as f64)
    }

    fn save(&self, numbers: &mut Vec<f64>) {
        numbers.push(self.next as f64);
        numbers.extend(self.values);
    }

    fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut span = Self {
            next: numbers.index(2 * SPAN - 1)?,
            ..Self::default()
        };
        for value in &mut span.values {
            *value = numbers.amount()?;
        }
        Some(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    const PERIOD: usize = 48;

    fn daily(t: usize, random: &mut Random) -> f64 {
        let phase = t as f64 * std::f64::consts::TAU / PERIOD as f64;
        libm::exp(phase.sin()) + 0.1 * random.normal()
    }

    /// The largest surprises from record 3,000 on, of a stream that `fault` changes.
    fn surprises(fault: impl Fn(usize, f64) -> f64) -> [f64; 2] {
        let (mut channel, mut random) = (Change::default(), Random::new(1));
        let mut largest = [0.0f64; 2];
        for t in 0..3_200 {
            let value = fault(t, daily(t, &mut random));
            for (largest, surprise) in largest.iter_mut().zip(channel.push(value, true, false)) {
                *largest = if t < 3_000 {
                    0.0
                } else {
                    largest.max(surprise)
                };
            }
        }
        largest
    }

    #[test]
    fn faults_are_seen_and_calm_is_not() {
        let calm = surprises(|_, value| value);
        assert!(calm[0] < 4.0 && calm[1] < 4.0, "{calm:?}");
        let spike = surprises(|t, value| value + if t == 3_100 { 3.0 } else { 0.0 });
        assert!(spike[0] > 6.0, "{spike:?}");
        let lost = surprises(|t, value| {
            if t > 3_050 {
                1.2 + 0.4 * (value - 1.2)
            } else {
                value
            }
        });
        assert!(lost[1] > 5.0, "{lost:?}");
        let stuck = surprises(|t, value| if t > 3_060 { 0.5 } else { value });
        assert!(stuck[1] > 5.0, "{stuck:?}");
    }

    #[test]
    fn an_edge_comes_a_row_early_or_late_and_a_pulse_that_is_missing_is_seen() {
        let largest = |missing: usize| {
            let (mut channel, mut random) = (Change::default(), Random::new(3));
            let (mut late, mut largest) = (0, 0.0f64);
            for t in 0..6_000 {
                if t % PERIOD == 0 {
                    late = usize::from(random.unit() < 0.3);
                }
                let is_on = t % PERIOD >= 10 + late && t % PERIOD < 20 && t / PERIOD != missing;
                let value = f64::from(u8::from(is_on)) + 0.01 * random.normal();
                let [_, seasonal] = channel.push(value, true, false);
                largest = if t < 3_000 {
                    0.0
                } else {
                    largest.max(seasonal)
                };
            }
            largest
        };
        let (calm, missing) = (largest(usize::MAX), largest(100));
        assert!(calm < 4.5 && missing > 8.0, "{calm} {missing}");
    }

    #[test]
    fn one_odd_cycle_has_no_echo() {
        let (mut channel, mut random) = (Change::default(), Random::new(2));
        for t in 0..4_000 {
            let value = daily(t, &mut random) + if t == 3_000 { 4.0 } else { 0.0 };
            let [_, seasonal] = channel.push(value, true, false);
            if t > 3_000 + SPAN {
                assert!(seasonal < 4.0, "{seasonal} at {t}");
            }
        }
    }

    #[test]
    fn a_shifted_stretch_does_not_come_back_as_a_wrong_prediction() {
        // Surprises around the phase of the event in the next three periods: 8 where lags bring it
        // back.
        let largest = |shift: f64| {
            let (mut channel, mut random) = (Change::default(), Random::new(4));
            let mut largest = 0.0f64;
            for t in 0..3_200 {
                let event = (3_000..3_010).contains(&t);
                let value = daily(t, &mut random) + if event { shift } else { 0.0 };
                let [error, _] = channel.push(value, true, false);
                if (3_000 + PERIOD - SPAN..3_000 + 3 * PERIOD).contains(&t) {
                    largest = largest.max(error);
                }
            }
            largest
        };
        let (calm, after) = (largest(0.0), largest(1.5));
        assert!(calm < 3.0 && after < 3.0, "{calm} {after}");
    }

    #[test]
    fn resets_are_usual_and_do_not_hide_a_dip() {
        let largest = |dip: f64| {
            let (mut channel, mut random) = (Change::default(), Random::new(5));
            let (mut x, mut limit, mut largest) = (0.0, 100.0, 0.0f64);
            for t in 0..6_000 {
                x += 1.0 + 0.3 * random.normal();
                if x > limit {
                    x = 10.0 + 3.0 * random.unit();
                    limit = 90.0 + 20.0 * random.unit();
                }
                let event = (5_000..5_010).contains(&t);
                let value = x - if event { dip } else { 0.0 };
                let [error, _] = channel.push(value, true, false);
                largest = if t < 1_000 { 0.0 } else { largest.max(error) };
            }
            largest
        };
        let (calm, found) = (largest(0.0), largest(30.0));
        assert!(calm < 3.0 && found > 4.0, "{calm} {found}");
    }

    #[test]
    fn white_noise_is_unexplained_and_a_wave_is_not() {
        let (mut noise, mut wave) = (Change::default(), Change::default());
        let mut random = Random::new(3);
        for t in 0..2_000 {
            noise.push(random.normal(), true, false);
            wave.push((f64::from(t) / 9.0).sin(), true, false);
        }
        assert!(noise.unexplained() > 0.5, "{}", noise.unexplained());
        assert!(wave.unexplained() < 0.01, "{}", wave.unexplained());
    }
}
