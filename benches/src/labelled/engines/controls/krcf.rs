//! krcf's raw score with a shingle of 8, against its own 99.9 % quantile.

use super::Answers;
use crate::engines::EngineId;
use crate::labelled::Stream;
use crate::stream::Row;
use crate::workload::Workload;

/// The forest of our detector's defaults. Several inputs are normalised by the previous rows, since
/// they have no unit in common.
pub(super) fn run(stream: &Stream, seed: u64) -> anyhow::Result<Answers> {
    let workload = Workload {
        input_dimensions: stream.dimensions,
        seed,
        ..Workload::find("W2").expect("the workload of a shingle of 8")
    };
    let mut forest = EngineId::Krcf.build(&workload)?;
    let mut moments = vec![Moments::default(); stream.dimensions];
    let scores = stream.rows().map(|row| {
        let double: Vec<f64> = if stream.dimensions == 1 {
            row.to_vec()
        } else {
            let pairs = moments.iter_mut().zip(row);
            pairs
                .map(|(moments, &value)| moments.normalised(value))
                .collect()
        };
        let single: Vec<f32> = double.iter().map(|&value| value as f32).collect();
        forest.process(Row {
            double: &double,
            single: &single,
        })
    });
    Ok(Answers::by_own_quantile("krcf", scores.collect()))
}

/// Mean and deviation so far (Welford).
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Adds the value, then measures it.
    fn normalised(&mut self, value: f64) -> f64 {
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
        let deviation = (self.squares / self.count).sqrt();
        if deviation > 0.0 {
            ((value - self.mean) / deviation).clamp(-10.0, 10.0)
        } else {
            0.0
        }
    }
}
