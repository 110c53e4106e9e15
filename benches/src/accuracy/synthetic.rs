//! Streams with known labels: long anomalies, or none at all.

use std::f64::consts::TAU;

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// A stream of rows, with a label for each.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Its special property.
    pub name: &'static str,
    /// Values per row.
    pub dimensions: usize,
    /// Row after row.
    pub values: Vec<f64>,
    /// Whether the row is anomalous.
    pub labels: Vec<bool>,
}

impl Labelled {
    /// The rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.dimensions)
    }
}

/// Rows and inputs of a stream with a long anomaly, and its position: a third of the stream.
const ROWS: usize = 1200;
const INPUTS: usize = 8;
const ANOMALY: std::ops::Range<usize> = 600..1000;

/// Eight correlated autoregressive inputs; for a third of the stream one property is
/// different: the level of three, the correlation of four, the variance of all, the level of one.
pub fn long_anomalies(seed: u64) -> Vec<Labelled> {
    let kinds = ["level of 3", "correlation of 4", "variance", "level of 1"];
    let streams = kinds.into_iter().enumerate().map(|(kind, name)| {
        let mut noise = Noise::new(seed);
        let mix = mixture();
        let mut turn = Noise::new(6);
        let turn: Vec<f64> = (0..16).map(|_| 0.9 * turn.gaussian()).collect();
        let deviation: Vec<f64> = (0..INPUTS)
            .map(|j| {
                let sources = (0..INPUTS).map(|i| mix[i * INPUTS + j].powi(2));
                (sources.sum::<f64>() / (1.0 - 0.49)).sqrt()
            })
            .collect();
        let mut state = [0.0; INPUTS];
        let mut values = Vec::with_capacity(ROWS * INPUTS);
        for t in 0..ROWS {
            let mut row = correlated(&mut state, &mix, &mut noise);
            if ANOMALY.contains(&t) {
                match kind {
                    0 => (0..3).for_each(|j| row[j] += 1.5 * deviation[j]),
                    1 => {
                        let usual = row.clone();
                        (0..4).for_each(|j| {
                            row[j] = (0..4).map(|i| usual[i] * turn[4 * i + j]).sum();
                        });
                    }
                    2 => row.iter_mut().for_each(|x| *x *= 1.7),
                    _ => row[2] += 3.0 * deviation[2],
                }
            }
            values.extend(row);
        }
        Labelled {
            name,
            dimensions: INPUTS,
            values,
            labels: (0..ROWS).map(|t| ANOMALY.contains(&t)).collect(),
        }
    });
    streams.collect()
}

fn mixture() -> Vec<f64> {
    let mut noise = Noise::new(5);
    (0..INPUTS * INPUTS)
        .map(|i| 0.4 * noise.gaussian() + f64::from(u8::from(i % (INPUTS + 1) == 0)))
        .collect()
}

/// The next row of correlated autoregressive inputs.
fn correlated(state: &mut [f64; INPUTS], mix: &[f64], noise: &mut Noise) -> Vec<f64> {
    state
        .iter_mut()
        .for_each(|s| *s = 0.7 * *s + noise.gaussian());
    (0..INPUTS)
        .map(|j| (0..INPUTS).map(|i| state[i] * mix[i * INPUTS + j]).sum())
        .collect()
}

/// Streams of `rows` records without anomalies, with several inputs.
pub fn several_without_anomalies(rows: usize, seed: u64) -> Vec<Labelled> {
    let stream = |name, row: &mut dyn FnMut(f64, &mut Noise) -> Vec<f64>| {
        let mut noise = Noise::new(seed);
        let values: Vec<f64> = (0..rows).flat_map(|t| row(t as f64, &mut noise)).collect();
        Labelled {
            name,
            dimensions: values.len() / rows,
            values,
            labels: vec![false; rows],
        }
    };
    let (mut state, mix, mut walks) = ([0.0; INPUTS], mixture(), [0.0; 3]);
    vec![
        stream("8 correlated, autoregressive", &mut |_, noise| {
            correlated(&mut state, &mix, noise)
        }),
        stream("4 of Gaussian noise", &mut |_, noise| {
            (0..4).map(|_| noise.gaussian()).collect()
        }),
        stream("4 of lognormal noise", &mut |_, noise| {
            (0..4).map(|_| libm::exp(noise.gaussian())).collect()
        }),
        stream("3 waves of different units", &mut |t, noise| {
            let wave = |i: f64| libm::sin(TAU * t / (50.0 + 13.0 * i) + i);
            [0.0, 1.0, 2.0]
                .map(|i| libm::pow(1e3, i) * (wave(i) + 0.1 * noise.gaussian()))
                .to_vec()
        }),
        stream("3 random walks", &mut |_, noise| {
            walks.iter_mut().for_each(|walk| *walk += noise.gaussian());
            walks.to_vec()
        }),
        stream("load, latency and errors of a day", &mut |t, noise| {
            // Like a service: all inputs follow the load, errors are rare.
            let load =
                100.0 * (1.2 + libm::sin(TAU * t / 288.0)) * libm::exp(0.1 * noise.gaussian());
            let latency = 5.0 + 0.05 * load + libm::exp(noise.gaussian());
            let errors = f64::from(u8::from(noise.uniform() < 0.01 + 1e-4 * load));
            vec![load, latency, errors]
        }),
    ]
}

/// Streams of `rows` records without anomalies, with one input.
pub fn without_anomalies(rows: usize, seed: u64) -> Vec<Labelled> {
    let stream = |name, value: &mut dyn FnMut(f64, &mut Noise) -> f64| {
        let mut noise = Noise::new(seed);
        Labelled {
            name,
            dimensions: 1,
            values: (0..rows).map(|t| value(t as f64, &mut noise)).collect(),
            labels: vec![false; rows],
        }
    };
    let (mut red, mut walk, mut variance, mut last) = (0.0, 0.0, 1.0, 0.0);
    vec![
        stream("Gaussian noise", &mut |_, noise| noise.gaussian()),
        stream("uniform noise", &mut |_, noise| noise.uniform()),
        stream("autoregressive 0.9", &mut |_, noise| {
            red = 0.9 * red + noise.gaussian();
            red
        }),
        stream("random walk", &mut |_, noise| {
            walk += noise.gaussian();
            walk
        }),
        stream("lognormal noise", &mut |_, noise| {
            libm::exp(noise.gaussian())
        }),
        stream("Pareto 1.5 noise", &mut |_, noise| {
            libm::pow(noise.uniform(), -1.0 / 1.5)
        }),
        stream("sine and noise", &mut |t, noise| {
            libm::sin(TAU * t / 50.0) + 0.1 * noise.gaussian()
        }),
        stream("growing season", &mut |t, noise| {
            (1.0 + t / 2000.0) * libm::sin(TAU * t / 96.0) + 0.1 * noise.gaussian()
        }),
        stream("trend and noise", &mut |t, noise| {
            0.001 * t + noise.gaussian()
        }),
        stream("rare events", &mut |_, noise| {
            f64::from(u8::from(noise.uniform() < 0.02))
        }),
        stream("changing variance", &mut |_, noise| {
            variance = 0.02 + 0.1 * last * last + 0.88 * variance;
            last = f64::sqrt(variance) * noise.gaussian();
            last
        }),
        stream("constant", &mut |_, _| 5.0),
    ]
}

/// Noise with the same bits on every machine.
#[derive(Debug, Clone)]
pub struct Noise(SplitMix64);

impl Noise {
    /// A different sequence for each seed.
    pub fn new(seed: u64) -> Self {
        let seed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5EED;
        Self(SplitMix64::seed_from_u64(seed))
    }

    /// In (0, 1).
    pub fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) * 2f64.powi(-53)
    }

    /// Of mean 0 and deviation 1 (Box and Muller).
    pub fn gaussian(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(TAU * self.uniform())
    }
}
