//! Times that could not be read, counted by the format that would read them.

use std::collections::BTreeMap;
use std::fmt;

use super::LikelyFormat;

/// Counts of times that could not be read, of records that do not need one.
///
/// Displayed as one phrase: the count, followed by the formats that would read these times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadableTimes {
    /// By a format that reads them, if one is known.
    kinds: BTreeMap<Option<LikelyFormat>, u64>,
}

impl UnreadableTimes {
    /// Counts a time that this format would have read.
    pub(crate) fn add(&mut self, likely: Option<LikelyFormat>) {
        *self.kinds.entry(likely).or_default() += 1;
    }

    /// Days above 12 show the order of day and month also of the other times, unless there are
    /// some in both places.
    fn decided(&self) -> BTreeMap<Option<LikelyFormat>, u64> {
        let mut decided = BTreeMap::new();
        for (&kind, count) in &self.kinds {
            let decides = |pattern| {
                let alone = LikelyFormat {
                    pattern,
                    swapped: None,
                };
                self.kinds.contains_key(&Some(alone)).then_some(alone)
            };
            let both = kind.and_then(|it| it.swapped.map(|swapped| [it.pattern, swapped]));
            let shown = match both.map(|both| both.map(decides)) {
                Some([Some(one), None] | [None, Some(one)]) => Some(one),
                _ => kind,
            };
            *decided.entry(shown).or_default() += count;
        }
        decided
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
        let kinds = self.decided();
        let known = kinds.iter().filter(|(format, _)| format.is_some());
        let unknown = kinds.iter().filter(|(format, _)| format.is_none());
        for (index, (format, count)) in known.chain(unknown).enumerate() {
            f.write_str(if index == 0 { " (" } else { ", " })?;
            match format {
                Some(likely) => write!(f, "{count} of the time format {likely}")?,
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
        for text in ["?", "14.11.2023 22:13", "?", "14/11/2023 22:13"] {
            times.add(LikelyFormat::of(text));
        }
        assert_eq!(times.total(), 4);
        assert_eq!(
            times.to_string(),
            "4 (1 of the time format \"%d.%m.%Y %H:%M\", 1 of the time format \"%d/%m/%Y %H:%M\", \
             2 of no known time format)"
        );
    }

    #[test]
    fn days_above_12_decide_on_the_order_of_day_and_month() {
        let said = |texts: &[&str]| {
            let mut times = UnreadableTimes::default();
            texts
                .iter()
                .for_each(|text| times.add(LikelyFormat::of(text)));
            times.to_string()
        };
        let (days, months) = ("\"%d/%m/%Y\"", "\"%m/%d/%Y\"");
        let unclear = ["01/02/2026", "11/02/2026"];
        let both = format!("2 (2 of the time format {months} or {days})");
        assert_eq!(said(&unclear), both);
        let day_first = [&unclear[..], &["13/02/2026"]].concat();
        assert_eq!(said(&day_first), format!("3 (3 of the time format {days})"));
        let month_first = [&unclear[..], &["02/13/2026"]].concat();
        assert_eq!(
            said(&month_first),
            format!("3 (3 of the time format {months})")
        );
        let mixed = said(&["01/02/2026", "13/02/2026", "02/13/2026"]);
        assert!(
            mixed.contains(&format!("1 of the time format {months} or {days}")),
            "{mixed}"
        );
    }
}
