//! The operator's interface for checkpoints.

use std::collections::BTreeMap;

use rcf_core::keyed::{Changes, KeyedModel, MapError};

use super::model::Model;
use super::snapshot::check_parameters;
use super::spill::{SavedModel, Spill};
use super::template::Template;
use super::{ModelName, ModelNaming, RandomCutForestOperator, RestoreError};

impl<In, Out> RandomCutForestOperator<In, Out> {
    /// The parts of the names of its models.
    pub(crate) fn naming(&self) -> ModelNaming {
        self.naming
    }

    /// Whether keys are forgotten by time.
    pub(crate) fn forgets(&self) -> bool {
        self.map.time_to_live.is_some()
    }

    /// The names of all models, with the time of their last use.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&ModelName, i64)> {
        self.models.keys()
    }

    /// From now on at most this many bytes are in memory; the rest goes to the store. All models
    /// are forgotten.
    pub(crate) fn spill_to(&mut self, budget: usize, store: Box<dyn Spill>) {
        self.spill = Some((budget, store));
        self.clear();
    }

    /// What has changed since the last call.
    pub(crate) fn take_changes(&mut self) -> Changes<ModelName, Model> {
        self.models.take_changes()
    }

    /// Adds saved models to the existing ones.
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
        let (template, naming) = (&*self.template, self.naming);
        let restored: Vec<(ModelName, Model)> = fit
            .par_iter()
            .map(|saved| restored(template, naming, saved))
            .collect::<Result<_, _>>()?;
        for (saved, (name, model)) in fit.into_iter().zip(restored) {
            let done = self.models.restore(name, saved.last_used, model);
            done.map_err(|error| RestoreError::Store {
                reason: error.to_string(),
            })?;
        }
        for saved in rest {
            let name = ModelName::read(saved.key, naming);
            self.models
                .restore_spilled(name, saved.last_used, saved.memory);
        }
        Ok(())
    }

    /// Frees the memory of models that no record before this time can reach any more.
    pub(crate) fn forget_before(&mut self, time: i64) {
        if let Some(limit) = self.map.time_to_live {
            self.models
                .remove_unused_since(time.saturating_sub_unsigned(limit));
        }
    }

    /// Copies some models: `rename` returns the new name. If two have the same new name, the model
    /// that has learned more stays; an existing one always stays.
    ///
    /// # Errors
    /// A model cannot be loaded from the store.
    pub(crate) fn copy_models(
        &mut self,
        rename: impl Fn(&ModelName) -> Option<ModelName>,
    ) -> Result<(), MapError> {
        let renamed = |(name, time): (&ModelName, i64)| Some((name.clone(), time, rename(name)?));
        let mut copies: Vec<(ModelName, i64, ModelName)> =
            self.models.keys().filter_map(renamed).collect();
        copies.sort();
        let mut best: BTreeMap<ModelName, (i64, Model)> = BTreeMap::new();
        for (old, time, new) in copies {
            if self.models.contains(&new) {
                continue;
            }
            let copy = |model: &mut Model| Ok::<_, MapError>(model.clone());
            let model = self.models.with(&old, time, copy)??;
            let is_better = best
                .get(&new)
                .is_none_or(|(_, other)| model.updates() > other.updates());
            if is_better {
                best.insert(new, (time, model));
            }
        }
        for (name, (time, model)) in best {
            let place = |new: &mut Model| {
                *new = model;
                Ok::<_, MapError>(())
            };
            self.models.with(&name, time, place)??;
        }
        Ok(())
    }

    /// Releases models that a checkpoint holds with all changes: that is not a change.
    pub(crate) fn release_models(&mut self, is_gone: impl Fn(&ModelName) -> bool) {
        self.remove_models(is_gone);
        let _ = self.models.take_changes(); // only that they were removed
    }

    /// Forgets some models.
    pub(crate) fn remove_models(&mut self, is_gone: impl Fn(&ModelName) -> bool) {
        let names = self.models.keys().map(|(name, _)| name);
        let gone: Vec<ModelName> = names.filter(|name| is_gone(name)).cloned().collect();
        gone.iter().for_each(|name| {
            self.models.remove(name);
        });
    }
}

fn restored(
    template: &Template,
    naming: ModelNaming,
    saved: &SavedModel<'_>,
) -> Result<(ModelName, Model), RestoreError> {
    let model = Model::from_bytes(saved.state).map_err(|source| RestoreError::Model {
        key: saved.key.to_owned(),
        source,
    })?;
    let name = ModelName::read(saved.key, naming);
    check_parameters(&name, &model, template)?;
    Ok((name, model))
}
