//! What a pipeline needs of an operator to write and to read checkpoints.

use rcf_core::keyed::{Changes, KeyedModel, MapError};

use super::model::Model;
use super::snapshot::check_parameters;
use super::spill::{SavedModel, Spill};
use super::template::Template;
use super::{ModelKey, RandomCutForestOperator, RestoreError};

impl<In, Out> RandomCutForestOperator<In, Out> {
    /// Whether keys are forgotten by time.
    pub(crate) fn forgets(&self) -> bool {
        self.map.time_to_live.is_some()
    }

    /// From now on at most so many bytes are in memory; the rest goes to the store. All models are
    /// forgotten.
    pub(crate) fn spill_to(&mut self, budget: usize, store: Box<dyn Spill>) {
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
    check_parameters(saved.key, &model, template)?;
    Ok(model)
}
