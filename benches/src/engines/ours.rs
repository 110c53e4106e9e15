//! `rcf-core`, this repository.

use std::ops::Range;

use anyhow::Context;
use rcf_core::{MemoryProfile, RandomCutForest, SimdLevel};

use super::{Attribution, Engine};
use crate::{
    stream::{Row, Stream},
    workload::{INITIAL_ACCEPT_FRACTION, Workload},
};

/// With this fraction of the nodes keeping a box.
pub(super) fn build(workload: &Workload, boxes: f64) -> anyhow::Result<Box<dyn Engine>> {
    Ok(Box::new(Ours(forest(workload, boxes)?)))
}

/// With AVX2 and nothing above it. A forest that is loaded computes at the best level again.
pub(super) fn build_for_avx2(workload: &Workload) -> anyhow::Result<Box<dyn Engine>> {
    let boxes = MemoryProfile::Fast.bounding_box_cache_fraction();
    let mut forest = forest(workload, boxes)?;
    // The first level is what any processor has.
    let levels = SimdLevel::available();
    let avx2 = levels.get(1).context("the processor has no AVX2")?;
    forest.set_simd_level(*avx2);
    Ok(Box::new(Ours(forest)))
}

fn forest(workload: &Workload, boxes: f64) -> anyhow::Result<RandomCutForest> {
    let forest = RandomCutForest::builder(workload.input_dimensions)
        .shingle_size(workload.shingle_size)
        .internal_shingling(workload.internal_shingling())
        .number_of_trees(workload.number_of_trees)
        .sample_size(workload.sample_size)
        .time_decay(workload.time_decay())
        .output_after(workload.output_after())
        .initial_accept_fraction(INITIAL_ACCEPT_FRACTION)
        .seed(workload.seed)
        .bounding_box_cache_fraction(boxes)
        .build()?;
    Ok(forest)
}

struct Ours(RandomCutForest);

impl Engine for Ours {
    fn update(&mut self, row: Row<'_>) {
        self.0.update(row.double).expect("a valid row");
    }

    fn score(&self, row: Row<'_>) -> f64 {
        self.0.score(row.double).expect("a valid row")
    }

    fn process(&mut self, row: Row<'_>) -> f64 {
        self.0.process(row.double).expect("a valid row")
    }

    fn attribution(&self, row: Row<'_>) -> Attribution {
        let attribution = self.0.attribution(row.double).expect("a valid row");
        Attribution {
            high: attribution.high,
            low: attribution.low,
        }
    }

    fn score_array(&self, stream: &Stream, rows: Range<usize>) -> Vec<f64> {
        let scores = self.0.score_array(stream.array(rows));
        scores.expect("valid rows").into_raw_vec_and_offset().0
    }

    fn forecast(&self, rows: usize) -> Vec<f64> {
        let forecast = self.0.forecast(rows).expect("a forest that is ready");
        forecast.median.into_raw_vec_and_offset().0
    }

    fn save(&self) -> Vec<u8> {
        self.0.to_bytes()
    }

    fn load(&self, bytes: &[u8]) -> Box<dyn Engine> {
        Box::new(Self(
            RandomCutForest::from_bytes(bytes).expect("the bytes come from `save`"),
        ))
    }
}
