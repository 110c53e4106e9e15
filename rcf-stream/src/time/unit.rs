//! Units of numbers that are times.

use serde::{Deserialize, Serialize};

/// The unit of a number that counts from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TimeUnit {
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Microseconds.
    #[serde(rename = "us")]
    Microseconds,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
    /// Days since the end of 1899, as spreadsheets store dates. Never recognised, only named.
    #[serde(rename = "excel")]
    ExcelDays,
}

/// 1970-01-01 as a day of Excel. (Before March 1900 its days differ by one: it has a leap day
/// then.)
const EXCEL_1970: f64 = 25_569.0;

impl TimeUnit {
    const ALL: [Self; 5] = [
        Self::Seconds,
        Self::Milliseconds,
        Self::Microseconds,
        Self::Nanoseconds,
        Self::ExcelDays,
    ];

    /// The unit in which this number is a time between 1973 and 5138, which no two units share.
    /// Smaller numbers are seconds.
    #[must_use]
    pub fn recognise(number: f64) -> Self {
        match number.abs() {
            size if size < 1e11 => Self::Seconds,
            size if size < 1e14 => Self::Milliseconds,
            size if size < 1e17 => Self::Microseconds,
            _ => Self::Nanoseconds,
        }
    }

    /// The short name: `s`, `ms`, `us`, `ns`, `excel`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
            Self::ExcelDays => "excel",
        }
    }

    /// The unit of a short name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|unit| unit.name() == name)
    }

    /// The name for people: `seconds`.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
            Self::ExcelDays => "days of Excel",
        }
    }

    /// A number of this unit in milliseconds.
    #[must_use]
    pub fn to_millis(self, number: f64) -> f64 {
        match self {
            Self::Seconds => number * 1e3,
            Self::Milliseconds => number,
            Self::Microseconds => number / 1e3,
            Self::Nanoseconds => number / 1e6,
            // A fraction of a day in decimals is no whole number of milliseconds.
            Self::ExcelDays => ((number - EXCEL_1970) * 86_400_000.0).round(),
        }
    }
}
