//! Systems of several unlike inputs, each with ten events of six kinds: what fleets, plants and
//! vehicles send. Some inputs are constant, some are bursts, switches or counts.

use std::f64::consts::TAU;

use super::{AFTER, integer, sign};
use crate::accuracy::synthetic::Noise;
use crate::labelled::Stream;

const ROWS: usize = 12_000;
/// First scored row.
const START: usize = 2_000;
/// Rows from one event to the next, about.
const APART: usize = 900;
const SEEDS: u64 = 3;

/// An observation after another.
type System = fn(&mut Noise) -> Vec<Vec<f64>>;

const SYSTEMS: [(&str, System); 10] = [
    ("server", server),
    ("plant", plant),
    ("houses", houses),
    ("prices", prices),
    ("arrivals", arrivals),
    ("motor", motor),
    ("room", room),
    ("queue", queue),
    ("vehicle", vehicle),
    ("battery", battery),
];

#[derive(Clone, Copy)]
enum Event {
    Spike,
    Stuck,
    Shift,
    Variance,
    Drift,
    Dropout,
}

const EVENTS: [Event; 6] = [
    Event::Spike,
    Event::Stuck,
    Event::Shift,
    Event::Variance,
    Event::Drift,
    Event::Dropout,
];

/// Three streams of each system.
pub fn systems() -> Vec<Stream> {
    let systems = SYSTEMS.iter().enumerate();
    let streams = systems.flat_map(|(i, &system)| {
        (0..SEEDS).map(move |seed| stream(system, 110_000 + 10 * i as u64 + seed, seed))
    });
    streams.collect()
}

fn stream((name, system): (&'static str, System), state: u64, seed: u64) -> Stream {
    let noise = &mut Noise::new(state);
    let mut rows = system(noise);
    let inputs = rows[0].len();
    let deviations: Vec<f64> = (0..inputs).map(|j| deviation(&rows[..START], j)).collect();
    let moving: Vec<usize> = (0..inputs).filter(|&j| deviations[j] > 0.0).collect();
    let mut windows = Vec::new();
    let mut at = START + 500;
    for event in EVENTS.into_iter().cycle() {
        let first = at + integer(noise, 0, 300);
        at += APART;
        if at + 500 > ROWS {
            break;
        }
        let length = [1, 10, 40, 150][integer(noise, 0, 4)].max(match event {
            Event::Spike => 1,
            Event::Dropout => 10,
            Event::Stuck | Event::Shift | Event::Variance => 40,
            Event::Drift => 150,
        });
        for _ in 0..integer(noise, 1, 4) {
            let j = moving[integer(noise, 0, moving.len())];
            fault(
                event,
                &mut rows[first..first + length],
                j,
                deviations[j] * sign(noise),
            );
        }
        windows.push((first, first + length - 1));
    }
    Stream {
        name: format!("{name}, seed {seed}"),
        kind: Some(name),
        dimensions: inputs,
        values: rows.concat(),
        windows,
        start: START,
        end: ROWS - AFTER,
        ..Stream::default()
    }
}

/// What an event does to one input.
fn fault(event: Event, rows: &mut [Vec<f64>], j: usize, by: f64) {
    let count = rows.len() as f64;
    let mean = rows.iter().map(|row| row[j]).sum::<f64>() / count;
    let stuck = rows[0][j];
    for (i, row) in rows.iter_mut().enumerate() {
        row[j] = match event {
            Event::Spike => row[j] + 6.0 * by,
            Event::Stuck => stuck,
            Event::Shift => row[j] + 2.5 * by,
            Event::Variance => mean + 3.0 * (row[j] - mean),
            Event::Drift => row[j] + 5.0 * by * i as f64 / count,
            Event::Dropout => 0.0,
        };
    }
}

fn deviation(rows: &[Vec<f64>], j: usize) -> f64 {
    let count = rows.len() as f64;
    let mean = rows.iter().map(|row| row[j]).sum::<f64>() / count;
    let squares = rows.iter().map(|row| (row[j] - mean) * (row[j] - mean));
    (squares.sum::<f64>() / count).sqrt()
}

fn wave(t: usize, period: f64, phase: f64) -> f64 {
    libm::sin(TAU * (t as f64 / period + phase))
}

fn between(noise: &mut Noise, low: f64, high: f64) -> f64 {
    low + (high - low) * noise.uniform()
}

fn exponential(noise: &mut Noise, mean: f64) -> f64 {
    -mean * libm::log(1.0 - noise.uniform())
}

/// A count with this mean, nearly Poisson.
fn count(noise: &mut Noise, mean: f64) -> f64 {
    if mean > 30.0 {
        return (mean + mean.sqrt() * noise.gaussian()).round().max(0.0);
    }
    let (mut product, mut count, least) = (noise.uniform(), 0.0, libm::exp(-mean));
    while product > least {
        product *= noise.uniform();
        count += 1.0;
    }
    count
}

/// A value that forgets slowly.
struct Slow(f64);

impl Slow {
    fn next(&mut self, keep: f64, noise: &mut Noise) -> f64 {
        self.0 = keep * self.0 + noise.gaussian();
        self.0
    }
}

/// Load of a day, memory that is freed, rare disk bursts, constants, heavy-tailed latencies,
/// counts.
fn server(noise: &mut Noise) -> Vec<Vec<f64>> {
    let (phase, lag) = (noise.uniform(), integer(noise, 0, 3000));
    let factors: Vec<f64> = (0..8).map(|_| between(noise, 0.6, 1.5)).collect();
    let constants: Vec<f64> = (0..5).map(|_| integer(noise, 0, 100) as f64).collect();
    let mut slow = Slow(0.0);
    let row = |t: usize| {
        let day = wave(t, 1440.0, 0.0) + 0.3 * wave(t, 720.0, phase);
        let load = f64::max(1.2 + day + 0.15 * slow.next(0.8, noise), 0.05);
        let mut row = Vec::new();
        for &factor in &factors[..4] {
            row.push(20.0 * load * factor + 2.0 * noise.gaussian());
        }
        row.push(50.0 + ((t + lag) % 3000) as f64 / 300.0 + 0.3 * noise.gaussian());
        for _ in 0..4 {
            let is_burst = noise.uniform() < 0.02;
            row.push(if is_burst {
                exponential(noise, 50.0)
            } else {
                0.0
            });
        }
        for &factor in &factors[4..] {
            row.push(1e6 * load * factor * (1.0 + 0.1 * noise.gaussian()));
        }
        row.extend(&constants);
        for _ in 0..3 {
            row.push(libm::exp(3.0 + 0.5 * noise.gaussian()) * (0.8 + 0.2 * load));
        }
        for _ in 0..3 {
            row.push(count(noise, 5.0 * load));
        }
        row.push(f64::from(u8::from(t.is_multiple_of(60))));
        row
    };
    (0..ROWS).map(row).collect()
}

/// A pump and a valve whose cycle wanders, the level of the tank, and what follows from them.
fn plant(noise: &mut Noise) -> Vec<Vec<f64>> {
    let period = integer(noise, 80, 200) as f64;
    let (mut late, mut level) = (0.0, 0.0);
    let (mut warm, mut acid) = (Slow(0.0), Slow(0.0));
    let row = |t: usize| {
        late += 0.05 * noise.gaussian();
        let phase = t as f64 % period + late;
        let switch = |is_on: bool| f64::from(u8::from(is_on));
        let (pump, valve) = (switch(phase < 0.4 * period), switch(phase > 0.7 * period));
        level = (level + pump - 0.54 * (1.0 - valve)).clamp(0.0, 100.0) * 0.999;
        let mut row = vec![
            pump,
            valve,
            level + 0.2 * noise.gaussian(),
            5.0 * pump + 0.1 * noise.gaussian(),
            3.0 * valve + 0.1 * noise.gaussian(),
            20.0 + 0.02 * level + 0.1 * warm.next(0.9, noise),
            7.0 + 0.05 * acid.next(0.95, noise),
        ];
        row.extend((0..3).map(|_| (level / 10.0 + 0.3 * noise.gaussian()).round()));
        row
    };
    (0..ROWS).map(row).collect()
}

/// Power of six houses by the half-hour, and the temperature outside.
fn houses(noise: &mut Noise) -> Vec<Vec<f64>> {
    let factors: Vec<f64> = (0..6).map(|_| between(noise, 0.6, 1.4)).collect();
    let mut weather = Slow(0.0);
    let row = |t: usize| {
        let (day, hour) = (t / 48, (t % 48) as f64 / 48.0);
        let outside = 5.0 * wave(t, 48.0 * 365.0, 0.0) + 0.1 * weather.next(0.99, noise);
        let bump = |at: f64, width: f64| libm::exp(-((hour - at) / width) * ((hour - at) / width));
        let evening = if day % 7 < 5 { 1.2 } else { 0.96 };
        let base = 1.0 + 0.6 * bump(0.35, 0.08) + evening * bump(0.8, 0.1);
        let mut row: Vec<f64> = factors
            .iter()
            .map(|factor| base * factor * libm::exp(0.25 * noise.gaussian()) + 0.05 * outside)
            .collect();
        row.push(10.0 + outside + 4.0 * wave(t, 48.0, -0.3));
        row
    };
    (0..ROWS).map(row).collect()
}

/// Five prices that follow a market, with heavy tails.
fn prices(noise: &mut Noise) -> Vec<Vec<f64>> {
    let shares: Vec<f64> = (0..5).map(|_| between(noise, 0.5, 1.5)).collect();
    let mut values = [100.0; 5];
    let row = |_| {
        let mut step = || noise.gaussian() * exponential(noise, 0.8).sqrt();
        let market = 0.1 * step();
        for (value, share) in values.iter_mut().zip(&shares) {
            *value += share * market + 0.05 * step();
        }
        values.to_vec()
    };
    (0..ROWS).map(row).collect()
}

/// Counts of 0.3 to 100 in a step, and a sum of some.
fn arrivals(noise: &mut Noise) -> Vec<Vec<f64>> {
    let mut slow = Slow(0.0);
    let row = |t: usize| {
        let rate = libm::exp(wave(t, 288.0, 0.0) + 0.06 * slow.next(0.95, noise));
        let mut row: Vec<f64> = [0.3, 2.0, 10.0, 100.0]
            .map(|mean| count(noise, mean * rate))
            .to_vec();
        row.push(0.02 * count(noise, 100.0 * rate) + count(noise, 0.1));
        row
    };
    (0..ROWS).map(row).collect()
}

/// Vibration of a motor with two speeds, its temperature and speed.
fn motor(noise: &mut Noise) -> Vec<Vec<f64>> {
    let phase = noise.uniform();
    let mut warm = Slow(0.0);
    let row = |t: usize| {
        let speed = 1.0 + 0.2 * wave(t, 2500.0, phase).signum();
        let mut row: Vec<f64> = (0..3).map(|_| speed * speed * noise.gaussian()).collect();
        row.push(60.0 + 20.0 * (speed - 1.0) + 0.06 * warm.next(0.99, noise));
        row.push(speed + 0.01 * noise.gaussian());
        row
    };
    (0..ROWS).map(row).collect()
}

/// Temperature, humidity, carbon dioxide and light of a room, with a window and people.
fn room(noise: &mut Noise) -> Vec<Vec<f64>> {
    let (mut warm, mut gas, mut people, mut open) = (20.0, 450.0, 0.0, 0);
    let row = |t: usize| {
        let hour = (t % 144) as f64 / 6.0;
        let is_day = (8.0..18.0).contains(&hour) && t / 144 % 7 < 5;
        if noise.uniform() < 0.05 {
            people = if is_day {
                integer(noise, 0, 8) as f64
            } else {
                0.0
            };
        }
        open = if open > 0 { open - 1 } else { 0 };
        if is_day && noise.uniform() < 0.01 {
            open = integer(noise, 3, 12);
        }
        let air = if open > 0 { 0.3 } else { 0.03 };
        let outside = 8.0 + 5.0 * wave(t, 144.0, -0.3);
        warm += 0.2 * air * (outside - warm) + 0.02 * people + 0.1 * (21.0 - warm);
        gas += air * (420.0 - gas) + 6.0 * people;
        let light = if is_day { 400.0 } else { 0.0 } + 200.0 * wave(t, 144.0, -0.25).max(0.0);
        vec![
            warm + 0.05 * noise.gaussian(),
            (50.0 - 1.5 * (warm - 20.0) + 0.5 * people + noise.gaussian()).round(),
            (gas + 5.0 * noise.gaussian()).round(),
            light + 3.0 * noise.gaussian().abs(),
            f64::from(u8::from(open > 0)),
        ]
    };
    (0..ROWS).map(row).collect()
}

/// A service that retries: requests, the queue behind it, latencies and errors.
fn queue(noise: &mut Noise) -> Vec<Vec<f64>> {
    let (mut waiting, mut slow) = (0.0, Slow(0.0));
    let row = |t: usize| {
        let rate = 80.0 * libm::exp(0.5 * wave(t, 1440.0, 0.2) + 0.05 * slow.next(0.9, noise));
        let (came, served) = (count(noise, rate), count(noise, 110.0));
        waiting = f64::max(waiting + came - served, 0.0);
        let done = f64::min(came + waiting, served);
        let median = 0.02 * (1.0 + waiting / 110.0) * libm::exp(0.05 * noise.gaussian());
        let tail = median * (2.0 + exponential(noise, 1.0));
        vec![
            came,
            waiting,
            done,
            median,
            tail,
            count(noise, 0.002 * came),
        ]
    };
    (0..ROWS).map(row).collect()
}

/// Speed, engine, gear, throttle and brake of a vehicle on a road with stops.
fn vehicle(noise: &mut Noise) -> Vec<Vec<f64>> {
    let (mut speed, mut aim, mut fuel): (f64, f64, f64) = (0.0, 50.0, 60.0);
    let row = |_| {
        if noise.uniform() < 0.01 {
            aim = [0.0, 30.0, 50.0, 90.0][integer(noise, 0, 4)];
        }
        let pull = ((aim - speed) / 10.0).clamp(-3.0, 2.0);
        speed = (speed + pull + 0.2 * noise.gaussian()).max(0.0);
        let gear = (speed / 20.0).ceil().clamp(1.0, 5.0);
        let engine = 800.0 + 60.0 * speed / gear * 1.5 + 20.0 * noise.gaussian();
        fuel -= 0.0005 * (1.0 + pull.max(0.0));
        if fuel < 5.0 {
            fuel = 60.0;
        }
        vec![
            speed,
            engine,
            gear,
            (20.0 * pull.max(0.0) + noise.gaussian().abs()).min(100.0),
            (30.0 * (-pull - 0.5).max(0.0)).min(100.0),
            (fuel * 10.0).round() / 10.0,
        ]
    };
    (0..ROWS).map(row).collect()
}

/// A battery that is charged and used by cycles of unlike lengths.
fn battery(noise: &mut Noise) -> Vec<Vec<f64>> {
    let (mut charge, mut current, mut left, mut warm) = (0.5, 0.0, 0, 25.0);
    let row = |t: usize| {
        if left == 0 {
            left = integer(noise, 40, 250);
            current = if charge < 0.5 {
                2.0
            } else {
                -between(noise, 0.5, 2.0)
            };
        }
        left -= 1;
        charge += 0.002 * current;
        if !(0.05..=0.98).contains(&charge) {
            charge = charge.clamp(0.05, 0.98);
            left = 0;
        }
        warm += 0.02 * (current * current - 0.2 * (warm - 25.0 - 3.0 * wave(t, 1440.0, 0.0)));
        vec![
            3.3 + 0.7 * charge + 0.05 * current + 0.005 * noise.gaussian(),
            current + 0.02 * noise.gaussian(),
            warm + 0.1 * noise.gaussian(),
            (100.0 * charge).round(),
        ]
    };
    (0..ROWS).map(row).collect()
}
