//! `krcf`: a wrapper around `krcflib`, compiled for several SIMD levels.

use krcf::{RandomCutForest, RandomCutForestOptions};

use super::{
    Attribution, Engine,
    encoding::{decode, encode},
};
use crate::{
    stream::Row,
    workload::{INITIAL_ACCEPT_FRACTION, Workload},
};

pub(super) fn build(workload: &Workload) -> anyhow::Result<Box<dyn Engine>> {
    let forest = RandomCutForest::new(RandomCutForestOptions {
        dimensions: workload.input_dimensions,
        shingle_size: workload.shingle_size,
        internal_shingling: Some(workload.internal_shingling()),
        num_trees: Some(workload.number_of_trees),
        sample_size: Some(workload.sample_size),
        lambda: Some(workload.time_decay()),
        output_after: Some(workload.output_after()),
        initial_accept_fraction: Some(INITIAL_ACCEPT_FRACTION),
        bounding_box_cache_fraction: Some(1.0),
        parallel_execution_enabled: Some(false),
        random_seed: Some(workload.seed),
        ..Default::default()
    })?;
    Ok(Box::new(Krcf(forest)))
}

struct Krcf(RandomCutForest);

impl Engine for Krcf {
    fn update(&mut self, row: Row<'_>) {
        self.0.update(row.single).expect("a valid row");
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
