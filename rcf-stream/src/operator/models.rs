//! The models of an operator, by key.

use std::collections::HashMap;

use rcf_core::{Config, InputError, RandomCutForest};

use super::Scored;

/// One forest per key, all with the same parameters.
#[derive(Debug)]
pub(super) struct Models {
    parameters: Config,
    forests: HashMap<String, RandomCutForest>,
}

impl Models {
    /// The parameters must have been accepted by a forest.
    pub(super) fn new(parameters: Config) -> Self {
        Self {
            parameters,
            forests: HashMap::new(),
        }
    }

    pub(super) fn parameters(&self) -> &Config {
        &self.parameters
    }

    pub(super) fn len(&self) -> usize {
        self.forests.len()
    }

    pub(super) fn size_in_bytes(&self) -> usize {
        self.forests
            .values()
            .map(RandomCutForest::size_in_bytes)
            .sum()
    }

    /// All models in the order of their keys, so that equal states are written equally.
    pub(super) fn sorted(&self) -> Vec<(&str, &RandomCutForest)> {
        let mut models: Vec<_> = self
            .forests
            .iter()
            .map(|(key, model)| (key.as_str(), model))
            .collect();
        models.sort_unstable_by_key(|(key, _)| *key);
        models
    }

    pub(super) fn insert(
        &mut self,
        key: String,
        forest: RandomCutForest,
    ) -> Option<RandomCutForest> {
        self.forests.insert(key, forest)
    }

    pub(super) fn process(
        &mut self,
        key: &str,
        values: &[f64],
        with_attribution: bool,
    ) -> Result<Scored, InputError> {
        if let Some(forest) = self.forests.get_mut(key) {
            return process(forest, values, with_attribution);
        }
        let mut forest = build_forest(&self.parameters, key);
        let scored = process(&mut forest, values, with_attribution)?;
        self.forests.insert(key.to_owned(), forest); // only now: a bad record makes no model
        Ok(scored)
    }
}

fn process(
    forest: &mut RandomCutForest,
    values: &[f64],
    with_attribution: bool,
) -> Result<Scored, InputError> {
    let attribution = if with_attribution {
        Some(forest.attribution(values)?)
    } else {
        None
    };
    let score = forest.process(values)?;
    Ok(Scored {
        score,
        attribution,
        updates: forest.updates(),
    })
}

fn build_forest(parameters: &Config, key: &str) -> RandomCutForest {
    RandomCutForest::builder(parameters.input_dimensions)
        .shingle_size(parameters.shingle_size)
        .internal_shingling(parameters.internal_shingling)
        .number_of_trees(parameters.number_of_trees)
        .sample_size(parameters.sample_size)
        .time_decay(parameters.time_decay)
        .output_after(parameters.output_after)
        .initial_accept_fraction(parameters.initial_accept_fraction)
        .seed(seed_for_key(parameters.seed, key))
        .build()
        .expect("these parameters were accepted before, and the seed is free")
}

/// The seed of the forest of a key.
///
/// The empty key has the seed of the operator itself, so that an operator without keys gives the
/// scores of a bare [`RandomCutForest`] with that seed. For other keys it is
/// `mix(seed ^ fnv1a64(key))`, where `fnv1a64` is the 64-bit FNV-1a hash of the UTF-8 bytes and
/// `mix` is the finalizer of SplitMix64. This is a promise: a model that is created again must
/// draw the same random numbers.
///
/// ```
/// use rcf_stream::operator::seed_for_key;
/// assert_eq!(seed_for_key(42, ""), 42);
/// assert_ne!(seed_for_key(42, "a"), seed_for_key(42, "b"));
/// ```
#[must_use]
pub fn seed_for_key(seed: u64, key: &str) -> u64 {
    if key.is_empty() {
        return seed;
    }
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mix(seed ^ hash)
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_of_keys_never_change() {
        // FNV-1a("a") is a published test vector; the rest pins our promise.
        assert_eq!(seed_for_key(0, "a"), mix(0xaf63_dc4c_8601_ec8c));
        assert_eq!(seed_for_key(7, "sensor-1"), PINNED);
    }

    const PINNED: u64 = 0x5142_9c94_4386_8a6a;
}
