//! Results as lines of CSV.

use std::fmt::Write;

use super::Share;
use crate::event::{Event, EventTime};
use crate::operator::{MODEL_VERSION, Scored};

pub(super) fn header(names: &[String], attribution: bool, decisions: bool) -> String {
    let mut line = Line::new();
    line.text("id").text("timestamp").text("key");
    for name in names {
        line.text(name);
    }
    line.text("score");
    if decisions {
        for name in [
            "grade",
            "severity",
            "threshold",
            "anomaly",
            "reason",
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
    line.0
}

pub(super) fn encode(event: &Event, scored: &Scored, shares: Option<&[Share]>, out: &mut Vec<u8>) {
    let mut line = Line::new();
    line.text(&event.id);
    line.time(event.timestamp.as_ref());
    line.text(&event.key);
    line.numbers(&event.values).number(scored.score);
    if let Some(decision) = &scored.decision {
        line.number(decision.grade)
            .number(decision.severity)
            .number(decision.threshold)
            .number(decision.is_anomaly())
            .text(decision.silenced.map_or("", rcf_core::Silenced::as_str));
        match &decision.candidate {
            Some(candidate) => {
                line.number(candidate.relative_index)
                    .numbers(&candidate.expected);
            }
            None => {
                for _ in 0..=event.values.len() {
                    line.text("");
                }
            }
        }
    }
    for share in shares.unwrap_or_default() {
        line.number(share.high).number(share.low);
    }
    line.number(MODEL_VERSION).number(scored.updates);
    out.extend_from_slice(line.0.as_bytes());
}

/// A line that grows field by field.
#[derive(Debug, Default)]
pub struct Line(String);

impl Line {
    /// An empty line.
    #[must_use]
    pub fn new() -> Self {
        Self(String::with_capacity(128))
    }

    /// A field of text, in quotes where it needs them.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        if text.contains([',', '"', '\r', '\n']) {
            self.0.push('"');
            self.0.push_str(&text.replace('"', "\"\""));
            self.0.push('"');
        } else {
            self.0.push_str(text);
        }
        self
    }

    /// A field that needs no quotes.
    pub fn number(&mut self, number: impl std::fmt::Display) -> &mut Self {
        self.separate();
        write!(self.0, "{number}").expect("a String takes all text");
        self
    }

    /// A field for each number.
    pub fn numbers(&mut self, numbers: &[f64]) -> &mut Self {
        for number in numbers {
            self.number(number);
        }
        self
    }

    /// A field as the time was read; empty where there is none.
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
        self.0
    }

    fn separate(&mut self) {
        // An id is never empty, so the line is empty only before its first field.
        if !self.0.is_empty() {
            self.0.push(',');
        }
    }
}
