//! A sample of a stream of objects that prefers the recent ones, by the law of a tree's.

use std::sync::Arc;

use super::config::DistanceDetectorConfig;
use crate::config::Config;
use crate::rng::TreeRng;
use crate::sampling::{ClockParts, DecayClock, Sampler, Tag, Tags};

/// The sample: objects by slot, and the sampler that names slots.
#[derive(Debug)]
pub(crate) struct StreamSample<T> {
    objects: Vec<Arc<T>>,
    sampler: Sampler<u32>,
    clock: DecayClock,
    rng: TreeRng,
}

/// What a saved sample consists of, besides its objects.
pub(crate) struct SampleParts {
    pub(crate) keys: Vec<f32>,
    /// The object of each key.
    pub(crate) slots: Vec<u32>,
    pub(crate) hazard: f64,
    pub(crate) since: f64,
    pub(crate) clock: ClockParts,
    pub(crate) rng: TreeRng,
}

impl<T> Clone for StreamSample<T> {
    fn clone(&self) -> Self {
        Self {
            objects: self.objects.clone(),
            sampler: self.sampler.clone(),
            clock: self.clock.clone(),
            rng: self.rng.clone(),
        }
    }
}

/// The parameters of the sampler as those of a tree of a forest.
fn of_a_tree(config: &DistanceDetectorConfig) -> Config {
    crate::RandomCutForest::builder(1)
        .number_of_trees(1)
        .sample_size(config.sample_size)
        .time_decay(config.time_decay)
        // There are no trees to keep different: objects are taken while there is space.
        .initial_accept_fraction(1.0)
        .config()
        .expect("its parameters are checked")
}

impl<T> StreamSample<T> {
    pub(super) fn new(config: &DistanceDetectorConfig) -> Self {
        Self {
            objects: Vec::new(),
            sampler: Sampler::new(&of_a_tree(config)),
            clock: DecayClock::new(config.time_decay),
            rng: TreeRng::family(config.seed, 1).remove(0),
        }
    }

    pub(super) fn objects(&self) -> &[Arc<T>] {
        &self.objects
    }

    /// Offers the next object of the stream; returns whether it was taken.
    pub(super) fn offer(&mut self, object: Arc<T>) -> bool {
        let time = self.clock.see(None);
        if let Some(rebase) = self.clock.offer(time, 1.0) {
            self.sampler.rebase(rebase);
        }
        let Some(acceptance) = self.sampler.offer(&self.clock, 1.0, &mut self.rng) else {
            return false;
        };
        let slot = match self.sampler.evicted(acceptance) {
            Some(slot) => {
                self.objects[slot as usize] = object;
                slot
            }
            None => {
                self.objects.push(object);
                self.objects.len() as u32 - 1
            }
        };
        let tag = Tag::new(time, None);
        self.sampler
            .accept(acceptance, slot, tag, &self.clock, &mut self.rng);
        true
    }

    pub(crate) fn parts(&self) -> (SampleParts, &[Arc<T>]) {
        let wait = self.sampler.wait();
        let parts = SampleParts {
            keys: self.sampler.keys().to_vec(),
            slots: self.sampler.points().to_vec(),
            hazard: wait.hazard,
            since: wait.since,
            clock: self.clock.parts(),
            rng: self.rng.clone(),
        };
        (parts, &self.objects)
    }

    /// Restores a saved sample; `None` if the parts, which may come from a damaged file, are
    /// invalid.
    pub(crate) fn restore(
        config: &DistanceDetectorConfig,
        parts: SampleParts,
        objects: Vec<Arc<T>>,
    ) -> Option<Self> {
        let mut named = parts.slots.clone();
        named.sort_unstable();
        let is_named_once = named.iter().map(|&slot| slot as usize).eq(0..objects.len());
        let tree = of_a_tree(config);
        let clock = DecayClock::restore(config.time_decay, parts.clock)?;
        let sampler = Sampler::restore(
            &tree,
            parts.keys,
            parts.slots,
            Tags::new(&tree),
            parts.hazard,
            parts.since,
        );
        let is_valid = is_named_once && sampler.is_valid() && sampler.waits_on(&clock);
        is_valid.then(|| Self {
            objects,
            sampler,
            clock,
            rng: parts.rng,
        })
    }
}
