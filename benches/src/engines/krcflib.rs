//! `krcflib`: Amazon's Rust port.
//!
//! It comes in four sizes of index; its own builder takes the smallest that fits and hides it in a
//! box. We take the same one, but keep the type, which saving needs.

use rcflib::rcf::{AugmentedRCF, RCFBuilder, RCFOptionsBuilder};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    Attribution, Engine,
    encoding::{decode, encode},
};
use crate::{
    stream::Row,
    workload::{INITIAL_ACCEPT_FRACTION, Workload},
};

pub(super) fn build(workload: &Workload) -> anyhow::Result<Box<dyn Engine>> {
    let mut builder = RCFBuilder::new(workload.input_dimensions, workload.shingle_size);
    builder
        .internal_shingling(workload.internal_shingling())
        .number_of_trees(workload.number_of_trees)
        .tree_capacity(workload.sample_size)
        .time_decay(workload.time_decay())
        .output_after(workload.output_after())
        .initial_accept_fraction(INITIAL_ACCEPT_FRACTION)
        .bounding_box_cache_fraction(1.0) // the fastest setting, and the default
        .parallel_enabled(false)
        .random_seed(workload.seed);
    if let Ok(forest) = builder.build_tiny_simple::<u64>() {
        return Ok(Box::new(Krcflib(forest)));
    }
    if let Ok(forest) = builder.build_small_simple::<u64>() {
        return Ok(Box::new(Krcflib(forest)));
    }
    if let Ok(forest) = builder.build_medium_simple::<u64>() {
        return Ok(Box::new(Krcflib(forest)));
    }
    Ok(Box::new(Krcflib(builder.build_large_simple::<u64>()?)))
}

struct Krcflib<F>(F);

impl<F> Engine for Krcflib<F>
where
    F: AugmentedRCF<u64, u64> + Serialize + DeserializeOwned + 'static,
{
    fn update(&mut self, row: Row<'_>) {
        self.0.update(row.single, 0).expect("a valid row");
    }

    fn score(&self, row: Row<'_>) -> f64 {
        self.0.score(row.single).expect("a valid row")
    }

    fn attribution(&self, row: Row<'_>) -> Attribution {
        let attribution = self.0.attribution(row.single).expect("a valid row");
        Attribution {
            high: attribution.high,
            low: attribution.low,
        }
    }

    fn forecast(&self, rows: usize) -> Vec<f64> {
        let forecast = self.0.extrapolate(rows).expect("a shingle");
        forecast.values.into_iter().map(f64::from).collect()
    }

    fn save(&self) -> Vec<u8> {
        encode(&self.0)
    }

    fn load(&self, bytes: &[u8]) -> Box<dyn Engine> {
        Box::new(Self(decode(bytes)))
    }
}
