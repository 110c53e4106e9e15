//! `rcf3`: an independent implementation. Its trees keep the lowest separating cut, so its scores
//! differ from those of a random cut forest; its speed is shown because users may pick it.

use rcf3::Forest;

use super::{Attribution, Engine};
use crate::{
    stream::Row,
    workload::{INITIAL_ACCEPT_FRACTION, Workload},
};

pub(super) fn build(workload: &Workload) -> anyhow::Result<Box<dyn Engine>> {
    let forest = Forest::builder(workload.input_dimensions)
        .shingle_size(workload.shingle_size)
        .internal_shingling(workload.internal_shingling())
        .num_trees(workload.number_of_trees)
        .capacity(workload.sample_size)
        .time_decay(workload.time_decay())
        .output_after(workload.output_after())
        .initial_accept_fraction(INITIAL_ACCEPT_FRACTION)
        .seed(workload.seed)
        .build()?;
    Ok(Box::new(Rcf3(forest)))
}

struct Rcf3(Forest);

impl Engine for Rcf3 {
    fn update(&mut self, row: Row<'_>) {
        self.0.update(row.single).expect("a valid row");
    }

    fn score(&self, row: Row<'_>) -> f64 {
        self.0.score(row.single).expect("a valid row")
    }

    fn attribution(&self, row: Row<'_>) -> Attribution {
        // "below" counts the cuts below the value, so the value is high.
        let (high, low) = self
            .0
            .attribution(row.single)
            .expect("a valid row")
            .into_iter()
            .map(|share| (share.below, share.above))
            .unzip();
        Attribution { high, low }
    }

    fn forecast(&self, rows: usize) -> Vec<f64> {
        let forecast = self.0.extrapolate(rows).expect("a shingle");
        forecast.into_iter().map(f64::from).collect()
    }

    fn save(&self) -> Vec<u8> {
        self.0
            .to_json()
            .expect("a forest can be written to memory")
            .into_bytes()
    }

    fn load(&self, bytes: &[u8]) -> Box<dyn Engine> {
        Box::new(Self(
            Forest::from_json(bytes).expect("the bytes come from `save`"),
        ))
    }
}
