//! Findings of a file, reduced while it is read, and the page about them.
//!
//! A row is taken and dropped. The memory is bounded, whatever the length of the file:
//!
//! | module | what stays |
//! |---|---|
//! | `curves` | of each key the lowest and the highest values of each bucket of records |
//! | `windows` | every record around an anomaly |
//! | `found` | the worst anomalies and suppressed candidates, with what explains them |
//!
//! `page` writes them as finely as fits in a page of two megabytes.

mod curves;
mod found;
mod pack;
mod page;
mod parameters;
mod picture;
mod sentences;
#[cfg(test)]
mod tests;
mod times;
mod windows;

use std::collections::{BTreeMap, HashMap};

use rcf_stream::time::TimeFormat;

use crate::detect::{Band, Row};
use curves::{Cell, Curves, Point, Verdict};
use found::{Found, Shortlist};
use pack::Decimals;
use times::Style;
use windows::Windows;

/// Cells of all curves together, 24 bytes each; a million records of one column stay single.
const CELLS: usize = 1 << 20;
/// A key with this few buckets is not reduced any further.
const FEW_BUCKETS: usize = 64;
/// Records in the windows of all keys together, times their columns.
const WINDOW_CELLS: usize = 200_000;

/// What was found in a file.
#[derive(Debug)]
pub struct Findings {
    names: Vec<String>,
    time_format: Option<TimeFormat>,
    style: Option<Style>,
    decimals: Vec<Decimals>,
    index: HashMap<String, usize>,
    keys: Vec<Key>,
    anomalies: Shortlist,
    suppressed: Shortlist,
    /// How often each reason suppressed a candidate.
    reasons: BTreeMap<String, u64>,
    records: u64,
    /// Records that were learned without a decision.
    undecided: u64,
    /// Records whose time is before that of the record before, or missing.
    misplaced: u64,
    /// The time of the first record and the newest of all, as they were read.
    span: Option<(String, String)>,
    /// The highest evidence of a record that was judged.
    highest_evidence: f64,
    size: usize,
    /// Curves are reduced from this size on.
    limit: usize,
    window_cells: usize,
}

/// The state of one key.
#[derive(Debug)]
struct Key {
    name: String,
    curves: Curves,
    windows: Windows,
    bands: Vec<Band>,
    /// The highest time so far; NaN before the first.
    clock: f64,
    anomalies: u64,
    suppressed: u64,
    grade: f64,
    evidence: f64,
    /// How much each column explains of the anomalies.
    weights: Vec<f64>,
}

impl Key {
    fn new(name: &str, columns: usize) -> Self {
        Self {
            name: name.to_owned(),
            curves: Curves::new(columns),
            windows: Windows::default(),
            bands: vec![Band::default(); columns],
            clock: f64::NAN,
            anomalies: 0,
            suppressed: 0,
            grade: 0.0,
            evidence: 0.0,
            weights: vec![0.0; columns],
        }
    }

    /// The columns, the one that explains most first.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.weights.len()).collect();
        order.sort_by(|&a, &b| self.weights[b].total_cmp(&self.weights[a]));
        order
    }
}

impl Findings {
    /// No findings yet, for values of these names; times have this format, if there are any.
    #[must_use]
    pub fn new(names: &[String], time_format: Option<TimeFormat>) -> Self {
        Self {
            names: names.to_vec(),
            time_format,
            style: None,
            decimals: vec![Decimals::default(); names.len()],
            index: HashMap::new(),
            keys: Vec::new(),
            anomalies: Shortlist::default(),
            suppressed: Shortlist::default(),
            reasons: BTreeMap::new(),
            records: 0,
            undecided: 0,
            misplaced: 0,
            span: None,
            highest_evidence: 0.0,
            size: 0,
            limit: CELLS,
            window_cells: 0,
        }
    }

    /// Takes the next row of the file.
    pub fn take(&mut self, row: &Row) {
        let index = match self.index.get(&row.event.key) {
            Some(&index) => index,
            None => {
                let key = Key::new(&row.event.key, self.names.len());
                self.index.insert(key.name.clone(), self.keys.len());
                self.keys.push(key);
                self.keys.len() - 1
            }
        };
        self.note(row);
        let key = &mut self.keys[index];
        let time = row.event.time.unwrap_or(f64::NAN);
        if self.time_format.is_some() && (time.is_nan() || time < key.clock) {
            self.misplaced += 1;
        }
        key.clock = key.clock.max(time);
        let detection = &row.detection;
        let verdict = Verdict {
            score: detection.score as f32,
            threshold: detection.threshold as f32,
            evidence: detection.evidence as f32,
        };
        let values = row.event.values.iter().zip(&row.predicted);
        let cells: Vec<Cell> = key
            .bands
            .iter_mut()
            .zip(values)
            .map(|(band, (&value, &predicted))| Cell {
                low: value,
                high: value,
                expected: band.take(predicted, value).map(|edge| edge as f32),
            })
            .collect();
        let record = key.curves.records();
        let size = key.curves.size();
        key.curves.push(key.clock, verdict, &cells);
        self.size += key.curves.size() - size;
        let ago = detection
            .candidate
            .as_ref()
            .map_or(0, |it| it.relative_index.unsigned_abs());
        let anomaly = detection
            .is_anomaly()
            .then_some((detection.grade, u64::from(ago)));
        let point = Point {
            record,
            count: 1,
            place: key.clock,
            verdict,
            cells,
        };
        let windows = key.windows.records();
        key.windows.push(point, anomaly);
        self.window_cells += (key.windows.records() - windows) * self.names.len();
        if detection.warm_up == 0 {
            key.evidence = key.evidence.max(detection.evidence);
        }
        self.find(row, index, record);
        self.shorten();
    }

    /// The summary of the file as a whole.
    fn note(&mut self, row: &Row) {
        self.records += 1;
        if row.detection.warm_up > 0 {
            self.undecided += 1;
        } else {
            self.highest_evidence = self.highest_evidence.max(row.detection.evidence);
        }
        for (decimals, &value) in self.decimals.iter_mut().zip(&row.event.values) {
            decimals.see(value);
        }
        if let (Some(format), Some(time)) = (&self.time_format, &row.event.timestamp) {
            if self.style.is_none() && row.event.time.is_some() {
                self.style = Some(Style::of(format, time));
            }
            let text = time.to_string();
            match &mut self.span {
                Some((_, newest)) => *newest = text,
                None => self.span = Some((text.clone(), text)),
            }
        }
    }

    fn find(&mut self, row: &Row, index: usize, record: u64) {
        let key = &mut self.keys[index];
        let ago = row
            .detection
            .candidate
            .as_ref()
            .map_or(0, |it| it.relative_index.unsigned_abs());
        let place = key.windows.place(record.saturating_sub(u64::from(ago)));
        let place = place.unwrap_or(key.clock);
        let Some(found) = Found::of(row, index, record, place, &self.names) else {
            return;
        };
        match found.suppressed {
            None => {
                key.anomalies += 1;
                key.grade = key.grade.max(found.grade);
                for &(column, _, _, high, low) in &found.columns {
                    key.weights[column] += found.grade * (high + low);
                }
                if self.anomalies.push(found) {
                    self.drop_windows(self.anomalies.floor);
                }
            }
            Some(reason) => {
                key.suppressed += 1;
                *self.reasons.entry(reason.to_string()).or_default() += 1;
                self.suppressed.push(found);
            }
        }
    }

    /// Keeps curves and windows within their limits.
    fn shorten(&mut self) {
        if self.window_cells > WINDOW_CELLS {
            let mut grades: Vec<f64> = self
                .keys
                .iter()
                .flat_map(|key| key.windows.all().iter().map(|window| window.grade))
                .collect();
            grades.sort_by(f64::total_cmp);
            let middle = grades.get(grades.len() / 2).copied();
            self.drop_windows(middle.unwrap_or(f64::INFINITY).next_up());
        }
        while self.size > self.limit {
            let largest = self.keys.iter_mut().max_by_key(|key| key.curves.buckets());
            let Some(key) = largest.filter(|key| key.curves.buckets() > FEW_BUCKETS) else {
                // A few buckets for each of very many keys exceed the limit; their detectors are
                // larger anyway.
                self.limit = 2 * self.size;
                return;
            };
            self.size -= key.curves.size();
            key.curves.halve();
            self.size += key.curves.size();
        }
    }

    fn drop_windows(&mut self, grade: f64) {
        self.window_cells = 0;
        for key in &mut self.keys {
            key.windows.keep_from(grade);
            self.window_cells += key.windows.records() * self.names.len();
        }
    }

    /// The keys, the worst first: by grade, then by evidence.
    fn ranked(&self) -> Vec<usize> {
        let mut ranked: Vec<usize> = (0..self.keys.len()).collect();
        ranked.sort_by(|&a, &b| {
            let (a, b) = (&self.keys[a], &self.keys[b]);
            let grades = b.grade.total_cmp(&a.grade);
            grades
                .then(b.evidence.total_cmp(&a.evidence))
                .then(a.name.cmp(&b.name))
        });
        ranked
    }

    /// Whether there is a record of this key.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        self.index.contains_key(key)
    }
}
