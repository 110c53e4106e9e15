//! Events that last, in one input of several, on backgrounds with phases that come back: a detector
//! should neither learn the events nor forget the phases.

use std::f64::consts::TAU;

use super::{AFTER, integer, sign};
use crate::accuracy::synthetic::Noise;
use crate::labelled::Stream;

const ROWS: usize = 16_000;
/// First scored row.
const START: usize = 8_000;
const PERIODS: [usize; 3] = [96, 432, 1008];
const INPUTS: [usize; 3] = [2, 4, 8];
/// Events, one in each 1,000 scored rows.
const EVENTS: usize = 8;

#[derive(Clone, Copy, PartialEq)]
enum Background {
    Job,
    LateJob,
    Weekend,
    Shifts,
    Waves,
    Regimes,
    Noise,
    Walk,
}

const BACKGROUNDS: [(&str, Background); 8] = [
    ("nightly job", Background::Job),
    ("a job from row 3,000 on", Background::LateJob),
    ("weekend", Background::Weekend),
    ("three shifts", Background::Shifts),
    ("waves", Background::Waves),
    ("regimes", Background::Regimes),
    ("noise", Background::Noise),
    ("autoregression", Background::Walk),
];

/// Three streams of each background, with a period and a number of inputs each.
pub fn lasting() -> Vec<Stream> {
    let backgrounds = BACKGROUNDS.iter().enumerate();
    let streams = backgrounds.flat_map(|(i, &(name, background))| {
        let pairs = PERIODS.iter().zip(INPUTS).enumerate();
        pairs.map(move |(j, (&period, inputs))| {
            stream(name, background, period, inputs, (10 * i + j) as u64)
        })
    });
    streams.collect()
}

fn stream(
    name: &'static str,
    background: Background,
    period: usize,
    inputs: usize,
    seed: u64,
) -> Stream {
    let mut noise = Noise::new(90_000 + seed);
    let phases: Vec<f64> = (0..inputs).map(|_| noise.uniform()).collect();
    let mut levels = vec![0.0; inputs];
    let mut values = Vec::with_capacity(ROWS * inputs);
    let mut next_regime = 500;
    for t in 0..ROWS {
        if background == Background::Regimes && t == next_regime {
            next_regime += integer(&mut noise, 200, 1200);
            for level in &mut levels {
                *level = 4.0 * integer(&mut noise, 0, 3) as f64;
            }
        }
        let phase = (t % period) as f64 / period as f64;
        for i in 0..inputs {
            let e = noise.gaussian();
            let job = |is_on: bool| 0.5 * e + if is_on { 6.0 + i as f64 } else { 0.0 };
            let is_job = (0.5..0.58).contains(&phase);
            values.push(match background {
                Background::Job => job(is_job),
                Background::LateJob => job(is_job && t > 3_000),
                Background::Weekend => {
                    let height = if t / period % 7 >= 5 { 0.5 } else { 3.0 };
                    0.3 * e + height * libm::sin(TAU * phase + phases[i])
                }
                Background::Shifts => {
                    let level = [3.0, -2.0, 0.0][(3.0 * phase) as usize];
                    0.4 * e + level * (1.0 + i as f64 / 4.0)
                }
                Background::Waves => 0.2 * e + 3.0 * libm::sin(TAU * (phase + phases[i])),
                Background::Regimes => 0.5 * e + levels[i],
                Background::Noise => e,
                Background::Walk => {
                    levels[i] = 0.95 * levels[i] + 0.3 * e;
                    levels[i]
                }
            });
        }
    }
    let is_noise = matches!(background, Background::Noise | Background::Walk);
    let height = if is_noise { 3.0 } else { 2.0 };
    let windows = (0..EVENTS).map(|k| {
        let first = START + 1000 * k + integer(&mut noise, 100, 500);
        let last = first + integer(&mut noise, 60, 350) - 1;
        let (input, by) = (integer(&mut noise, 0, inputs), height * sign(&mut noise));
        for t in first..=last {
            values[t * inputs + input] += by;
        }
        (first, last)
    });
    let windows = windows.collect();
    Stream {
        name: format!("{name}, period {period}, inputs {inputs}"),
        kind: Some(name),
        dimensions: inputs,
        values,
        windows,
        start: START,
        end: ROWS - AFTER,
        ..Stream::default()
    }
}
