//! Results as lines of CSV.

use std::borrow::Cow;
use std::fmt::Write;

use rcf_core::Suppressed;

use super::Share;
use crate::event::{Event, EventTime};
use crate::operator::{MODEL_VERSION, Scored};
use crate::overdue::Overdue;

pub(super) fn header(
    names: &[String],
    categorical: &[String],
    attribution: bool,
    decisions: bool,
    safe: bool,
) -> String {
    let mut line = Line::new(safe);
    line.text("id").text("timestamp").text("key");
    for name in names.iter().chain(categorical) {
        line.text(name);
    }
    line.text("score");
    if decisions {
        for name in [
            "grade",
            "severity",
            "threshold",
            "anomaly",
            "suppressed",
            "relative_index",
        ] {
            line.text(name);
        }
        for name in names {
            line.text(&format!("{name}_expected"));
        }
    }
    for name in names.iter().filter(|_| attribution) {
        line.text(&format!("{name}_high"))
            .text(&format!("{name}_low"));
    }
    line.text("model_version").text("model_updates");
    line.text
}

pub(super) fn encode(
    event: &Event,
    scored: &Scored,
    shares: Option<&[Share]>,
    safe: bool,
    out: &mut Vec<u8>,
) {
    let mut line = Line::new(safe);
    line.text(&event.id);
    line.time(event.timestamp.as_ref());
    line.text(&event.key);
    line.numbers(&event.values);
    for category in &event.categories {
        line.text(category.as_deref().unwrap_or_default());
    }
    line.number(scored.score);
    if let Some(detection) = &scored.detection {
        line.number(detection.grade)
            .number(detection.severity)
            .number(detection.threshold)
            .number(detection.is_anomaly())
            .text(&detection.suppressed.map(suppressed).unwrap_or_default());
        match &detection.candidate {
            Some(candidate) => {
                line.number(candidate.relative_index)
                    .numbers(&candidate.expected);
            }
            None => {
                line.blanks(1 + event.values.len());
            }
        }
    }
    for share in shares.unwrap_or_default() {
        line.number(share.high).number(share.low);
    }
    line.number(MODEL_VERSION).number(scored.updates);
    out.extend_from_slice(line.text.as_bytes());
}

/// A report of a silent key, in the columns of decisions about `values` values, of which some come
/// from `categories`: only id, time, key and the anomaly flag are present.
pub(super) fn encode_overdue(
    overdue: &Overdue,
    values: usize,
    categories: usize,
    attribution: bool,
    safe: bool,
) -> Vec<u8> {
    let mut line = Line::new(safe);
    line.text(&overdue.id())
        .number(overdue.due)
        .text(&overdue.key);
    line.blanks(values + categories + 4); // score, grade, severity, threshold
    line.number(true).blanks(2 + values); // suppressed, relative index, expected values
    line.blanks(if attribution { 2 * values } else { 0 });
    line.number(MODEL_VERSION).blanks(1);
    line.text.into_bytes()
}

/// One word, with the number of the rule or of the mark if there is one.
fn suppressed(reason: Suppressed) -> Cow<'static, str> {
    match reason.number() {
        Some(number) => format!("{} {number}", reason.as_str()).into(),
        None => reason.as_str().into(),
    }
}

/// A field, quoted if necessary. With `safe`, text that a spreadsheet would interpret as a formula
/// gets a leading single quote, which spreadsheets hide.
pub(super) fn field(text: &str, safe: bool) -> Cow<'_, str> {
    let text = match text.as_bytes().first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n') if safe => {
            Cow::Owned(format!("'{text}"))
        }
        _ => Cow::Borrowed(text),
    };
    if text.contains([',', '"', '\r', '\n']) {
        Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")))
    } else {
        text
    }
}

/// A line that is built field by field.
#[derive(Debug, Default)]
pub struct Line {
    text: String,
    safe: bool,
}

impl Line {
    /// An empty line. With `safe`, texts that a spreadsheet would interpret as formulas get a
    /// leading single quote.
    #[must_use]
    pub fn new(safe: bool) -> Self {
        let text = String::with_capacity(128);
        Self { text, safe }
    }

    /// A text field, quoted if necessary.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        self.text.push_str(&field(text, self.safe));
        self
    }

    /// A field that needs no quotes.
    pub fn number(&mut self, number: impl std::fmt::Display) -> &mut Self {
        self.separate();
        write!(self.text, "{number}").expect("a String takes all text");
        self
    }

    /// This many empty fields.
    pub(super) fn blanks(&mut self, count: usize) -> &mut Self {
        for _ in 0..count {
            self.text("");
        }
        self
    }

    /// A field for each number.
    pub fn numbers(&mut self, numbers: &[f64]) -> &mut Self {
        for number in numbers {
            self.number(number);
        }
        self
    }

    /// A field with the time as it was read; empty if there is none.
    pub fn time(&mut self, time: Option<&EventTime>) -> &mut Self {
        match time {
            Some(EventTime::Text(text)) => self.text(text),
            Some(EventTime::Number(number)) => self.number(number),
            Some(EventTime::Arrival(timestamp)) => self.number(timestamp),
            None => self.text(""),
        }
    }

    /// The line, without a line feed.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    fn separate(&mut self) {
        // An id is never empty, so the line is empty only before its first field.
        if !self.text.is_empty() {
            self.text.push(',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_and_a_mark_have_their_numbers() {
        assert_eq!(suppressed(Suppressed::Rule { rule: 3 }), "rule 3");
        let marked = Suppressed::MarkedNormal { mark: 7 };
        assert_eq!(suppressed(marked), "marked_normal 7");
        assert_eq!(suppressed(Suppressed::Drift), "drift");
    }

    #[test]
    fn formulas_are_disarmed_if_asked() {
        assert_eq!(field("=1+1", false), "=1+1");
        for text in ["=1+1", "+1", "-1", "@x", "\tx"] {
            assert_eq!(field(text, true), format!("'{text}"));
        }
        assert_eq!(
            field("=HYPERLINK(\"x\",1)", true),
            "\"'=HYPERLINK(\"\"x\"\",1)\""
        );
        assert_eq!(field("a=1", true), "a=1");
        let mut line = Line::new(true);
        line.text("-x").number(-1.5);
        assert_eq!(line.finish(), "'-x,-1.5");
    }
}
