//! The parameters of a forest.

use rcf_core::parameters::FOREST;
use rcf_core::{RandomCutForest, RandomCutForestBuilder};

use super::{Given, Result, memory_profile, set};

/// The builder of a forest.
///
/// # Errors
/// The text is not a JSON object of the forest's parameters.
pub fn forest(json: &str) -> Result<RandomCutForestBuilder> {
    let given = Given::read(FOREST, json)?;
    let inputs = given.count("input_dimensions")?.unwrap_or(1);
    let mut builder = RandomCutForest::builder(inputs);
    if let Some(profile) = memory_profile(&given)? {
        builder = builder.memory_profile(profile); // the fraction below is the fine control
    }
    set!(builder, given:
        shingle_size: count,
        number_of_trees: count,
        sample_size: count,
        time_decay: real,
        output_after: count,
        initial_accept_fraction: real,
        internal_shingling: flag,
        seed: whole,
        shingle_rotation: flag,
        store_sequence_numbers: flag,
        store_labels: flag,
        relative_noise_floor: real,
        bounding_box_cache_fraction: real,
    );
    if let Some(floor) = given.per_input("noise_floor", inputs)? {
        builder = builder.noise_floor(floor);
    }
    Ok(builder)
}
