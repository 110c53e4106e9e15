//! The reservoir against one that computes every key.

use super::{Outcome, Setting, run};
use crate::testing::{Random, assert_same_law};

/// The definition: a key `ln E − λt` for each point, the lowest are kept.
fn run_by_keys(setting: Setting, random: &mut Random) -> Outcome {
    let Setting {
        capacity,
        time_decay,
        accept_fraction,
        ..
    } = setting;
    let mut sample: Vec<(f64, usize)> = Vec::new();
    let mut taken_late = 0;
    for time in 0..setting.length {
        let key = (-random.unit().ln()).ln() - time_decay * time as f64;
        let filled = sample.len() as f64 / capacity as f64;
        let by_coin = filled < accept_fraction
            || filled < 1.0 && random.unit() < (1.0 - filled) / (1.0 - accept_fraction);
        if !by_coin {
            let worst = sample
                .iter()
                .enumerate()
                .max_by(|a, b| a.1.0.total_cmp(&b.1.0));
            match worst {
                Some((place, &(worst, _))) if key < worst => sample.swap_remove(place),
                _ => continue,
            };
        }
        sample.push((key, time));
        taken_late += usize::from(time >= setting.length / 2);
    }
    let sample = sample.into_iter().map(|(_, time)| time).collect();
    Outcome { sample, taken_late }
}

/// Law: that of explicit keys. Statistics, on independent streams: χ² of homogeneity of the place
/// of one sampled point, and of the number of points taken in the last half of the stream.
fn is_the_sampler_of_explicit_keys(setting: Setting) {
    let streams = 10_000;
    let mut random = Random::new(77);
    let jumping = run(setting, streams, 2);
    let by_keys: Vec<Outcome> = (0..streams)
        .map(|_| run_by_keys(setting, &mut random))
        .collect();

    let mut places = |outcomes: &[Outcome]| {
        let mut counts = vec![0u64; setting.length];
        for Outcome { sample, .. } in outcomes {
            counts[sample[random.below(sample.len())]] += 1;
        }
        counts
    };
    assert_same_law(
        &format!("place in the stream, {setting:?}"),
        &places(&jumping),
        &places(&by_keys),
    );

    let taken = |outcomes: &[Outcome]| {
        let mut counts = vec![0u64; setting.length];
        for Outcome { taken_late, .. } in outcomes {
            counts[*taken_late] += 1;
        }
        counts
    };
    assert_same_law(
        &format!("points taken, {setting:?}"),
        &taken(&jumping),
        &taken(&by_keys),
    );
}

#[test]
fn with_decay_it_is_the_sampler_of_explicit_keys() {
    let setting = Setting {
        time_decay: 0.01,
        ..Setting::uniform(8, 300)
    };
    is_the_sampler_of_explicit_keys(setting);
    is_the_sampler_of_explicit_keys(Setting {
        capacity: 1,
        ..setting
    });
}

/// The base of the clock moves every 16 points.
#[test]
fn with_strong_decay_it_is_the_sampler_of_explicit_keys() {
    is_the_sampler_of_explicit_keys(Setting {
        time_decay: 0.5,
        ..Setting::uniform(5, 200)
    });
    is_the_sampler_of_explicit_keys(Setting {
        time_decay: 1.0,
        ..Setting::uniform(3, 40)
    });
}

/// The law does not depend on what the clock shows, nor on when its base moves. (Single choices
/// do: a key may be any residue of a target, so that the last bits of both grow into the first.)
#[test]
fn with_a_shifted_clock_it_is_the_sampler_of_explicit_keys() {
    let setting = Setting {
        time_decay: 0.02,
        accept_fraction: 0.125,
        ..Setting::uniform(10, 200)
    };
    for ticks in [1, 250, 399] {
        is_the_sampler_of_explicit_keys(Setting { ticks, ..setting });
    }
}

/// The coin makes the early sample differ from that of the lowest keys.
#[test]
fn while_filling_it_is_the_sampler_of_explicit_keys() {
    for length in [12, 30, 80] {
        for (accept_fraction, time_decay) in [(0.125, 0.005), (0.5, 0.0), (1e-9, 0.1)] {
            is_the_sampler_of_explicit_keys(Setting {
                accept_fraction,
                time_decay,
                ..Setting::uniform(16, length)
            });
        }
    }
}
