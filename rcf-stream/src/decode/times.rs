//! The time of a record.

use std::fmt::Display;

use super::{DecodeError, FieldPath, Fields, shorten};
use crate::time::{EventTime, LikelyFormat, TimeParser, UnreadableTimes};

/// Reads the time field.
#[derive(Debug, Default)]
pub(super) struct Times {
    field: Option<FieldPath>,
    pub(super) is_needed: bool,
    pub(super) parser: TimeParser,
    pub(super) unreadable: UnreadableTimes,
}

impl Times {
    pub(super) fn new(fields: &Fields) -> Self {
        Self {
            field: fields.timestamp.clone(),
            is_needed: fields.needs_time,
            parser: TimeParser::new(fields.time_format.clone()),
            unreadable: UnreadableTimes::default(),
        }
    }

    pub(super) fn read(&mut self, time: Option<&EventTime>) -> Result<Option<f64>, DecodeError> {
        let Some(field) = &self.field else {
            return Ok(None);
        };
        let millis = time.and_then(|time| self.parser.millis(time));
        if millis.is_some() || (time.is_none() && !self.is_needed) {
            return Ok(millis);
        }
        let likely = match time {
            Some(EventTime::Text(text)) => LikelyFormat::of(text),
            _ => None,
        };
        let error = || DecodeError::UnreadableTime {
            field: field.as_str().to_owned(),
            found: self.found(time, likely),
        };
        if self.is_needed {
            return Err(error());
        }
        if self.unreadable.total() == 0 {
            tracing::warn!("{}; such times are passed through unchanged", error());
        }
        self.unreadable.add(likely);
        Ok(None)
    }

    fn found(&self, time: Option<&EventTime>, likely: Option<LikelyFormat>) -> String {
        let found = match time {
            None => return "it is missing".to_owned(),
            Some(EventTime::Text(text)) => format!("{:?}", shorten(text)),
            Some(time) => time.to_string(),
        };
        match likely {
            Some(likely) => format!("{found}; choose the time format {likely}"),
            None => format!("{found}; the time format is {}", self.parser.format()),
        }
    }
}

/// A date and a time of day as one time; `None` if one of them is missing.
pub(super) fn joined(date: Option<EventTime>, time_of_day: Option<EventTime>) -> Option<EventTime> {
    let (date, time_of_day) = (date?, time_of_day?);
    let text = date_and_time(&date, &time_of_day);
    Some(EventTime::Text(text))
}

/// The format in which a date and a time of day are read as one text.
pub(crate) fn date_and_time(date: impl Display, time_of_day: impl Display) -> String {
    format!("{date} {time_of_day}")
}
