//! From signs to evidence: how far beyond its boundary is the most unusual one?
//!
//! An observation is unusual in several ways, and no single number sees all of them. Each kind of
//! sign is brought to the same scale, decades: `−log₁₀` of how often a calm stream shows as much.
//! The largest decides.
//!
//! | kind | what it is | sees |
//! |---|---|---|
//! | [`EvidenceKind::Range`] | how far the value lies outside of the range seen so far | how extreme: a forest's score is bounded |
//! | [`EvidenceKind::Level`] | the same of the smoothed score | a stretch that is a little unusual, or too usual |
//! | [`EvidenceKind::Score`] | the score of the observation alone, against a fixed height | an isolated value inside of the range |
//! | [`EvidenceKind::Change`] | the error of a prediction from the newest values | a break, a wrong shape |
//! | [`EvidenceKind::Season`] | the distance to the same phase of past cycles | a missing peak, a lost amplitude, a stuck value |
//! | [`EvidenceKind::Stillness`] | how much less than usual the newest values moved | a stuck value, a signal gone quiet |
//! | [`EvidenceKind::Relation`] | the error of an input predicted from all others | one faulty input of many |
//! | [`EvidenceKind::Tail`] | the score of the shingle, with thresholds that know nothing else | a wrong shape |
//!
//! Exchangeable values leave their range ever more rarely: the n-th upwards with probability `1 /
//! n`. That needs no assumption about their distribution, which is why two of the kinds rest on it.
//! Values that leave their range again and again (a trend, a random walk) are not exchangeable:
//! each time counts less, by the [recent alarms](AlarmRate). Nor are the values of a series that
//! can be predicted: a smooth path leaves its range in many small steps. So a range reaches as far
//! as [predictions may miss](super::channels), and level counts by the fourth power of what the
//! predictors leave [unexplained](PREDICTED). Where that is much, the error of the prediction is
//! hardly more than the value itself and counts less.
//!
//! The other kinds rest on tails, and a tail that raises alarms again and again is heavier than it
//! looks: their recent [alarms](Alarms) count too, each by a twentieth of what it counts for
//! ranges. What lies far beyond the bulk and yet is found in most stretches is a [burst](Bursts),
//! which is usual, of one input or of a channel; and so are a few steps of a switch.

mod alarms;
mod bursts;
mod conformal;
mod peaks;
mod quantile;
mod record;
mod tail;

pub(crate) use alarms::{AlarmRate, Alarms};
pub(crate) use bursts::Bursts;
pub(crate) use conformal::Conformal;
pub(crate) use peaks::{OF_BULK, Peaks};
pub(crate) use record::Range;
pub(crate) use tail::Tail;

use super::statistics::Moments;
use crate::parameters;

/// How scores become decisions. Evidence has its boundary at 1 with each of these.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Threshold {
    /// All kinds of evidence, calibrated; the largest decides.
    Calibrated {
        /// The share of the records of a calm stream that may exceed the boundary, in (0, 0.5];
        /// default 0.0005. There are fewer alerts, since an event has only one. Less means fewer
        /// false alarms and more misses.
        false_alarm_rate: f64,
    },
    /// The score against the tail of the scores before it: peaks over a running quantile, with an
    /// exponential tail as extreme value theory has it.
    ExtremeValue {
        /// A usual record exceeds the boundary once in `10^decades`.
        decades: f64,
    },
    /// The score against mean and deviation of the scores before it.
    Deviations {
        /// So many deviations above the mean.
        factor: f64,
    },
    /// The score against a high quantile of the scores before it, followed online: that share of
    /// records exceeds it in the long run, whatever the law of their scores and however unusual
    /// they are; a multiple of it at first where high scores come in runs (2.3 times as many in
    /// 40,000 records of a sine at 3 decades). The first decision waits for `10^decades` records,
    /// so that 2 or 3 is what serves.
    Quantile {
        /// One record in `10^decades` exceeds the boundary.
        decades: f64,
    },
    /// A fixed boundary for the score.
    Fixed {
        /// The score above which a record is a candidate.
        score: f64,
    },
}

impl Default for Threshold {
    fn default() -> Self {
        Self::Calibrated {
            false_alarm_rate: FALSE_ALARM_RATE,
        }
    }
}

impl Threshold {
    /// A parameter that is out of range.
    pub(crate) fn invalid(self) -> Option<f64> {
        let parameters = match self {
            Self::Calibrated { false_alarm_rate } => {
                let allows = parameters::FALSE_ALARM_RATE.allows(false_alarm_rate);
                return (!allows).then_some(false_alarm_rate);
            }
            Self::ExtremeValue { decades } | Self::Quantile { decades } => vec![decades],
            Self::Deviations { factor } => vec![factor],
            Self::Fixed { score } => vec![score],
        };
        let valid = |value: &f64| *value > 0.0 && *value <= 1e6;
        parameters.into_iter().find(|value| !valid(value))
    }
}

/// A kind of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum EvidenceKind {
    /// A value lies outside of the range seen so far.
    Range,
    /// The smoothed score lies outside of its range: a stretch of records is unusual.
    Level,
    /// The score of the record alone is high.
    Score,
    /// The score of the shingle is far out in the tail of scores.
    Tail,
    /// The newest values do not continue as predicted.
    Change,
    /// The newest values are not what past cycles had at this phase.
    Season,
    /// An input does not follow from the others as it used to.
    Relation,
    /// The newest values hardly move.
    Stillness,
}

impl EvidenceKind {
    /// One word for machines: the name in snake case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Level => "level",
            Self::Score => "score",
            Self::Tail => "tail",
            Self::Change => "change",
            Self::Season => "season",
            Self::Relation => "relation",
            Self::Stillness => "stillness",
        }
    }
}

/// A sign of one kind, in decades: `−log₁₀` of how often a calm stream shows as much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sign {
    pub(crate) kind: EvidenceKind,
    pub(crate) decades: f64,
    /// The input that shows it, if it is one.
    pub(crate) input: Option<usize>,
}

impl Sign {
    pub(crate) const fn none(kind: EvidenceKind) -> Self {
        Self {
            kind,
            decades: 0.0,
            input: None,
        }
    }

    /// Keeps the largest of several inputs.
    pub(crate) fn raise(&mut self, decades: f64, input: usize) {
        if decades > self.decades {
            (self.decades, self.input) = (decades, Some(input));
        }
    }
}

/// Evidence in units of its boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) size: f64,
    pub(crate) kind: EvidenceKind,
    /// The input that shows it, if it is one.
    pub(crate) input: Option<usize>,
}

impl Evidence {
    pub(crate) const NONE: Self = Self {
        size: 0.0,
        kind: EvidenceKind::Tail,
        input: None,
    };

    fn of(kind: EvidenceKind, size: f64) -> Self {
        Self {
            size: size.min(LARGEST),
            kind,
            input: None,
        }
    }

    fn or(self, other: Self) -> Self {
        if other.size > self.size { other } else { self }
    }
}

/// No evidence counts more: beside a boundary of next to nothing it would be infinite, and the
/// event that it opens could not be saved.
const LARGEST: f64 = 1e12;
/// The default of the one knob: 3.3 decades.
pub(crate) const FALSE_ALARM_RATE: f64 = parameters::FALSE_ALARM_RATE.real();
/// Distance outside of a range, in widths, that counts in full.
const MARGIN: f64 = 0.02;
/// A score of an observation alone counts from this share of the highest possible one on.
const HEIGHT: f64 = 0.5625;
/// Signs of the channels.
pub(crate) const SIGNS: usize = 4;
/// Shares of the rate that these may claim: relations and changes a fifth each, seasons a
/// twentieth, stillness a tenth. Compared by families of series, among them real ones with planted
/// events; see `docs/accuracy.md`.
const SHARES: [f64; SIGNS] = [0.2, 0.2, 0.05, 0.1];
/// Where the predictors leave less than this share of the deviation unexplained, a series counts as
/// predictable: level counts less. Where they leave more, their error does.
const PREDICTED: f64 = 0.2;
/// Weight of the newest score in the smoothed one.
const SMOOTHING: f64 = 0.1;
/// Smoothed scores in a row that count as one, since they are alike. Chosen by families of series,
/// of 1, 3 and 10.
const OF_A_KIND: f64 = 3.0;
/// Weight in the tail of scores beyond the boundary that belong to a reported event.
const OF_AN_EVENT: f64 = 0.02;
/// Scores that are seen before a kind that compares scores counts.
const KNOWN_SCORES: f64 = 100.0;

/// What is known of the scores so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Scores {
    /// Scores of records alone: smoothed, and the range of that.
    pub(crate) smoothed: f64,
    pub(crate) levels: Range,
    /// How usual it is that values, and the smoothed score, leave their ranges.
    pub(crate) value_alarms: AlarmRate,
    pub(crate) level_alarms: AlarmRate,
    /// Scores of records alone, in units of [`HEIGHT`].
    pub(crate) heights: Conformal,
    /// Scores of shingles.
    pub(crate) tail: Tail,
    pub(crate) moments: Moments,
}

/// The scores of one record: alone, and in its shingle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) alone: f64,
    pub(crate) shingle: f64,
    /// The highest possible score.
    pub(crate) highest: f64,
}

impl Pair {
    /// The score of the record alone, in units of the one from which on it counts.
    fn height(self) -> f64 {
        self.alone / (HEIGHT * self.highest)
    }
}

impl Scores {
    /// The evidence in the scores of a record, with the excess of its values over their ranges.
    pub(crate) fn evidence(
        &self,
        threshold: Threshold,
        scores: Pair,
        outside: Outside<'_>,
    ) -> Evidence {
        let none = Evidence::NONE;
        match threshold {
            Threshold::Fixed { score } => Evidence::of(EvidenceKind::Score, scores.shingle / score),
            Threshold::Deviations { .. } | Threshold::Quantile { .. } => {
                let boundary = self.boundary(threshold);
                Evidence::of(EvidenceKind::Tail, ratio(scores.shingle, boundary))
            }
            Threshold::ExtremeValue { decades } => {
                let surprise = self.tail.surprise(scores.shingle);
                Evidence::of(EvidenceKind::Tail, surprise / decades)
            }
            Threshold::Calibrated { false_alarm_rate } => {
                let boundary = decades(false_alarm_rate);
                let range = self.value_alarms.discount(outside.range(), 1.0);
                let level = self.level(scores.alone, outside);
                let level = self.level_alarms.discount(level, 1.0);
                let height = scores.height();
                let rarity = decades(self.heights.p_value(height));
                let height = height * decades(FALSE_ALARM_RATE);
                let levels = self.levels.count / OF_A_KIND;
                let Excess { inputs, count, .. } = outside.excess;
                // To look at so many inputs is to see records so many times as often.
                let looks = libm::log10(inputs as f64);
                let signs = [
                    (
                        EvidenceKind::Range,
                        (records(range, count) - looks).max(0.0),
                    ),
                    (EvidenceKind::Level, records(level, levels)),
                    (EvidenceKind::Score, height.min(rarity)),
                ];
                let signs = signs.into_iter().fold(none, |largest, (kind, decades)| {
                    largest.or(Evidence::of(kind, decades / boundary))
                });
                let pairs = outside.signs.iter().zip(outside.alarms);
                pairs.fold(signs, |largest, (sign, alarms)| {
                    let decades = alarms.discount(outside.decades(sign), boundary);
                    largest.or(Evidence {
                        size: (decades / boundary).min(LARGEST),
                        kind: sign.kind,
                        input: sign.input,
                    })
                })
            }
        }
    }

    /// The score of a shingle at which a record becomes a candidate, if nothing else makes it one.
    pub(crate) fn boundary(&self, threshold: Threshold) -> f64 {
        match threshold {
            Threshold::Fixed { score } => score,
            Threshold::Deviations { factor } => {
                self.moments.mean + factor * self.moments.deviation()
            }
            Threshold::ExtremeValue { decades } => self.tail.score_at(decades),
            Threshold::Quantile { decades } => self.tail.exceeded_by(share(decades)),
            Threshold::Calibrated { false_alarm_rate } => {
                self.tail.score_at(decades(false_alarm_rate))
            }
        }
    }

    fn smooth(&self, score: f64) -> f64 {
        if self.levels.count == 0.0 {
            score
        } else {
            self.smoothed + SMOOTHING * (score - self.smoothed)
        }
    }

    /// How far the smoothed score would lie outside of its range, in margins.
    fn level(&self, score: f64, outside: Outside<'_>) -> f64 {
        if self.levels.count >= KNOWN_SCORES {
            let margin = margin(outside.excess.inputs);
            self.levels.excess(self.smooth(score), None) / margin * outside.unforeseen()
        } else {
            0.0
        }
    }

    /// Learns the scores of a record, and how far its values lay outside; that of its shingle is
    /// [learned later](Self::push_shingle). `silent`: an alert still speaks for the record, or it
    /// is too early for any.
    pub(crate) fn push(
        &mut self,
        threshold: Threshold,
        scores: Pair,
        outside: Outside<'_>,
        silent: bool,
    ) {
        if let Threshold::Calibrated { .. } = threshold {
            let counts = |beyond: bool| beyond && !silent;
            self.value_alarms.push(counts(outside.range() > 1.0));
            let level = self.level(scores.alone, outside);
            self.level_alarms.push(counts(level > 1.0));
        }
        self.smoothed = self.smooth(scores.alone);
        self.levels.push(self.smoothed);
        self.heights.push(scores.height());
    }

    /// Learns the score of a shingle whose records have left the window. `of_event`: it lay beyond
    /// the boundary, and an alert speaks for it.
    pub(crate) fn push_shingle(
        &mut self,
        threshold: Threshold,
        score: f64,
        keep: f64,
        of_event: bool,
    ) {
        if let Threshold::Quantile { decades } = threshold {
            self.tail.follow(score, keep, share(decades));
        } else {
            let weight = if of_event { OF_AN_EVENT } else { 1.0 };
            self.tail.push(score, keep, weight);
        }
        self.moments.push(score, keep);
    }
}

/// What is known of a record besides its scores.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outside<'a> {
    pub(crate) excess: Excess,
    /// Of the [channels](super::channels).
    pub(crate) signs: &'a [Sign],
    /// How often each of them was an alarm of late.
    pub(crate) alarms: [Alarms; SIGNS],
    /// Share of the deviation that the predictors leave unexplained.
    pub(crate) unexplained: f64,
}

impl Outside<'_> {
    /// How far the values lie outside of their ranges, in margins.
    fn range(self) -> f64 {
        self.excess.largest / MARGIN
    }

    /// Decades of a sign within its share of the rate.
    fn decades(self, sign: &Sign) -> f64 {
        let decades = (sign.decades - looks_of(sign.kind)).max(0.0);
        match sign.kind {
            EvidenceKind::Change if self.unexplained > PREDICTED => {
                decades * (PREDICTED / self.unexplained)
            }
            _ => decades,
        }
    }

    /// How far signs lie beyond the boundary by themselves, however often they did; 0 within.
    pub(crate) fn beyond(self, threshold: Threshold) -> [f64; SIGNS] {
        let Threshold::Calibrated { false_alarm_rate } = threshold else {
            return [0.0; SIGNS];
        };
        let mut beyond = [0.0; SIGNS];
        for (beyond, sign) in beyond.iter_mut().zip(self.signs) {
            *beyond = (self.decades(sign) - decades(false_alarm_rate)).max(0.0);
        }
        beyond
    }

    /// What leaving the range of scores means: little where the path is foreseen.
    fn unforeseen(self) -> f64 {
        let share = (self.unexplained / PREDICTED).min(1.0);
        share * share * share * share
    }
}

/// The largest excess of the values of a record over their ranges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Excess {
    pub(crate) largest: f64,
    pub(crate) inputs: usize,
    /// Values in the ranges.
    pub(crate) count: f64,
}

/// Decades that are taken off a sign of a channel: to look at several is to be surprised more
/// often.
pub(crate) fn looks_of(kind: EvidenceKind) -> f64 {
    let [relation, change, season, stillness] = SHARES;
    decades(match kind {
        EvidenceKind::Relation => relation,
        EvidenceKind::Change => change,
        EvidenceKind::Season => season,
        _ => stillness,
    })
}

/// The margin of the smoothed score, which rests on all inputs at once.
fn margin(inputs: usize) -> f64 {
    MARGIN * (1.0 + 2.0 * libm::log(inputs as f64))
}

/// Decades of leaving the range of so many values by so many margins: the next one is the largest
/// with probability `1 / n`, which is not counted beyond the default rate, lest the margin shrink;
/// and what lies beyond counts as an exponential tail has it. Its width grows by `2 / ln 10`
/// decades with each decade of values, so that a width is `2 log₁₀ n` decades.
fn records(margins: f64, count: f64) -> f64 {
    let values = libm::log10(count.max(1.0));
    let largest = values.min(decades(FALSE_ALARM_RATE));
    largest * margins.min(1.0) + margins * MARGIN * 2.0 * values.max(1.0)
}

fn decades(rate: f64) -> f64 {
    -libm::log10(rate)
}

/// One in `10^decades`.
fn share(decades: f64) -> f64 {
    libm::pow(10.0, -decades)
}

fn ratio(score: f64, boundary: f64) -> f64 {
    if boundary > 0.0 {
        score / boundary
    } else {
        0.0
    }
}
