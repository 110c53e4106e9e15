//! Many observations at once, the keys side by side.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{DetectorMap, Key, KeyedModel, MapError, Template, bytes_of};
use crate::InputError;

/// With a store, the bytes of models that are created or loaded between two checks whether to
/// continue: making space for them means saving as many, and neither can be interrupted.
const ROUND_BYTES: usize = 2 << 20;
/// The least size that a model counts as, since new ones grow and each has a fixed cost.
const LEAST_BYTES: usize = 64 << 10;

/// The observations of one key in a batch, with its model.
struct Group<'a, K, M, R, E> {
    key: &'a K,
    /// `None` for a new key.
    slot: Option<u32>,
    /// What the map had; `None` also where it would have expired anyway.
    before: Option<Arc<M>>,
    last_used: i64,
    items: Vec<usize>,
    outcome: Outcome<M, R, E>,
}

/// The outcome of a group.
struct Outcome<M, R, E> {
    model: Option<Arc<M>>,
    /// The time of the last observation that the model took.
    changed_at: Option<i64>,
    expirations: u64,
    results: Vec<Result<R, E>>,
}

impl<K: Key, M: KeyedModel> DetectorMap<K, M> {
    /// [`process`](Self::process) for many observations: the results are those of the calls one by
    /// one. With the feature `rayon`, keys are worked on in parallel.
    ///
    /// # Errors
    /// The store failed; no model has changed. An observation that its model refuses is an error in
    /// its place.
    pub fn process_batch<V: AsRef<[f64]> + Sync>(
        &mut self,
        records: &[(K, V)],
    ) -> Result<Vec<Result<M::Output, InputError>>, MapError> {
        let begin = self.clock;
        let now = |index: usize| begin.saturating_add_unsigned(index as u64 + 1);
        let results = self.process_each(
            records,
            |index, (key, _)| (key, now(index)),
            |model, (_, values)| model.process(values.as_ref()),
        )?;
        self.clock = begin.saturating_add_unsigned(records.len() as u64);
        Ok(results)
    }

    /// [`with`](Self::with) for many items: `place` returns the key and the time of each, `work` is
    /// done with its model. Items of one key keep their order; keys are independent, and with the
    /// feature `rayon` worked on in parallel. Results come in the order of the items and are those
    /// of the calls one by one, for any number of threads.
    ///
    /// The models of the batch are in memory at once as far as the budget allows; what does not fit
    /// is done after the rest.
    ///
    /// # Errors
    /// The store failed. Items before that may have been done.
    pub fn process_each<'a, T: Sync, R: Send, E: Send>(
        &mut self,
        items: &'a [T],
        place: impl Fn(usize, &'a T) -> (&'a K, i64),
        work: impl Fn(&mut M, &T) -> Result<R, E> + Sync,
    ) -> Result<Vec<Result<R, E>>, MapError>
    where
        K: 'a,
    {
        let results = self.process_while(items, place, || true, work)?;
        Ok(results
            .into_iter()
            .map(|result| result.expect("every item is in a group"))
            .collect())
    }

    /// [`process_each`](Self::process_each) for as long as `goes_on`, which is called before each
    /// item and by any thread. An item that is not done then is `None`; those of its key that come
    /// after it are not done either, if `goes_on` stays `false`. With a budget, models are loaded
    /// and spilled
    /// a few megabytes at a time, so that many keys do not delay the response.
    ///
    /// # Errors
    /// As for [`process_each`](Self::process_each).
    pub fn process_while<'a, T: Sync, R: Send, E: Send>(
        &mut self,
        items: &'a [T],
        place: impl Fn(usize, &'a T) -> (&'a K, i64),
        goes_on: impl Fn() -> bool + Sync,
        work: impl Fn(&mut M, &T) -> Result<R, E> + Sync,
    ) -> Result<Vec<Option<Result<R, E>>>, MapError>
    where
        K: 'a,
    {
        let mut results: Vec<Option<Result<R, E>>> = Vec::with_capacity(items.len());
        results.resize_with(items.len(), || None);
        let times: Vec<(&K, i64)> = items
            .iter()
            .enumerate()
            .map(|(index, item)| place(index, item))
            .collect();
        let mut begin = 0;
        while begin < items.len() && goes_on() {
            let (mut groups, end) = self.groups(&times, begin..items.len());
            self.check_out(&mut groups, &times)?;
            let template = Arc::clone(&self.template);
            let limit = self.time_to_live;
            for_each(&mut groups, |group| {
                group.run(&template, limit, &times, items, &goes_on, &work);
            });
            self.check_in(groups, &mut results)?;
            begin = end;
        }
        Ok(results)
    }

    /// Groups items by key, in the order of their first: as many as fit into the budget, and into
    /// a round.
    fn groups<'a, R, E>(
        &self,
        times: &[(&'a K, i64)],
        range: Range<usize>,
    ) -> (Vec<Group<'a, K, M, R, E>>, usize) {
        let budget = self.spill.as_ref().map_or(usize::MAX, |spill| spill.budget);
        let in_memory = self.entries.count(super::Place::Memory);
        let usual = self.model_bytes.checked_div(in_memory).unwrap_or(0);
        let mut bytes = size_of::<Self>() + self.overhead_bytes();
        let mut moved = 0;
        let mut groups: Vec<Group<'a, K, M, R, E>> = Vec::new();
        let mut by_key: HashMap<&K, usize> = HashMap::new();
        for index in range.clone() {
            let (key, _) = times[index];
            if let Some(&group) = by_key.get(key) {
                groups[group].items.push(index);
                continue;
            }
            let slot = self.entries.find(key);
            let of_model = slot.map_or(usual, |slot| self.entries.get(slot).bytes);
            bytes += of_model;
            let is_there = slot.is_some_and(|slot| self.entries.model(slot).is_some());
            if self.spill.is_some() && !is_there {
                moved += of_model.max(LEAST_BYTES);
            }
            if (bytes > budget || moved > ROUND_BYTES) && !groups.is_empty() {
                return (groups, index);
            }
            by_key.insert(key, groups.len());
            groups.push(Group {
                key,
                slot,
                before: None,
                last_used: slot.map_or(0, |slot| self.entries.get(slot).last_used),
                items: vec![index],
                outcome: Outcome {
                    model: None,
                    changed_at: None,
                    expirations: 0,
                    results: Vec::new(),
                },
            });
        }
        (groups, range.end)
    }

    /// Takes the models of the groups out of the map.
    fn check_out<R, E>(
        &mut self,
        groups: &mut [Group<'_, K, M, R, E>],
        times: &[(&K, i64)],
    ) -> Result<(), MapError> {
        let is_needed = |group: &Group<'_, K, M, R, E>| {
            let mut items = group.items.iter();
            items.any(|&index| !self.has_expired(group.last_used, times[index].1))
        };
        let needed: Vec<u32> = groups
            .iter()
            .filter(|group| is_needed(group))
            .filter_map(|group| group.slot)
            .collect();
        self.fetch(&needed)?;
        for group in groups {
            if let Some(slot) = group.slot {
                group.before = self.entries.take(slot);
                self.forget_bytes(slot, group.before.is_some());
            }
        }
        Ok(())
    }

    /// Puts the models back and hands out the results.
    fn check_in<R, E>(
        &mut self,
        groups: Vec<Group<'_, K, M, R, E>>,
        results: &mut [Option<Result<R, E>>],
    ) -> Result<(), MapError> {
        for group in groups {
            let Outcome {
                model,
                changed_at,
                expirations,
                results: of_group,
            } = group.outcome;
            self.statistics.expirations += expirations;
            match (group.slot, changed_at, model) {
                (Some(slot), Some(now), model) => self.put_back(slot, model, Some(now)),
                (Some(slot), None, _) => self.put_back(slot, group.before, None),
                (None, Some(now), Some(model)) => {
                    let bytes = bytes_of(&*model);
                    let slot = self.add(group.key.clone(), Some(model), bytes, now);
                    self.mark(slot);
                }
                (None, _, _) => {} // refused records make no model
            }
            for (index, result) in group.items.into_iter().zip(of_group) {
                results[index] = Some(result);
            }
        }
        self.shrink(0)
    }
}

impl<K: Key, M: KeyedModel, R, E> Group<'_, K, M, R, E> {
    fn run<T>(
        &mut self,
        template: &Template<K, M>,
        time_to_live: Option<u64>,
        times: &[(&K, i64)],
        items: &[T],
        goes_on: impl Fn() -> bool,
        work: impl Fn(&mut M, &T) -> Result<R, E>,
    ) {
        let mut last_used = self.slot.map(|_| self.last_used);
        let mut model: Option<Arc<M>> = None;
        for &index in &self.items {
            // Checked before a model is made or copied, which takes longer than most observations.
            if !goes_on() {
                break;
            }
            let now = times[index].1;
            let expired = last_used.is_some_and(|last| {
                now > last && time_to_live.is_some_and(|limit| now.abs_diff(last) > limit)
            });
            let result = if expired || (model.is_none() && self.before.is_none()) {
                // Tried on a new model first, so that a refused observation evicts no other model.
                let mut new = template(self.key);
                let result = work(&mut new, &items[index]);
                if result.is_ok() {
                    model = Some(Arc::new(new));
                    self.before = None;
                    self.outcome.expirations += u64::from(expired);
                }
                result
            } else {
                let current =
                    model.get_or_insert_with(|| self.before.take().expect("one is there"));
                work(Arc::make_mut(current), &items[index])
            };
            if result.is_ok() {
                last_used = Some(now);
                self.outcome.changed_at = last_used;
            }
            self.outcome.results.push(result);
        }
        if self.outcome.changed_at.is_none() && model.is_some() {
            self.before = model.take(); // all were refused
        }
        self.outcome.model = model;
    }
}

#[cfg(feature = "rayon")]
fn for_each<T: Send>(groups: &mut [T], work: impl Fn(&mut T) + Sync) {
    use rayon::prelude::*;
    match groups {
        [only] => work(only), // not worth a wake-up
        groups => groups.par_iter_mut().for_each(&work),
    }
}

#[cfg(not(feature = "rayon"))]
fn for_each<T>(groups: &mut [T], work: impl Fn(&mut T)) {
    groups.iter_mut().for_each(work);
}
