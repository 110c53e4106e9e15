//! Ten kinds of event in one input: a daily shape with noise, and one event in each stream.

use std::f64::consts::TAU;

use super::{AFTER, SEEDS, START, integer, sign};
use crate::accuracy::synthetic::Noise;
use crate::labelled::Stream;

/// The kinds of event.
pub const KINDS: [&str; 10] = [
    "spike",
    "point in range",
    "level shift",
    "seasonality change",
    "drift",
    "stuck",
    "missing peak",
    "frequency",
    "variance",
    "amplitude loss",
];

const ROWS: usize = 5000;
/// Records of a day.
const PERIODS: [usize; 3] = [48, 96, 144];
/// Deviation of the noise, of the daily shape 1.
const NOISE: f64 = 0.1;

/// Twenty streams of each kind.
pub fn kinds() -> Vec<Stream> {
    let one = |(kind, &name): (usize, &&'static str)| {
        (0..SEEDS).map(move |seed| stream(kind, name, seed))
    };
    KINDS.iter().enumerate().flat_map(one).collect()
}

/// A day: a morning and an evening, the evening higher. Mean about 0, deviation about 1, from
/// −1.0 to 2.3.
fn shape(phase: f64) -> f64 {
    let peak =
        |at: f64, sharpness: f64| libm::exp(sharpness * (libm::cos(TAU * (phase - at)) - 1.0));
    3.4 * peak(0.75, 4.0) + 1.6 * peak(0.35, 8.0) - 1.05
}

/// Height of the shape, from its lowest to its highest value.
const HEIGHT: f64 = 3.3;

fn stream(kind: usize, name: &'static str, seed: u64) -> Stream {
    let mut noise = Noise::new(1000 * kind as u64 + seed);
    let period = PERIODS[integer(&mut noise, 0, PERIODS.len())];
    let first = integer(&mut noise, 3000, 4200);
    let day = |t: usize| shape(t as f64 / period as f64);
    let mut values: Vec<f64> = (0..ROWS)
        .map(|t| day(t) + NOISE * noise.gaussian())
        .collect();
    // The evening's peak after `first`, for the kinds that need one.
    let peak = (first / period + 1) * period + period * 3 / 4;
    let window = match kind {
        0 => {
            // Beyond the range, by half of its height.
            let towards = if day(first) > 0.0 { 1.0 } else { -1.0 };
            values[first] = 0.65 + towards * HEIGHT + NOISE * noise.gaussian();
            (first, first)
        }
        1 => {
            // Half the height away from what is due, and within the range.
            let towards = if day(first) > 0.65 { -1.0 } else { 1.0 };
            values[first] += towards * 0.5 * HEIGHT;
            (first, first)
        }
        2 => {
            let by = sign(&mut noise) * 0.4 * HEIGHT;
            let last = first + 2 * period - 1;
            values[first..=last].iter_mut().for_each(|x| *x += by);
            (first, last)
        }
        3 => {
            // The day is turned by half a period.
            let last = first + 2 * period - 1;
            for (t, x) in values.iter_mut().enumerate().take(last + 1).skip(first) {
                *x += day(t + period / 2) - day(t);
            }
            (first, last)
        }
        4 => {
            let (length, towards) = (4 * period, sign(&mut noise));
            for (t, x) in values.iter_mut().skip(first).take(length).enumerate() {
                *x += towards * HEIGHT * t as f64 / length as f64;
            }
            (first, first + length - 1)
        }
        5 => {
            let last = first + period - 1;
            let value = values[first];
            values[first..=last].fill(value);
            (first, last)
        }
        6 => {
            let (from, to) = (peak - period / 4, peak + period / 4);
            for x in &mut values[from..=to] {
                *x = -1.0 + NOISE * noise.gaussian();
            }
            (from, to)
        }
        7 => {
            // Twice as fast; the phase is the old one at both ends.
            let last = first + 2 * period - 1;
            for (t, x) in values.iter_mut().enumerate().take(last + 1).skip(first) {
                *x += day(first + 2 * (t - first)) - day(t);
            }
            (first, last)
        }
        8 => {
            let last = first + period - 1;
            for x in &mut values[first..=last] {
                *x += 4.0 * NOISE * noise.gaussian();
            }
            (first, last)
        }
        _ => {
            let last = first + 2 * period - 1;
            for (t, x) in values.iter_mut().enumerate().take(last + 1).skip(first) {
                *x -= 0.6 * day(t);
            }
            (first, last)
        }
    };
    Stream {
        name: format!("{name} {seed}"),
        kind: Some(name),
        dimensions: 1,
        end: (window.1 + AFTER + 1).min(values.len()),
        values,
        windows: vec![window],
        start: START,
        faulty: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_whole_and_the_same_each_time() {
        let streams = kinds();
        assert_eq!(streams.len(), 200);
        for (stream, again) in streams.iter().zip(kinds()) {
            assert_eq!(stream.values, again.values);
            assert_eq!(stream.len(), ROWS);
            assert!(
                stream.windows[0].0 >= 3000 && stream.end <= ROWS,
                "{}",
                stream.name
            );
        }
    }

    #[test]
    fn a_spike_leaves_the_range_and_a_point_in_range_does_not() {
        for stream in kinds().iter().take(40) {
            let row = stream.windows[0].0;
            let usual = || stream.values.iter().enumerate().filter(|(t, _)| *t != row);
            let lowest = usual().map(|(_, x)| *x).fold(f64::INFINITY, f64::min);
            let highest = usual().map(|(_, x)| *x).fold(f64::NEG_INFINITY, f64::max);
            let within = (lowest..=highest).contains(&stream.values[row]);
            assert_eq!(
                within,
                stream.kind == Some("point in range"),
                "{}",
                stream.name
            );
        }
    }
}
