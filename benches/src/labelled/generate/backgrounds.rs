//! Seven kinds of event before nine backgrounds: what streams are like that are not daily shapes.

use std::f64::consts::TAU;

use super::{AFTER, START, integer, sign};
use crate::accuracy::synthetic::Noise;
use crate::labelled::Stream;

const SEEDS: u64 = 6;
const ROWS: usize = 6000;
/// Rows of the longer events.
const LENGTH: usize = 120;

/// what happens between events: values for this many rows.
type Background = fn(&mut Noise) -> Vec<f64>;

const BACKGROUNDS: [(&str, Background); 9] = [
    ("fluctuation", fluctuation),
    ("slow", slow),
    ("beats", beats),
    ("counts", counts),
    ("switch", switch),
    ("vibration", vibration),
    ("latency", latency),
    ("growth", growth),
    ("sawtooth", sawtooth),
];

const EVENTS: [&str; 7] = [
    "spike", "dip", "shift", "noise", "stuck", "reversal", "dropout",
];

/// Six streams for each pair of a background and an event.
pub fn backgrounds() -> Vec<Stream> {
    let pairs = BACKGROUNDS
        .iter()
        .flat_map(|&background| EVENTS.map(|event| (background, event)));
    pairs
        .enumerate()
        .flat_map(|(i, (background, event))| {
            (0..SEEDS).map(move |seed| stream(background, event, 100 * i as u64 + seed, seed))
        })
        .collect()
}

fn stream(
    (name, background): (&str, Background),
    event: &'static str,
    state: u64,
    seed: u64,
) -> Stream {
    let mut noise = Noise::new(79_000 + state);
    let mut values = background(&mut noise);
    let first = integer(&mut noise, 3000, 5000);
    let sorted = {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let quantile = |share: f64| sorted[(share * (ROWS - 1) as f64) as usize];
    // The range but for its outermost hundredths.
    let (low, high) = (quantile(0.01), quantile(0.99));
    let width = high - low;
    let before = values.clone();
    let last = match event {
        "spike" => {
            values[first] += sign(&mut noise) * 0.8 * width;
            first
        }
        "dip" => {
            let by = sign(&mut noise) * 0.5 * width;
            let last = first + 9;
            values[first..=last].iter_mut().for_each(|x| *x += by);
            last
        }
        "shift" => {
            let by = sign(&mut noise) * 0.5 * width;
            let last = first + LENGTH - 1;
            values[first..=last].iter_mut().for_each(|x| *x += by);
            last
        }
        "noise" => {
            let last = first + LENGTH - 1;
            for x in &mut values[first..=last] {
                *x += 0.2 * width * noise.gaussian();
            }
            last
        }
        "stuck" => {
            let last = first + LENGTH - 1;
            let value = values[first];
            values[first..=last].fill(value);
            last
        }
        "reversal" => {
            // The newest stretch backwards and upside down: no value that was not there before.
            let last = first + LENGTH - 1;
            for (i, x) in values[first..=last].iter_mut().enumerate() {
                *x = (low + high - before[last - i]).clamp(sorted[0], sorted[ROWS - 1]);
            }
            last
        }
        _ => {
            let last = first + 4;
            values[first..=last].fill(low - 0.3 * width);
            last
        }
    };
    Stream {
        name: format!("{name} {event} {seed}"),
        kind: Some(event),
        dimensions: 1,
        values,
        windows: vec![(first, last)],
        start: START,
        end: last + AFTER + 1,
        faulty: None,
    }
}

/// Short memory about a level.
fn fluctuation(noise: &mut Noise) -> Vec<f64> {
    let mut x = 0.0;
    rows(|_| {
        x = 0.7 * x + noise.gaussian();
        100.0 + 5.0 * x
    })
}

/// Long memory about a level, as temperatures have it.
fn slow(noise: &mut Noise) -> Vec<f64> {
    let (mut x, mut trend) = (0.0, 0.0);
    rows(|_| {
        trend = 0.9 * trend + 0.05 * noise.gaussian();
        x = 0.99 * x + trend;
        20.0 + x + 0.02 * noise.gaussian()
    })
}

/// Beats of a heart: each lasts a little longer or shorter than the one before.
fn beats(noise: &mut Noise) -> Vec<f64> {
    let mean = 60.0 + 60.0 * noise.uniform();
    let (mut phase, mut interval) = (0.0, mean);
    rows(|_| {
        phase += 1.0 / interval;
        if phase >= 1.0 {
            phase -= 1.0;
            interval = mean * (1.0 + 0.06 * noise.gaussian()).clamp(0.8, 1.2);
        }
        let bump = |at: f64, width: f64, height: f64| {
            let distance = (phase - at) / width;
            height * libm::exp(-0.5 * distance * distance)
        };
        bump(0.18, 0.03, 0.15) + bump(0.3, 0.012, 1.0) - bump(0.33, 0.012, 0.25)
            + bump(0.55, 0.05, 0.3)
            + 0.02 * noise.gaussian()
    })
}

/// Requests in five minutes, by the hour of the day.
fn counts(noise: &mut Noise) -> Vec<f64> {
    let scale = 3.0 + 30.0 * noise.uniform();
    rows(|t| {
        let rate = scale * (1.2 + libm::sin(TAU * t / 288.0));
        poisson(rate, noise)
    })
}

/// A machine that is on and off for varying times.
fn switch(noise: &mut Noise) -> Vec<f64> {
    let (mut on, mut left) = (false, 0.0);
    rows(|_| {
        left -= 1.0;
        if left <= 0.0 {
            on = !on;
            left = (if on { 20.0 } else { 45.0 }) * (0.7 + 0.6 * noise.uniform());
        }
        f64::from(u8::from(on)) * 40.0 + 0.2 * noise.gaussian()
    })
}

/// Waves whose periods have no common multiple, with next to no noise.
fn vibration(noise: &mut Noise) -> Vec<f64> {
    let periods = [37.0, 91.3, 253.7].map(|period| period * (0.8 + 0.4 * noise.uniform()));
    rows(|t| {
        let waves = periods.iter().map(|period| libm::sin(TAU * t / period));
        waves.sum::<f64>() + 0.005 * noise.gaussian()
    })
}

/// Answer times: independent, with a heavy tail.
fn latency(noise: &mut Noise) -> Vec<f64> {
    rows(|_| 20.0 + 8.0 * libm::exp(0.6 * noise.gaussian()))
}

/// Hours of a business that grows, with days and weeks.
fn growth(noise: &mut Noise) -> Vec<f64> {
    rows(|t| {
        let day = 1.5 + libm::sin(TAU * t / 24.0);
        let weekday = if (t / 24.0) as u64 % 7 < 5 { 1.0 } else { 0.6 };
        (100.0 + 0.03 * t) * day * weekday * (1.0 + 0.05 * noise.gaussian())
    })
}

/// Memory that fills up and is collected.
fn sawtooth(noise: &mut Noise) -> Vec<f64> {
    let (mut x, mut limit) = (0.0, 100.0);
    rows(|_| {
        x += 1.0 + 0.3 * noise.gaussian();
        if x > limit {
            x = 10.0 + 3.0 * noise.uniform();
            limit = 90.0 + 20.0 * noise.uniform();
        }
        x
    })
}

fn rows(value: impl FnMut(f64) -> f64) -> Vec<f64> {
    (0..ROWS).map(|t| t as f64).map(value).collect()
}

/// By counting exponential times (Knuth); the mean is small.
fn poisson(mean: f64, noise: &mut Noise) -> f64 {
    let (mut count, mut time) = (0.0, -libm::log(noise.uniform()));
    while time < mean {
        count += 1.0;
        time -= libm::log(noise.uniform());
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_whole_and_the_same_each_time() {
        let streams = backgrounds();
        assert_eq!(streams.len(), 9 * 7 * SEEDS as usize);
        for (stream, again) in streams.iter().zip(backgrounds()) {
            assert_eq!(stream.values, again.values);
            assert!(
                stream.values.iter().all(|x| x.is_finite()),
                "{}",
                stream.name
            );
            assert!(
                stream.len() == ROWS && stream.end <= ROWS,
                "{}",
                stream.name
            );
        }
    }
}
