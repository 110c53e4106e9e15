//! Anomalies and suppressed candidates, as many as a page can list.

use rcf_core::Suppressed;
use rcf_stream::event::EventTime;

use crate::detect::Row;

/// How many of each kind are kept.
pub(super) const MOST: usize = 1_000;
/// Columns that are named in an explanation.
const NAMED: usize = 8;

/// A record that was reported, or suppressed.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) key: usize,
    /// The record of its key that it is about, from 0.
    pub(super) record: u64,
    /// Its position on the axis of times; NaN if unknown.
    pub(super) place: f64,
    /// Its time as it was read; `None` for a record before the one that revealed it.
    pub(super) time: Option<EventTime>,
    /// How many records later it was revealed.
    pub(super) ago: u64,
    pub(super) sentence: String,
    /// The columns that explain most: the column, its value, the expected value, and its part of
    /// the score for being high and for being low.
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
    /// The finding of a row; `None` if it is not a candidate.
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

/// The worst of all findings, and their total number.
#[derive(Debug, Default)]
pub(super) struct Shortlist {
    kept: Vec<Found>,
    pub(super) seen: u64,
    /// Findings milder than this have been dropped.
    pub(super) floor: f64,
}

impl Shortlist {
    /// Adds a finding; returns whether others were dropped for it.
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
