//! Resuming after the last record of a checkpoint, with proof that no record was lost in between.
//!
//! Kinesis also resumes *after* a sequence number whose record has been trimmed, with whatever is
//! left, and reports nothing. So after a restart we resume *at* the last record: if it is read,
//! nothing is missing, and it is dropped, since the model has seen it. If a later record is read
//! first, the records in between may be lost, which is reported.

use std::cmp::Ordering;

use crate::connectors::kinesis::FetchedRecord;

/// The record after which to continue, not seen again yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastConsumed(String);

/// What the first records after a restart prove.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// No record came yet.
    None,
    /// The last consumed record is still there.
    Intact,
    /// The oldest record in the shard is newer than the last consumed one.
    Gap {
        /// Its sequence number.
        first: String,
    },
}

impl LastConsumed {
    /// `None` unless it is a Kinesis sequence number: a decimal number.
    pub(super) fn parse(sequence: &str) -> Option<Self> {
        let decimal = !sequence.is_empty() && sequence.bytes().all(|byte| byte.is_ascii_digit());
        decimal.then(|| Self(sequence.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Drops the records up to and including the last consumed one, and draws the conclusion. A
    /// record that was consumed only in part stays.
    pub(super) fn drop_consumed(
        &self,
        records: &mut Vec<FetchedRecord>,
        in_part: bool,
    ) -> Evidence {
        let consumed = records
            .iter()
            .take_while(|record| compare(&record.sequence, &self.0) != Ordering::Greater)
            .count();
        let is_last = |record: &FetchedRecord| compare(&record.sequence, &self.0).is_eq();
        let intact = records[..consumed].last().is_some_and(is_last);
        records.drain(..consumed - usize::from(intact && in_part));
        if intact {
            return Evidence::Intact;
        }
        match records.first() {
            None => Evidence::None,
            Some(first) => Evidence::Gap {
                first: first.sequence.clone(),
            },
        }
    }
}

/// Compares decimal numbers of any length.
fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(sequences: &[&str]) -> Vec<FetchedRecord> {
        sequences
            .iter()
            .map(|sequence| FetchedRecord {
                sequence: sequence.to_string(),
                partition_key: String::new(),
                arrival: None,
                data: bytes::Bytes::new(),
            })
            .collect()
    }

    /// The evidence after consuming up to `last`, and what is left to consume.
    fn resume(last: &str, sequences: &[&str]) -> (Evidence, Vec<String>) {
        let mut records = records(sequences);
        let evidence = LastConsumed::parse(last)
            .unwrap()
            .drop_consumed(&mut records, false);
        let left = records.into_iter().map(|record| record.sequence).collect();
        (evidence, left)
    }

    #[test]
    fn the_last_record_is_dropped_when_it_comes_again() {
        let (evidence, left) = resume("99", &["99", "100", "101"]);
        assert_eq!(evidence, Evidence::Intact);
        assert_eq!(left, ["100", "101"]);
        assert_eq!(resume("99", &["99"]), (Evidence::Intact, vec![]));
    }

    #[test]
    fn older_records_are_dropped_too() {
        let (evidence, left) = resume("99", &["8", "99", "100"]);
        assert_eq!((evidence, left), (Evidence::Intact, vec!["100".to_owned()]));
        assert_eq!(resume("99", &["7", "8"]), (Evidence::None, vec![]));
    }

    #[test]
    fn a_later_first_record_is_a_gap() {
        let (evidence, left) = resume("99", &["100", "101"]);
        let first = "100".to_owned();
        assert_eq!(evidence, Evidence::Gap { first });
        assert_eq!(left, ["100", "101"]);
    }

    #[test]
    fn nothing_proves_nothing() {
        assert_eq!(resume("99", &[]), (Evidence::None, vec![]));
    }

    #[test]
    fn sequence_numbers_are_compared_as_numbers() {
        assert_eq!(compare("9", "10"), Ordering::Less);
        assert_eq!(compare("010", "10"), Ordering::Equal);
        let long = "49680476299917597858842011084861163104614758940827189250";
        assert_eq!(
            compare(long, &long.replace("250", "249")),
            Ordering::Greater
        );
        assert!(LastConsumed::parse("12a").is_none() && LastConsumed::parse("").is_none());
    }
}
