//! Frequent events: 40 short ones in 10,000 observations of a daily shape with noise.

use std::f64::consts::TAU;

use super::{START, integer, sign};
use crate::accuracy::synthetic::Noise;
use crate::labelled::Stream;

const SEEDS: u64 = 6;
const ROWS: usize = 10_000;
const EVENTS: usize = 40;
/// Events start in different hundreds of rows, so that none joins the next.
const SLOT: usize = 100;
const PERIODS: [usize; 3] = [48, 96, 144];
const NOISE: f64 = 0.15;

/// Six streams.
pub fn frequent() -> Vec<Stream> {
    (0..SEEDS).map(stream).collect()
}

fn stream(seed: u64) -> Stream {
    let mut noise = Noise::new(77_000 + seed);
    let period = PERIODS[integer(&mut noise, 0, PERIODS.len())] as f64;
    let mut values: Vec<f64> = (0..ROWS)
        .map(|t| libm::exp(1.2 * libm::cos(TAU * t as f64 / period)) + NOISE * noise.gaussian())
        .collect();
    // Of the slots after the first scored ones, EVENTS by lot (selection sampling).
    let slots = 10..ROWS / SLOT - 1;
    let (mut wanted, mut left) = (EVENTS, slots.len());
    let mut windows = Vec::with_capacity(EVENTS);
    for slot in slots {
        let is_taken = noise.uniform() * (left as f64) < wanted as f64;
        left -= 1;
        if !is_taken {
            continue;
        }
        wanted -= 1;
        let first = slot * SLOT + integer(&mut noise, 0, 40);
        let length = match integer(&mut noise, 0, 3) {
            0 => {
                values[first] += 2.0 * sign(&mut noise);
                1
            }
            1 => {
                let by = 1.5 * sign(&mut noise);
                values[first..first + 10].iter_mut().for_each(|x| *x += by);
                10
            }
            _ => {
                for x in &mut values[first..first + 15] {
                    *x += 0.8 * noise.gaussian();
                }
                15
            }
        };
        windows.push((first, first + length - 1));
    }
    Stream {
        name: format!("frequent {seed}"),
        dimensions: 1,
        values,
        windows,
        start: START,
        end: ROWS,
        ..Stream::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_forty_events_apart_from_each_other() {
        for stream in frequent() {
            assert_eq!(stream.windows.len(), EVENTS);
            assert!(stream.windows[0].0 >= 1000);
            let gaps = stream.windows.windows(2).map(|pair| pair[1].0 - pair[0].1);
            assert!(gaps.min().is_some_and(|gap| gap > 40));
        }
    }
}
