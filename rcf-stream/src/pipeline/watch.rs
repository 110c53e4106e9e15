//! Silent keys, by the clock of their shard.
//!
//! A key is *overdue* when the clock of its shard is more than the expected interval beyond its
//! last record. It is reported once, before the record whose time shows it, so the reports of a
//! shard follow from its records alone: a replay makes the same ones at the same places.
//!
//! - The silence of a whole shard is not that of its keys. If two records of a shard are further
//!   apart than the interval, the time between them does not count.
//! - A key is watched from its first record in the shard on, after watching began: a shard that was
//!   split or merged does not miss the keys that went to another one.
//! - Whether a key was reported is not saved. It follows from the last use of the key, which is
//!   kept with its model, and from what [`Watched`] records about the shard.
//!
//! `DetectorMap::overdue` does the same for one time, by examining all keys; here each record
//! advances the clock.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::operator::ModelName;
use crate::overdue::Overdue;
use crate::record::{Positions, ShardSilence, Timestamp, Watched};

/// A shard has at most this many separate silences: beyond it, the two oldest are merged.
const MOST_SILENCES: usize = 64;

/// The clocks of all shards.
#[derive(Debug)]
pub(super) struct Watch {
    every: i64,
    to_live: Option<i64>,
    shards: HashMap<Arc<str>, ShardWatch>,
}

/// The keys of one shard that are not overdue.
#[derive(Debug)]
struct ShardWatch {
    watched: Watched,
    /// When each was last used, in this order.
    waiting: BTreeSet<(i64, ModelName)>,
    last: HashMap<ModelName, i64>,
}

/// The history of the clock of a shard.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Shown {
    /// Keys in the order in which they were due.
    pub(super) overdue: Vec<Overdue>,
    /// The time for which the whole shard was silent.
    pub(super) silence: Option<ShardSilence>,
}

impl Watch {
    /// Keys are overdue after `every` milliseconds, and forgotten after `to_live`.
    pub(super) fn new(every: i64, to_live: Option<i64>) -> Self {
        let shards = HashMap::new();
        Self {
            every,
            to_live,
            shards,
        }
    }

    /// Whether a shard is watched already.
    pub(super) fn has(&self, shard: &str) -> bool {
        self.shards.contains_key(shard)
    }

    /// Begins to watch a shard with this record. `inherited` is the newest use of a model that the
    /// shard already has: it counts from the shard's next record on.
    pub(super) fn begin(&mut self, shard: &Arc<str>, clock: i64, inherited: Option<i64>) {
        let after = inherited.map_or(i64::MIN, |last| last.saturating_add(1));
        let watched = Watched {
            since: clock.max(after),
            clock,
            silences: Vec::new(),
        };
        self.shards
            .insert(Arc::clone(shard), ShardWatch::new(watched));
    }

    /// Continues with the shards of a checkpoint and the keys of its models.
    pub(super) fn restore<'a>(
        &mut self,
        positions: &Positions,
        is_chosen: impl Fn(&str) -> bool,
        models: impl Iterator<Item = (&'a ModelName, i64)>,
    ) {
        let mut begun: HashMap<&str, ShardWatch> = positions
            .iter()
            .filter(|(shard, _)| is_chosen(shard))
            .filter_map(|(shard, it)| Some((shard, ShardWatch::new(it.watched.clone()?))))
            .collect();
        for (name, last) in models {
            let Some(shard) = name.shard().and_then(|shard| begun.get_mut(shard)) else {
                continue;
            };
            if shard.due(last, self.every) >= shard.watched.clock {
                shard.hear(name, last); // otherwise it was reported before
            }
        }
        let begun = begun.into_iter();
        self.shards
            .extend(begun.map(|(shard, watch)| (shard.into(), watch)));
    }

    /// The state of a shard, for a checkpoint.
    pub(super) fn watched(&self, shard: &str) -> Option<Watched> {
        Some(self.shards.get(shard)?.watched.clone())
    }

    /// Forgets a shard that is no longer read.
    pub(super) fn forget(&mut self, shard: &str) {
        self.shards.remove(shard);
    }

    /// Advances the clock of a watched shard.
    pub(super) fn advance(&mut self, stream: &Arc<str>, shard: &Arc<str>, clock: i64) -> Shown {
        let mut shown = Shown::default();
        let Some(watch) = self.shards.get_mut(shard) else {
            return shown;
        };
        let before = watch.watched.clock;
        if clock <= before {
            return shown;
        }
        watch.watched.clock = clock;
        if clock.saturating_sub(before) > self.every {
            let silence = ShardSilence {
                from: before,
                to: clock,
            };
            watch.add_silence(silence);
            shown.silence = Some(silence);
        }
        while let Some((last, _)) = watch.waiting.first() {
            let (last, due) = (*last, watch.due(*last, self.every));
            if due >= clock {
                break;
            }
            let Some((_, name)) = watch.waiting.pop_first() else {
                break;
            };
            watch.last.remove(&name);
            let forgotten = self.to_live.map(|to_live| last.saturating_add(to_live));
            if forgotten.is_some_and(|forgotten| due > forgotten) {
                continue; // no model is left that could miss a record
            }
            shown.overdue.push(Overdue {
                stream: Arc::clone(stream),
                shard: Arc::clone(shard),
                key: name.key().unwrap_or_default().to_owned(),
                last: Timestamp(last),
                due: Timestamp(due),
                clock: Timestamp(clock),
            });
        }
        watch.forget_silences(self.every);
        shown
    }

    /// A record of the key was used when the clock of its shard was this.
    pub(super) fn hear(&mut self, name: &ModelName, clock: i64) {
        if name.key().is_some()
            && let Some(shard) = name.shard().and_then(|shard| self.shards.get_mut(shard))
        {
            shard.hear(name, clock);
        }
    }
}

impl ShardWatch {
    fn new(watched: Watched) -> Self {
        Self {
            watched,
            waiting: BTreeSet::new(),
            last: HashMap::new(),
        }
    }

    fn hear(&mut self, name: &ModelName, clock: i64) {
        if clock < self.watched.since {
            return;
        }
        if let Some(last) = self.last.insert(name.clone(), clock) {
            self.waiting.remove(&(last, name.clone()));
        }
        self.waiting.insert((clock, name.clone()));
    }

    /// When the next record of a key is due, not counting the time for which the whole shard is
    /// silent.
    fn due(&self, last: i64, every: i64) -> i64 {
        let mut due = last.saturating_add(every);
        for silence in &self.watched.silences {
            if last < silence.to && due >= silence.from {
                let silent = silence.to.saturating_sub(silence.from.max(last));
                due = due.saturating_add(silent);
            }
        }
        due
    }

    fn add_silence(&mut self, silence: ShardSilence) {
        let silences = &mut self.watched.silences;
        match silences.last_mut() {
            Some(last) if last.to == silence.from => last.to = silence.to,
            _ => silences.push(silence),
        }
        if silences.len() > MOST_SILENCES {
            silences[1].from = silences[0].from;
            silences.remove(0);
        }
    }

    /// Silences followed by records for longer than the interval can be dropped: keys that were
    /// silent before are overdue with or without them.
    fn forget_silences(&mut self, every: i64) {
        let mut spoken = 0_i64;
        let mut later = self.watched.clock;
        let mut kept = self.watched.silences.len();
        for silence in self.watched.silences.iter().rev() {
            spoken = spoken.saturating_add(later.saturating_sub(silence.to));
            if spoken > every {
                break;
            }
            later = silence.from;
            kept -= 1;
        }
        self.watched.silences.drain(..kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Position;

    const EVERY: i64 = 60;

    /// A shard and what its records showed, as `key@due`.
    struct Stream {
        watch: Watch,
        /// As the models of an operator keep it.
        last_used: HashMap<ModelName, i64>,
        shown: Vec<String>,
        silences: usize,
    }

    impl Stream {
        fn new() -> Self {
            Self {
                watch: Watch::new(EVERY, None),
                last_used: HashMap::new(),
                shown: Vec::new(),
                silences: 0,
            }
        }

        fn record(&mut self, key: &str, clock: i64) {
            let shard: Arc<str> = "0".into();
            if !self.watch.has(&shard) {
                self.watch.begin(&shard, clock, None);
            }
            let shown = self.watch.advance(&"s".into(), &shard, clock);
            self.silences += usize::from(shown.silence.is_some());
            let overdue = shown.overdue.iter();
            self.shown
                .extend(overdue.map(|it| format!("{}@{}", it.key, it.due.0)));
            let name = ModelName::in_shard("0", key);
            self.watch.hear(&name, clock);
            self.last_used.insert(name, clock);
        }

        /// As after a restart at this place.
        fn restart(&mut self) {
            let position = Position {
                watched: self.watch.watched("0"),
                ..Position::default()
            };
            let positions: Positions = [("0".to_owned(), position)].into_iter().collect();
            self.watch = Watch::new(EVERY, None);
            let models = self.last_used.iter().map(|(name, last)| (name, *last));
            self.watch.restore(&positions, |_| true, models);
        }
    }

    #[test]
    fn a_key_is_reported_once_for_each_silence() {
        let mut stream = Stream::new();
        for time in (0..=200).step_by(10) {
            stream.record("a", time);
            if time <= 20 || time == 150 {
                stream.record("b", time);
            }
        }
        assert_eq!(stream.shown, ["b@80"]);
        for time in (210..=230).step_by(10) {
            stream.record("a", time);
        }
        assert_eq!(stream.shown, ["b@80", "b@210"]);
        assert_eq!(stream.silences, 0);
    }

    #[test]
    fn the_silence_of_the_shard_is_not_that_of_its_keys() {
        let mut stream = Stream::new();
        for key in ["a", "b", "c"] {
            stream.record(key, 0);
        }
        stream.record("c", 40);
        stream.record("a", 1000); // all were silent from 40 on
        assert!(stream.shown.is_empty(), "{:?}", stream.shown);
        assert_eq!(stream.silences, 1);
        stream.record("a", 1020);
        assert!(
            stream.shown.is_empty(),
            "20 of 60 were left: {:?}",
            stream.shown
        );
        stream.record("a", 1021);
        stream.record("a", 1061);
        assert_eq!(stream.shown, ["b@1020", "c@1060"]);
    }

    #[test]
    fn inherited_keys_count_from_their_first_record_on() {
        let mut watch = Watch::new(EVERY, None);
        let shard: Arc<str> = "1".into();
        watch.begin(&shard, 90, Some(100));
        let [old, new] = ["old", "new"].map(|key| ModelName::in_shard("1", key));
        watch.hear(&old, 100); // as a restart would
        watch.hear(&new, 101);
        let shown = watch.advance(&"s".into(), &shard, 150);
        assert_eq!(shown, Shown::default());
        let shown = watch.advance(&"s".into(), &shard, 170);
        let ids: Vec<_> = shown.overdue.iter().map(Overdue::id).collect();
        assert_eq!(ids, ["1/overdue/new/1970-01-01T00:00:00.161Z"]);
    }

    #[test]
    fn keys_that_were_forgotten_are_not_missed() {
        let mut watch = Watch::new(EVERY, Some(100));
        let shard: Arc<str> = "0".into();
        watch.begin(&shard, 0, None);
        watch.hear(&ModelName::in_shard("0", "a"), 0);
        // The shard was silent, so that the record is due at 1060; the model lives until 100.
        watch.advance(&"s".into(), &shard, 1000);
        let shown = watch.advance(&"s".into(), &shard, 1059);
        assert_eq!(shown.overdue, []);
        assert_eq!(watch.advance(&"s".into(), &shard, 1061).overdue, []);
    }

    proptest::proptest! {
        /// Wherever it is restarted, the reports are the same.
        #[test]
        fn restarts_change_nothing(
            records in proptest::collection::vec((0_u8..4, 0_i64..90), 1..200),
            restarts in proptest::collection::btree_set(0_usize..200, 0..20),
        ) {
            let (mut whole, mut restarted) = (Stream::new(), Stream::new());
            let mut clock = 0;
            for (index, (key, step)) in records.into_iter().enumerate() {
                clock += if step > 70 { step * 10 } else { step / 3 };
                let key = key.to_string();
                whole.record(&key, clock);
                restarted.record(&key, clock);
                if restarts.contains(&index) {
                    restarted.restart();
                }
                proptest::prop_assert_eq!(&whole.shown, &restarted.shown);
                proptest::prop_assert_eq!(whole.watch.watched("0"), restarted.watch.watched("0"));
            }
        }

        /// A key is reported if and only if the shard spoke for longer than the interval without
        /// it.
        #[test]
        fn reports_are_those_of_the_definition(
            steps in proptest::collection::vec((0_u8..3, 0_i64..90), 1..120),
        ) {
            let mut stream = Stream::new();
            let mut clock = 0;
            // The time for which the shard spoke, and what it was at the last record of each key.
            let (mut spoken, mut heard) = (0, HashMap::<String, (i64, i64)>::new());
            let mut expected = Vec::new();
            for (key, step) in steps {
                let step = if step > 70 { step * 10 } else { step / 3 };
                clock += step;
                spoken += if step > EVERY { 0 } else { step };
                let mut due: Vec<(i64, String)> = heard
                    .extract_if(|_, (at, _)| spoken - *at > EVERY)
                    .map(|(key, (_, last))| (last, key))
                    .collect();
                due.sort();
                expected.extend(due.into_iter().map(|(_, key)| key));
                let key = key.to_string();
                stream.record(&key, clock);
                heard.insert(key, (spoken, clock));
            }
            let shown: Vec<String> = stream
                .shown
                .iter()
                .filter_map(|it| Some(it.split_once('@')?.0.to_owned()))
                .collect();
            proptest::prop_assert_eq!(shown, expected);
        }
    }
}
