//! Anomalies and suppressed candidates, so many of them that a page can list.

use rcf_core::Suppressed;
use rcf_stream::event::EventTime;

use crate::detect::Row;

/// How many are kept of each kind.
pub(super) const MOST: usize = 1_000;
/// Columns that are named in an explanation.
const NAMED: usize = 8;

/// A record that was reported, or suppressed.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) key: usize,
    /// Which record of its key it is about, from 0.
    pub(super) record: u64,
    /// Where that lies on the axis of times; NaN where that is not known.
    pub(super) place: f64,
    /// Its time as it was read; `None` for a record before the one that made it clear.
    pub(super) time: Option<EventTime>,
    /// Records after it that made it clear.
    pub(super) ago: u64,
    pub(super) sentence: String,
    /// The columns that explain most: which, its value, what was expected, its part of the score
    /// for being high and for being low.
    pub(super) columns: Vec<(usize, f64, f64, f64, f64)>,
    pub(super) score: f64,
    pub(super) threshold: f64,
    pub(super) evidence: f64,
    pub(super) p_value: f64,
    pub(super) confidence: f64,
    pub(super) grade: f64,
    pub(super) severity: f64,
    pub(super) suppressed: Option<Suppressed>,
}

impl Found {
    /// What a row says; `None` for one that is not a candidate.
    pub(super) fn of(
        row: &Row,
        key: usize,
        record: u64,
        place: f64,
        names: &[String],
    ) -> Option<Self> {
        let detection = &row.detection;
        let candidate = detection.candidate.as_deref()?;
        let ago = u64::from(candidate.relative_index.unsigned_abs()).min(record);
        let (high, low) = (&candidate.attribution.high, &candidate.attribution.low);
        let total: f64 = candidate.attribution.total();
        let mut order = candidate.inputs.clone();
        let others = candidate.attribution.ranked();
        order.extend(
            others
                .into_iter()
                .filter(|it| !candidate.inputs.contains(it)),
        );
        let share = |part: f64| if total > 0.0 { part / total } else { 0.0 };
        let columns = order.into_iter().take(NAMED).map(|it| {
            (
                it,
                candidate.values[it],
                candidate.expected[it],
                share(high[it]),
                share(low[it]),
            )
        });
        Some(Self {
            key,
            record: record - ago,
            place,
            time: row.event.timestamp.clone().filter(|_| ago == 0),
            ago,
            sentence: row.sentence(names).unwrap_or_default(),
            columns: columns.collect(),
            score: detection.score,
            threshold: detection.threshold,
            evidence: detection.evidence,
            p_value: detection.p_value,
            confidence: detection.confidence,
            grade: detection.grade,
            severity: detection.severity,
            suppressed: detection.suppressed,
        })
    }
}

/// The worst of all that were found, and how many there were.
#[derive(Debug, Default)]
pub(super) struct Shortlist {
    kept: Vec<Found>,
    pub(super) seen: u64,
    /// What is milder than this has been dropped.
    pub(super) floor: f64,
}

impl Shortlist {
    /// Takes one; whether others were dropped for it.
    pub(super) fn push(&mut self, found: Found) -> bool {
        self.seen += 1;
        self.kept.push(found);
        let is_full = self.kept.len() >= 2 * MOST;
        if is_full {
            self.shorten();
        }
        is_full
    }

    fn shorten(&mut self) {
        self.kept.sort_by(|a, b| b.severity.total_cmp(&a.severity));
        if self.kept.len() > MOST {
            self.kept.truncate(MOST);
            self.floor = self.kept[MOST - 1].grade;
        }
    }

    /// The worst, in the order of the file.
    pub(super) fn worst(&self) -> Vec<&Found> {
        let mut worst: Vec<&Found> = self.kept.iter().collect();
        worst.sort_by(|a, b| b.severity.total_cmp(&a.severity));
        worst.truncate(MOST);
        worst.sort_by(|a, b| {
            let places = a.place.total_cmp(&b.place);
            places.then(a.record.cmp(&b.record)).then(a.key.cmp(&b.key))
        });
        worst
    }
}
