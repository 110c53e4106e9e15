//! The format of times on the page: that of the file.

use rcf_stream::event::EventTime;
use rcf_stream::time::TimeFormat;
use serde::Serialize;

/// A pattern of `strftime` that the page knows, and the offset in which it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Style {
    pattern: String,
    offset_minutes: i32,
}

/// Directives that `page/time.js` supports.
const KNOWN: &str = "YmdHMSyfbBeIpTFDR%";

impl Style {
    /// The style of a file, by its format and one of its times.
    pub(super) fn of(format: &TimeFormat, sample: &EventTime) -> Self {
        match (format, sample) {
            (TimeFormat::Pattern(pattern), _) if is_known(pattern) => Self {
                pattern: pattern.clone(),
                offset_minutes: 0,
            },
            (TimeFormat::Auto | TimeFormat::Rfc3339, EventTime::Text(text)) => {
                Self::like(text.trim()).unwrap_or_default()
            }
            _ => Self::default(),
        }
    }

    /// The pattern of an RFC 3339 text, unchanged: with its blanks, its decimals and its offset.
    fn like(text: &str) -> Option<Self> {
        let shape: String = text
            .chars()
            .map(|c| if c.is_ascii_digit() { '0' } else { c })
            .collect();
        let rest = shape.strip_prefix("0000-00-00")?;
        let mut pattern = "%Y-%m-%d".to_owned();
        let mut at = 10;
        if let Some(separator) = rest.chars().next().filter(|c| "Tt ".contains(*c))
            && rest[1..].starts_with("00:00")
        {
            pattern.push(separator);
            pattern += "%H:%M";
            at += 6;
            if shape[at..].starts_with(":00") {
                pattern += ":%S";
                at += 3;
                let fraction = shape[at..].strip_prefix(['.', ',']);
                if let Some(fraction) = fraction {
                    let digits = fraction.len() - fraction.trim_start_matches('0').len();
                    pattern += &shape[at..=at];
                    pattern += &format!("%{}f", digits.min(9));
                    at += 1 + digits;
                }
            }
        }
        let zone = &text[at..];
        Some(Self {
            offset_minutes: offset(zone)?,
            pattern: pattern + &zone.replace('%', "%%"),
        })
    }
}

impl Default for Style {
    fn default() -> Self {
        Self {
            pattern: "%Y-%m-%d %H:%M:%S UTC".to_owned(),
            offset_minutes: 0,
        }
    }
}

/// Minutes east of Greenwich of `Z`, `+02:00`, `-0530`, or nothing.
fn offset(zone: &str) -> Option<i32> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone.strip_prefix(['+', '-'])?.replace(':', "");
    let number: i32 = digits
        .parse()
        .ok()
        .filter(|_| matches!(digits.len(), 2 | 4))?;
    let (hours, minutes) = if digits.len() == 2 {
        (number, 0)
    } else {
        (number / 100, number % 100)
    };
    Some(sign * (60 * hours + minutes))
}

fn is_known(pattern: &str) -> bool {
    pattern
        .split('%')
        .skip(1)
        .all(|part| part.is_empty() || part.starts_with(|c| KNOWN.contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_in_the_file() {
        let pattern = TimeFormat::Pattern;
        let cases = [
            (
                TimeFormat::Auto,
                "2026-03-01 00:00:00",
                "%Y-%m-%d %H:%M:%S",
                0,
            ),
            (TimeFormat::Auto, "2026-03-01T00:05", "%Y-%m-%dT%H:%M", 0),
            (
                TimeFormat::Rfc3339,
                "2026-03-01T00:00:00.123Z",
                "%Y-%m-%dT%H:%M:%S.%3fZ",
                0,
            ),
            (
                TimeFormat::Auto,
                "2026-03-01T00:00:00+05:30",
                "%Y-%m-%dT%H:%M:%S+05:30",
                330,
            ),
            (TimeFormat::Auto, "2026-03-01", "%Y-%m-%d", 0),
            (
                pattern("%d.%m.%Y %H:%M".to_owned()),
                "01.03.2026 00:00",
                "%d.%m.%Y %H:%M",
                0,
            ),
            (pattern("%A %Q".to_owned()), "x", "%Y-%m-%d %H:%M:%S UTC", 0),
            (TimeFormat::Auto, "1772323200", "%Y-%m-%d %H:%M:%S UTC", 0),
        ];
        for (format, sample, expected, offset_minutes) in cases {
            let style = Style::of(&format, &EventTime::Text(sample.to_owned()));
            assert_eq!(
                (style.pattern.as_str(), style.offset_minutes),
                (expected, offset_minutes),
                "{sample}"
            );
        }
    }
}
