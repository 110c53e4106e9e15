//! Times of records: one parser for every format and every path.
//!
//! A time is a number of a unit since 1970 (also written as text), an RFC 3339 text, or a text of a
//! configured pattern. A text without an offset is read as UTC. The result is always in
//! milliseconds since 1970.

#[cfg(feature = "pipeline")]
mod ahead;
#[cfg(feature = "operator")]
mod event_time;
#[cfg(feature = "operator")]
mod parser;
mod timestamp;
mod unit;
#[cfg(feature = "operator")]
mod unreadable;

use serde::{Deserialize, Serialize};

#[cfg(feature = "pipeline")]
pub use ahead::{Ahead, AheadBuffer, Decided, YEAR};
#[cfg(feature = "operator")]
pub use event_time::EventTime;
#[cfg(feature = "operator")]
pub(crate) use parser::LikelyFormat;
#[cfg(feature = "pipeline")]
pub(crate) use parser::swapped;
#[cfg(feature = "operator")]
pub use parser::{ParseTimeFormatError, TimeFormat, TimeParser, likely_format};
pub use timestamp::{ParseTimestampError, Timestamp};
pub use unit::TimeUnit;
#[cfg(feature = "operator")]
pub use unreadable::UnreadableTimes;

/// What happens to a record whose time is before the newest one of its key.
///
/// Times that are equal are never late: clocks are coarse, and one request of a producer may carry
/// many records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnLate {
    /// It is judged in the order of arrival, as if it came one mean gap after the record before.
    #[default]
    Judge,
    /// It is counted and left out.
    Skip,
    /// It is a bad record.
    Bad,
}
