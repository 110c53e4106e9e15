//! The queue of records to put, and the choice of those for the next request. No I/O.

use std::collections::{HashSet, VecDeque};

use tokio::sync::OwnedSemaphorePermit;

use crate::connectors::kinesis::{PutEntry, Rejection};
use crate::observer::InFlight;

/// The most records in one request.
const MAX_RECORDS: usize = 500;
/// The most bytes in one request, keys included.
const MAX_BYTES: usize = 10 << 20;

/// A record in flight.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    put: PutEntry,
    /// A request that included it has failed.
    failed: bool,
    /// Its share of the bytes in flight, released when it is acknowledged.
    share: Option<OwnedSemaphorePermit>,
    /// Counted until it is acknowledged.
    _in_flight: InFlight,
}

impl Entry {
    pub(super) fn new(id: String, put: PutEntry, in_flight: InFlight) -> Self {
        Self {
            id,
            put,
            failed: false,
            share: None,
            _in_flight: in_flight,
        }
    }

    fn size(&self) -> usize {
        self.put.data.len() + self.put.partition_key.len()
    }
}

/// Records in the order in which they were written.
#[derive(Debug, Default)]
pub(super) struct Queue {
    entries: VecDeque<Entry>,
    /// The entries of the request under way, as indices in ascending order.
    request: Vec<usize>,
}

impl Queue {
    pub(super) fn push(&mut self, mut entry: Entry, share: OwnedSemaphorePermit) {
        entry.share = Some(share);
        self.entries.push_back(entry);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether more entries would not change the next request.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= 2 * MAX_RECORDS
    }

    /// The records of the next request.
    pub(super) fn next_request(&mut self) -> Vec<PutEntry> {
        self.request = select(&self.entries);
        let puts = self
            .request
            .iter()
            .map(|&index| self.entries[index].put.clone());
        puts.collect()
    }

    /// Takes the response to the request: accepted records leave the queue, the rest keep their
    /// place. Returns the number of accepted records, or the first permanent rejection.
    pub(super) fn settle(
        &mut self,
        outcomes: &[Result<(), Rejection>],
    ) -> Result<usize, (&Entry, Rejection)> {
        let request = std::mem::take(&mut self.request);
        let answered = request.into_iter().zip(outcomes);
        let mut done = Vec::new();
        for (index, outcome) in answered {
            match outcome {
                Ok(()) => done.push(index),
                Err(rejection) if rejection.is_retryable() => self.entries[index].failed = true,
                Err(rejection) => return Err((&self.entries[index], rejection.clone())),
            }
        }
        let count = done.len();
        let (mut index, mut done) = (0, done.into_iter().peekable());
        self.entries.retain(|_| {
            let keep = done.next_if_eq(&index).is_none();
            index += 1;
            keep
        });
        Ok(count)
    }

    /// Handles a request that failed as a whole: all its records are retried.
    pub(super) fn settle_failed(&mut self) {
        for index in std::mem::take(&mut self.request) {
            self.entries[index].failed = true;
        }
    }
}

/// Chooses the entries of the next request, from the front: those that failed, and those of other
/// keys. Records of a key with a failed record are held back behind it, so that the order is kept.
fn select(entries: &VecDeque<Entry>) -> Vec<usize> {
    let held: HashSet<&str> = entries
        .iter()
        .filter(|entry| entry.failed)
        .map(|entry| entry.put.partition_key.as_str())
        .collect();
    let mut bytes = 0;
    entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| entry.failed || !held.contains(entry.put.partition_key.as_str()))
        .take_while(|(_, entry)| {
            bytes += entry.size();
            bytes <= MAX_BYTES
        })
        .take(MAX_RECORDS)
        .map(|(index, _)| index)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observer::Observers;

    /// Entries of these keys, each with a payload of this size.
    fn queue(keys: &[&str], size: usize) -> Queue {
        let data = bytes::Bytes::from(vec![0; size]);
        let entry = |(index, key): (usize, &&str)| {
            let put = PutEntry {
                partition_key: key.to_string(),
                data: data.clone(),
            };
            Entry::new(
                index.to_string(),
                put,
                InFlight::new(&Observers::default(), 1),
            )
        };
        Queue {
            entries: keys.iter().enumerate().map(entry).collect(),
            request: Vec::new(),
        }
    }

    fn ids(queue: &Queue) -> Vec<&str> {
        queue
            .entries
            .iter()
            .map(|entry| entry.id.as_str())
            .collect()
    }

    fn rejected(code: &str) -> Result<(), Rejection> {
        Err(Rejection {
            code: code.to_owned(),
            message: String::new(),
        })
    }

    fn throttled() -> Result<(), Rejection> {
        rejected("ProvisionedThroughputExceededException")
    }

    #[test]
    fn a_request_has_at_most_500_records() {
        let mut queue = queue(&["k"; 1200], 10);
        for expected in [500, 500, 200, 0] {
            let request = queue.next_request();
            assert_eq!(request.len(), expected);
            assert_eq!(queue.settle(&vec![Ok(()); expected]).unwrap(), expected);
        }
        assert!(queue.is_empty());
    }

    #[test]
    fn a_request_has_at_most_ten_mebibytes() {
        let mut queue = queue(&["k"; 25], (1 << 20) - 1);
        assert_eq!(
            queue.next_request().len(),
            10,
            "with its key each is one mebibyte"
        );
        let mut queue = self::queue(&["key"; 25], (1 << 20) - 1);
        assert_eq!(queue.next_request().len(), 9, "keys count");
        let mut queue = self::queue(&["k"; 2], MAX_BYTES - 1);
        assert_eq!(
            queue.next_request().len(),
            1,
            "the largest record there is fits alone"
        );
    }

    #[test]
    fn failed_records_are_retried_first() {
        let mut queue = queue(&["a", "b", "c", "d"], 1);
        queue.next_request();
        let outcomes = [Ok(()), throttled(), Ok(()), throttled()];
        assert_eq!(queue.settle(&outcomes).unwrap(), 2);
        assert_eq!(ids(&queue), ["1", "3"]);
        let keys: Vec<_> = queue
            .next_request()
            .into_iter()
            .map(|put| put.partition_key)
            .collect();
        assert_eq!(keys, ["b", "d"]);
    }

    #[test]
    fn no_record_overtakes_a_failed_one_of_its_key() {
        let mut queue = queue(&["a", "b"], 1);
        queue.next_request();
        queue.settle(&[throttled(), Ok(())]).unwrap();
        queue
            .entries
            .extend(self::queue(&["a", "b", "a", "c"], 1).entries);
        queue.next_request();
        assert_eq!(
            queue.request,
            [0, 2, 4],
            "the failed a, then b and c, but no other a"
        );
        queue.settle(&[Ok(()), Ok(()), Ok(())]).unwrap();
        queue.next_request();
        assert_eq!(queue.request, [0, 1], "then the later records of a");
    }

    #[test]
    fn a_request_that_failed_as_a_whole_is_sent_again_alone_for_its_keys() {
        let mut queue = queue(&["a", "a"], 1);
        queue.next_request();
        queue.settle_failed();
        queue.entries.extend(self::queue(&["a"], 1).entries);
        queue.next_request();
        assert_eq!(queue.request, [0, 1]);
    }

    #[test]
    fn a_rejection_for_good_names_the_record() {
        let mut queue = queue(&["a", "b"], 1);
        queue.next_request();
        let failed = queue.settle(&[Ok(()), rejected("InvalidArgumentException")]);
        let (entry, rejection) = failed.unwrap_err();
        assert_eq!(
            (entry.id.as_str(), rejection.code.as_str()),
            ("1", "InvalidArgumentException")
        );
    }
}
