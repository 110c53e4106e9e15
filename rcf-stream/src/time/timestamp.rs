//! Points in time in UTC, to the millisecond.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

/// RFC 3339 in UTC with three decimals, such as `2026-01-27T08:00:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400_000;
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let in_day = self.0.rem_euclid(DAY);
        let (seconds, millis) = (in_day / 1000, in_day % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        )
    }
}

/// The Gregorian date of a day counted from 1970-01-01. Years are counted from March, so that the
/// leap day is the last of its year; an era of 400 years always has 146,097 days.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468; // counted from 0000-03-01
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = 400 * era + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

/// The text is not a valid UTC timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{0:?} is not a valid UTC timestamp; write it as 2026-01-27T08:00:00Z, with up to three decimals"
)]
pub struct ParseTimestampError(String);

/// Reads what `Display` writes; decimals may be missing.
impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseTimestampError(text.to_owned());
        let utc = text.strip_suffix('Z').ok_or_else(error)?;
        let (seconds, decimals) = utc.split_once('.').unwrap_or((utc, "0"));
        let full = format!("{seconds}.{decimals:0<3}Z");
        let numbers: Vec<i64> = full
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|digits| digits.parse::<u16>().ok().map(i64::from))
            .collect();
        let &[year, month, day, hour, minute, second, millis] = numbers.as_slice() else {
            return Err(error());
        };
        let minutes = (days_from_civil(year, month, day) * 24 + hour) * 60 + minute;
        let read = Self((minutes * 60 + second) * 1000 + millis);
        // Only the canonical form is reproduced unchanged: this checks the punctuation, the length
        // of months and leap years, and the range of every number.
        if read.to_string() == full {
            Ok(read)
        } else {
            Err(error())
        }
    }
}

/// The inverse of [`civil_from_days`].
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_rfc_3339() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_769_500_799_999, "2026-01-27T07:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ];
        for (millis, expected) in cases {
            assert_eq!(Timestamp(millis).to_string(), expected);
            assert_eq!(expected.parse(), Ok(Timestamp(millis)));
        }
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(Timestamp(1000)));
        assert_eq!("1970-01-01T00:00:01.5Z".parse(), Ok(Timestamp(1500)));
    }

    #[test]
    fn only_moments_in_utc_are_read() {
        let wrong = [
            "",
            "Z",
            "1970-01-01",
            "1970-01-01T00:00:00",
            "1970-01-01T00:00:00+01:00",
            "1970-01-01 00:00:00Z",
            "1970-1-1T00:00:00Z",
            "1970-02-29T00:00:00Z",
            "1970-13-01T00:00:00Z",
            "1970-00-01T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "1970-01-01T00:00:00.1234Z",
            "99999-01-01T00:00:00Z",
            "99999999999999999999-01-01T00:00:00Z",
        ];
        for text in wrong {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
