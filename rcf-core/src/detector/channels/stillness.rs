//! Whether an input moves much less than usual: a stuck sensor, a signal that has gone quiet.
//!
//! All other signs grow with an error, and a value that stays where it is has none: a prediction
//! from the newest values is right about it. What is looked at here is `ln(usual step / mean of the
//! newest 16 steps)`. The mean of `k` steps of noise is below a small share `r` of the usual one
//! with a probability of about `rᵏ`, so that this sign has an exponential tail.
//!
//! A machine that is switched off every night is another matter: its still stretches have no tail
//! in common with noise. So they are counted, and the next one surprises no more than their rate.

use crate::detector::evidence::{EvidenceKind, Peaks, looks_of};
use crate::predictor::numbers::Numbers;

/// Steps of which the mean is taken.
const SPAN: usize = 16;
/// A smaller share of the usual step counts as this one.
const LEAST: f64 = 1e-3;
/// A step is learned as at most this many usual ones, …
const CLIP: f64 = 8.0;
/// … once this many are known. A jump does not make all that follows look still.
const KNOWN: f64 = 30.0;
/// Steps over which the usual one is averaged.
const MEMORY: f64 = 1000.0;
/// What surprises by this many decades is a still stretch.
const STRETCH: f64 = 4.0;
/// An input is stepwise where this share of its steps is none.
const STEPWISE: f64 = 0.8;
/// Values over which still stretches are counted.
const STRETCHES_MEMORY: f64 = 4000.0;

/// The stillness channel of one input.
#[derive(Debug, Clone)]
pub(crate) struct Stillness {
    /// The newest real value.
    last: Option<f64>,
    /// A ring of steps; `next` counts those since the last gap.
    steps: [f64; SPAN],
    next: usize,
    /// Mean size of a step, and the number of steps in it.
    usual: f64,
    count: f64,
    /// The share of these that is 0.
    unmoved: f64,
    tail: Peaks,
    /// Values that were judged, and still stretches among them; both fade.
    judged: f64,
    stretches: f64,
    /// Values since the newest stretch, and the decades that it may surprise by.
    since: u32,
    most: f64,
}

impl Default for Stillness {
    fn default() -> Self {
        Self {
            last: None,
            steps: [0.0; SPAN],
            next: 0,
            usual: 0.0,
            count: 0.0,
            unmoved: 0.0,
            tail: Peaks::new(SPAN as u32, 0.0),
            judged: 0.0,
            stretches: 0.0,
            since: u32::MAX,
            most: 0.0,
        }
    }
}

impl Stillness {
    /// Takes a value and returns how surprising it is that the newest ones moved so little, in
    /// decades. Values that are not `real` were filled in, and are as still as the imputation makes
    /// them.
    pub(crate) fn push(&mut self, value: f64, real: bool) -> f64 {
        if !real {
            (self.last, self.next) = (None, 0);
            return 0.0;
        }
        let Some(last) = self.last.replace(value) else {
            return 0.0;
        };
        let step = (value - last).abs();
        self.learn(step);
        self.steps[self.next % SPAN] = step;
        self.next += 1;
        if self.next >= 2 * SPAN {
            self.next -= SPAN;
        }
        // Steps of the size of rounding are none.
        let is_moving = self.usual > 4.0 * f64::EPSILON * value.abs();
        if self.next < SPAN || !is_moving {
            return 0.0;
        }
        // Summed from scratch each time: a running sum would drift.
        let mean = self.steps.iter().sum::<f64>() / SPAN as f64;
        let share = (mean / self.usual).clamp(LEAST, 1.0);
        let sign = -libm::log(share);
        let surprise = self.tail.surprise(sign);
        self.tail.push(sign);
        self.as_often(surprise)
    }

    /// Whether the input mostly stays where it is: a switch, a state.
    pub(crate) fn is_stepwise(&self) -> bool {
        self.unmoved > STEPWISE
    }

    /// What is left of a surprise when the still stretches before it are counted.
    fn as_often(&mut self, surprise: f64) -> f64 {
        self.judged += 1.0 - self.judged / STRETCHES_MEMORY;
        self.stretches -= self.stretches / STRETCHES_MEMORY;
        self.since = self.since.saturating_add(1);
        if surprise < STRETCH {
            return surprise;
        }
        if self.since > SPAN as u32 {
            let often = self.stretches / self.judged;
            self.most = looks_of(EvidenceKind::Stillness) - libm::log10(often.max(1e-9));
            self.stretches += 1.0;
        }
        self.since = 0;
        surprise.min(self.most)
    }

    fn learn(&mut self, step: f64) {
        let unmoved = f64::from(u8::from(step == 0.0));
        let step = if self.count > KNOWN && self.usual > 0.0 {
            step.min(CLIP * self.usual)
        } else {
            step
        };
        self.count = (self.count + 1.0).min(MEMORY);
        self.usual += (step - self.usual) / self.count;
        self.unmoved += (unmoved - self.unmoved) / self.count;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.tail.heap_bytes()
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.push(f64::from(u8::from(self.last.is_some())));
        numbers.push(self.last.unwrap_or(0.0));
        numbers.push(self.next as f64);
        numbers.extend(self.steps);
        numbers.extend([self.usual, self.count, self.unmoved]);
        self.tail.save(numbers);
        numbers.extend([
            self.judged,
            self.stretches,
            f64::from(self.since),
            self.most,
        ]);
    }

    pub(crate) fn restore(numbers: &mut Numbers<'_>) -> Option<Self> {
        let is_known = numbers.index(1)? == 1;
        let last = numbers.value()?;
        let mut stillness = Self {
            last: is_known.then_some(last),
            next: numbers.index(2 * SPAN - 1)?,
            ..Self::default()
        };
        for step in &mut stillness.steps {
            *step = numbers.amount()?;
        }
        stillness.usual = numbers.amount()?;
        stillness.count = numbers.amount().filter(|&count| count <= MEMORY)?;
        stillness.unmoved = numbers.amount().filter(|&share| share <= 1.0)?;
        stillness.tail = Peaks::restore(SPAN as u32, 0.0, numbers)?;
        stillness.judged = numbers
            .amount()
            .filter(|&judged| judged <= STRETCHES_MEMORY)?;
        stillness.stretches = numbers.amount()?;
        stillness.since = u32::try_from(numbers.index(u32::MAX as usize)?).ok()?;
        stillness.most = numbers.amount()?;
        Some(stillness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    /// The largest surprises before observation 3,000 and after it.
    fn surprises(mut value: impl FnMut(usize, &mut Random) -> f64) -> [f64; 2] {
        let (mut channel, mut random) = (Stillness::default(), Random::new(1));
        let mut largest = [0.0f64; 2];
        for t in 0..3_200 {
            let surprise = channel.push(value(t, &mut random), true);
            let largest = &mut largest[usize::from(t >= 3_000)];
            *largest = largest.max(surprise);
        }
        largest
    }

    #[test]
    fn a_stuck_value_is_seen_and_noise_is_not() {
        let noise = |random: &mut Random| 20.0 + random.normal();
        let [calm, stuck] = surprises(|t, random| if t > 3_060 { 20.5 } else { noise(random) });
        assert!(calm < 4.5 && stuck > 8.0, "{calm} {stuck}");
        // Also one that continues with a tenth of its noise, about another level.
        let [_, quiet] = surprises(|t, random| {
            let value = noise(random);
            if t > 3_060 { 0.1 * value } else { value }
        });
        assert!(quiet > 6.0, "{quiet}");
    }

    #[test]
    fn repeated_stillness_is_usual() {
        // A machine that is off for 50 observations in 500.
        let [calm, later] = surprises(|t, random| {
            let is_off = t % 500 < 50;
            if is_off { 0.0 } else { 5.0 + random.normal() }
        });
        let surprising = |decades: f64| decades - looks_of(EvidenceKind::Stillness) > 3.3;
        assert!(surprising(calm) && !surprising(later), "{calm} {later}");
    }

    #[test]
    fn a_jump_does_not_make_all_that_follows_look_still() {
        let [calm, later] = surprises(|t, random| {
            let jump = if t == 3_000 { 1e9 } else { 0.0 };
            random.normal() + jump
        });
        assert!(calm < 4.5 && later < 4.5, "{calm} {later}");
    }

    #[test]
    fn constants_and_imputed_values_are_no_evidence() {
        assert_eq!(surprises(|_, _| 5.0), [0.0; 2]);
        let (mut channel, mut random) = (Stillness::default(), Random::new(2));
        for t in 0..3_000 {
            let real = t < 2_000;
            let value = if real { random.normal() } else { 0.5 };
            let surprise = channel.push(value, real);
            assert!(surprise < 4.5, "{surprise} at {t}");
        }
    }
}
