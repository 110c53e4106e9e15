//! One faulty input of twenty: four groups of five correlated inputs, of which one is shifted, or
//! follows its group no longer.

use super::{AFTER, SEEDS, START, integer, sign};
use crate::accuracy::synthetic::Noise;
use crate::labelled::Stream;

const INPUTS: usize = 20;
const GROUPS: usize = 4;
const ROWS: usize = 4000;
/// Rows of an event.
const LENGTH: usize = 200;
/// Share of an input's variance that it has in common with its group.
const COMMON: f64 = 0.8;
/// Autoregression of what a group has in common.
const MEMORY: f64 = 0.9;
/// Shift in deviations.
const SHIFT: f64 = 4.0;

/// Twenty streams with a shift, and twenty with an input that is decoupled.
pub fn many_inputs() -> Vec<Stream> {
    let one = |name: &'static str| (0..SEEDS).map(move |seed| stream(name, seed));
    ["shifted", "decoupled"].into_iter().flat_map(one).collect()
}

fn stream(name: &'static str, seed: u64) -> Stream {
    let is_shifted = name == "shifted";
    let mut noise = Noise::new(20_000 + 100 * u64::from(is_shifted) + seed);
    let faulty = integer(&mut noise, 0, INPUTS);
    let first = integer(&mut noise, 2000, 3700);
    let last = first + LENGTH - 1;
    let by = sign(&mut noise) * SHIFT;
    // The common signal of each group, and the signal that a decoupled input follows: the
    // same law, so that no input looks unusual by itself.
    let mut common = [0.0; GROUPS + 1];
    let innovation = (1.0 - MEMORY * MEMORY).sqrt();
    // Inputs have their own scales, as sensors have.
    let scales: Vec<f64> = (0..INPUTS).map(|_| libm::exp(noise.gaussian())).collect();
    let signs: Vec<f64> = (0..INPUTS).map(|_| sign(&mut noise)).collect();
    let mut values = Vec::with_capacity(ROWS * INPUTS);
    for t in 0..ROWS {
        for c in &mut common {
            *c = MEMORY * *c + innovation * noise.gaussian();
        }
        let is_event = (first..=last).contains(&t);
        for input in 0..INPUTS {
            let is_decoupled = is_event && !is_shifted && input == faulty;
            let group = if is_decoupled { GROUPS } else { input % GROUPS };
            let own = (1.0 - COMMON).sqrt() * noise.gaussian();
            let mut value = signs[input] * COMMON.sqrt() * common[group] + own;
            if is_event && is_shifted && input == faulty {
                value += by;
            }
            values.push(scales[input] * value);
        }
    }
    Stream {
        name: format!("{name} {seed}"),
        kind: Some(name),
        dimensions: INPUTS,
        values,
        windows: vec![(first, last)],
        start: START,
        end: last + AFTER + 1,
        faulty: Some(faulty),
    }
}
