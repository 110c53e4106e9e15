//! Detections as lines. The order of the fields is fixed.

use rcf_core::Candidate;
use serde::Serialize;

use super::Row;
use rcf_stream::encode::csv::Line as CsvLine;
use rcf_stream::encode::jsonl::{CategoriesOf, Shares};
use rcf_stream::encode::{OutputFormat, shares_of};
use rcf_stream::event::EventTime;

/// Writes rows as JSON lines or CSV.
#[derive(Debug, Clone)]
pub struct RowEncoder {
    format: OutputFormat,
    names: Vec<String>,
    categorical: Vec<String>,
    csv_safe: bool,
    precision: Option<Precision>,
}

/// The number of significant digits to which results are rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precision(u8);

impl Precision {
    /// From 1 to 17 digits, with which every double is written.
    #[must_use]
    pub fn new(digits: u8) -> Option<Self> {
        (1..=17).contains(&digits).then_some(Self(digits))
    }

    /// The double nearest to the number of this many digits.
    fn round(self, number: f64) -> f64 {
        if number == 0.0 || !number.is_finite() {
            return number;
        }
        let digits = i32::from(self.0) - 1;
        let places = digits - number.abs().log10().floor() as i32;
        // Powers of ten up to here are exact, and the product has digits to spare.
        if digits < 12 && places.abs() <= 22 {
            let power = 10f64.powi(places.abs());
            return match places {
                0.. => (number * power).round() / power,
                _ => (number / power).round() * power,
            };
        }
        let text = format!("{number:.*e}", digits as usize);
        text.parse().unwrap_or(number)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    stream: &'a str,
    shard: &'a str,
    sequence: &'a str,
    timestamp: Option<&'a EventTime>,
    key: &'a str,
    value: &'a [f64],
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<CategoriesOf<'a>>,
    score: f64,
    grade: f64,
    threshold: f64,
    evidence: f64,
    anomaly: bool,
    expected: Option<&'a [f64]>,
    attribution: Option<Shares<'a>>,
    suppressed: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressed_by: Option<u64>,
    explanation: Option<String>,
    warm_up: usize,
}

impl RowEncoder {
    /// An encoder for values of these names.
    #[must_use]
    pub fn new(format: OutputFormat, names: &[String]) -> Self {
        Self {
            format,
            names: names.to_vec(),
            categorical: Vec::new(),
            csv_safe: false,
            precision: None,
        }
    }

    /// The names of the categories of records, which are written after the values.
    #[must_use]
    pub fn categorical(mut self, names: &[String]) -> Self {
        self.categorical = names.to_vec();
        self
    }

    /// Rounds computed numbers; the values of records stay unchanged.
    #[must_use]
    pub fn precision(mut self, precision: Option<Precision>) -> Self {
        self.precision = precision;
        self
    }

    fn number(&self, number: f64) -> f64 {
        self.precision
            .map_or(number, |precision| precision.round(number))
    }

    fn expected(&self, candidate: &Candidate) -> Vec<f64> {
        let expected = candidate.expected.iter();
        expected.map(|&number| self.number(number)).collect()
    }

    /// Whether texts in CSV that a spreadsheet would interpret as formulas get a leading single
    /// quote.
    #[must_use]
    pub fn csv_safe(mut self, on: bool) -> Self {
        self.csv_safe = on;
        self
    }

    /// The first line of a file, if the format has one.
    #[must_use]
    pub fn header(&self) -> Option<String> {
        let mut line = CsvLine::new(self.csv_safe);
        line.text("id").text("timestamp").text("key");
        for name in self.names.iter().chain(&self.categorical) {
            line.text(name);
        }
        for name in ["score", "grade", "threshold", "evidence", "anomaly"] {
            line.text(name);
        }
        for name in &self.names {
            line.text(&format!("expected_{name}"));
        }
        line.text("explanation");
        (self.format == OutputFormat::Csv).then(|| line.finish())
    }

    /// Appends one result, without a line feed at its end.
    pub fn encode(&self, row: &Row, out: &mut Vec<u8>) {
        match self.format {
            OutputFormat::Jsonl => self.json(row, out),
            OutputFormat::Csv => out.extend(self.csv(row).as_bytes()),
        }
    }

    fn json(&self, row: &Row, out: &mut Vec<u8>) {
        let (event, detection) = (&row.event, &row.detection);
        let candidate = detection.candidate.as_deref();
        let expected = candidate.map(|candidate| self.expected(candidate));
        let shares = candidate.map(shares_of).unwrap_or_default();
        let shares: Vec<_> = shares
            .into_iter()
            .map(|share| share.map(|number| self.number(number)))
            .collect();
        let line = Line {
            id: &event.id,
            stream: &event.stream,
            shard: &event.shard,
            sequence: &event.sequence,
            timestamp: event.timestamp.as_ref(),
            key: &event.key,
            value: &event.values,
            category: CategoriesOf::new(&self.categorical, event),
            score: self.number(detection.score),
            grade: self.number(detection.grade),
            threshold: self.number(detection.threshold),
            evidence: self.number(detection.evidence),
            anomaly: detection.is_anomaly(),
            expected: expected.as_deref(),
            attribution: candidate.map(|_| Shares(&self.names, &shares)),
            suppressed: detection.suppressed.map(rcf_core::Suppressed::as_str),
            suppressed_by: detection.suppressed.and_then(rcf_core::Suppressed::number),
            explanation: row.explanation(&self.names),
            warm_up: detection.warm_up,
        };
        serde_json::to_writer(out, &line).expect("names are text, and memory takes all bytes");
    }

    fn csv(&self, row: &Row) -> String {
        let (event, detection) = (&row.event, &row.detection);
        let mut line = CsvLine::new(self.csv_safe);
        line.text(&event.id)
            .time(event.timestamp.as_ref())
            .text(&event.key)
            .numbers(&event.values);
        for category in &event.categories {
            line.text(category.as_deref().unwrap_or_default());
        }
        line.number(self.number(detection.score))
            .number(self.number(detection.grade))
            .number(self.number(detection.threshold))
            .number(self.number(detection.evidence))
            .number(detection.is_anomaly());
        match &detection.candidate {
            Some(candidate) => line.numbers(&self.expected(candidate)),
            None => self.names.iter().fold(&mut line, |line, _| line.text("")),
        };
        line.text(&row.explanation(&self.names).unwrap_or_default());
        line.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_significant_digits() {
        let round = |digits, number| Precision::new(digits).unwrap().round(number);
        for (number, expected) in [
            (0.785_344_545_041_407, 0.785_345),
            (2.077_072_012_833_596, 2.077_07),
            (999_999.6, 1e6),
            (-123_456_789.0, -123_457e3),
            (1.234_567_89e-30, 1.234_57e-30),
            (9.876_543_21e200, 9.876_54e200),
            (4e-324, 4e-324),
            (0.0, 0.0),
            (f64::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(round(6, number), expected, "{number:e}");
        }
        assert!(round(6, f64::NAN).is_nan());
        // The nearest double is the one that the digits are read as.
        let mut number = 1e-25;
        while number < 1e25 {
            number *= 1.731_234_567;
            for digits in 1..=17 {
                let text = format!("{number:.*e}", usize::from(digits) - 1);
                let (found, expected) = (round(digits, number), text.parse::<f64>().unwrap());
                let is_near = (found / expected - 1.0).abs() < 1e-15;
                assert!(is_near, "{number:e} to {digits}: {found:e}");
                let shown = format!("{found:e}");
                let shown = shown.split('e').next().unwrap().replace('.', "");
                assert!(
                    shown.len() <= usize::from(digits),
                    "{number:e} to {digits}: {shown}"
                );
            }
        }
        assert_eq!(Precision::new(0), None);
        assert_eq!(Precision::new(18), None);
    }
}
