//! The page: what was found as JSON, and the curves as bytes, as finely as fits.

mod bytes;

use rcf_core::DetectorConfig;
use serde::Serialize;

use self::bytes::{Level, start};
use super::found::Found;
use super::times::Style;
use super::{Findings, Key, parameters};
use crate::report::{Escaped, number, script_json};

/// The largest page, in bytes.
pub(super) const LARGEST: usize = 1_900_000;
/// Keys without an anomaly that are shown in addition to those with one.
const CALM_KEYS: usize = 24;
/// Suppressed candidates on the page.
pub(super) const SUPPRESSED: usize = 300;

#[derive(Serialize)]
struct Data<'a> {
    columns: Vec<Column<'a>>,
    /// The format of times; `None` if records are counted instead.
    time: Option<&'a Style>,
    /// Milliseconds of a unit of positions.
    unit: f64,
    keys: Vec<KeyData<'a>>,
    found: Vec<Entry>,
    suppressed: Vec<Entry>,
    boundary: f64,
}

#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    decimals: i32,
}

#[derive(Serialize)]
struct KeyData<'a> {
    name: &'a str,
    records: u64,
    anomalies: u64,
    grade: f64,
    /// The columns, the one that explains most first.
    order: Vec<usize>,
    /// The offset of its curves in the bytes; `None` if they had to be left out.
    at: Option<usize>,
}

/// An anomaly, or a suppressed candidate.
#[derive(Serialize)]
struct Entry {
    key: usize,
    record: u64,
    x: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    text: String,
    grade: f64,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    evidence: f64,
    p: f64,
    confidence: f64,
    /// The columns that explain it.
    columns: Vec<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A column that explains an anomaly: index, value, expected, share for being high, and low.
type Part = (usize, Option<f64>, Option<f64>, f64, f64);

impl Findings {
    /// One HTML page without external assets, about the key that is named, or else the worst first.
    #[must_use]
    pub fn to_html(&self, title: &str, shown: Option<&str>, config: &DetectorConfig) -> String {
        let mut keys = self.ranked();
        if let Some(index) = shown.and_then(|key| self.index.get(key)) {
            keys.retain(|key| key != index);
            keys.insert(0, *index);
        }
        let calm = keys
            .iter()
            .filter(|&&key| self.keys[key].anomalies == 0)
            .count();
        let shown_calm = CALM_KEYS.max(100usize.saturating_sub(keys.len() - calm));
        let mut left_out = calm.saturating_sub(shown_calm);
        let calm_left_out = left_out;
        keys.reverse();
        keys.retain(|&key| {
            let goes = left_out > 0 && self.keys[key].anomalies == 0;
            left_out -= usize::from(goes);
            !goes
        });
        keys.reverse();

        let mut places = vec![None; self.keys.len()];
        keys.iter()
            .enumerate()
            .for_each(|(place, &key)| places[key] = Some(place));
        let timed = self.is_timed();
        let unit = self.unit(timed);
        let entry = |found: &&Found| self.entry(found, places[found.key]?, timed);
        let anomalies = self.anomalies.worst();
        let mut suppressed = self.suppressed.worst();
        if suppressed.len() > SUPPRESSED {
            suppressed.sort_by(|a, b| b.severity.total_cmp(&a.severity));
            suppressed.truncate(SUPPRESSED);
        }
        let mut data = Data {
            columns: self
                .names
                .iter()
                .zip(&self.decimals)
                .map(|(name, decimals)| Column {
                    name,
                    decimals: decimals.0,
                })
                .collect(),
            time: self.style.as_ref().filter(|_| timed),
            unit: if timed { unit } else { 1.0 },
            keys: keys.iter().map(|&key| key_data(&self.keys[key])).collect(),
            found: anomalies.iter().filter_map(entry).collect(),
            suppressed: suppressed.iter().filter_map(entry).collect(),
            boundary: 1.0,
        };
        let mut notes = self.notes(calm_left_out);
        let empty = self.fill(title, config, &data, "", &[], &notes);
        let room = LARGEST.saturating_sub(empty.len() + 40 * keys.len());
        for level in Level::all() {
            let Some((bytes, at)) = self.curves(&keys, level, timed, unit, room) else {
                continue;
            };
            for (key, at) in data.keys.iter_mut().zip(at) {
                key.at = at;
            }
            notes.extend(self.note_of(level, &keys, &data.keys));
            return self.fill(title, config, &data, &bytes, &notes, &[]);
        }
        empty
    }

    fn entry(&self, found: &Found, key: usize, timed: bool) -> Option<Entry> {
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        let rounded = |value: f64| (value * 1e4).round() / 1e4;
        let column = |&(column, value, expected, high, low): &(usize, f64, f64, f64, f64)| {
            (
                column,
                finite(value),
                finite(expected),
                rounded(high),
                rounded(low),
            )
        };
        let x = match timed {
            true => finite(found.place).unwrap_or_else(|| start(&self.keys[found.key])),
            false => (found.record + 1) as f64,
        };
        Some(Entry {
            key,
            record: found.record,
            x,
            time: found.time.as_ref().map(ToString::to_string),
            text: found.sentence.clone(),
            grade: found.grade,
            score: rounded(found.score),
            threshold: finite(found.threshold).map(rounded),
            evidence: rounded(found.evidence),
            p: found.p_value,
            confidence: rounded(found.confidence),
            columns: found.columns.iter().map(column).collect(),
            reason: found.suppressed.map(|reason| reason.to_string()),
        })
    }

    pub(super) fn is_timed(&self) -> bool {
        self.style.is_some()
    }

    /// The largest of second, millisecond and microsecond in which all places are whole.
    fn unit(&self, timed: bool) -> f64 {
        let places = || self.keys.iter().flat_map(|key| key.curves.places());
        let is_whole = |unit: f64| places().all(|it| it.is_nan() || (it / unit).fract() == 0.0);
        [1_000.0, 1.0]
            .into_iter()
            .find(|&unit| !timed || is_whole(unit))
            .unwrap_or(1e-3)
    }

    /// What was reduced to fit.
    fn note_of(&self, level: Level, keys: &[usize], data: &[KeyData<'_>]) -> Vec<String> {
        let mut notes = Vec::new();
        let per = |key: &usize| self.keys[*key].curves.per() * level.factor as u64;
        let largest = keys.iter().map(per).max().unwrap_or(1);
        if largest > 1 && level.fine {
            notes.push(format!(
                "Values are rounded to what a screen shows, and what was expected is given for \
                 {largest} records at a time; around the anomalies every record is exact."
            ));
        } else if largest > 1 {
            notes.push(format!(
                "Curves show the lowest and the highest of up to {} records at a time; around the \
                 anomalies every record is shown.",
                number(largest as f64)
            ));
        }
        let without = data.iter().filter(|key| key.at.is_none()).count();
        if without > 0 {
            notes.push(format!(
                "{without} keys have no curves here; --show-key shows one."
            ));
        }
        notes
    }

    fn fill(
        &self,
        title: &str,
        config: &DetectorConfig,
        data: &Data<'_>,
        curves: &str,
        notes: &[String],
        more: &[String],
    ) -> String {
        let parameters: String = parameters::list(config)
            .iter()
            .map(|(name, value)| {
                format!(
                    "<div><dt>{}</dt><dd>{}</dd></div>\n",
                    Escaped(name),
                    Escaped(value)
                )
            })
            .collect();
        let notes: String = notes
            .iter()
            .chain(more)
            .map(|note| format!("<li>{}</li>\n", Escaped(note)))
            .collect();
        let anomalies: String = data
            .found
            .iter()
            .take(50)
            .map(|entry| {
                let time = entry
                    .time
                    .clone()
                    .unwrap_or_else(|| format!("record {}", entry.record + 1));
                format!("<li>{}: {}</li>\n", Escaped(time), Escaped(&entry.text))
            })
            .collect();
        // Only maps with keys that are not strings, or a failing writer, could make this an error.
        let json = serde_json::to_string(data).expect("plain structs become JSON");
        format!(
            include_str!("page/page.html"),
            title = Escaped(title),
            summary = Escaped(self.summary(config)),
            notes = notes,
            parameters = parameters,
            anomalies = anomalies,
            data = script_json(&json),
            curves = curves,
            css = include_str!("page/page.css"),
            numbers = include_str!("../report/page/numbers.js"),
            reading = include_str!("page/data.js"),
            time = include_str!("page/time.js"),
            chart = include_str!("page/chart.js"),
            detail = include_str!("page/detail.js"),
            list = include_str!("page/list.js"),
            overview = include_str!("page/overview.js"),
            main = include_str!("page/main.js"),
        )
    }
}

fn key_data(key: &Key) -> KeyData<'_> {
    KeyData {
        name: &key.name,
        records: key.curves.records(),
        anomalies: key.anomalies,
        grade: key.grade,
        order: key.order(),
        at: None,
    }
}
