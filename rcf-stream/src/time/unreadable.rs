//! Times that could not be read, counted by the format that would read them.

use std::collections::BTreeMap;
use std::fmt;

/// Counts of times that could not be read, of records that do not need one.
///
/// Displayed as one phrase: the count, followed by the formats that would read these times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadableTimes {
    /// By a format that reads them, if one is known.
    kinds: BTreeMap<Option<&'static str>, u64>,
}

impl UnreadableTimes {
    /// Counts a time that this format would have read.
    pub(crate) fn add(&mut self, likely_format: Option<&'static str>) {
        *self.kinds.entry(likely_format).or_default() += 1;
    }

    /// How many there were.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.kinds.values().sum()
    }
}

impl fmt::Display for UnreadableTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.total())?;
        // Those of no known format last.
        let known = self.kinds.iter().filter(|(format, _)| format.is_some());
        let unknown = self.kinds.iter().filter(|(format, _)| format.is_none());
        for (index, (format, count)) in known.chain(unknown).enumerate() {
            f.write_str(if index == 0 { " (" } else { ", " })?;
            match format {
                Some(pattern) => write!(f, "{count} of the time format {pattern:?}")?,
                None => write!(f, "{count} of no known time format")?,
            }
        }
        f.write_str(if self.kinds.is_empty() { "" } else { ")" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_counted_with_its_remedy() {
        let mut times = UnreadableTimes::default();
        assert_eq!(times.to_string(), "0");
        for format in [None, Some("%d.%m.%Y %H:%M"), None, Some("%d/%m/%Y %H:%M")] {
            times.add(format);
        }
        assert_eq!(times.total(), 4);
        assert_eq!(
            times.to_string(),
            "4 (1 of the time format \"%d.%m.%Y %H:%M\", 1 of the time format \"%d/%m/%Y %H:%M\", \
             2 of no known time format)"
        );
    }
}
