//! The time of a record.

use super::{DecodeError, FieldPath, Fields, shorten};
use crate::time::{EventTime, LikelyFormat, TimeFormat, TimeParser, UnreadableTimes};

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
        match (likely, time.and_then(zone_of)) {
            (Some(likely), _) => format!("{found}; choose the time format {likely}"),
            (None, Some(zone)) => {
                format!("{found}; {zone} may be several zones: write an offset, such as +01:00")
            }
            (None, None) => format!("{found}; the time format is {}", self.parser.format()),
        }
    }
}

/// The abbreviation of a zone after a time, such as CET. No table of them is unambiguous.
fn zone_of(time: &EventTime) -> Option<&str> {
    let EventTime::Text(text) = time else {
        return None;
    };
    let (civil, zone) = text.trim().rsplit_once(' ')?;
    let is_zone = (3..=5).contains(&zone.len()) && zone.bytes().all(|it| it.is_ascii_uppercase());
    let mut parser = TimeParser::new(TimeFormat::Rfc3339);
    let is_time = parser.millis(&EventTime::Text(civil.to_owned())).is_some()
        || LikelyFormat::of(civil).is_some();
    (is_zone && is_time).then_some(zone)
}

/// A time and its next part as one text, with a blank between them; `None` if one is missing.
pub(super) fn joined(time: Option<EventTime>, part: Option<EventTime>) -> Option<EventTime> {
    Some(EventTime::Text(format!("{} {}", time?, part?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_of_zones_are_named() {
        let zone = |text: &str| zone_of(&EventTime::Text(text.to_owned())).map(str::to_owned);
        for text in [
            "2024-03-30 23:13:20 CET",
            "30.03.2024 23:13 CEST",
            "03/30/2024 11:13 PM EST",
        ] {
            assert_eq!(zone(text).as_deref(), text.rsplit(' ').next(), "{text}");
        }
        for text in [
            "2024-03-30 23:13:20",
            "11:13 PM",
            "station ABC",
            "2024-03-30 cet",
            "",
        ] {
            assert_eq!(zone(text), None, "{text}");
        }
        let times = Times::default();
        let time = EventTime::Text("2024-03-30 23:13:20 CET".to_owned());
        let found = times.found(Some(&time), None);
        let said = "; CET may be several zones: write an offset, such as +01:00";
        assert!(found.ends_with(said), "{found}");
    }
}
