//! Many records at once, and what checkpoints need of an operator.

use std::borrow::Cow;

use rcf_core::InputError;
use rcf_core::keyed::{Changes, KeyedModel, MapError};

use super::model::Model;
use super::template::Template;
use super::{ModelKey, OperatorError, RandomCutForestOperator, RestoreError};
use crate::checkpoint::{CheckpointSpill, SavedModel};

struct Item<'a, In> {
    input: &'a In,
    key: ModelKey,
    time: i64,
}

impl<In: Sync, Out: Send> RandomCutForestOperator<In, Out> {
    /// [`process`](Self::process) for many records: the results are those of the calls one by one,
    /// for any number of threads. Keys are worked on in parallel, on the pool of `rayon` that the
    /// caller is in.
    ///
    /// # Errors
    /// The store of spilled models failed. A record that its model refuses is an error in its place.
    pub fn process_batch(
        &mut self,
        inputs: &[In],
    ) -> Result<Vec<Result<Out, OperatorError>>, MapError> {
        let items: Vec<Item<'_, In>> = inputs
            .iter()
            .map(|input| Item {
                input,
                key: self.key_of(input).as_ref().into(),
                time: self.time_of(input),
            })
            .collect();
        let (dimensions, asked) = (self.dimensions, self.asked);
        let (input_mapper, result_mapper) = (&self.input_mapper, &self.result_mapper);
        let event_time_mapper = &self.event_time_mapper;
        let work = |model: &mut Model, item: &Item<'_, In>| {
            let mut values = Vec::with_capacity(dimensions);
            input_mapper(item.input, &mut values);
            let time = event_time_mapper.as_ref().and_then(|time| time(item.input));
            let scored = model.score(&values, time, asked)?;
            Ok::<_, InputError>(result_mapper(item.input, scored))
        };
        let results = self
            .models
            .process_each(&items, |_, item| (&item.key, item.time), work)?;
        Ok(results
            .into_iter()
            .map(|result| result.map_err(OperatorError::Input))
            .collect())
    }
}

impl<In, Out> RandomCutForestOperator<In, Out> {
    pub(super) fn key_of<'a>(&self, input: &'a In) -> Cow<'a, str> {
        match &self.key_mapper {
            Some(key_mapper) => key_mapper(input),
            None => Cow::Borrowed(""),
        }
    }

    pub(super) fn time_of(&self, input: &In) -> i64 {
        self.time_mapper.as_ref().map_or(0, |time| time(input))
    }

    pub(super) fn event_time_of(&self, input: &In) -> Option<f64> {
        self.event_time_mapper.as_ref().and_then(|time| time(input))
    }

    /// Whether keys are forgotten by time.
    pub(crate) fn forgets(&self) -> bool {
        self.map.time_to_live.is_some()
    }

    /// Forgets all models.
    pub(crate) fn clear(&mut self) {
        let spill = self
            .spill
            .as_ref()
            .map(|(budget, store)| (*budget, store.clone()));
        self.models = self.map.build(&self.template, spill);
    }

    /// From now on at most so many bytes are in memory; the rest goes to the store. All models are
    /// forgotten.
    pub(crate) fn spill_to(&mut self, budget: usize, store: CheckpointSpill) {
        self.spill = Some((budget, store));
        self.clear();
    }

    /// What has changed since the last call.
    pub(crate) fn take_changes(&mut self) -> Changes<ModelKey, Model> {
        self.models.take_changes()
    }

    /// Adds saved models to those that are there.
    pub(crate) fn restore_models(&mut self, saved: &[SavedModel<'_>]) -> Result<(), RestoreError> {
        use rayon::prelude::*;
        let (mut fit, mut rest) = (Vec::new(), Vec::new());
        let mut room = 0_usize;
        for model in saved {
            if self.models.has_room_for(room.saturating_add(model.memory)) {
                room += model.memory;
                fit.push(model);
            } else {
                rest.push(model);
            }
        }
        let template = &*self.template;
        let restored: Vec<Model> = fit
            .par_iter()
            .map(|saved| restored(template, saved))
            .collect::<Result<_, _>>()?;
        for (saved, model) in fit.into_iter().zip(restored) {
            let done = self
                .models
                .restore(saved.key.into(), saved.last_used, model);
            done.map_err(|error| RestoreError::Store {
                reason: error.to_string(),
            })?;
        }
        for saved in rest {
            self.models
                .restore_spilled(saved.key.into(), saved.last_used, saved.memory);
        }
        Ok(())
    }

    /// Gives memory free of models that no record before this time can reach any more.
    pub(crate) fn forget_before(&mut self, time: i64) {
        if let Some(limit) = self.map.time_to_live {
            self.models
                .remove_unused_since(time.saturating_sub_unsigned(limit));
        }
    }

    /// Copies the models of some keys: `rename` tells the new key. Where two become one, the model
    /// that has learned more stays; one that is there already stays in any case.
    ///
    /// # Errors
    /// A model does not come back from the store.
    pub(crate) fn copy_models(
        &mut self,
        rename: impl Fn(&str) -> Option<String>,
    ) -> Result<(), MapError> {
        let renamed = |(key, time): (&ModelKey, i64)| Some((key.clone(), time, rename(key)?));
        let mut copies: Vec<(ModelKey, i64, String)> =
            self.models.keys().filter_map(renamed).collect();
        copies.sort();
        let mut best: std::collections::BTreeMap<String, (i64, Model)> = Default::default();
        for (key, time, name) in copies {
            if self.models.contains(&name.as_str().into()) {
                continue;
            }
            let copy = |model: &mut Model| Ok::<_, MapError>(model.clone());
            let model = self.models.with(&key, time, copy)??;
            let is_better = best
                .get(&name)
                .is_none_or(|(_, other)| model.updates() > other.updates());
            if is_better {
                best.insert(name, (time, model));
            }
        }
        for (name, (time, model)) in best {
            let place = |new: &mut Model| {
                *new = model;
                Ok::<_, MapError>(())
            };
            self.models.with(&name.as_str().into(), time, place)??;
        }
        Ok(())
    }

    /// Forgets the models of some keys.
    pub(crate) fn remove_models(&mut self, is_gone: impl Fn(&str) -> bool) {
        let keys = self.models.keys().map(|(key, _)| key);
        let gone: Vec<ModelKey> = keys.filter(|key| is_gone(key)).cloned().collect();
        gone.iter().for_each(|key| {
            self.models.remove(key);
        });
    }
}

fn restored(template: &Template, saved: &SavedModel<'_>) -> Result<Model, RestoreError> {
    let model = Model::from_bytes(saved.state).map_err(|source| RestoreError::Model {
        key: saved.key.to_owned(),
        source,
    })?;
    if model.is_alike(&template.model(saved.key)) {
        Ok(model)
    } else {
        Err(RestoreError::OtherParameters {
            key: saved.key.to_owned(),
        })
    }
}
