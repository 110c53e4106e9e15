//! Many records at once.

use rcf_core::InputError;
use rcf_core::keyed::MapError;

use super::model::Model;
use super::{ModelName, OperatorError, RandomCutForestOperator};

struct Item<'a, In> {
    input: &'a In,
    name: ModelName,
    time: i64,
}

impl<In: Sync, Out: Send> RandomCutForestOperator<In, Out> {
    /// [`process`](Self::process) for many records: the results are those of the calls one by one,
    /// for any number of threads. Keys are worked on in parallel, on the pool of `rayon` that the
    /// caller is in.
    ///
    /// # Errors
    /// The store of spilled models failed. A record that its model refuses is an error in its
    /// place.
    pub fn process_batch(
        &mut self,
        inputs: &[In],
    ) -> Result<Vec<Result<Out, OperatorError>>, MapError> {
        let items: Vec<Item<'_, In>> = inputs
            .iter()
            .map(|input| Item {
                input,
                name: self.name_of(input),
                time: self.time_of(input),
            })
            .collect();
        let (dimensions, asked) = (self.dimensions, self.asked);
        let (input_mapper, result_mapper) = (&self.input_mapper, &self.result_mapper);
        let event_time_mapper = &self.event_time_mapper;
        let categories_mapper = &self.categories_mapper;
        let work = |model: &mut Model, item: &Item<'_, In>| {
            let mut values = Vec::with_capacity(dimensions);
            input_mapper(item.input, &mut values);
            let time = event_time_mapper.as_ref().and_then(|time| time(item.input));
            let categories = categories_mapper.as_ref().map(|it| it(item.input));
            let categories = categories.unwrap_or_default();
            let scored = model.score(&values, categories, time, asked)?;
            Ok::<_, InputError>(result_mapper(item.input, scored))
        };
        let results = self
            .models
            .process_each(&items, |_, item| (&item.name, item.time), work)?;
        Ok(results
            .into_iter()
            .map(|result| result.map_err(OperatorError::Input))
            .collect())
    }
}

impl<In, Out> RandomCutForestOperator<In, Out> {
    pub(super) fn name_of(&self, input: &In) -> ModelName {
        match &self.name_mapper {
            Some(name_mapper) => name_mapper(input),
            None => ModelName::of_key(""),
        }
    }

    pub(super) fn time_of(&self, input: &In) -> i64 {
        self.time_mapper.as_ref().map_or(0, |time| time(input))
    }

    pub(super) fn event_time_of(&self, input: &In) -> Option<f64> {
        self.event_time_mapper.as_ref().and_then(|time| time(input))
    }

    /// Forgets all models.
    pub(crate) fn clear(&mut self) {
        let spill = self
            .spill
            .as_ref()
            .map(|(budget, store)| (*budget, store.handle()));
        self.models = self.map.build(&self.template, spill);
    }
}
