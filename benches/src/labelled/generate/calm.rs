//! Calm periodic streams: any alert is a false one.

use std::f64::consts::TAU;

use crate::accuracy::synthetic::Noise;
use crate::labelled::Stream;

const ROWS: usize = 28_000;
/// First scored row.
const START: usize = 2000;
const PERIODS: [usize; 4] = [24, 188, 288, 1440];
/// Numbers of inputs.
const INPUTS: [usize; 4] = [1, 2, 3, 4];

/// One stream for each period and number of inputs; every other one is nearly free of noise.
pub fn calm() -> Vec<Stream> {
    let pairs = PERIODS
        .iter()
        .flat_map(|&period| INPUTS.map(|inputs| (period, inputs)));
    pairs
        .enumerate()
        .map(|(i, (period, inputs))| {
            // By row and column of the table, so that each period and each number has both.
            let is_noisy = (i / INPUTS.len() + i).is_multiple_of(2);
            stream(period, inputs, if is_noisy { 0.2 } else { 0.02 }, i as u64)
        })
        .collect()
}

fn stream(period: usize, inputs: usize, deviation: f64, seed: u64) -> Stream {
    let mut noise = Noise::new(78_000 + seed);
    let mut values = Vec::with_capacity(ROWS * inputs);
    for t in 0..ROWS {
        let angle = TAU * t as f64 / period as f64;
        for input in 0..inputs {
            let wave = libm::sin(angle + input as f64) + 0.3 * libm::sin(3.0 * angle);
            values.push(wave + deviation * noise.gaussian());
        }
    }
    Stream {
        name: format!("period {period}, inputs {inputs}, noise {deviation}"),
        dimensions: inputs,
        values,
        start: START,
        end: ROWS,
        ..Stream::default()
    }
}
