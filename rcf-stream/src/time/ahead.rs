//! Records whose time is far ahead of the clock of their shard.
//!
//! A single wrong time (in the year 2106, or milliseconds among seconds) must not move the clock,
//! by which late records are recognised and silent keys are forgotten. So a record that is far
//! ahead is held back until the records after it show whether the clock or the record is right:
//!
//! - Two more records of its shard that are far ahead, too, and near its time: all are judged, in
//!   the order of their arrival.
//! - Two records of its key that are not, or one that is also far from its time: only it is bad.
//!
//! So it waits for at most three records of its key. If no clock is known yet, at the start of a
//! stream, two records that agree define it. Only times of records count, never the wall clock, so
//! a replay makes the same decisions.

use std::sync::Arc;

/// Times that are closer than this may belong to one stream: a year, in milliseconds.
pub const YEAR: f64 = 366.0 * 86_400e3;
/// At most this many records are held back.
const MOST: usize = 10_000;
/// This many agreeing records define a clock, and this many others refute a record.
const ENOUGH: u8 = 2;

/// A record that is held back, with the evidence for and against its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Ahead<T> {
    /// Its shard.
    pub shard: Arc<str>,
    /// Its key.
    pub key: String,
    /// Its time in milliseconds since 1970.
    pub time: f64,
    /// Later records of the shard with a similar time.
    pub agree: u8,
    /// Later records of its key with a time that follows the clock.
    pub against: u8,
    /// Whether other keys have continued at the clock since.
    pub contested: bool,
    /// The record itself.
    pub item: T,
}

/// The decision about a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Decided<T> {
    /// It is judged.
    Judge {
        /// The record.
        held: Ahead<T>,
        /// Whether its time moves the clock of the shard.
        moves_clock: bool,
    },
    /// Only this one is bad.
    Bad(Ahead<T>),
}

/// The records that are held back.
#[derive(Debug, Clone)]
pub struct AheadBuffer<T> {
    limit: f64,
    held: Vec<Ahead<T>>,
}

impl<T> AheadBuffer<T> {
    /// A buffer for records that are further ahead than this many milliseconds.
    #[must_use]
    pub fn new(limit: f64) -> Self {
        let held = Vec::new();
        Self { limit, held }
    }

    /// How many records are held back.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether no record is held back.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The records that are held back, in the order of their arrival.
    pub fn iter(&self) -> impl Iterator<Item = &Ahead<T>> {
        self.held.iter()
    }

    /// Holds back what a checkpoint contains.
    pub fn restore(&mut self, held: Ahead<T>) {
        self.held.push(held);
    }

    /// Whether a time is far ahead of a clock, or there is no clock yet.
    #[must_use]
    pub fn is_far(&self, clock: Option<i64>, time: f64) -> bool {
        clock.is_none_or(|clock| time > clock as f64 + self.limit)
    }

    /// Forgets the held records of a shard.
    pub fn release(&mut self, shard: &str) {
        self.held.retain(|held| &*held.shard != shard);
    }

    /// A record of this key is not far ahead: returns the held records that it refutes.
    pub fn follows_clock(&mut self, shard: &str, key: &str) -> Vec<Decided<T>> {
        if self.held.is_empty() {
            return Vec::new();
        }
        for held in self.held.iter_mut().filter(|held| *held.shard == *shard) {
            if held.key == key {
                held.against += 1;
            } else {
                held.contested = true;
            }
        }
        self.take(|held| held.against >= ENOUGH, Decided::Bad)
    }

    /// Holds back a record that is far ahead; returns the decisions that follow, in the order of
    /// arrival.
    pub fn hold(&mut self, clock: Option<i64>, mut new: Ahead<T>) -> Vec<Decided<T>> {
        let near = |a: f64, b: f64| {
            let ahead = clock.map_or(0.0, |clock| a - clock as f64);
            (a - b).abs() <= self.limit.max(YEAR).max(ahead)
        };
        for held in self.held.iter_mut().filter(|held| held.shard == new.shard) {
            if near(held.time, new.time) {
                held.agree = held.agree.saturating_add(1);
                new.agree = new.agree.saturating_add(1);
            } else if held.key == new.key && clock.is_some() {
                held.against = ENOUGH;
            }
        }
        let shard = Arc::clone(&new.shard);
        self.held.push(new);
        let enough = if clock.is_some() { ENOUGH } else { 1 };
        let is_sure = |held: &Ahead<T>| held.shard == shard && held.agree >= enough;
        let sure = self
            .held
            .iter()
            .filter(|held| is_sure(held) && !held.contested);
        let ahead = sure.map(|held| held.time).reduce(f64::max);
        let limit = self.limit;
        let is_near_now = |held: &Ahead<T>| {
            held.shard == shard && ahead.is_some_and(|clock| held.time <= clock + limit)
        };
        let mut decided = self.take(|held| held.against >= ENOUGH, Decided::Bad);
        decided.extend(self.take(
            |held| is_sure(held) || is_near_now(held),
            |held| Decided::Judge {
                moves_clock: ahead.is_some_and(|clock| held.time <= clock),
                held,
            },
        ));
        if self.held.len() > MOST {
            decided.push(Decided::Bad(self.held.remove(0)));
        }
        decided
    }

    /// The stream has ended, and nothing is kept for a later run: records without evidence against
    /// them are judged.
    pub fn finish(&mut self) -> Vec<Decided<T>> {
        let mut decided = self.take(|held| held.against > 0 || held.contested, Decided::Bad);
        let rest = self.take(
            |_| true,
            |held| Decided::Judge {
                held,
                moves_clock: true,
            },
        );
        decided.extend(rest);
        decided
    }

    fn take(
        &mut self,
        is_taken: impl Fn(&Ahead<T>) -> bool,
        decide: impl Fn(Ahead<T>) -> Decided<T>,
    ) -> Vec<Decided<T>> {
        self.held
            .extract_if(.., |held| is_taken(held))
            .map(decide)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: f64 = 86_400e3;

    /// Feeds `(key, days)`; returns the indices that were judged, and those that were bad.
    fn run(limit: f64, records: &[(&str, f64)]) -> (Vec<usize>, Vec<usize>, usize) {
        let mut buffer = AheadBuffer::new(limit);
        let mut clock: Option<i64> = None;
        let (mut judged, mut bad) = (Vec::new(), Vec::new());
        for (index, &(key, days)) in records.iter().enumerate() {
            let time = days * DAY;
            let decided = if buffer.is_far(clock, time) {
                let new = Ahead {
                    shard: "0".into(),
                    key: key.to_owned(),
                    time,
                    agree: 0,
                    against: 0,
                    contested: false,
                    item: index,
                };
                buffer.hold(clock, new)
            } else {
                let decided = buffer.follows_clock("0", key);
                clock = clock.max(Some(time as i64));
                judged.push(index);
                decided
            };
            for decided in decided {
                match decided {
                    Decided::Bad(held) => bad.push(held.item),
                    Decided::Judge { held, moves_clock } => {
                        judged.push(held.item);
                        if moves_clock {
                            clock = clock.max(Some(held.time as i64));
                        }
                    }
                }
            }
        }
        (judged, bad, buffer.len())
    }

    #[test]
    fn one_time_far_ahead_is_bad_alone() {
        let far = 50_000.0;
        for place in 0..5 {
            let mut records: Vec<_> = (0..8).map(|day| ("k", f64::from(day))).collect();
            records[place].1 = far;
            let (judged, bad, held) = run(YEAR, &records);
            assert_eq!((judged.len(), bad, held), (7, vec![place], 0), "{place}");
        }
    }

    #[test]
    fn two_in_a_row_and_two_far_apart_are_bad_as_well() {
        for second in [50_000.5, 90_000.0, 900_000.0] {
            let days = [0.0, 1.0, 50_000.0, second, 2.0, 3.0, 4.0, 5.0];
            let records = days.map(|day| ("k", day));
            let (judged, bad, held) = run(YEAR, &records);
            assert_eq!(
                (judged, bad, held),
                (vec![0, 1, 4, 5, 6, 7], vec![2, 3], 0),
                "{second}"
            );
        }
    }

    #[test]
    fn a_gap_is_judged_in_order_once_three_records_agree() {
        let days = [0.0, 1.0, 800.0, 801.0, 802.0, 803.0];
        assert_eq!(
            run(YEAR, &days.map(|day| ("k", day))),
            ((0..6).collect(), vec![], 0)
        );
        // Of one key, or of several.
        let keys = ["a", "b", "a", "b", "c", "a"];
        let records: Vec<_> = keys.into_iter().zip(days).collect();
        assert_eq!(run(YEAR, &records), ((0..6).collect(), vec![], 0));
        // A straggler from before the gap does not refute it.
        let days = [0.0, 1.0, 800.0, 1.5, 801.0, 802.0];
        let (judged, bad, _) = run(YEAR, &days.map(|day| ("k", day)));
        assert_eq!((judged, bad), (vec![0, 1, 3, 2, 4, 5], vec![]));
    }

    #[test]
    fn rare_records_are_slow_but_not_lost() {
        // Each is further ahead than the limit.
        let records: Vec<_> = (0..9).map(|month| ("k", f64::from(month) * 31.0)).collect();
        let (judged, bad, held) = run(DAY, &records);
        assert_eq!((judged.len() + held, bad), (9, vec![]));
    }

    #[test]
    fn a_key_with_a_broken_clock_does_not_move_the_others() {
        let records: Vec<_> = (0..30)
            .map(|i| match i % 3 {
                1 => ("broken", 50_000.0 + f64::from(i)),
                _ => ("fine", f64::from(i)),
            })
            .collect();
        let (judged, bad, held) = run(YEAR, &records);
        assert!(bad.is_empty() && held <= 2, "{bad:?} {held}");
        let fine: Vec<_> = judged.iter().filter(|index| *index % 3 != 1).collect();
        assert_eq!(fine.len(), 20);
    }
}
