//! From scores and values to evidence: how far beyond its boundary is the most unusual sign?
//!
//! One record is unusual in several ways, and no single number sees all of them. So there are
//! several kinds of evidence, each measured in units of its own boundary, and the largest decides:
//!
//! | kind | what it is | sees |
//! |---|---|---|
//! | [`EvidenceKind::Range`] | how far the value lies outside of the range seen so far | how extreme: a forest's score is bounded |
//! | [`EvidenceKind::Level`] | the same of the smoothed score | a stretch that is a little unusual, or too usual |
//! | [`EvidenceKind::Score`] | the score of the record alone, against a fixed height | an isolated value inside of the range |
//! | [`EvidenceKind::Tail`] | the score of the shingle, against the tail of the scores before | a wrong shape |
//!
//! Exchangeable values leave their range ever more rarely: the n-th with probability `2 / n`. That
//! needs no assumption about their distribution, which is why two of the kinds rest on it. Values
//! that leave their range again and again (a trend, a random walk) are not exchangeable: each time
//! counts less, by a [`Habit`].

mod quantile;
mod record;
mod tail;

pub(crate) use record::{Habit, Range};
pub(crate) use tail::Tail;

use super::statistics::Moments;

/// How scores become decisions. Evidence has its boundary at 1 with each of these.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Threshold {
    /// All kinds of evidence, the largest decides.
    Combined {
        /// Distance outside of the range, of values and of the smoothed score, as a fraction of
        /// its width; default 0.02. For values of several inputs it is `1 + 2 ln(inputs)` times
        /// as large, since there are more to leave their range.
        margin: f64,
        /// Height of the score of a single record, as a fraction of the highest possible score
        /// `log₂(sample_size + 1)`; default 0.5625, which is 4.5 of 8. It counts only where such
        /// scores are rare, one in a thousand.
        height: f64,
        /// Surprise of the score of a shingle: it is exceeded once in `10^decades` usual records;
        /// default 4.
        decades: f64,
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
    /// records exceeds it in the long run, whatever the law of their scores and however unusual they
    /// are; a multiple of it at first where high scores come in runs (2.3 times as many in 40,000
    /// records of a sine at 3 decades). The first decision waits for `10^decades` records, so that 2
    /// or 3 is what serves.
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
        Self::Combined {
            margin: 0.02,
            height: 0.5625,
            decades: 4.25,
        }
    }
}

impl Threshold {
    /// A parameter that is out of range.
    pub(crate) fn invalid(self) -> Option<f64> {
        let parameters = match self {
            Self::Combined {
                margin,
                height,
                decades,
            } => vec![margin, height, decades],
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
        }
    }
}

/// Evidence in units of its boundary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) size: f64,
    pub(crate) kind: EvidenceKind,
}

impl Evidence {
    pub(crate) const NONE: Self = Self {
        size: 0.0,
        kind: EvidenceKind::Tail,
    };

    fn or(self, size: f64, kind: EvidenceKind) -> Self {
        if size > self.size {
            Self { size, kind }
        } else {
            self
        }
    }
}

/// Weight of the newest score in the smoothed one.
const SMOOTHING: f64 = 0.1;
/// Decades of surprise that make a high score of a record alone rare.
const RARE: f64 = 3.0;
/// Weight in the tail of scores beyond the boundary that belong to a reported event.
const OF_AN_EVENT: f64 = 0.02;
/// Scores that are seen before a kind that compares scores counts.
const KNOWN_SCORES: f64 = 100.0;

/// What is known of the scores so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Scores {
    /// Scores of records alone: smoothed, and the range of that.
    pub(crate) smoothed: f64,
    pub(crate) levels: Range,
    /// How usual it is that values, and the smoothed score, leave their ranges.
    pub(crate) value_habit: Habit,
    pub(crate) level_habit: Habit,
    /// The tail of scores of records alone.
    pub(crate) alone: Tail,
    /// Scores of shingles.
    pub(crate) tail: Tail,
    pub(crate) moments: Moments,
}

/// The scores of one record: alone, and in its shingle.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) alone: f64,
    pub(crate) shingle: f64,
}

impl Scores {
    /// The evidence in the scores of a record, with the excess of its values over their ranges; `highest`
    /// is the highest possible score.
    pub(crate) fn evidence(
        &self,
        threshold: Threshold,
        scores: Pair,
        excess: Excess,
        highest: f64,
    ) -> Evidence {
        let none = Evidence::NONE;
        match threshold {
            Threshold::Fixed { score } => none.or(scores.shingle / score, EvidenceKind::Score),
            Threshold::Deviations { .. } | Threshold::Quantile { .. } => {
                let boundary = self.boundary(threshold);
                none.or(ratio(scores.shingle, boundary), EvidenceKind::Tail)
            }
            Threshold::ExtremeValue { decades } => none.or(
                self.tail.surprise(scores.shingle) / decades,
                EvidenceKind::Tail,
            ),
            Threshold::Combined {
                margin,
                height,
                decades,
            } => {
                let range = self.value_habit.discount(excess.over(margin));
                let level = self.level(scores.alone) / margin;
                let level = self.level_habit.discount(level);
                let rarity = self.alone.surprise(scores.alone) / RARE;
                let mut height = scores.alone / (height * highest);
                if rarity < 1.0 {
                    height = height.min(rarity);
                }
                let surprise = self.tail.surprise(scores.shingle) / decades;
                none.or(range, EvidenceKind::Range)
                    .or(level, EvidenceKind::Level)
                    .or(height, EvidenceKind::Score)
                    .or(surprise, EvidenceKind::Tail)
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
            Threshold::Combined { decades, .. } => self.tail.score_at(decades),
        }
    }

    fn smooth(&self, score: f64) -> f64 {
        if self.levels.count == 0.0 {
            score
        } else {
            self.smoothed + SMOOTHING * (score - self.smoothed)
        }
    }

    /// How far the smoothed score would lie outside of its range.
    fn level(&self, score: f64) -> f64 {
        if self.levels.count >= KNOWN_SCORES {
            self.levels.excess(self.smooth(score))
        } else {
            0.0
        }
    }

    /// Learns the scores of a record, and how far its values lay outside; that of its shingle is
    /// [learned later](Self::push_shingle). `silent`: an alert still speaks for the record, or it is
    /// too early for any.
    pub(crate) fn push(
        &mut self,
        threshold: Threshold,
        scores: Pair,
        excess: Excess,
        keep: f64,
        silent: bool,
    ) {
        if let Threshold::Combined { margin, .. } = threshold {
            let counts = |beyond: bool| beyond && !silent;
            self.value_habit.push(counts(excess.over(margin) > 1.0));
            self.level_habit
                .push(counts(self.level(scores.alone) > margin));
        }
        self.smoothed = self.smooth(scores.alone);
        self.levels.push(self.smoothed);
        self.alone.push(scores.alone, keep, 1.0);
    }

    /// Learns the score of a shingle whose records have left the window. `of_event`: it lay beyond the
    /// boundary, and an alert speaks for it.
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

/// The largest excess of the values of a record over their ranges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Excess {
    pub(crate) largest: f64,
    pub(crate) inputs: usize,
}

impl Excess {
    /// In units of the margin.
    fn over(self, margin: f64) -> f64 {
        self.largest / (margin * (1.0 + 2.0 * libm::log(self.inputs as f64)))
    }
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
