//! What a stream does, next to what it is: signs that no forest sees.
//!
//! On a smooth series the values of a shingle are nearly equal, so cuts follow the level, and a
//! small change of course is invisible to a forest of values. These channels look at it directly;
//! each is cheap, of fixed size, and calibrated by its own [tails](super::evidence::Peaks):
//!
//! | channel | question |
//! |---|---|
//! | [`change`] | Does an input continue as it did a moment ago, and as it did one period ago? |
//! | [`stillness`] | Does an input move at all? |
//! | [`relations`] | Does an input follow from all the others? |
//!
//! An input that mostly stays where it is, a switch or a state, is *stepwise*: its errors are whole
//! steps, and are [usual](super::evidence::Bursts) once there were a few.

mod change;
mod relations;
mod steps;
mod stillness;

pub(crate) use change::Change;
pub(crate) use relations::Relations;
pub(crate) use stillness::Stillness;

use super::evidence::{Alarms, Bursts, EvidenceKind, Excess, Outside, SIGNS, Sign};
use crate::predictor::numbers::Numbers;

/// The channels of a detector.
#[derive(Debug, Clone)]
pub(crate) struct Channels {
    /// The first value of each input. Channels see distances to it: what they compute of a signal
    /// around 10¹² is what they compute of the same signal around 0.
    pub(crate) first: Vec<f64>,
    /// One of these for each input.
    pub(crate) changes: Vec<Change>,
    pub(crate) stillness: Vec<Stillness>,
    /// Only with several inputs.
    pub(crate) relations: Option<Relations>,
    /// How often each sign was an alarm of late, in the order of [`push`](Self::push).
    alarms: [Alarms; SIGNS],
    /// The newest values relative to the first ones, of no meaning between calls.
    relative: Vec<f64>,
}

impl Channels {
    pub(crate) fn new(inputs: usize) -> Self {
        Self {
            first: Vec::with_capacity(inputs),
            changes: vec![Change::default(); inputs],
            stillness: vec![Stillness::default(); inputs],
            relations: (inputs > 1).then(|| Relations::new(inputs)),
            alarms: [Alarms::default(); SIGNS],
            relative: Vec::with_capacity(inputs),
        }
    }

    /// Takes the values of a record, gaps filled in, and returns what is most unusual about them,
    /// for each kind. Inputs that are not `real` are not judged.
    pub(crate) fn push(&mut self, values: &[f64], real: impl Fn(usize) -> bool) -> [Sign; SIGNS] {
        if self.first.is_empty() {
            self.first.extend_from_slice(values);
        }
        self.relative.clear();
        let pairs = values.iter().zip(&self.first);
        self.relative
            .extend(pairs.map(|(value, first)| value - first));
        let values = &self.relative[..];
        // To look at this many inputs is to be surprised this many times as often.
        let looks = libm::log10(values.len() as f64);
        let mut change = Sign::none(EvidenceKind::Change);
        let mut season = Sign::none(EvidenceKind::Season);
        let mut stillness = Sign::none(EvidenceKind::Stillness);
        let mut relation = Sign::none(EvidenceKind::Relation);
        for (input, (channel, &value)) in self.changes.iter_mut().zip(values).enumerate() {
            let stepwise = self.stillness[input].is_stepwise();
            let [error, seasonal] = channel.push(value, real(input), stepwise);
            change.raise(error - looks, input);
            season.raise(seasonal - looks, input);
            let still = self.stillness[input].push(value, real(input));
            stillness.raise(still - looks, input);
        }
        if let Some(relations) = &mut self.relations {
            let (surprise, input) =
                relations.push(values, real, |input| self.stillness[input].is_stepwise());
            relation.raise(surprise - looks, input);
        }
        [change, season, relation, stillness]
    }

    /// What a channel expected in place of the newest value of an input.
    pub(crate) fn expected(&self, kind: EvidenceKind, input: usize) -> Option<f64> {
        let relative = match kind {
            EvidenceKind::Season => self.changes[input].usual,
            EvidenceKind::Stillness => {
                let change = &self.changes[input];
                change.usual.or(change.predicted)
            }
            EvidenceKind::Relation => self.relations.as_ref().map(|all| all.expected(input)),
            _ => self.changes[input].predicted,
        };
        Some(self.first.get(input)? + relative?)
    }

    /// How far the newest value of an input lies above (or below: negative) all that the prediction
    /// may miss.
    pub(crate) fn unforeseen(&self, input: usize) -> Option<f64> {
        self.changes[input].unforeseen()
    }

    /// What is known of an observation besides its scores.
    pub(crate) fn outside<'a>(&self, excess: Excess, signs: &'a [Sign]) -> Outside<'a> {
        Outside {
            excess,
            signs,
            alarms: self.alarms,
            unexplained: self.unexplained(),
        }
    }

    /// Takes note of how far the signs of an observation lay beyond the boundary.
    pub(crate) fn note(&mut self, beyond: [f64; SIGNS], silent: bool) {
        for (alarms, beyond) in self.alarms.iter_mut().zip(beyond) {
            alarms.push(beyond, silent);
        }
    }

    /// Share of the values' deviation that the predictors leave unexplained, of the input that is
    /// predicted worst; 1 while nothing is known.
    fn unexplained(&self) -> f64 {
        let shares = self.changes.iter().map(Change::unexplained);
        shares.fold(0.0, f64::max)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let changes = self.changes.iter().map(Change::heap_bytes).sum::<usize>();
        let stillness = self.stillness.iter().map(Stillness::heap_bytes);
        self.changes.capacity() * size_of::<Change>()
            + self.stillness.capacity() * size_of::<Stillness>()
            + stillness.sum::<usize>()
            + 8 * (self.first.capacity() + self.relative.capacity())
            + changes
            + self.relations.as_ref().map_or(0, Relations::heap_bytes)
    }

    pub(crate) fn save(&self, numbers: &mut Vec<f64>) {
        numbers.push(self.first.len() as f64);
        numbers.extend(&self.first);
        self.changes.iter().for_each(|change| change.save(numbers));
        self.stillness.iter().for_each(|still| still.save(numbers));
        if let Some(relations) = &self.relations {
            relations.save(numbers);
        }
        for alarms in &self.alarms {
            numbers.push(alarms.rate.times);
            alarms.bursts.save(numbers);
        }
    }

    /// What [`save`](Self::save) wrote, of this many inputs.
    pub(crate) fn restore(inputs: usize, numbers: &mut Numbers<'_>) -> Option<Self> {
        let mut first = vec![0.0; numbers.index(inputs)?];
        numbers.fill(&mut first)?;
        if !first.is_empty() && first.len() != inputs {
            return None;
        }
        let changes = (0..inputs)
            .map(|_| Change::restore(numbers))
            .collect::<Option<_>>()?;
        let stillness = (0..inputs)
            .map(|_| Stillness::restore(numbers))
            .collect::<Option<_>>()?;
        let relations = if inputs > 1 {
            Some(Relations::restore(inputs, numbers)?)
        } else {
            None
        };
        let mut alarms = [Alarms::default(); SIGNS];
        for alarms in &mut alarms {
            alarms.rate.times = numbers.amount()?;
            alarms.bursts = Bursts::restore(numbers)?;
        }
        Some(Self {
            first,
            changes,
            stillness,
            relations,
            alarms,
            relative: Vec::with_capacity(inputs),
        })
    }
}
